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
from audit.verifying.facts import Facts, Reader, cut, read

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


def outcome_of(reader: Reader | None, body: bytes) -> Any:
    try:
        return tuple(read(body) if reader is None else reader.read(body))
    except MalformedBody:
        return "refused"


def test_a_body_of_a_known_frame_is_read_without_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    reader.read(dump(BODY))
    monkeypatch.setattr("audit.verifying.facts.parse", lambda data: pytest.fail("it was parsed"))
    other = {**BODY, "id": BODY["id"][:-1] + "9", "ts": "2026-11-22T00:00:00.000000Z", "c": {"source.ip": OTHER_HEX}}
    ts, event_id, _columns, _links, commitments, intent_id = reader.read(
        dump({**other, "detail": {**BODY["detail"], "n": 6}})
    )
    assert (ts, event_id) == (b"2026-11-22T00:00:00.000000Z", other["id"].encode())
    assert (commitments, intent_id) == ((OTHER_HEX.encode(),), None)


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
    reader = Reader()
    for change in changes:
        body = json.dumps({**BODY, **change}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        expected = outcome_of(None, body)
        assert outcome_of(reader, body) == expected
        # Again, now that its frame may be known.
        assert outcome_of(reader, body) == expected


@settings(max_examples=250, deadline=None)
@given(FIELDS, st.data())
def test_no_byte_can_be_changed_unseen_in_a_body_of_a_known_frame(change: dict[str, Any], data: st.DataObject) -> None:
    reader, body = Reader(), json.dumps({**BODY, **change}, sort_keys=True, separators=(",", ":")).encode()
    outcome_of(reader, body)
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
    assert outcome_of(reader, edited) == outcome_of(None, edited)


def test_a_cut_within_a_member_is_not_remembered() -> None:
    inner = {"a": 1, "id": BODY["id"]}
    reader, body = Reader(), dump({**BODY, "detail": inner})
    first = reader.read(body)
    assert isinstance(first, Facts)
    swapped = body.replace(
        b'"detail":{"a":1,"id":"019aa000-0000-7000-8000-000000000001"',
        b'"detail":{"a":1,"id":"019aa000-0000-7000-8000-000000000009"',
    )
    assert tuple(reader.read(swapped)) == tuple(read(swapped))


def test_a_body_in_another_order_or_with_spaces_is_no_frame() -> None:
    assert cut(b" " + dump(BODY)) is None
    assert cut(json.dumps(BODY, separators=(",", ":")).encode()) is None


def test_a_memory_of_frames_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verifying.facts.MAX_FRAMES", 3)
    reader = Reader()
    for n in range(20):
        reader.read(dump({**BODY, "component": f"gate{n}"}))
    assert len(reader._frames) <= 3
