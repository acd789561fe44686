"""The state folder (VIO_HOME): its layout, who owns what, and the lock that one `vio up` holds.

home.json        layout number and a random identity
up.lock          held by the running `vio up`
runtime.json     addresses of what is running now (see runtime.py)
postgres/        the database cluster          } owned by the account of the servers; for root in a private
run/             sockets                       } home elsewhere, because that account could not get here
secrets/         secret_key, field_keys.json
log/             one file per child, rotated
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vio.embedded import locate
from vio.embedded.account import Account, own, reaches, unprivileged
from vio.embedded.errors import StackError

LAYOUT = 1
# A socket's address is 108 bytes with its closing zero, on every system we run on.
LONGEST_SOCKET_PATH = 107
POSTGRES_SOCKET = ".s.PGSQL.5432"
_ADVICE = "move it away to start afresh, or restore a backup"


@dataclass(frozen=True)
class Home:
    """An opened state folder."""

    root: Path
    identity: str
    account: Account | None
    cluster: Path
    run: Path

    @property
    def log(self) -> Path:
        """Log files of the children."""
        return self.root / "log"

    @property
    def secrets(self) -> Path:
        """Generated secrets; nobody but the owner may look inside."""
        return self.root / "secrets"


def home_path(given: str | None = None) -> Path:
    """The state folder that `given`, VIO_HOME or the default `./var` names, absolute."""
    return Path(given or os.environ.get("VIO_HOME") or "var").absolute()


def damaged(root: Path, what: str) -> StackError:
    """The one line for a state folder that cannot be used as it is."""
    return StackError(f"the state folder {root} is damaged: {what}; {_ADVICE}")


class HomeLock:
    """Exclusive use of a state folder; the kernel releases it when the process ends, however it ends."""

    def __init__(self, root: Path) -> None:
        self._path = root / "up.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock. Raises StackError when another process holds it."""
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read(20).strip()
            file.close()
            who = f" (process {holder})" if holder.isdigit() else ""
            raise StackError(f"another `vio up` is running on {self._path.parent}{who}") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back; calling it twice does no harm."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_locked(root: Path) -> bool:
    """Whether a `vio up` runs on this folder at this moment."""
    try:
        with (root / "up.lock").open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def make_root(root: Path) -> None:
    """Make the state folder when it is absent. Raises StackError when it cannot be one."""
    if root.exists() and not root.is_dir():
        raise StackError(f"{root} is not a folder; set VIO_HOME to another place")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"the state folder {root} cannot be made: {error.strerror}") from error
    if not os.access(root, os.W_OK | os.X_OK):
        raise StackError(f"the state folder {root} cannot be written by this account")


def open_home(root: Path) -> Home:
    """Open (first time: make) the layout of `root`, which the caller has locked.

    Raises StackError on damage.
    """
    account = unprivileged()
    identity = _identity(root)
    # The servers' account passes through the folder but cannot list it.
    root.chmod(0o711 if account else 0o700)
    inside = reaches(account, root / "postgres")
    home = Home(root, identity, account, _cluster(root, identity, inside), _run(root, identity, inside))
    for folder in (home.log, home.secrets):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
    _private_run_folder(home)
    return home


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _identity(root: Path) -> str:
    """The folder's random name, made the first time."""
    path = root / "home.json"
    if not path.exists():
        identity = secrets.token_hex(6)
        write_private(path, json.dumps({"layout": LAYOUT, "identity": identity}))
        return identity
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        layout, identity = content["layout"], content["identity"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(root, "home.json cannot be read") from error
    if layout != LAYOUT:
        raise StackError(
            f"the state folder {root} has layout {layout}, this version needs {LAYOUT}; {_ADVICE}"
        )
    if not isinstance(identity, str) or not identity.isalnum():
        raise damaged(root, "home.json holds no identity")
    return identity


def _cluster(root: Path, identity: str, inside: bool) -> Path:
    if inside:
        return root / "postgres"
    return locate.SHARED_PLACE / identity / "postgres"


def _run(root: Path, identity: str, inside: bool) -> Path:
    run = root / "run"
    if inside and len(os.fsencode(run / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH:
        return run
    short = Path(tempfile.gettempdir()) / f"vio-{identity}"
    if len(os.fsencode(short / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH:
        return short
    return Path("/tmp") / short.name  # noqa: S108 - made with mkdir and checked for its owner below


def _private_run_folder(home: Home) -> None:
    """Make the folder of the sockets, or refuse one that somebody else put there."""
    try:
        home.run.mkdir(mode=0o700)
    except FileExistsError:
        facts = home.run.lstat()
        ours = {os.geteuid(), home.account.uid if home.account else os.geteuid()}
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in ours:
            raise StackError(
                f"{home.run} belongs to somebody else; remove it or set VIO_HOME to another place"
            ) from None
    own(home.run, home.account, 0o700)
