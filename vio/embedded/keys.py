"""Secrets of a development folder, generated once and kept in VIO_HOME/secrets with mode 0600.

They are never generated twice for one database: with new keys its sealed fields could not be read any more.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from vio.embedded.errors import StackError
from vio.embedded.state import Home, damaged, write_private

SECRET_KEY_LENGTH = 50


def secret_key_file(home: Home) -> Path:
    """The file with Django's secret key, made when absent (it signs logins: a new one is harmless)."""
    path = home.secrets / "secret_key"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(64))
    elif len(_read(home, path)) < SECRET_KEY_LENGTH:
        raise damaged(home.root, "secrets/secret_key is too short")
    return path


def field_keys_file(home: Home) -> Path:
    """The file with the keyset of the sealed fields, generated only as long as there is no database.

    Raises StackError when it is unreadable, or lost while a database exists that was sealed with it.
    """
    path = home.secrets / "field_keys.json"
    if path.exists():
        _check_keyset(home, path)
        return path
    if home.cluster.exists():
        raise damaged(
            home.root, "secrets/field_keys.json is missing and the database cannot be read without it"
        )
    write_private(path, new_keyset())
    return path


def new_keyset() -> str:
    """A fresh AES256_GCM keyset as cleartext JSON: for development; production wraps it with a master key."""
    # Imported here: the library is heavy and needed once in the life of a folder.
    from tink import aead, json_proto_keyset_format, new_keyset_handle, secret_key_access

    aead.register()
    handle = new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    return str(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))


def _check_keyset(home: Home, path: Path) -> None:
    try:
        keyset = json.loads(_read(home, path))
        usable = bool(keyset["primaryKeyId"]) and bool(keyset["key"])
    except (ValueError, KeyError, TypeError):
        usable = False
    if not usable:
        raise damaged(home.root, "secrets/field_keys.json is not a keyset")


def _read(home: Home, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(
            f"{path.relative_to(home.root)} in the state folder {home.root} cannot be read"
        ) from error
