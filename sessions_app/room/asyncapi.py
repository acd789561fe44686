"""The room's socket as an AsyncAPI 3.0 document, made from the same classes that parse and build its
frames.
"""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from sessions_app.room.commands import COMMAND_CLASSES
from sessions_app.room.events import EVENT_CLASSES
from sessions_app.room.replies import REPLY_CLASSES

ADDRESS = "/ws/sessions/{session}/"
_REFERENCE = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """The whole description: one channel, what a browser sends, what it receives."""
    heard = (*REPLY_CLASSES, *EVENT_CLASSES)
    _, schemas = models_json_schema(
        [
            (model, "serialization" if model in heard else "validation")
            for model in (*COMMAND_CLASSES, *heard)
        ],
        ref_template=_REFERENCE,
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "vio room",
            "version": "1",
            "description": "One JSON object per text frame. docs/protocol.md explains the order of things.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "room": {
                "address": ADDRESS,
                "parameters": {"session": {"description": "The session's id."}},
                "messages": {_name(model): _message(model) for model in (*COMMAND_CLASSES, *heard)},
            }
        },
        "operations": {
            "say": _operation("receive", COMMAND_CLASSES, "What a browser may say."),
            "hear": _operation("send", heard, "What a browser may hear."),
        },
        "components": {"schemas": schemas["$defs"]},
    }


def _name(model: type[BaseModel]) -> str:
    return str(model.model_fields["type"].default)


def _message(model: type[BaseModel]) -> dict[str, Any]:
    summary = (model.__doc__ or "").strip().splitlines()[0]
    hears = getattr(model, "hears", None)
    audience = {"x-audience": hears.value} if hears is not None else {}
    return {
        "name": _name(model),
        "summary": summary,
        "payload": {"$ref": _REFERENCE.format(model=model.__name__)},
        **audience,
    }


def _operation(action: str, models: tuple[type[BaseModel], ...], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/room"},
        "messages": [{"$ref": f"#/channels/room/messages/{_name(model)}"} for model in models],
    }


def text() -> str:
    """The document as the file docs/asyncapi.yaml holds it (JSON is YAML)."""
    return json.dumps(document(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    print(text(), end="")  # noqa: T201  # `python -m sessions_app.room.asyncapi > docs/asyncapi.yaml`
