"""A person's own tokens for the API: list, make, end."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from groups.services import tokens
from groups.views.account import person_of
from vio.common.errors import BadInputError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission


class TokenForm(forms.Form):
    """What a new token is called and how long it lives."""

    name = forms.CharField(
        label="What is it for?", max_length=60, help_text="A name you will know again, such as “reports”."
    )
    days = forms.TypedChoiceField(
        label="How long may it be used?",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (365, "one year")],
        initial=90,
    )


@require_http_methods(["GET", "POST"])
@needs(Permission.SIGNED_IN, fresh=True)
def token_list(request: PageRequest) -> HttpResponseBase:
    """One's tokens; a new one is shown in the one answer that made it."""
    person, now = person_of(request), timezone.now()
    form, raw = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _, raw = tokens.create_token(actor=request.actor, now=now, **form.cleaned_data)
            form = TokenForm()
        except BadInputError as error:
            for name, message in error.fields.items():
                form.add_error(name, message)
    context = {"form": form, "raw": raw, "tokens": tokens.tokens_of(person.pk), "person": person, "now": now}
    return render(request, "account/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Permission.SIGNED_IN)
def token_revoke(request: PageRequest, token_id: UUID) -> HttpResponseBase:
    """Ends one of one's own tokens at once."""
    tokens.revoke_token(actor=request.actor, token_id=token_id, now=timezone.now())
    messages.success(request, "The token has ended.")
    return redirect("api_tokens")
