"""The password policy (AU-1): length instead of rules, and a list of common ones."""

from __future__ import annotations

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from groups.models import Person

SHORTEST, SHORTEST_WITH_FACTOR, LONGEST = 15, 10, 128


class PasswordPolicy(CommonPasswordValidator):
    """At least 15 characters, 10 where a second factor is enrolled; at most 128; nothing common, nothing of ours."""

    context_words = (
        "recovery",
        "treatment",
        "evening",
        "password",
        "sobriety",
        "intensive outpatient",
        "harbor",
    )

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError with the reason in plain words."""
        minimum = _shortest(user)
        if len(password) < minimum:
            raise ValidationError(
                f"Use at least {minimum} characters. A short sentence works well.", code="too_short"
            )
        if len(password) > LONGEST:
            raise ValidationError(f"Use at most {LONGEST} characters.", code="too_long")
        if self._is_common(password.lower()):
            raise ValidationError("Many people use this password. Please choose another.", code="too_common")
        if isinstance(user, Person) and _is_about(user, password.lower()):
            raise ValidationError("Please leave your name and address out of it.", code="too_close")

    def _is_common(self, lowered: str) -> bool:
        core = lowered.strip("0123456789!?.,-_ #*")
        known = {lowered, core} & (self.passwords | set(self.context_words))
        return bool(known) or core == "" or len(set(lowered)) < 4 or _repeats(lowered)

    def get_help_text(self) -> str:
        """What the form says before anybody errs."""
        return "At least 15 characters; any you like. A short sentence works well."


def _shortest(user: object) -> int:
    from groups.factors import second_factor_missing

    protected = isinstance(user, Person) and not second_factor_missing(user)
    return SHORTEST_WITH_FACTOR if protected else SHORTEST


def _repeats(lowered: str) -> bool:
    """Whether it is one short piece said again and again."""
    return any(lowered == lowered[:n] * (len(lowered) // n) for n in range(1, 6) if len(lowered) % n == 0)


def _is_about(person: Person, lowered: str) -> bool:
    own = [person.first_name, person.last_name, person.email.split("@")[0]]
    rest = lowered
    for word in (w.lower() for w in own if len(w) >= 4):
        rest = rest.replace(word, "")
    # A name inside a long sentence does no harm; a name with a few digits does.
    return len(rest) < SHORTEST_WITH_FACTOR
