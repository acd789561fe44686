"""Finding or making the account of a person who is brought into a program."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from groups.models import Person
from vio.common.errors import BadInputError


@dataclass(frozen=True)
class PersonDetails:
    """Who somebody is: name and the address they sign in with."""

    email: str
    first_name: str
    last_name: str = ""


def find_or_make_person(details: PersonDetails) -> tuple[Person, bool]:
    """The account with that address, or a new one without a password (they come in by invitation).

    Returns (person, whether it is new). The name of an account that exists is left as it is.
    """
    email = details.email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadInputError(fields={"email": "Write a full e-mail address."}) from error
    if not details.first_name.strip():
        raise BadInputError(fields={"first_name": "A first name is needed."})
    found = Person.objects.filter(email=email).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            person = Person.objects.create_user(
                email=email,
                first_name=details.first_name.strip(),
                last_name=details.last_name.strip(),
            )
            EmailAddress.objects.create(user=person, email=email, primary=True, verified=False)
            return person, True
    except IntegrityError:
        return Person.objects.get(email=email), False
