"""The generated description of the socket: valid, complete, and the same as the committed file."""

from pathlib import Path

from pydantic_asyncapi.v3 import AsyncAPI

from sessions_app.room import access
from sessions_app.room.asyncapi import document, text
from sessions_app.room.commands import COMMAND_CLASSES
from sessions_app.room.errors import MESSAGES
from sessions_app.room.events import EVENT_CLASSES
from sessions_app.room.handlers import HANDLERS
from sessions_app.room.replies import REPLY_CLASSES


def tags(classes: tuple[type, ...]) -> set[str]:
    return {kind.model_fields["type"].default for kind in classes}  # type: ignore[attr-defined]  # pydantic models


def test_the_document_is_valid_and_names_everything() -> None:
    made = document()
    AsyncAPI.model_validate(made)
    messages = made["channels"]["room"]["messages"]
    assert set(messages) == tags(COMMAND_CLASSES) | tags(EVENT_CLASSES) | tags(REPLY_CLASSES)
    assert {message["x-audience"] for message in messages.values() if "x-audience" in message} == {
        "room",
        "staff",
        "side",
        "person",
    }
    assert all(message["summary"] for message in messages.values())


def test_every_reference_leads_somewhere() -> None:
    made = document()
    schemas = made["components"]["schemas"]
    for message in made["channels"]["room"]["messages"].values():
        assert message["payload"]["$ref"].rpartition("/")[2] in schemas
    for operation in made["operations"].values():
        for reference in operation["messages"]:
            assert reference["$ref"].rpartition("/")[2] in made["channels"]["room"]["messages"]


def test_the_committed_file_is_what_the_types_say() -> None:
    assert Path("docs/asyncapi.yaml").read_text() == text()


def test_the_protocol_document_names_every_command_event_answer_and_code() -> None:
    document_text = Path("docs/protocol.md").read_text()
    named = (
        tags(COMMAND_CLASSES)
        | tags(EVENT_CLASSES)
        | tags(REPLY_CLASSES)
        | set(MESSAGES)
        | set(access.MESSAGES)
    )
    assert {name for name in named - {"session_over"} if f"`{name}`" not in document_text} == set()
    for command, handler in HANDLERS.items():
        row = f"| `{command.model_fields['type'].default}` | `{handler.needed_permission.value}` |"
        assert row in document_text
