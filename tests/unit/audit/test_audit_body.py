"""A body has the five legal fields, one form, and no place for personal values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.body import OBJECT_REFS, Body, build, check, parse, timestamp
from audit.canonical import encode
from audit.columns import columns, links
from audit.errors import MalformedBody
from audit.event import Actor, Event, Object, Source, Subjects
from audit.refs import new_event_id, new_ref
from audit.sealing import LABEL, Opening, seal

NOW = datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
PERSON, WORKSPACE, REQUEST = "p_aaaabbbbccccdddd", "ws_aaaabbbbccccdddd", "er_aaaabbbbccccdddd"
EVENT = Event(
    "cell.sent",
    Actor.person(PERSON, ("researcher",), session="s1"),
    Object("workspace", WORKSPACE, project="gibleed"),
    Subjects.datasets([("gibleed", 1, 2694)]),
    Source("10.0.0.7", host="zone1", container="c0ffee"),
    detail={"code": "a" * 64},
    id="019aa000-0000-7000-8000-000000000000",
)


def body_of(event: Event) -> Body:
    return check(build(event, at=NOW, component="gate", commitments={"source.ip": b"\x01" * 32}))


def test_the_form_of_a_body_is_fixed() -> None:
    assert encode(body_of(EVENT)).decode() == (
        '{"action":"cell.sent","actor":{"kind":"person","ref":"p_aaaabbbbccccdddd","roles":["researcher"],"session":"s1"},'
        '"c":{"source.ip":"' + "01" * 32 + '"},"component":"gate","detail":{"code":"' + "a" * 64 + '"},'
        '"id":"019aa000-0000-7000-8000-000000000000",'
        '"object":{"kind":"workspace","project":"gibleed","ref":"ws_aaaabbbbccccdddd"},"outcome":"ok",'
        '"source":{"container":"c0ffee","host":"zone1"},'
        '"subjects":{"datasets":[{"id":"gibleed","people":2694,"version":1}],"kind":"dataset"},'
        '"ts":"2026-11-21T13:45:00.000000Z","v":1}'
    )


@pytest.mark.parametrize(
    "field", ["actor", "ts", "source", "subjects", "action", "object", "component", "outcome", "id", "v"]
)
def test_a_body_without_a_legal_field_is_refused(field: str) -> None:
    body = body_of(EVENT)
    del body[field]
    with pytest.raises(MalformedBody, match=field):
        check(body)


def test_a_field_that_the_form_does_not_name_is_refused() -> None:
    with pytest.raises(MalformedBody):
        check({**body_of(EVENT), "name": "alice"})


def test_what_is_absent_has_no_second_spelling() -> None:
    absent: dict[str, Any] = {"detail": {}, "c": {}, "reason": None, "policy": None}
    for field, empty in absent.items():
        with pytest.raises(MalformedBody):
            check({**body_of(EVENT), field: empty})


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("Kim Minsu", id="a name"),
        pytest.param("김민수", id="a Korean name"),
        pytest.param("alice@hospital.example", id="an e-mail address"),
        pytest.param("mailto:alice@hospital.example", id="an e-mail address in a link"),
        pytest.param("192.168.0.17", id="a network address"),
        pytest.param("http://192.168.0.17:8600/x", id="a network address in a link"),
        pytest.param("2001:db8::17", id="an IPv6 address"),
        pytest.param("[2001:db8::17]", id="an IPv6 address in brackets"),
        pytest.param("::ffff:192.168.0.17", id="a mapped address"),
        pytest.param("df.groupby('sex').mean() # x", id="code"),
        pytest.param("import os\nos.remove('x')", id="lines of code"),
        pytest.param("x" * 257, id="a long text"),
        pytest.param(1.5, id="a measured value"),
    ],
)
def test_personal_values_and_prose_have_no_place_in_a_leaf(value: Any) -> None:
    places = [{"x": value}, {"x": [{"y": value}]}]
    if isinstance(value, str):
        places += [{value: 1}, {"x": {value: 1}}]
    for detail in places:
        with pytest.raises(MalformedBody):
            encode(body_of(replace(EVENT, detail=detail)))


@pytest.mark.parametrize(
    "value",
    [
        "sha256:" + "0" * 64,
        "6.1.1",
        "2026-11-21T13:45:00.000000Z",
        "gibleed:1",
        "ansim/notebook@sha256:" + "0" * 64,
        "/data/gibleed",
        "",
        0,
        True,
        None,
        [1, "a"],
    ],
)
def test_codes_numbers_digests_and_times_may_stand_in_a_leaf(value: Any) -> None:
    assert body_of(replace(EVENT, detail={"x": value}))["detail"] == {"x": value}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(EVENT, actor=Actor.person("alice")), id="a handle as actor"),
        pytest.param(replace(EVENT, actor=Actor.person("p_alice")), id="a handle dressed as a reference"),
        pytest.param(replace(EVENT, actor=Actor("Alice Kim", "service")), id="a name as a service"),
        pytest.param(replace(EVENT, actor=Actor.person(PERSON, session="a b")), id="prose as a session"),
        pytest.param(replace(EVENT, object=Object("person", "alice")), id="a handle as object"),
        pytest.param(replace(EVENT, object=Object("file", "kim-minsu.csv")), id="a file name as object"),
        pytest.param(replace(EVENT, object=Object("route", "/user/alice/")), id="a path as object"),
        pytest.param(replace(EVENT, object=Object("secret", "x")), id="an unknown kind of object"),
        pytest.param(replace(EVENT, subjects=Subjects.person("alice")), id="a handle as data subject"),
        pytest.param(replace(EVENT, subjects=Subjects("person")), id="nobody as data subject"),
        pytest.param(replace(EVENT, on_behalf_of="alice"), id="a handle represented"),
        pytest.param(replace(EVENT, reason="because she asked"), id="prose as reason"),
        pytest.param(replace(EVENT, policy="the usual one"), id="prose as policy"),
        pytest.param(replace(EVENT, source=Source(None, host="")), id="no host"),
        pytest.param(replace(EVENT, source=Source(None, container="a b")), id="prose as container"),
        pytest.param(replace(EVENT, id="1"), id="another kind of id"),
        pytest.param(replace(EVENT, intent_id="1"), id="another kind of intent"),
    ],
)
def test_a_reference_that_could_name_someone_is_refused(changed: Event) -> None:
    with pytest.raises(MalformedBody):
        body_of(changed)


@given(st.text())
def test_a_commitment_says_nothing_about_its_value(value: str) -> None:
    try:
        first, second = seal(value), seal(value)
    except MalformedBody:
        return
    assert first.commitment() != second.commitment()
    assert Opening.from_bytes(first.to_bytes()) == first
    assert first.value() == value


def test_a_commitment_is_the_documented_hash() -> None:
    import hashlib

    opening = Opening(b"\x05" * 32, '"김"'.encode())
    assert opening.commitment() == hashlib.sha256(b"ansim-audit-commit/v1" + b"\x05" * 32 + '"김"'.encode()).digest()
    assert LABEL == b"ansim-audit-commit/v1"


@given(
    st.binary(max_size=300) | st.dictionaries(st.text(max_size=9), st.integers()).map(lambda d: json.dumps(d).encode())
)
def test_any_bytes_are_a_body_or_one_family_of_error(data: bytes) -> None:
    try:
        body = parse(data)
    except MalformedBody:
        return
    assert encode(body) == data


def test_a_body_longer_than_an_entry_may_be_is_refused() -> None:
    with pytest.raises(MalformedBody, match="longer"):
        parse(b" " * 65_536)


def test_times_are_written_in_utc_so_that_texts_sort_as_times() -> None:
    seoul = datetime(2026, 11, 21, 22, 45, 0, 5, tzinfo=timezone(timedelta(hours=9)))
    assert timestamp(seoul) == "2026-11-21T13:45:00.000005Z"
    assert timestamp(NOW) == "2026-11-21T13:45:00.000000Z"


def test_the_order_of_roles_and_datasets_does_not_matter() -> None:
    one = replace(EVENT, actor=Actor.person(PERSON, ("b", "a")), subjects=Subjects.datasets([("b", 1, 2), ("a", 1, 3)]))
    two = replace(EVENT, actor=Actor.person(PERSON, ("a", "b")), subjects=Subjects.datasets([("a", 1, 3), ("b", 1, 2)]))
    assert body_of(one) == body_of(two)


def test_no_datasets_are_nobodys_data() -> None:
    assert Subjects.datasets([]) == Subjects.none()


def test_an_entry_stands_in_the_timeline_of_everyone_it_names() -> None:
    other = "p_zzzzzzzzzzzzzzzz"
    event = replace(
        EVENT,
        object=Object("request", REQUEST, project="gibleed"),
        on_behalf_of=other,
        intent_id="019aa000-0000-7000-8000-000000000001",
        detail={"dataset": "cdm"},
    )
    assert links(body_of(event)) == {
        ("person", PERSON),
        ("person", other),
        ("request", REQUEST),
        ("project", "gibleed"),
        ("dataset", "gibleed"),
        ("dataset", "cdm"),
        ("intent", "019aa000-0000-7000-8000-000000000001"),
    }
    about = replace(
        EVENT, actor=Actor.service("portal"), object=Object("person", other), subjects=Subjects.person(PERSON)
    )
    assert links(body_of(about)) == {("person", other), ("person", PERSON)}


def test_columns_repeat_the_body() -> None:
    found = columns(body_of(EVENT))
    assert (found.action, found.actor_ref, found.object_ref, found.project) == (
        "cell.sent",
        PERSON,
        WORKSPACE,
        "gibleed",
    )
    assert columns(body_of(replace(EVENT, object=Object("zone", "zone")))).project is None


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [
        ("person", "p"),
        ("grant", "g"),
        ("membership", "m"),
        ("invitation", "inv"),
        ("workspace", "ws"),
        ("request", "er"),
        ("file", "f"),
    ],
)
def test_fresh_references_are_of_the_form_that_objects_need(kind: str, prefix: str) -> None:
    for _ in range(50):
        body_of(replace(EVENT, object=Object(kind, new_ref(prefix))))


def test_every_kind_of_object_in_the_contract_has_a_form() -> None:
    named = "person project dataset grant membership workspace request file image log zone policy session route"
    assert set(named.split()) <= set(OBJECT_REFS)


def test_fresh_ids_are_uuids_of_version_7_that_sort_by_time() -> None:
    ids = [new_event_id() for _ in range(200)]
    assert len(set(ids)) == 200
    assert [i[:13] for i in ids] == sorted(i[:13] for i in ids)
    for fresh in ids:
        body_of(replace(EVENT, id=fresh))
