"""Bytes beside messages are counted as bytes; pictures in them, and what is JSON, are not."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_config.gate.access import Access
from hub_config.gate.config import Limits
from hub_config.gate.frames import MAX_BUFFERS, Message, v1_frame, write_frame
from hub_config.gate.outflow import Outflow, bytes_beside

HEADER = {"msg_id": "m", "msg_type": "comm_msg", "session": "s"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


def comm(*buffers: bytes) -> bytes:
    return v1_frame("iopub", (HEADER, {}, {}, {"comm_id": "c", "data": {"한": "글"}}), buffers)


def legacy(*buffers: bytes) -> Any:
    return write_frame(Message("iopub", HEADER, {}, {}, {"data": {}}, buffers), "legacy")


def test_what_is_json_alone_has_nothing_beside_it() -> None:
    assert bytes_beside(comm(), "v1") == 0
    assert bytes_beside(legacy().encode(), "legacy") == 0


@pytest.mark.parametrize("buffers", [(b"x" * 5000,), (b"x", b"", b"y" * 70), (b"z",) * (MAX_BUFFERS + 30)])
def test_buffers_are_counted_in_both_protocols(buffers: tuple[bytes, ...]) -> None:
    assert bytes_beside(comm(*buffers), "v1") == sum(map(len, buffers))
    assert bytes_beside(legacy(*buffers), "legacy") == sum(map(len, buffers))


def test_a_picture_that_a_widget_draws_is_none_of_them() -> None:
    assert bytes_beside(comm(PNG, b"x" * 7, PNG), "v1") == 7
    assert bytes_beside(legacy(PNG, b"x" * 7), "legacy") == 7


def test_what_no_table_names_is_counted() -> None:
    hidden = b"h" * 4000
    for frame in (comm() + hidden, b"", hidden, struct.pack("<2Q", 1 << 60, 16) + hidden, b"\x01" + bytes(90)):
        assert bytes_beside(frame, "v1") >= len(frame) - 300
    backwards = struct.pack("<9Q", 8, 72, 72, 72, 72, 72, 72, 72 + len(PNG), 72) + PNG
    assert bytes_beside(backwards, "v1") == len(backwards)
    assert bytes_beside(struct.pack("!2I", 1, 8) + hidden, "legacy") == 0  # all of it is called JSON
    assert bytes_beside(struct.pack("!2I", 1, 8 + 4000) + hidden + b"{}", "legacy") == 4000


@given(st.lists(st.integers(0, 200), max_size=12), st.binary(max_size=200))
def test_never_more_is_counted_than_came(offsets: list[int], rest: bytes) -> None:
    table = struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets)
    assert 0 <= bytes_beside(table + rest, "v1") <= len(table + rest)
    short = struct.pack(f"!{len(offsets) + 1}I", len(offsets), *offsets)
    assert 0 <= bytes_beside(short + rest, "legacy") <= len(short + rest)


def test_twenty_megabytes_in_buffers_are_told_and_the_pictures_of_a_widget_are_not() -> None:
    outflow = Outflow.of(Access(), Limits())
    for n in range(1000):
        frame = comm(PNG)
        assert list(outflow.note(frame, bytes_beside(frame, "v1"), n * 0.1)) == []
    frame = comm(bytes(1_000_000))
    told = [found for n in range(20) for found in outflow.note(frame, bytes_beside(frame, "v1"), 200.0 + n)]
    assert [(one.kind, one.size, one.seconds) for one in told] == [("binary", 10_000_000, 3600)]


def test_a_policy_that_alerts_early_does_so_for_bytes_too() -> None:
    outflow = Outflow.of(Access(), Limits())
    outflow.hold_to(Outflow.of(Access(dense_bytes=1_000), Limits()))
    frame = comm(bytes(100_000))
    assert [found.kind for found in outflow.note(frame, bytes_beside(frame, "v1"), 0.0)] == ["binary"]
