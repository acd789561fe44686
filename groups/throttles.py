"""Counting tries to sign in (AU-3): a try is counted before it is checked, so that parallel ones cannot slip past.

Names nobody has are counted like names that exist, so the answer tells nothing (AU-4).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from groups import throttle_rules as rules
from groups.models import SignInThrottle
from groups.throttle_rules import Tries

Wait = Callable[[Tries, datetime], timedelta]
After = Callable[[Tries, datetime], Tries]
# After this long without a failure a row says nothing any more, unless it holds a long row of failures.
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Key:
    """What is counted, hashed, and the rule for it."""

    hashed: str
    wait: Wait
    after: After


def name_key(name: str) -> Key:
    """The key of what was typed as the name, known or not."""
    return Key(_hash("name", name.strip().lower()), rules.account_wait, rules.account_after)


def factor_key(person_id: UUID) -> Key:
    """The key of a person's second factor."""
    return Key(_hash("factor", str(person_id)), rules.account_wait, rules.account_after)


def address_key(address: str) -> Key:
    """The key of a network address."""
    return Key(_hash("address", address), rules.address_wait, rules.address_after)


def _hash(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def begin_try(*keys: Key, now: datetime) -> timedelta:
    """Counts one try as failed under every key and returns zero; or counts nothing and returns how long to wait."""
    with transaction.atomic():
        SignInThrottle.objects.bulk_create(
            [SignInThrottle(key=k.hashed) for k in keys], ignore_conflicts=True
        )
        found = SignInThrottle.objects.select_for_update(no_key=True).order_by("key")
        rows = {row.key: row for row in found.filter(key__in=[k.hashed for k in keys])}
        wait = max(key.wait(_tries(rows[key.hashed]), now) for key in keys)
        if wait > rules.NO_WAIT:
            return wait
        for key in keys:
            _keep(rows[key.hashed], key.after(_tries(rows[key.hashed]), now))
    return rules.NO_WAIT


def succeeded(mine: Key, *others: Key) -> None:
    """The try was right: its own count ends, the counted failure is taken back from the others."""
    forgive(mine)
    take_back(*others)


def take_back(*keys: Key) -> None:
    """The counted try was no failure."""
    SignInThrottle.objects.filter(key__in=[k.hashed for k in keys], count__gt=0).update(
        count=F("count") - 1, in_a_row=F("in_a_row") - 1
    )


def forgive(*keys: Key) -> None:
    """Ends the count: after a new password."""
    SignInThrottle.objects.filter(key__in=[k.hashed for k in keys]).delete()


def forget_old(*, now: datetime) -> int:
    """Removes rows that say nothing any more; returns how many."""
    old = Q(last__lt=now - FORGOTTEN_AFTER) | Q(last=None)
    return SignInThrottle.objects.filter(old, in_a_row__lt=rules.MOST_IN_A_ROW // 2).delete()[0]


def _tries(row: SignInThrottle) -> Tries:
    return Tries(row.count, row.in_a_row, row.began, row.last)


def _keep(row: SignInThrottle, tries: Tries) -> None:
    row.count, row.in_a_row, row.began, row.last = tries.count, tries.in_a_row, tries.began, tries.last
    row.save()
