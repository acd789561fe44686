"""The library's pages for adding and removing a second factor, with what we ask of them on top."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic.edit import FormView

from groups import factors
from vio.common.errors import ConflictError


def after_adding(person: Any) -> str:
    """Recovery codes come right after the first factor; without them a lost phone locks its owner out."""
    return reverse("mfa_index" if factors.recovery_codes_left(person) else "recovery_codes")


class ActivateAppView(ActivateTOTPView):  # type: ignore[misc]  # allauth ships no types
    """Sets up an authenticator app."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The code that proved the app is used up with it."""
        from allauth.mfa.totp.internal import flows

        authenticator, _ = flows.activate_totp(self.request, form)
        authenticator.data["last_step"] = form.step
        authenticator.save(update_fields=["data"])
        return HttpResponseRedirect(after_adding(self.request.user))


class AddPasskeyView(AddWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """Adds a passkey that can sign in by itself: kept on the device, unlocked by its owner."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Options for the browser."""
        context: dict[str, Any] = FormView.get_context_data(self, **kwargs)
        options = auth.begin_registration(self.request.user, passwordless=True)
        context["js_data"] = {"creation_options": options}
        return context

    def get_success_url(self) -> str:
        """Recovery codes first, then back."""
        return after_adding(self.request.user)


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """Removes a passkey, but not the last factor of staff."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Refuses with ConflictError when nothing would be left to somebody who needs it."""
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            raise ConflictError(adapter.error_messages["cannot_delete_authenticator"], code="last_factor")
        response: HttpResponse = super().form_valid(form)
        return response


class EditPasskeyView(EditWebAuthnView):  # type: ignore[misc]  # allauth ships no types
    """Renames a passkey."""
