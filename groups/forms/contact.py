"""Forms about the ways to a client: what staff noted as safe, what the client wants."""

from __future__ import annotations

from typing import Any

from django import forms

from groups.forms.base import ManageForm
from groups.models import Client, ContactWays
from groups.services.contact_ways import SAFE_FIELDS, ways_of, why_no_texts


class SafeWaysForm(ManageForm):
    """Which ways to a client are safe. Ask the client; a shared phone or mailbox is not."""

    mail_is_safe = forms.BooleanField(label="Mail", required=False)
    text_is_safe = forms.BooleanField(
        label="Texts",
        required=False,
        help_text="Only once the client has said so: a text shows on a locked phone.",
    )
    call_is_safe = forms.BooleanField(label="Calls", required=False)
    voice_message_is_safe = forms.BooleanField(
        label="Voice messages", required=False, help_text="A message never says what kind of program this is."
    )


def safe_ways_initial(ways: ContactWays) -> dict[str, object]:
    """What is noted now."""
    return {name: getattr(ways, name) for name in SAFE_FIELDS}


class MessagesForm(ManageForm):
    """How a client wants their messages. What is not safe, or cannot be, is shown and cannot be chosen."""

    wants_mail = forms.BooleanField(label="By mail", required=False)
    wants_text = forms.BooleanField(label="As a text to my phone", required=False)

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        ways = ways_of(client)
        no_mail = (
            "" if ways.mail_is_safe else "Your team noted that mail is not safe for you. They can change it."
        )
        no_text = why_no_texts(client)
        initial = {
            "wants_mail": ways.wants_mail and not no_mail,
            "wants_text": ways.wants_text and not no_text,
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        for name, why in (("wants_mail", no_mail), ("wants_text", no_text)):
            self.fields[name].disabled = bool(why)
            self.fields[name].help_text = why
