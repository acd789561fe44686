"""Habits the code keeps: no raw SQL from text, one way to publish, short files with one topic."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.guards import sources

MOST_LINES = 400
# file -> the lines it may have; a file that fits again must leave the list.
LONGER: dict[str, int] = {}
NO_TOPIC = {"utils.py", "helpers.py", "misc.py", "common.py", "util.py", "helper.py"}
# file -> why its SQL is put together from parts. An entry that is no longer needed fails.
BUILT_SQL = {
    "vio/common/walls.py": "names of tables and columns come from our own models, at migration",
    "vio/supervisor/schema.py": "psycopg composes the identifier; runs before Django is up",
    "sessions_app/hours/roll_up.py": "one of four texts made of the constants of `rolling.py`; nothing given goes into them",
    "vio/common/together.py": "the ORM's own text of each queryset, its values apart",
    "sessions_app/room/statements.py": "one place sends them; every statement is a constant of the module",
}
# The only file that may publish to other processes.
PUBLISHER = "vio/common/realtime.py"
SQL_CALLS = {"execute", "executemany", "raw", "RawSQL", "extra"}


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call in a file, with the last part of the called name."""
    for node in ast.walk(sources.tree(path)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield node, name


def is_fixed(statement: ast.expr) -> bool:
    """A statement written out where it stands, or a module constant (CAPITALS) that is."""
    if isinstance(statement, ast.Constant):
        return True
    return isinstance(statement, ast.Name | ast.Attribute) and ast.unparse(statement).split(".")[-1].isupper()


def built_sql() -> dict[str, list[int]]:
    """{file: lines} where SQL is put together from parts."""
    found: dict[str, list[int]] = {}
    for path in sources.python_files():
        for node, name in calls(path):
            if name in SQL_CALLS and node.args and not is_fixed(node.args[0]):
                found.setdefault(str(path), []).append(node.lineno)
    return found


def capital_constants(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Module-level NAME = value."""
    for node in sources.tree(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def test_sql_is_never_put_together_from_text() -> None:
    found = built_sql()
    assert {f: lines for f, lines in found.items() if f not in BUILT_SQL} == {}
    assert set(BUILT_SQL) <= set(found), "an exception that nobody needs any more"


def test_constants_of_sql_are_plain_text() -> None:
    """A constant built by an f-string from names of this file is fine; from a call it is not."""
    wrong = [
        f"{path}: {name}"
        for path in sources.python_files()
        for name, value in capital_constants(path)
        if isinstance(value, ast.JoinedStr)
        and "SELECT" in ast.unparse(value)
        and any(isinstance(part, ast.Call) for part in ast.walk(value))
    ]
    assert wrong == []


def test_only_one_file_publishes() -> None:
    wrong = [
        f"{path}:{node.lineno} calls {name}"
        for path in sources.python_files()
        if str(path) != PUBLISHER
        for node, name in calls(path)
        if name in {"group_send", "publish", "get_channel_layer", "spublish"}
    ]
    assert wrong == []


def test_requests_are_never_expanded_into_queries() -> None:
    """WE-6: `**request.GET` would let a browser name the columns."""
    wrong = [
        f"{path}:{node.lineno}"
        for path in sources.python_files()
        for node, _ in calls(path)
        for keyword in node.keywords
        if keyword.arg is None and "request." in ast.unparse(keyword.value)
    ]
    assert wrong == []


def test_nothing_is_unpickled_or_evaluated() -> None:
    wrong = [
        f"{path}:{node.lineno} calls {ast.unparse(node.func)}"
        for path in sources.python_files()
        for node, _ in calls(path)
        if ast.unparse(node.func) in {"eval", "exec", "pickle.loads", "pickle.load", "marshal.loads"}
    ]
    assert wrong == []


def test_files_are_short_and_have_a_topic() -> None:
    lines = {str(p): len(sources.text(p).splitlines()) for p in sources.python_files()}
    long = [p for p, count in lines.items() if count > LONGER.get(p, MOST_LINES)]
    assert [p for p in LONGER if lines.get(p, 0) <= MOST_LINES] == []
    nameless = [
        str(p) for p in sources.python_files() if p.name in NO_TOPIC and p.parts[:2] != ("vio", "common")
    ]
    assert long == []
    assert nameless == []


def test_files_of_tests_are_as_short() -> None:
    lines = {str(p): len(sources.text(p).splitlines()) for p in sources.proving_files()}
    assert len(lines) > 100
    assert {p: count for p, count in lines.items() if count > MOST_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(p) for p in sources.python_files() if sources.text(p).strip() and not ast.get_docstring(sources.tree(p))
    ]  # fmt: skip
    assert silent == []


def test_whoever_locks_a_row_stands_in_nobodys_way_who_only_refers_to_it() -> None:
    """Foreign keys are checked at the commit; with `no_key` they wait for nobody (docs/decisions/0019)."""
    with_key = [
        f"{path}:{node.lineno}"
        for path in sources.python_files()
        for node, name in calls(path)
        if name == "select_for_update" and not any(word.arg == "no_key" for word in node.keywords)
    ]
    assert with_key == []
