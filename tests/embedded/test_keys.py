"""Generated secrets: private, stable, and never made anew for a database that was sealed with others."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import tink
from tink import aead, secret_key_access

from vio.embedded import keys
from vio.embedded.errors import StackError
from vio.embedded.state import Home, make_root, open_home


@pytest.fixture
def home(place: Path) -> Home:
    make_root(place / "home")
    return open_home(place / "home")


def test_secrets_are_made_once_and_kept_private(home: Home) -> None:
    for make in (keys.secret_key_file, keys.field_keys_file):
        path = make(home)
        before = path.read_text(encoding="utf-8")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert make(home).read_text(encoding="utf-8") == before


def test_two_folders_have_different_secrets(place: Path, home: Home) -> None:
    make_root(place / "other")
    other = open_home(place / "other")
    assert keys.secret_key_file(home).read_bytes() != keys.secret_key_file(other).read_bytes()
    assert keys.field_keys_file(home).read_bytes() != keys.field_keys_file(other).read_bytes()


def test_the_keyset_seals_and_opens(home: Home) -> None:
    aead.register()
    text = keys.field_keys_file(home).read_text(encoding="utf-8")
    sealer = tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN).primitive(aead.Aead)
    assert sealer.decrypt(sealer.encrypt(b"plain", b"place"), b"place") == b"plain"


def test_lost_field_keys_are_not_replaced_when_a_database_exists(home: Home) -> None:
    keys.field_keys_file(home).unlink()
    home.cluster.mkdir(parents=True)
    with pytest.raises(StackError, match=r"field_keys\.json is missing"):
        keys.field_keys_file(home)
    assert not (home.secrets / "field_keys.json").exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"primaryKeyId": 1, "key": []}', "not json"])
def test_damaged_field_keys_are_named(home: Home, content: str) -> None:
    (home.secrets / "field_keys.json").write_text(content, encoding="utf-8")
    with pytest.raises(StackError, match=r"damaged: secrets/field_keys\.json is not a keyset"):
        keys.field_keys_file(home)


def test_a_cut_secret_key_is_named(home: Home) -> None:
    (home.secrets / "secret_key").write_text("short", encoding="utf-8")
    with pytest.raises(StackError, match="secret_key is too short"):
        keys.secret_key_file(home)
