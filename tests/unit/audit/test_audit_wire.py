"""The language of the append-only service: what is sent arrives, and hostile lines fail in one family."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import AuditError, EventRefused, MalformedRequest, NotDurable, NotPermitted
from audit.event import Actor, Event, Object, Source, Subjects, this_host
from audit.wire import (
    MAX_LINE_BYTES,
    Request,
    error_line,
    index_line,
    parse_answer,
    parse_request,
    request_line,
)

EVENT = Event(
    "cell.sent",
    Actor.person("p_aaaabbbbccccdddd", ("researcher",), session="s1"),
    Object("workspace", "ws_aaaabbbbccccdddd", project="gibleed"),
    Subjects.datasets([("gibleed", 1, 2694)]),
    Source("10.0.0.7", container="c0ffee"),
    outcome="intent",
    reason="why",
    intent_id="019aa000-0000-7000-8000-000000000001",
    detail={"n": [1, {"x": None}]},
    sealed={"name": "김민수\n\ud83d"},
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "event",
    [
        EVENT,
        replace(EVENT, subjects=Subjects.none(), sealed={}, reason=None),
        replace(EVENT, subjects=Subjects.person("p_x")),
    ],
)
@pytest.mark.parametrize("code", [None, b"", b"1 + 1\n", bytes(range(256))])
def test_a_request_arrives_as_it_was_sent(event: Event, code: bytes | None) -> None:
    assert parse_request(request_line(Request(event, code))) == Request(event, code)


def test_the_service_names_the_host_itself() -> None:
    forged = replace(EVENT, source=Source("10.0.0.7", host="elsewhere"))
    assert parse_request(request_line(Request(forged))).event.source.host == this_host()


@given(st.binary(max_size=300) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_line_is_a_request_or_one_family_of_error(line: bytes) -> None:
    try:
        parse_request(line)
    except MalformedRequest:
        return


@given(st.data(), JSON_VALUES)
def test_a_request_with_any_field_replaced_is_a_request_or_one_family_of_error(data: st.DataObject, value: Any) -> None:
    message = json.loads(request_line(Request(EVENT, b"x")))
    target = data.draw(
        st.sampled_from(
            [
                message,
                message["event"],
                *(message["event"][n] for n in ("actor", "object", "subjects", "source")),
            ]
        )
    )
    target[data.draw(st.sampled_from(sorted(target)))] = value
    try:
        parse_request(json.dumps(message).encode())
    except MalformedRequest:
        return


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.update(op="delete"),
        lambda m: m.update(component="portal"),
        lambda m: m["event"].update(ts="2020-01-01T00:00:00.000000Z"),
        lambda m: m["event"].pop("source"),
        lambda m: m["event"]["actor"].update(name="alice"),
        lambda m: m.update(code="not base64"),
        lambda m: m.update(code=base64.b64encode(b"x").decode() + "\n"),
        lambda m: m["event"].update(outcome="perhaps"),
        lambda m: m["event"]["subjects"].update(versions=[1, 2]),
    ],
)
def test_a_request_that_says_more_or_less_than_it_may_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    message = json.loads(request_line(Request(EVENT, b"x")))
    change(message)
    with pytest.raises(MalformedRequest):
        parse_request(json.dumps(message).encode())


@pytest.mark.parametrize("address", ["999.1.1.1", "", "localhost", "10.0.0.7:80", "1.2.3"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    document = json.loads(request_line(Request(EVENT)))
    document["event"]["source"]["ip"] = address
    with pytest.raises(MalformedRequest):
        parse_request(json.dumps(document).encode())


@pytest.mark.parametrize("address", ["10.0.0.7", "::1", "2001:db8::7"])
def test_addresses_of_both_kinds_are_taken(address: str) -> None:
    document = json.loads(request_line(Request(EVENT)))
    document["event"]["source"]["ip"] = address
    assert parse_request(json.dumps(document).encode()).event.source.ip == address


@pytest.mark.parametrize("kind", [EventRefused, NotPermitted, NotDurable, MalformedRequest])
def test_an_error_arrives_as_the_error_that_it_is(kind: type[AuditError]) -> None:
    with pytest.raises(kind, match="reason") as caught:
        parse_answer(error_line(kind("reason")))
    assert type(caught.value) is kind


def test_any_other_error_arrives_as_not_durable() -> None:
    with pytest.raises(NotDurable):
        parse_answer(error_line(AuditError("surprise")))


def test_an_index_arrives() -> None:
    assert parse_answer(index_line(17)) == 17


@given(st.binary(max_size=100) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_an_index_or_an_error_of_this_package(line: bytes) -> None:
    try:
        assert isinstance(parse_answer(line), int)
    except AuditError:
        return


@pytest.mark.parametrize("detail", [{"x": float("nan")}, {"x": b"bytes"}, {"x": object()}])
def test_what_has_no_place_in_json_is_refused_before_it_is_sent(detail: dict[str, Any]) -> None:
    with pytest.raises(EventRefused):
        request_line(Request(replace(EVENT, detail=detail)))


def test_what_is_longer_than_the_service_takes_is_refused_before_it_is_sent() -> None:
    with pytest.raises(EventRefused):
        request_line(Request(EVENT, b"x" * MAX_LINE_BYTES))
