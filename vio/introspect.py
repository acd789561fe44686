"""What the product offers and which right each part needs: URLs, socket commands, Celery tasks.

Read from the code itself, never from a list: the `vio routes|commands|tasks` commands print it, and the guard tests
hold it against the permission table.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from vio.common.permissions import Permission, needed

View = Callable[..., Any]
# A view that does not say which methods it takes is asked with these.
ASSUMED_METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Edge:
    """One URL with one set of methods, the view behind it, and the right it needs (None: somebody forgot)."""

    route: str
    name: str
    methods: tuple[str, ...]
    permission: Permission | None
    view: View = field(compare=False)
    parameters: dict[str, str] = field(default_factory=dict, compare=False)  # name -> converter

    @property
    def view_path(self) -> str:
        """module.function of the view."""
        return f"{self.view.__module__}.{self.view.__qualname__}"

    def as_json(self) -> dict[str, Any]:
        """What `vio routes --json` prints."""
        return {
            "route": f"/{self.route}",
            "name": self.name,
            "methods": list(self.methods),
            "permission": self.permission.value if self.permission else None,
            "view": self.view_path,
        }


def edges() -> list[Edge]:
    """Every URL x set of methods that the resolver knows, in its order."""
    return list(_walk(get_resolver().url_patterns, "", "", {}))


def _walk(
    patterns: list[URLPattern | URLResolver], prefix: str, space: str, given: dict[str, str]
) -> Iterator[Edge]:
    for entry in patterns:
        route = prefix + str(entry.pattern)
        parameters = given | _parameters(entry)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, route, inner, parameters)
        else:
            name = f"{space}{entry.name or ''}"
            for methods, view in _operations(entry.callback):
                yield Edge(route, name, methods, needed(view), view, parameters)


def _parameters(entry: URLPattern | URLResolver) -> dict[str, str]:
    if isinstance(entry.pattern, RoutePattern):
        return {name: type(c).__name__ for name, c in entry.pattern.converters.items()}
    return dict.fromkeys(entry.pattern.regex.groupindex, "regex")


def _operations(view: View) -> Iterator[tuple[tuple[str, ...], View]]:
    # The API library puts all operations of an address behind one view.
    path_view = _closed_over(view, "self") or getattr(view, "__self__", None)
    if path_view is not None and hasattr(path_view, "operations"):
        for operation in path_view.operations:
            yield tuple(sorted(operation.methods)), operation.view_func
    else:
        yield methods_of(view), view


def methods_of(view: View) -> tuple[str, ...]:
    """The methods a view takes: from `require_http_methods` and its kin, or the assumed ones."""
    layer: Any = view
    while layer is not None:
        listed = _closed_over(layer, "request_method_list")
        if listed:
            return tuple(m for m in listed if m != "HEAD")
        layer = getattr(layer, "__wrapped__", None)
    return ASSUMED_METHODS


def _closed_over(function: Any, name: str) -> Any:
    if not inspect.isfunction(function):
        return None
    return inspect.getclosurevars(function).nonlocals.get(name)


@dataclass(frozen=True)
class SocketCommand:
    """One thing a browser may say on a socket, and the right it needs (None: somebody forgot)."""

    name: str
    permission: Permission | None


HANDLER_MODULES = ("sessions_app.room.handlers", "sessions_app.desk.handlers", "checkins.desk.handlers")


def socket_commands() -> list[SocketCommand]:
    """Every command of every handler table (`HANDLERS`: command type -> handler), by name."""
    found = []
    for module in HANDLER_MODULES:
        if _exists(module):
            for name, handler in importlib.import_module(module).HANDLERS.items():
                found.append(SocketCommand(_command_name(name), needed(handler)))
    return sorted(found, key=lambda c: c.name)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # its package does not exist either
        return False


def _command_name(key: object) -> str:
    if isinstance(key, str):
        return key
    # A pydantic class of the tagged union names itself by the default of its `type` field.
    fields = cast("dict[str, Any]", getattr(key, "model_fields", {}))
    return str(fields["type"].default) if "type" in fields else getattr(key, "__name__", str(key))


@dataclass(frozen=True)
class Task:
    """One Celery task, the right it acts with (None: somebody forgot), and how often the clock calls it."""

    name: str
    permission: Permission | None
    module: str
    every_seconds: float | None


def tasks() -> list[Task]:
    """Every task of ours that Celery knows, by name."""
    from vio.celery import app

    app.loader.import_default_modules()
    schedule = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    return [
        Task(name, needed(task.run), task.__module__, _seconds(schedule.get(name)))
        for name, task in sorted(app.tasks.items())
        if not name.startswith("celery.")
    ]


def scheduled() -> dict[str, str]:
    """{entry of the schedule: name of its task}."""
    from vio.celery import app

    return {name: entry["task"] for name, entry in app.conf.beat_schedule.items()}


def _seconds(schedule: Any) -> float | None:
    if schedule is None:
        return None
    return float(schedule.total_seconds() if hasattr(schedule, "total_seconds") else schedule)
