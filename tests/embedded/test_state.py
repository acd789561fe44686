"""The state folder: made once, owned well, refused in one clear line when it cannot be used."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from vio.embedded import runtime
from vio.embedded.errors import StackError
from vio.embedded.runtime import Runtime
from vio.embedded.state import (
    LONGEST_SOCKET_PATH,
    POSTGRES_SOCKET,
    Home,
    HomeLock,
    home_path,
    is_locked,
    make_root,
    open_home,
    write_private,
)


def opened(root: Path) -> Home:
    make_root(root)
    return open_home(root)


def test_a_new_folder_keeps_everything_private(place: Path) -> None:
    home = opened(place / "home")
    for folder in (home.log, home.secrets, home.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((home.root / "home.json").stat().st_mode) == 0o600
    assert not stat.S_IMODE(home.root.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH)


def test_the_identity_stays_when_the_folder_is_opened_again(place: Path) -> None:
    assert opened(place / "home").identity == opened(place / "home").identity


def test_a_deep_folder_gets_a_short_private_place_for_its_sockets(place: Path) -> None:
    home = opened(place / "deep".ljust(60, "x") / "er".ljust(60, "y"))
    assert len(os.fsencode(home.run / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH
    assert not home.run.is_relative_to(home.root)
    assert stat.S_IMODE(home.run.stat().st_mode) == 0o700
    home.run.rmdir()


def test_a_shallow_folder_holds_its_sockets_itself(place: Path) -> None:
    home = opened(place / "home")
    assert home.run == home.root / "run"


def test_a_socket_folder_that_is_a_link_is_refused(place: Path) -> None:
    root = place / "home"
    make_root(root)
    (root / "run").symlink_to(place)
    with pytest.raises(StackError, match="belongs to somebody else"):
        open_home(root)


def test_a_file_in_place_of_the_folder_is_refused(place: Path) -> None:
    (place / "home").write_text("not a folder", encoding="utf-8")
    with pytest.raises(StackError, match="is not a folder"):
        make_root(place / "home")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"layout": 1}', '{"layout": 1, "identity": "../.."}'])
def test_an_unreadable_marker_is_named_as_damage(place: Path, content: str) -> None:
    make_root(place / "home")
    (place / "home" / "home.json").write_text(content, encoding="utf-8")
    with pytest.raises(StackError, match=r"state folder .* is damaged"):
        open_home(place / "home")


def test_a_folder_of_another_layout_is_refused(place: Path) -> None:
    make_root(place / "home")
    (place / "home" / "home.json").write_text('{"layout": 99, "identity": "a"}', encoding="utf-8")
    with pytest.raises(StackError, match="has layout 99"):
        open_home(place / "home")


def test_every_problem_is_one_line(place: Path) -> None:
    make_root(place / "home")
    (place / "home" / "home.json").write_text("{", encoding="utf-8")
    with pytest.raises(StackError) as caught:
        open_home(place / "home")
    assert "\n" not in str(caught.value)


def test_only_one_holder_of_the_lock(place: Path) -> None:
    make_root(place)
    first, second = HomeLock(place), HomeLock(place)
    first.acquire()
    with pytest.raises(StackError, match=f"another `vio up` is running on .*process {os.getpid()}"):
        second.acquire()
    assert is_locked(place)
    first.release()
    assert not is_locked(place)
    second.acquire()
    second.release()


def test_addresses_are_found_only_while_the_lock_is_held(place: Path) -> None:
    lock = HomeLock(place)
    lock.acquire()
    written = Runtime(os.getpid(), "http://localhost:1", {"VIO_DATABASE_URL": "postgresql://x"})
    runtime.write(place, written)
    assert runtime.find(place) == written
    lock.release()
    assert runtime.find(place) is None


def test_damaged_addresses_are_no_addresses(place: Path) -> None:
    lock = HomeLock(place)
    lock.acquire()
    (place / runtime.NAME).write_text(json.dumps({"pid": "no"}), encoding="utf-8")
    assert runtime.find(place) is None
    lock.release()


def test_a_private_file_is_replaced_whole(place: Path) -> None:
    target = place / "secret"
    write_private(target, "one")
    write_private(target, "two")
    assert target.read_text(encoding="utf-8") == "two"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in place.iterdir()] == ["secret"]


def test_the_folder_comes_from_the_option_then_the_environment(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("VIO_HOME", "from-environment")
    assert home_path("given") == place / "given"
    assert home_path() == place / "from-environment"
    monkeypatch.delenv("VIO_HOME")
    assert home_path() == place / "var"
