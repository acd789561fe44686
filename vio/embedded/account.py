"""The account the embedded servers run under.

PostgreSQL refuses to run as root, so for root we use `nobody`. That account must be able to reach the
programs and the data, which is not the case in a private home (mode 0700): see `reaches`.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from vio.embedded.errors import StackError


class AccountArguments(TypedDict, total=False):
    """Keyword arguments of subprocess.Popen that change the account of the child."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user the servers are started as; only made when we are root."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account for servers that refuse root, or None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StackError(
            "PostgreSQL refuses to run as root and there is no account `nobody` to use instead"
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def arguments(account: Account | None) -> AccountArguments:
    """What Popen needs to start a child under `account` (nothing when None)."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def reaches(account: Account | None, path: Path) -> bool:
    """Whether `account` may pass through every folder above `path`; always true for our own account."""
    if account is None:
        return True
    return all(_passable(account, folder) for folder in path.absolute().parents if folder.exists())


def own(path: Path, account: Account | None, mode: int) -> None:
    """Give `path` to `account` (when there is one) with exactly `mode`."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
    path.chmod(mode)


def _passable(account: Account, folder: Path) -> bool:
    facts = folder.stat()
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)
