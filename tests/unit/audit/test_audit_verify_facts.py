"""The quick reading of bodies says what the slow one says: it accepts nothing that the rules refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.canonical import dump
from audit.columns import DETAIL_LINKS, FILE_FIELDS
from audit.errors import MalformedBody
from audit.verifying.facts import Facts, read
from audit.verifying.quick import Reader, Said

HEX, OTHER_HEX = "ab" * 32, "0123456789abcdef" * 4
BODY: dict[str, Any] = {
    "v": 1,
    "id": "019aa000-0000-7000-8000-000000000001",
    "ts": "2026-11-21T00:00:00.000001Z",
    "component": "gate",
    "action": "cell.sent",
    "outcome": "ok",
    "actor": {"kind": "person", "ref": "p_aaaaaaaaaaaaaaaa", "roles": ["researcher"], "session": "s1"},
    "object": {"kind": "workspace", "ref": "ws_aaaaaaaaaaaaaaaa", "project": "gibleed"},
    "subjects": {"kind": "dataset", "datasets": [{"id": "gibleed", "version": 1, "people": 2694}]},
    "source": {"host": "zone", "container": "c0ffee"},
    "detail": {"bytes": 311, "kernel": "python3", "n": 5},
    "c": {"source.ip": HEX},
}

COLUMNS = read(dump(BODY)).columns


def facts_in(said: Said | None) -> list[Facts]:
    """Return what was read of each body; which commitment is whose is told by their order alone."""
    assert said is not None
    intents, commitments = iter(said.intents), iter(said.commitments)
    found = []
    for ts, event_id, frame in zip(said.times(), said.event_ids, said.frames, strict=True):
        intent = next(intents) if any(kind == b"intent" for kind, _ in frame.links) else None
        found.append(Facts(ts, event_id, frame.columns, frame.links, (), intent))
    last = found.pop()
    return [*found, last._replace(commitments=tuple(commitments))]


def outcome_of(reader: Reader | None, body: bytes) -> Any:
    try:
        return read(body) if reader is None else facts_in(reader.read([body]))[0]
    except MalformedBody:
        return "refused"


def kept_outcome_of(reader: Reader, body: bytes, columns: tuple[bytes | None, ...]) -> Any:
    try:
        said = reader.read_kept([body], [columns])
    except MalformedBody:
        return "refused"
    return "other columns" if said is None else facts_in(said)[0]


def test_a_body_of_a_known_frame_is_read_without_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, columns = Reader(), read(dump(BODY)).columns
    reader.read_kept([dump(BODY)], [columns])
    monkeypatch.setattr("audit.verifying.quick.parse", lambda data: pytest.fail("it was parsed"))
    other = {**BODY, "id": BODY["id"][:-1] + "9", "ts": "2026-11-22T00:00:00.000000Z", "c": {"source.ip": OTHER_HEX}}
    body = dump({**other, "detail": {**BODY["detail"], "n": 6}})
    for said in (reader.read([body]), reader.read_kept([body], [columns])):
        [found] = facts_in(said)
        assert (found.ts, found.event_id) == (b"2026-11-22T00:00:00.000000Z", other["id"].encode())
        assert (found.commitments, found.intent_id) == ((OTHER_HEX.encode(),), None)


WORDS = st.sampled_from(
    ["ok", "sha256:ab", "a:b:c", "::1", "1.2.3.4", "kim@example.kr", HEX, "", "p_aaaaaaaaaaaaaaaa", "a b", "감"]
)
VALUES = st.one_of(
    WORDS,
    st.integers(-(2**54), 2**54),
    st.booleans(),
    st.none(),
    st.lists(WORDS, max_size=2),
    st.just({"sha256": HEX}),
    st.floats(allow_nan=False),
)
NAMES = st.sampled_from(["n", "bytes", "id", "ts", "Upper", "a-b", *DETAIL_LINKS, *FILE_FIELDS])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "detail": st.dictionaries(NAMES, VALUES, max_size=3),
        "c": st.dictionaries(
            st.sampled_from(["source.ip", "name", "0", "Name"]),
            st.sampled_from([HEX, OTHER_HEX, "AB" * 32, "00"]),
            max_size=3,
        ),
        "id": st.sampled_from(["019aa000-0000-7000-8000-00000000000f", "019aa000-0000-4000-8000-00000000000f", ""]),
        "ts": st.sampled_from(["2026-11-21T23:59:59.999999Z", "2026-13-01T00:00:00.000000Z", "2026-11-21 00:00:00"]),
        "intent_id": st.sampled_from(["019aa000-0000-7000-8000-00000000000e", "x"]),
        "action": st.sampled_from(["egress.submitted", "egress.voted", "Egress.x"]),
        "outcome": st.sampled_from(["intent", "denied", "perhaps"]),
        "object": st.sampled_from(
            [
                {"kind": "file", "ref": HEX},
                {"kind": "request", "ref": "er_aaaaaaaaaaaaaaaa", "sha256": HEX},
                {"kind": "file", "ref": "x"},
            ]
        ),
        "subjects": st.sampled_from(
            [{"kind": "none"}, {"kind": "person", "refs": ["p_bbbbbbbbbbbbbbbb"]}, {"kind": "person", "refs": []}]
        ),
        "on_behalf_of": st.sampled_from(["p_cccccccccccccccc", "p_"]),
        "reason": st.sampled_from(["raw_download", "A reason"]),
        "more": st.just(1),
    },
)


@settings(max_examples=250, deadline=None)
@given(st.lists(FIELDS, min_size=2, max_size=6))
def test_a_reader_that_remembers_says_what_parsing_says(changes: list[dict[str, Any]]) -> None:
    reader, whole = Reader(), []
    for change in changes:
        body = json.dumps({**BODY, **change}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        expected = outcome_of(None, body)
        if expected == "refused":
            assert outcome_of(reader, body) == kept_outcome_of(reader, body, COLUMNS) == expected
            continue
        whole.append((body, expected))
        # Again and again, now that its frame may be known, and what its columns name.
        for _ in range(2):
            assert outcome_of(reader, body) == kept_outcome_of(reader, body, expected.columns) == expected
        false = (b"portal", *expected.columns[1:])
        assert kept_outcome_of(reader, body, false) == "other columns"
    if whole:
        said = reader.read([body for body, _ in whole])
        assert [facts[:4] for facts in facts_in(said)] == [facts[:4] for _, facts in whole]
        assert said.commitments == [value for _, facts in whole for value in facts.commitments]
        assert said.intents == [facts.intent_id for _, facts in whole if facts.intent_id]


@settings(max_examples=250, deadline=None)
@given(FIELDS, st.data())
def test_no_byte_can_be_changed_unseen_in_a_body_of_a_known_frame(change: dict[str, Any], data: st.DataObject) -> None:
    reader, body = Reader(), json.dumps({**BODY, **change}, sort_keys=True, separators=(",", ":")).encode()
    before = outcome_of(reader, body)
    columns = COLUMNS if before == "refused" else before.columns
    kept_outcome_of(reader, body, columns)
    at = data.draw(st.integers(0, len(body) - 1))
    edited = data.draw(
        st.sampled_from(
            [
                body[:at] + bytes([data.draw(st.integers(0, 255))]) + body[at + 1 :],
                body[:at] + body[at + 1 :],
                body[:at] + body[at : at + 9] + body[at:],
                body[:at] + b',"id":"019aa000-0000-7000-8000-00000000000f"' + body[at:],
            ]
        )
    )
    expected = outcome_of(None, edited)
    assert outcome_of(reader, edited) == expected
    differs = expected != "refused" and expected.columns != columns
    assert kept_outcome_of(reader, edited, columns) == ("other columns" if differs else expected)


def test_a_cut_within_a_member_is_not_remembered() -> None:
    inner = {"a": 1, "id": BODY["id"]}
    reader, body = Reader(), dump({**BODY, "detail": inner})
    assert outcome_of(reader, body) == read(body)
    assert not reader._frames
    swapped = body.replace(
        b'"detail":{"a":1,"id":"019aa000-0000-7000-8000-000000000001"',
        b'"detail":{"a":1,"id":"019aa000-0000-7000-8000-000000000009"',
    )
    assert outcome_of(reader, swapped) == read(swapped)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"c": {"name": OTHER_HEX, "source.ip": HEX}}, id="two commitments"),
        pytest.param({"intent_id": "019aa000-0000-7000-8000-00000000000e"}, id="an outcome"),
        pytest.param({"detail": {"files": [HEX], "round": 1}, "action": "egress.submitted"}, id="files"),
    ],
)
def test_what_most_bodies_have_not_is_remembered_too(change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    reader, bodies = Reader(), [dump({**BODY, **change, "id": BODY["id"][:-1] + digit}) for digit in "123"]
    expected = [read(body) for body in bodies]
    reader.read(bodies[:1])
    monkeypatch.setattr("audit.verifying.quick.parse", lambda data: pytest.fail("it was parsed"))
    assert [outcome_of(reader, body) for body in bodies] == expected
    assert [kept_outcome_of(reader, body, facts.columns) for body, facts in zip(bodies, expected, strict=True)] == (
        expected
    )


def test_a_value_that_is_moved_into_another_place_is_seen() -> None:
    """What is checked for all bodies joined must hold for each: one too short beside one too long."""
    reader, good = Reader(), [dump({**BODY, "id": BODY["id"][:-1] + digit}) for digit in "12"]
    reader.read(good)
    for value in (BODY["id"], BODY["ts"], HEX):
        text = value.encode()
        long, short = (good[0].replace(text[1:], text[1:] + b"0"), good[1].replace(text[1:], text[2:]))
        for bodies in ([long, short], [short, long]):
            with pytest.raises(MalformedBody):
                reader.read(bodies)
            with pytest.raises(MalformedBody):
                reader.read_kept(bodies, [COLUMNS] * 2)


def test_a_body_in_another_order_or_with_spaces_is_refused() -> None:
    reader = Reader()
    reader.read([dump(BODY)])
    assert outcome_of(reader, b" " + dump(BODY)) == "refused"
    assert outcome_of(reader, json.dumps(BODY, separators=(",", ":")).encode()) == "refused"


def test_a_memory_of_frames_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verifying.quick.MAX_FRAMES", 3)
    reader = Reader()
    for n in range(20):
        body = dump({**BODY, "component": f"gate{n}"})
        reader.read_kept([body], [read(body).columns])
    assert len(reader._frames) <= 3
    assert len(reader._usual) <= 3
