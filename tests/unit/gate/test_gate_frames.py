"""Any bytes on a kernel connection become exactly one message, or `MalformedFrame`."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.codes import INERT_DEBUG, MESSAGES, code_of
from hub_config.gate.errors import MalformedFrame, Refused
from hub_config.gate.frames import Message, Protocol, parse_frame, write_frame

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"]), max_size=6), JSON, max_size=4)
MESSAGE = st.builds(
    Message,
    st.sampled_from(["shell", "control", "stdin"]),
    OBJECT.map(lambda d: {**d, "msg_id": "1", "msg_type": "execute_request"}),
    OBJECT,
    OBJECT,
    OBJECT,
    st.lists(st.binary(max_size=20), max_size=3).map(tuple),
)
PROTOCOL: st.SearchStrategy[Protocol] = st.sampled_from(["v1", "legacy"])


def v1(channel: bytes, *parts: bytes, count: int | None = None) -> bytes:
    """Build a frame as `jupyter_server` does."""
    pieces = [channel, *parts]
    offsets = [8 * (len(pieces) + 2)]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    words = [len(offsets) if count is None else count, *offsets]
    return b"".join([*(w.to_bytes(8, "little") for w in words), *pieces])


HEADER = b'{"msg_id":"1","msg_type":"execute_request"}'


def message(msg_type: str, content: dict[str, Any]) -> Message:
    return Message("shell", {"msg_id": "1", "msg_type": msg_type}, {}, {}, content)


@given(MESSAGE, PROTOCOL)
def test_what_is_written_is_read_as_the_same_message(sent: Message, protocol: Protocol) -> None:
    assert parse_frame(write_frame(sent, protocol), protocol) == sent


@given(st.binary(max_size=300), PROTOCOL)
def test_any_bytes_become_a_message_or_one_error(data: bytes, protocol: Protocol) -> None:
    try:
        parse_frame(data, protocol)
    except MalformedFrame:
        return


@given(st.text(max_size=300), PROTOCOL)
def test_any_text_becomes_a_message_or_one_error(data: str, protocol: Protocol) -> None:
    try:
        parse_frame(data, protocol)
    except MalformedFrame:
        return


@given(MESSAGE, PROTOCOL, st.data())
def test_a_damaged_frame_is_read_or_refused_but_never_crashes(
    sent: Message, protocol: Protocol, data: st.DataObject
) -> None:
    frame = write_frame(sent, protocol)
    raw = bytearray(frame.encode() if isinstance(frame, str) else frame)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        parse_frame(bytes(raw), protocol)
    except MalformedFrame:
        return


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0" * 8,
        b"\xff" * 64,
        v1(b"shell", HEADER, b"{}", b"{}"),
        v1(b"iopub", HEADER, b"{}", b"{}", b"{}"),
        v1(b"shell", HEADER, b"{}", b"{}", b"[]"),
        v1(b"shell", HEADER, b"{}", b"{}", b'{"code":"1","code":"2"}'),
        v1(b"shell", HEADER, b"{}", b"{}", b'{"code":NaN}'),
        v1(b"shell", HEADER, b"{}", b"{}", b'{"n":1e999}'),
        v1(b"shell", b'{"msg_type":"x"}', b"{}", b"{}", b"{}"),
        v1(b"shell", b'{"msg_type":["execute_request"],"msg_id":"1"}', b"{}", b"{}", b"{}"),
        v1(b"shell", HEADER, b"{}", b"{}", b"{}") + b"x",
        v1(b"shell", HEADER, b"{}", b"{}", b"{}")[:-1],
        v1(b"shell", HEADER, b"{}", b"{}", b"{}", count=2**40),
        v1(b"shell", HEADER, b"{}", b"{}", b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        v1(b"shell", HEADER, b"{}", b"{}", b"{}", *[b"x"] * 65),
    ],
)
def test_a_frame_that_is_not_exactly_one_message_is_refused(frame: bytes) -> None:
    with pytest.raises(MalformedFrame):
        parse_frame(frame, "v1")


def test_overlapping_offsets_are_refused() -> None:
    """The server slices by offsets, so two readers could see different parts."""
    good = bytearray(v1(b"shell", HEADER, b"{}", b"{}", b"{}"))
    good[24:32], good[32:40] = good[32:40], good[24:32]
    with pytest.raises(MalformedFrame):
        parse_frame(bytes(good), "v1")


def test_a_v1_frame_as_text_is_refused() -> None:
    with pytest.raises(MalformedFrame):
        parse_frame("{}", "v1")


@pytest.mark.parametrize(
    "document",
    [
        {"header": {"msg_id": "1", "msg_type": "x"}, "parent_header": {}, "metadata": {}, "content": {}},
        {"channel": "shell", "header": {}, "parent_header": {}, "metadata": {}, "content": {}},
        {"channel": "shell", "header": None, "parent_header": {}, "metadata": {}, "content": {}},
        {"channel": 1, "header": {"msg_id": "1", "msg_type": "x"}, "parent_header": {}, "metadata": {}, "content": {}},
        ["shell"],
        7,
    ],
)
def test_a_legacy_message_with_a_missing_part_is_refused(document: Any) -> None:
    with pytest.raises(MalformedFrame):
        parse_frame(json.dumps(document), "legacy")


def test_the_legacy_frame_with_buffers_is_what_jupyter_writes() -> None:
    body = json.dumps(
        {
            "channel": "shell",
            "header": {"msg_id": "1", "msg_type": "comm_msg"},
            "parent_header": {},
            "metadata": {},
            "content": {},
        }
    ).encode()
    frame = struct.pack("!III", 2, 12, 12 + len(body)) + body + b"buffer"
    assert parse_frame(frame, "legacy").buffers == (b"buffer",)


ODD: list[Any] = [[], {}, ["shell"], {"evaluate": 1}, 5, None]


@pytest.mark.parametrize("odd", ODD)
def test_a_channel_that_is_no_word_is_an_unreadable_message(odd: Any) -> None:
    document = {"channel": odd, "header": {"msg_id": "1", "msg_type": "comm_msg"}}
    document |= {"parent_header": {}, "metadata": {}, "content": {}}
    with pytest.raises(MalformedFrame):
        parse_frame(json.dumps(document), "legacy")


@pytest.mark.parametrize("odd", ODD)
def test_a_command_that_is_no_word_is_recorded(odd: Any) -> None:
    assert code_of(message("debug_request", {"command": odd}), limit=1000) is not None


def test_the_code_of_a_cell_is_recorded_byte_for_byte() -> None:
    code = code_of(message("execute_request", {"code": "print('가나다')\n"}), limit=100)
    assert code is not None
    assert code.text == "print('가나다')\n".encode()


def test_expressions_beside_a_cell_are_recorded_with_it() -> None:
    code = code_of(message("execute_request", {"code": "", "user_expressions": {"x": "leak()"}}), limit=100)
    assert code is not None
    assert b"leak()" in code.text


@pytest.mark.parametrize("command", ["evaluate", "dumpCell", "setBreakpoints", "setVariable", "new-one", None])
def test_a_debugger_command_that_may_carry_code_is_recorded(command: str | None) -> None:
    content = {"command": command, "arguments": {"expression": "leak()"}}
    code = code_of(message("debug_request", content), limit=1000)
    assert code is not None
    assert b"leak()" in code.text


@pytest.mark.parametrize("command", sorted(INERT_DEBUG))
def test_a_debugger_command_that_only_steers_is_not_recorded(command: str) -> None:
    assert code_of(message("debug_request", {"command": command}), limit=1000) is None


def test_what_is_typed_at_a_prompt_is_recorded() -> None:
    code = code_of(message("input_reply", {"value": "import os"}), limit=100)
    assert code is not None
    assert code.text == b"import os"


@given(st.text(max_size=20).filter(lambda t: t not in MESSAGES))
def test_a_message_type_that_no_table_names_is_refused(msg_type: str) -> None:
    with pytest.raises(Refused) as refused:
        code_of(message(msg_type, {"code": "1"}), limit=100)
    assert refused.value.code == "frame.unlisted"


def test_more_code_than_the_limit_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        code_of(message("execute_request", {"code": "x" * 101}), limit=100)
    assert refused.value.code == "frame.too_large"


def test_code_that_is_no_text_is_recorded_all_the_same() -> None:
    code = code_of(message("execute_request", {"code": ["import os"]}), limit=100)
    assert code is not None
    assert b"import os" in code.text
