"""Django's own test browser, signed in as somebody; for the real one see tests/browser."""

from __future__ import annotations

from django.test import Client as Browser

from groups.models import Client, Person


def browser_of(who: Person | Client) -> Browser:
    """A browser of this person."""
    browser = Browser()
    browser.force_login(who.person if isinstance(who, Client) else who)
    return browser
