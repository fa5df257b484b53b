"""What is too large or a picture is held back, a notice stands at its cell, and everything else passes unread."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.errors import MalformedFrame
from hub_config.gate.frames import Message, split_v1, v1_frame
from hub_config.gate.notices import REASONS, notice_frame, notice_of, readable, refusal_frames
from hub_config.gate.outputs import LARGEST_LEGACY, LARGEST_READ, parse_output, reason_to_hold

HEADER = {"msg_id": "m1", "msg_type": "display_data", "session": "s", "username": "u", "version": "5.3"}
PARENT = {"msg_id": "cell"}
PNG = {"data": {"image/png": "iVBORw0KGgo" * 10, "text/plain": "<Figure>"}, "metadata": {}, "transient": {"id": "x"}}


def v1(kind: str, content: dict[str, Any], channel: str = "iopub", buffers: tuple[bytes, ...] = ()) -> bytes:
    return v1_frame(channel, ({**HEADER, "msg_type": kind}, PARENT, {}, content), buffers)


def legacy(kind: str, content: dict[str, Any], channel: str = "iopub") -> bytes:
    parts = {"header": {**HEADER, "msg_type": kind}, "parent_header": PARENT, "metadata": {}, "content": content}
    return json.dumps({**parts, "channel": channel, "buffers": []}).encode()


def seen(frame: bytes | str) -> tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return channel, header, parent and content of a notice, as a client reads it."""
    if isinstance(frame, str):
        document = json.loads(frame)
        return document["channel"], document["header"], document["parent_header"], document["content"]
    channel, header, parent, _, content = split_v1(frame)
    return channel.decode(), json.loads(header), json.loads(parent), json.loads(content)


def spelled(content: bytes) -> bytes:
    """Return a display whose content is written letter by letter."""
    channel, header, parent, metadata, _ = split_v1(v1("display_data", {}))
    parts = [channel, header, parent, metadata, content]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return b"".join([*(word.to_bytes(8, "little") for word in (len(offsets), *offsets)), *parts])


def test_a_small_message_passes_unread_whatever_it_is() -> None:
    assert reason_to_hold(b"\0 anything", "v1", shown_bytes=100, pictures=True) is None
    assert reason_to_hold(v1("display_data", PNG), "v1", shown_bytes=10_000, pictures=True) is None


def test_a_picture_is_held_where_the_policy_says_so_and_cannot_be_faked_or_hidden_by_text() -> None:
    assert held(v1("display_data", PNG)) == "output.picture"
    assert held(legacy("display_data", PNG), "legacy") == "output.picture"
    assert held(v1("stream", {"name": "stdout", "text": '"image/png": "iVBOR"'})) is None


def held(frame: bytes, protocol: Any = "v1") -> str | None:
    return reason_to_hold(frame, protocol, shown_bytes=20_000_000, pictures=False)


FILES = [
    *("application/octet-stream", "application/zip", "application/pdf", "application/gzip", "application/x-tar"),
    *("application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    *("application/vnd.apache.parquet", "audio/mpeg", "video/mp4", "font/woff2"),
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("wrap", [v1, legacy])
def test_a_file_that_is_no_picture_is_held_also_where_pictures_are_shown(name: str, wrap: Any) -> None:
    protocol: Any = "v1" if wrap is v1 else "legacy"
    for value in ("eHh4", ["eHh4", "eHh4"]):
        frame = wrap("display_data", {"data": {"text/plain": "<bytes>", name: value}, "metadata": {}})
        assert reason_to_hold(frame, protocol, shown_bytes=20_000_000, pictures=True) == "output.file"


@pytest.mark.parametrize(
    "content",
    [
        PNG,
        {"data": {"application/json": {"mimetype": "application/pdf"}, "text/plain": "'application/pdf': 'x'"}},
        {"data": {"application/vnd.plotly.v1+json": {"data": []}, "application/javascript": "draw()"}},
        {"data": {"text/plain": json.dumps({"application/pdf": "eHh4"})}},
        {"data": {"image/svg+xml": "<svg/>", "text/html": '<a type="application/pdf">: "x"</a>'}},
    ],
)
def test_words_about_files_pictures_and_charts_are_shown_where_pictures_are(content: dict[str, Any]) -> None:
    assert reason_to_hold(v1("display_data", content), "v1", shown_bytes=20_000_000, pictures=True) is None


ROWS: dict[str, Any] = {"model/year": ["1970"], "audio/level": "3", "font/size": "9", "chemical/name": "NaCl"}


@pytest.mark.parametrize("wrap", [v1, legacy])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("display_data", {"data": {"application/vnd.vegalite.v5+json": {"data": {"values": [ROWS]}}}}),
        ("execute_result", {"data": {"application/json": {**ROWS, "audio/mpeg": "3"}}}),
        ("comm_msg", {"comm_id": "c", "data": {"method": "update", "state": ROWS}}),
        ("comm_open", {"comm_id": "c", "data": {"state": ROWS}}),
    ],
)
def test_columns_of_charts_and_keys_of_widgets_are_no_files(wrap: Any, kind: str, content: dict[str, Any]) -> None:
    protocol: Any = "v1" if wrap is v1 else "legacy"
    assert reason_to_hold(wrap(kind, content), protocol, shown_bytes=20_000_000, pictures=True) is None


@pytest.mark.parametrize(
    "frame",
    [
        v1("comm_msg", {"data": {"state": {"outputs": [{"data": {"application/pdf": "eHh4"}}]}}}),
        v1("display_data", {"data": {"application/zip": "eHh4" * LARGEST_READ}}),
        spelled(b'{"data":{"audio/mpeg":"eHh4"},"data":{}}'),  # one reader takes the first, another the last
        v1_frame("iopub", ({**HEADER, "x": "y" * 70_000}, PARENT, {}, {"data": {"video/mp4": "eHh4"}})),
    ],
)
def test_a_file_that_is_not_read_is_known_by_the_name_of_its_type(frame: bytes) -> None:
    assert reason_to_hold(frame, "v1", shown_bytes=20_000_000, pictures=True) == "output.file"


@pytest.mark.parametrize("protocol", ["v1", "legacy"])
def test_a_cell_that_does_not_run_is_told_why_and_ends(protocol: Any) -> None:
    secret = "S3CR3T" * 40
    header = {**HEADER, "msg_type": "execute_request", "extra": secret}
    frames = refusal_frames(Message("shell", header, {}, {}, {"code": secret}), "Paused.", protocol)
    read = [seen(frame) for frame in frames]
    assert [(channel, header["msg_type"]) for channel, header, _, _ in read] == [
        ("iopub", "error"),
        ("shell", "execute_reply"),
        ("iopub", "status"),
    ]
    assert all(parent["msg_id"] == "m1" and parent["session"] == "s" for _, _, parent, _ in read)
    assert read[0][3] == {"ename": "Refused", "evalue": "Paused.", "traceback": ["Paused."]}
    assert read[1][3]["status"] == "error"
    assert read[2][3] == {"execution_state": "idle"}
    assert not any("S3CR3T" in str(frame) for frame in frames)
    other = Message("shell", {**header, "msg_type": "comm_msg"}, {}, {}, {})
    assert refusal_frames(other, "Paused.", protocol) == []


ESCAPED = b'{"data":{"image\\u002fpng":"iVBOR"},"metadata":{}}'
OUTPUTS = {"outputs": [{"output_type": "display_data", "data": {"image/png": "iVBOR"}}]}


@pytest.mark.parametrize(
    "frame",
    [
        spelled(ESCAPED),
        spelled(b'{"data":{"IMAGE/PNG":"iVBOR"}}'),
        spelled(b'{"data":{"image/png":["iVBOR"]}}'),
        v1("display_data", {"data": {"application/vnd.plotly.v1+json": {"data": [1]}}}),
        v1("display_data", {"data": {"application/javascript": "draw()"}}),
        v1("comm_msg", {"data": {"state": OUTPUTS}}),
        v1("comm_msg", {"data": {"method": "update"}}, buffers=(b"\x89PNG",)),
        v1("display_data", {"data": {"text/plain": "x"}}, buffers=(b"\x89PNG",)),
        v1("display_data", {"data": {"text/html": "x" * (LARGEST_READ + 1)}}),
    ],
)
def test_no_spelling_and_no_detour_shows_a_picture_where_none_is_shown(frame: bytes) -> None:
    assert held(frame) == "output.picture"


def test_a_notebook_that_holds_a_picture_is_not_opened_where_none_is_shown() -> None:
    notebook = {"content": {"cells": [{"cell_type": "code", **OUTPUTS}]}, "mimetype": "text/plain"}
    attached = {"content": {"cells": [{"attachments": {"a.png": {"image/png": "iVBOR"}}}]}}
    for document in (notebook, attached):
        assert reason_to_hold(json.dumps(document).encode(), None, shown_bytes=9_999, pictures=False) is not None
        assert reason_to_hold(json.dumps(document).encode(), None, shown_bytes=9_999, pictures=True) is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("display_data", {"data": {"text/html": "<table></table>", "text/plain": "a"}, "metadata": {}}),
        ("execute_reply", {"status": "ok", "payload": [], "user_expressions": {}}),
        ("stream", {"name": "stdout", "text": "x" * (LARGEST_READ + 1)}),
        ("execute_input", {"code": "a/b", "execution_count": 1}),
        ("status", {"execution_state": "idle"}),
    ],
)
def test_tables_and_text_are_shown_where_pictures_are_not(kind: str, content: dict[str, Any]) -> None:
    assert held(v1(kind, content)) is None


@pytest.mark.parametrize("kind", ["display_data", "update_display_data", "execute_result", "stream", "error"])
@pytest.mark.parametrize("wrap", [v1, legacy])
def test_the_notice_stands_at_the_cell_whose_output_it_was(kind: str, wrap: Any) -> None:
    protocol: Any = "v1" if wrap is v1 else "legacy"
    output = parse_output(wrap(kind, PNG), protocol)
    text = notice_of(output, "output.too_large", "en")
    channel, header, parent, content = seen(notice_frame(output, text, protocol))
    assert (channel, header["msg_type"], parent) == ("iopub", kind, PARENT)
    assert "egress" in json.dumps(content)
    assert "iVBOR" not in json.dumps(content)


def test_a_client_that_waits_for_a_reply_gets_one() -> None:
    output = parse_output(v1("execute_reply", {"status": "ok", "payload": ["x" * 500]}, "shell"), "v1")
    channel, header, _, content = seen(notice_frame(output, "held", "v1"))
    assert (channel, header["msg_type"], content["status"]) == ("shell", "execute_reply", "error")


@pytest.mark.parametrize("kind", ["comm_msg", "comm_open", "input_request", "anything_new", ""])
def test_whatever_no_row_knows_becomes_a_line_of_text(kind: str) -> None:
    output = parse_output(v1(kind, {"data": {"x": 1}}, buffers=(b"x" * 5000,)), "v1")
    channel, header, _, content = seen(notice_frame(output, "held", "v1"))
    assert (channel, header["msg_type"], content) == ("iopub", "stream", {"name": "stderr", "text": "held\n"})


def test_a_content_that_is_too_large_is_not_read_at_all() -> None:
    frame = v1("display_data", {"data": {"image/png": "x" * LARGEST_READ}})
    output = parse_output(frame, "v1")
    assert (output.content, output.mimes, output.size) == ({}, [], len(frame))
    with pytest.raises(MalformedFrame):
        parse_output(b"{" + b" " * LARGEST_LEGACY, "legacy")
    with pytest.raises(MalformedFrame):
        parse_output(v1_frame("iopub", ({**HEADER, "x": "y" * 70_000}, PARENT, {}, {})), "v1")


def test_only_what_looks_like_a_type_is_recorded_as_one() -> None:
    data = {"image/png": "x", "text/plain": "y", "홍길동 010-1234-5678": "z", "a/b c": "w"}
    assert parse_output(v1("display_data", {"data": data}), "v1").mimes == ["image/png", "other", "text/plain"]
    assert parse_output(v1("010-1234-5678", {}), "v1").type == "other"


def test_nothing_but_what_names_the_cell_is_left_of_a_message_that_is_held() -> None:
    secret = "S3CR3T" * 40
    header = {**HEADER, "extra": secret, "username": secret, "date": {"x": secret}}
    content = {**PNG, "transient": {"display_id": "d1", "x": secret}, "execution_count": 10**200}
    frame = v1_frame("iopub", ({**header, "msg_type": "execute_result"}, {**PARENT, "x": secret}, {}, content))
    notice = notice_frame(parse_output(frame, "v1"), "held", "v1")
    assert b"S3CR3T" not in bytes(notice)  # type: ignore[arg-type]  # v1 frames are bytes
    _, read, parent, said = seen(notice)
    assert (read["msg_id"], parent, said["transient"]) == ("m1", PARENT, {"display_id": "d1"})
    assert said["execution_count"] is None


def test_the_notice_says_what_happened_and_what_to_do_in_both_languages() -> None:
    output = parse_output(v1("display_data", PNG), "v1")
    for reason in REASONS:
        assert "/outbox" in notice_of(output, reason, "ko")
        assert "반출" in notice_of(output, reason, "ko")
        assert "request egress" in notice_of(output, reason, "en")
    assert (readable(2_500_000), readable(99_000)) == ("2.5 MB", "99 kB")


@given(st.binary(max_size=300), st.sampled_from(["v1", "legacy"]))
def test_any_bytes_become_a_notice_or_one_error(data: bytes, protocol: Any) -> None:
    try:
        output = parse_output(data, protocol)
    except MalformedFrame:
        return
    notice_frame(output, "held", protocol)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    header=st.dictionaries(st.sampled_from(["msg_type", "msg_id", "x"]), JSON, max_size=3),
    parent=JSON,
    content=st.dictionaries(st.sampled_from(["data", "transient", "execution_count", "text"]), JSON, max_size=4),
    channel=JSON,
)
def test_whatever_a_workspace_puts_into_a_message_none_of_its_content_is_in_the_notice(
    header: dict[str, Any], parent: Any, content: dict[str, Any], channel: Any
) -> None:
    marked = {**content, "secret": "S3CR3T"}
    parts = {"header": header, "parent_header": parent, "content": marked, "channel": channel, "metadata": {}}
    try:
        output = parse_output(json.dumps(parts).encode(), "legacy")
    except MalformedFrame:
        return
    assert "S3CR3T" not in str(notice_frame(output, "held", "legacy"))
