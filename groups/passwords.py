"""The password policy (AU-1): length instead of rules, and a list of common ones."""

from __future__ import annotations

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from groups.models import Person


class PasswordPolicy(CommonPasswordValidator):
    """At least 15 characters, 10 where a second factor is enrolled; at most 128; nothing common, nothing of ours."""

    context_words = ("recovery", "treatment", "evening", "password", "sobriety")

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError with the reason in plain words."""
        from groups.logins import second_factor_missing

        with_factor = isinstance(user, Person) and not second_factor_missing(user)
        minimum = 10 if with_factor else 15
        if len(password) < minimum:
            raise ValidationError(
                f"Use at least {minimum} characters. A short sentence works well.", code="too_short"
            )
        if len(password) > 128:
            raise ValidationError("Use at most 128 characters.", code="too_long")
        plain = password.lower().strip("0123456789!?.-_ ")
        if plain in self.passwords or plain in self.context_words or len(set(password)) < 4:
            raise ValidationError("Many people use this password. Please choose another.", code="too_common")

    def get_help_text(self) -> str:
        """What the form says before anybody errs."""
        return "At least 15 characters; any you like. A short sentence works well."
