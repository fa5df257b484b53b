"""What went to a browser is in the log cell by cell: how much, and of which types."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.body import MAX_BODY_BYTES, build
from audit.canonical import JSON, encode
from audit.event import Event
from audit.refs import new_event_id
from hub_config.gate.errors import MalformedFrame
from hub_config.gate.frames import Protocol, v1_frame
from hub_config.gate.outputs import KNOWN, NAMED_TYPES, reason_to_hold
from hub_config.gate.record import Record
from hub_config.gate.shown import LEAST_REST, MOST_CELLS, MOST_KNOWN, Shown
from hub_config.gate.workspace import parse_tenancy
from tests.unit.gate.test_gate_record import ASKER, Service
from tests.unit.gate.test_gate_values import REF, tenancy

PROTOCOLS: tuple[Protocol, ...] = ("v1", "legacy")
PICTURE = {"data": {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}, "metadata": {}}


def message(protocol: Protocol, kind: str, content: dict[str, Any], answers: str = "m1") -> bytes:
    header, parent = {"msg_id": "x", "msg_type": kind}, {"msg_id": answers}
    if protocol == "v1":
        return v1_frame("iopub", (header, parent, {}, content))
    document = {"header": header, "parent_header": parent, "metadata": {}, "content": content, "channel": "iopub"}
    return json.dumps(document).encode()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_cell_has_its_bytes_and_types(protocol: Protocol) -> None:
    shown = Shown()
    shown.sent("m1", "entry-1")
    shown.sent("m2", "entry-2")
    said = [
        message(protocol, "status", {"execution_state": "busy"}),
        message(protocol, "stream", {"name": "stdout", "text": "x" * 1000}),
        message(protocol, "display_data", PICTURE),
    ]
    other = message(protocol, "execute_result", {"data": {"text/html": "<table>", "x-own/thing": "?"}}, "m2")
    for one in said:
        shown.note(one, protocol)
    shown.note(other, protocol)
    assert shown.taken() == {
        "cells": [
            {"cell": "entry-1", "bytes": sum(map(len, said)), "types": ["image/png", "stream", "text/plain"]},
            {"cell": "entry-2", "bytes": len(other), "types": ["other", "text/html"]},
        ],
        "rest": 0,
    }
    assert shown.taken() is None


def test_what_answers_no_cell_is_told_when_it_is_much_and_never_lost_before() -> None:
    shown, small = Shown(), message("v1", "comm_msg", {"data": {}}, "of-the-page")
    shown.note(small, "v1")
    assert shown.taken() is None
    shown.sent("m1", "entry-1")
    reply = message("v1", "execute_reply", {"status": "ok"})
    shown.note(reply, "v1")
    assert shown.taken() == {"cells": [{"cell": "entry-1", "bytes": len(reply), "types": []}], "rest": len(small)}
    shown.note(b"\xff" * LEAST_REST, "v1")
    assert shown.taken() == {"cells": [], "rest": LEAST_REST}


def test_however_many_cells_there_are_memory_and_entries_are_bounded() -> None:
    shown = Shown()
    for number in range(3 * MOST_KNOWN):
        shown.sent(f"m{number}", f"entry-{number}")
    for number in range(3 * MOST_KNOWN):
        shown.note(message("v1", "stream", {"text": "x"}, f"m{number}"), "v1")
    told = []
    while (one := shown.taken()) is not None:
        told.append(one["cells"])
    assert [len(cells) for cells in told] == [MOST_CELLS] * (MOST_KNOWN // MOST_CELLS)  # type: ignore[arg-type]
    shown.sent("m" * 10_000, "entry")
    assert len(shown._cells) == MOST_KNOWN


@given(st.binary(max_size=200), st.sampled_from(PROTOCOLS))
def test_whatever_a_workspace_sends_its_bytes_are_counted_once(data: bytes, protocol: Protocol) -> None:
    shown = Shown()
    shown.sent("m1", "entry-1")
    shown.note(data, protocol)
    shown.note(b"\0" * LEAST_REST, protocol)
    told = shown.taken()
    assert told is not None
    assert told["rest"] == len(data) + LEAST_REST


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)


@given(kind=ANY, answers=ANY | st.just("m1"), content=ANY, protocol=st.sampled_from(PROTOCOLS))
def test_whatever_a_header_says_the_message_is_counted_and_nothing_fails(
    kind: Any, answers: Any, content: Any, protocol: Protocol
) -> None:
    shown, data = Shown(), message(protocol, kind, content, answers)
    shown.sent("m1", "entry-1")
    shown.note(data, protocol)
    with contextlib.suppress(MalformedFrame):  # the one error: what cannot be read is not shown
        reason_to_hold(data, protocol, shown_bytes=1_000_000, pictures=False)
    told = shown.taken()
    if answers == "m1":
        assert told is not None
        assert told["cells"][0]["bytes"] == len(data)  # type: ignore[index,call-overload]


async def test_while_the_log_is_away_it_is_counted_on_and_told_once_afterwards() -> None:
    service = Service()
    record = Record(service)
    with record.showing(parse_tenancy(REF, tenancy()), ASKER) as shown:
        shown.sent("m1", "0192c0de-0000-7000-8000-000000000001")
        service.away = True
        for _ in range(3):
            shown.note(message("v1", "stream", {"text": "x"}), "v1")
            await record.tell_shown()
        service.away = False
    await record.tell_shown()
    await record.tell_shown()
    assert {event.action for event in service.events} == {"output.shown"}
    size = len(message("v1", "stream", {"text": "x"}))
    assert [event.detail["cells"][0]["bytes"] for event in service.events] == [size, 2 * size]  # type: ignore[index,call-overload]
    assert not record._showings


def test_the_log_takes_every_word_that_an_entry_may_hold() -> None:
    types: list[JSON] = [*sorted(NAMED_TYPES | KNOWN), "other"]
    cells: list[JSON] = [{"cell": new_event_id(), "bytes": 2**40, "types": types} for _ in range(MOST_CELLS)]
    workspace = parse_tenancy(REF, tenancy())
    detail: dict[str, JSON] = {"cells": cells, "rest": 0}
    event = Event("output.shown", ASKER.actor, workspace.object, workspace.subjects, ASKER.source, detail=detail)
    body = build(event, at=datetime(2026, 11, 22, tzinfo=UTC), component="gate", commitments={})
    assert len(encode(body)) < MAX_BODY_BYTES
