"""WS-3: what a frame must look like, and that nothing else gets through or breaks the parser."""

import json
from typing import Annotated, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from sessions_app.room.commands import COMMANDS, SIGNALLING, ChatSend, Command, SignalSend
from vio.common import frames as reading
from vio.common.frames import LARGE_LIMIT, LIMIT, FrameError, find_id, read_frame, read_object

ID = "6b8d7a3e-0c06-4a9f-9f4e-0e7a6b1d2c3f"


class Wide(BaseModel):
    """A frame with room for odd values, to see that they are refused before a class sees them."""

    model_config = ConfigDict(extra="allow")
    id: str
    type: Literal["wide"]


class Large(BaseModel):
    """A frame type that may be large."""

    id: str
    type: Literal["large"]
    data: str


ADAPTER: TypeAdapter[Wide | Large] = TypeAdapter(Annotated[Wide | Large, Field(discriminator="type")])


def wide(inner: str) -> str:
    return f'{{"id":"{ID}","type":"wide",{inner}}}'


def refused(text: str | None) -> FrameError:
    with pytest.raises(FrameError) as refusal:
        read_frame(text, ADAPTER, large=frozenset({"large"}))
    return refusal.value


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ('"a":NaN', "bad_number"),
        ('"a":-Infinity', "bad_number"),
        ('"a":1e999', "bad_number"),
        ('"a":9007199254740993', "bad_number"),
        ('"a":-9007199254740993', "bad_number"),
        ('"a":' + "9" * 5000, "bad_number"),
        ('"a":1,"a":2', "duplicate_key"),
        ('"a":{"b":1,"b":1}', "duplicate_key"),
        ('"a":"\\u0000"', "bad_text"),
        ('"a":"\\ud800"', "bad_text"),
        ('"a":["x",{"k\\udfff":1}]', "bad_text"),
        ('"a":' + "[" * 8 + "]" * 8, "too_deep"),
        ('"a":' + "[" * 5000 + "]" * 5000, "too_deep"),
        (",".join(f'"k{n}":1' for n in range(63)), "too_many_keys"),
        ('"a":' + json.dumps(dict.fromkeys(map(str, range(62)), 1)), "too_many_keys"),
        ('"a":"' + "x" * LIMIT + '"', "frame_too_large"),
        ('"a":"' + "é" * (LIMIT // 2) + '"', "frame_too_large"),
        ('"a":', "bad_json"),
        ('"a":\x00', "bad_json"),
    ],
)
def test_refused_with_a_code_and_the_commands_id(inner: str, code: str) -> None:
    error = refused(wide(inner))
    assert (error.code, error.id) == (code, ID)


@pytest.mark.parametrize(
    "inner",
    [
        '"a":9007199254740992',
        '"a":"\\ud83d\\ude00"',
        '"a":' + "[" * 7 + "]" * 7,
        ",".join(f'"k{n}":1' for n in range(62)),
        '"a":1.5e3',
        '"a":"' + "x" * (LIMIT - 100) + '"',
    ],
)
def test_just_within_the_limits_passes(inner: str) -> None:
    assert isinstance(read_frame(wide(inner), ADAPTER), Wide)


@pytest.mark.parametrize("text", ["", "[]", "1", '"x"', "null", "{", "\ud800", "\x00"])
def test_what_is_not_an_object_is_refused(text: str) -> None:
    assert refused(text).code in {"bad_json", "bad_text"}
    assert refused(text).id is None


def test_binary_is_refused() -> None:
    assert refused(None).code == "not_text"


def test_only_named_types_may_be_large() -> None:
    text = json.dumps({"id": ID, "type": "large", "data": "x" * (LIMIT + 10)})
    assert isinstance(read_frame(text, ADAPTER, large=frozenset({"large"})), Large)
    with pytest.raises(FrameError, match="frame_too_large"):
        read_frame(text, ADAPTER)
    assert (
        refused(json.dumps({"id": ID, "type": "large", "data": "x" * LARGE_LIMIT})).code == "frame_too_large"
    )


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "chat.shout", "text": "a"}, "unknown_type"),
        ({"text": "a"}, "unknown_type"),
        ({"type": ["chat.send"]}, "unknown_type"),
        ({"type": "chat.send"}, "missing_field"),
        ({"type": "chat.send", "text": 5}, "bad_field"),
        ({"type": "chat.send", "text": "a" * 2001}, "bad_field"),
        ({"type": "chat.send", "text": "   "}, "bad_field"),
        ({"type": "chat.send", "text": "a", "to": "ben"}, "bad_field"),
        ({"type": "chat.send", "text": "a", "person": "ben"}, "unknown_field"),
        ({"type": "chat.send", "text": "a", "at": "2026-01-01T00:00:00Z"}, "unknown_field"),
        ({"type": "client.admit", "person": "../x"}, "bad_field"),
        ({"type": "client.remove", "person": "ben", "reason_code": "dislike"}, "bad_field"),
        ({"type": "media.state", "mic": "true", "camera": 0}, "bad_field"),
        ({"type": "signal.send", "to": "ben", "payload": {"kind": "offer", "x": 1}}, "unknown_field"),
        ({"type": "ping", "heads": {"room": -1}}, "bad_field"),
    ],
)
def test_commands_are_strict(frame: dict[str, object], code: str) -> None:
    with pytest.raises(FrameError) as refusal:
        read_frame(json.dumps({"id": ID, **frame}), COMMANDS, large=SIGNALLING)
    assert (refusal.value.code, refusal.value.id) == (code, ID)
    assert "shout" not in refusal.value.message


def test_a_command_without_an_id_is_refused() -> None:
    with pytest.raises(FrameError) as refusal:
        read_frame('{"type":"hand.raise","id":"1"}', COMMANDS)
    assert (refusal.value.code, refusal.value.id) == ("bad_field", None)


def test_good_commands_pass() -> None:
    chat = read_frame(json.dumps({"id": ID, "type": "chat.send", "text": "a" * 2000}), COMMANDS)
    assert isinstance(chat, ChatSend)
    assert chat.to == "room"
    offer = {"id": ID, "type": "signal.send", "to": "ben", "payload": {"kind": "offer", "sdp": "x" * 40_000}}
    assert isinstance(read_frame(json.dumps(offer), COMMANDS, large=SIGNALLING), SignalSend)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
frames = st.fixed_dictionaries(
    {"type": st.sampled_from(["chat.send", "ping", "client.remove", "signal.send", "media.state"])},
    optional=dict.fromkeys(("id", "text", "to", "person", "heads", "payload", "mic", "camera"), json_values),
).map(json.dumps)


def either_a_command_or_a_refusal(text: str) -> None:
    try:
        command = read_frame(text, COMMANDS, large=SIGNALLING)
    except FrameError as refusal:
        assert refusal.code  # noqa: PT017  # both ways out are right; any other exception is the failure
        assert refusal.id is None or refusal.id in text  # noqa: PT017
    else:
        assert isinstance(command, Command)


PIECES = [
    "{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "d800", "0000", "\0", "null", "true", "NaN", "1e999",
    "-", "9" * 20, f'"id":"{ID}",', '"type":"chat.send",', '"text":"hello"', '"type":"ping"', "[" * 40,
    '"heads":{"room":1}', "é", '"to":"staff",', '"type":"signal.send","payload":', "{" * 12, " ",
    f'{{"id":"{ID}","type":"hand.raise"}}',
]  # fmt: skip


@settings(max_examples=10_000, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_either_a_command_or_a_refusal(text: str) -> None:
    either_a_command_or_a_refusal(text)


@settings(max_examples=300, deadline=None)
@given(frames)
@example('{"id":"' + ID + '","type":"ping","heads":{}}')
def test_any_object_is_either_a_command_or_a_refusal(text: str) -> None:
    either_a_command_or_a_refusal(text)


def test_the_id_is_found_in_what_cannot_be_read() -> None:
    assert find_id(f'{{"id" : "{ID}", "a": NaN') == ID
    assert find_id('{"id": 5}') is None


_NUMBERS = st.sampled_from(
    [
        "1",
        "-1",
        "2.5",
        "1e3",
        "1e999",
        "NaN",
        "-Infinity",
        "9007199254740992",
        "9007199254740993",
        "9" * 30,
        "-0",
    ]
)
_TEXTS = st.sampled_from(
    ['"a"', '"a:b"', '"\\":"', '"{\\"a\\":1}"', '"\\ud800"', '""', '"\\u0000"', "true", "null"]
)
_VALUES = st.recursive(
    _NUMBERS | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(['"a"', '"b"', '"c:d"', '"\\u0061"']), inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key} : {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=12,
)


def _either(text: str, *, most_keys: int) -> object:
    """The object, or the code that refuses it."""
    try:
        return read_object(text, most_keys=most_keys)
    except FrameError as refused:
        return refused.code


@settings(max_examples=600)
@given(_VALUES, st.integers(0, 8))
@example('{"a":1,"\\u0061":2}', 8)
@example('{"a":' * 3000 + "1" + "}" * 3000, 8)
@example("9" * 5000, 8)
@example('{"a":1,"a":"\\u003a"}', 8)
@example('{"a:b":1,"a:b":":"}', 8)
def test_a_glance_never_says_other_than_a_closer_look(text: str, most_keys: int) -> None:
    quickly = _either(text, most_keys=most_keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_at_a_glance", lambda text, most_keys: None)
        assert repr(quickly) == repr(_either(text, most_keys=most_keys))


@pytest.mark.parametrize(
    ("text", "glance"),
    [
        ('{"id": "x", "type": "ping", "heads": {"room": 41}}', True),
        ('{"a": "b:c"}', True),
        ('{"type": "ping", "heads": {"room": 41, "person:7": 3}}', True),
        ('{"a": "\\u003a"}', False),
        ('{"a": 1, "a": "\\u003A"}', False),
        ('{"a:": 1, "a:": 2}', False),
        ('{"a": 1, "a": 2}', False),
        ('{"a": 1e999}', False),
        ('{"a": NaN}', False),
        ("[1]", False),
        ("{", False),
    ],
)
def test_only_what_is_plainly_in_order_is_read_at_a_glance(text: str, glance: bool) -> None:
    assert (reading._at_a_glance(text, 8) is not None) is glance
