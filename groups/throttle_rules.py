"""How long somebody must wait before the next try to sign in (AU-3). No database and no clock here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Per account: after five failures in fifteen minutes a delay that doubles, up to fifteen minutes.
ACCOUNT_FREE = 5
ACCOUNT_WINDOW = timedelta(minutes=15)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=15)
# Never more than this many failures in a row: then only a new password opens the account again.
MOST_IN_A_ROW = 100
# Per address.
ADDRESS_FREE = 50
ADDRESS_WINDOW = timedelta(hours=1)

NO_WAIT = timedelta(0)
FOR_GOOD = timedelta(days=3650)


@dataclass(frozen=True)
class Tries:
    """Failures so far: in the window that began at `began`, the last one at `last`, and in a row without success."""

    count: int = 0
    in_a_row: int = 0
    began: datetime | None = None
    last: datetime | None = None


def account_wait(tries: Tries, now: datetime) -> timedelta:
    """How long this account must wait; zero when it may try now."""
    if tries.in_a_row >= MOST_IN_A_ROW:
        return FOR_GOOD
    if tries.last is None or tries.count < ACCOUNT_FREE:
        return NO_WAIT
    doublings = min(tries.count - ACCOUNT_FREE, 10)
    delay = min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
    return max(tries.last + delay - now, NO_WAIT)


def account_after(tries: Tries, now: datetime) -> Tries:
    """One failure more for an account; a quiet window starts the count again, never the count in a row."""
    quiet = tries.last is None or now - tries.last > ACCOUNT_WINDOW
    began = now if quiet or tries.began is None else tries.began
    return Tries(1 if quiet else tries.count + 1, tries.in_a_row + 1, began, now)


def address_wait(tries: Tries, now: datetime) -> timedelta:
    """How long this address must wait; zero when it may try now."""
    if tries.began is None or tries.count < ADDRESS_FREE:
        return NO_WAIT
    return max(tries.began + ADDRESS_WINDOW - now, NO_WAIT)


def address_after(tries: Tries, now: datetime) -> Tries:
    """One failure more for an address; an hour after the first one the count starts again."""
    if tries.began is None or now - tries.began >= ADDRESS_WINDOW:
        return Tries(1, 1, now, now)
    return replace(tries, count=tries.count + 1, in_a_row=tries.in_a_row + 1, last=now)


def wait_words(wait: timedelta) -> str:
    """What somebody reads who must wait; the same for a name that exists and one that does not (AU-4)."""
    if wait >= FOR_GOOD:
        return "There were too many tries. Please ask for a new password below."
    minutes = -(-int(wait.total_seconds()) // 60)
    return f"There were too many tries. Please wait {minutes} minute{'s' if minutes > 1 else ''}, then try again."
