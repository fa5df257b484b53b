"""The quick reading of bodies says what the slow one says: it accepts nothing that the rules refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.body import PLAIN_VALUE, PLAIN_VALUES, is_plain_detail
from audit.canonical import dump
from audit.columns import DETAIL_LINKS, FILE_FIELDS
from audit.errors import MalformedBody
from audit.verifying.facts import Facts, read
from audit.verifying.quick import Reader
from audit.verifying.together import Dates, Said

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

HINT = b"a hint that all bodies have"


def read_run(reader: Reader, bodies: Sequence[bytes], hints: Sequence[bytes] = ()) -> Said:
    return reader.read(bodies, hints)


def facts_in(said: Said) -> list[Facts]:
    """Return what was read of each body; which commitment is whose is told by their order alone."""
    intents = iter(said.intents)
    found = []
    for n, (event_id, frame) in enumerate(zip(said.event_ids, said.frames, strict=True)):
        intent = next(intents) if any(kind == b"intent" for kind, _ in frame.links) else None
        found.append(Facts(said.times[n], event_id, frame.columns, frame.links, (), intent))
    last = found.pop()
    return [*found, last._replace(commitments=tuple(commitments_of(said)))]


def commitments_of(said: Said) -> list[bytes]:
    return [said.commitments[i : i + 64] for i in range(0, len(said.commitments), 64)]


def outcome_of(reader: Reader | None, body: bytes, *hints: bytes) -> Any:
    try:
        return read(body) if reader is None else facts_in(read_run(reader, [body], hints))[0]
    except MalformedBody:
        return "refused"


def test_a_body_of_a_known_frame_is_read_without_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader()
    for hints in ((), (b"the same columns",)):
        read_run(reader, [dump(BODY)], hints)
    monkeypatch.setattr("audit.verifying.quick.parse", lambda data: pytest.fail("it was parsed"))
    other = {**BODY, "id": BODY["id"][:-1] + "9", "ts": "2026-11-22T00:00:00.000000Z", "c": {"source.ip": OTHER_HEX}}
    body = dump({**other, "detail": {**BODY["detail"], "n": 6}})
    for hints in ((), (b"the same columns",)):
        [found] = facts_in(read_run(reader, [body], hints))
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
            assert outcome_of(reader, body) == outcome_of(reader, body, HINT) == expected
            continue
        whole.append((body, expected))
        # Again and again, now that its frame may be known, and under a hint that others have too.
        for _ in range(2):
            assert outcome_of(reader, body) == outcome_of(reader, body, HINT) == expected
    if whole:
        said = read_run(reader, [body for body, _ in whole])
        assert [facts[:4] for facts in facts_in(said)] == [facts[:4] for _, facts in whole]
        assert commitments_of(said) == [value for _, facts in whole for value in facts.commitments]
        assert said.intents == [facts.intent_id for _, facts in whole if facts.intent_id]


@settings(max_examples=250, deadline=None)
@given(FIELDS, st.data())
def test_no_byte_can_be_changed_unseen_in_a_body_of_a_known_frame(change: dict[str, Any], data: st.DataObject) -> None:
    reader, body = Reader(), json.dumps({**BODY, **change}, sort_keys=True, separators=(",", ":")).encode()
    for _ in range(2):
        outcome_of(reader, body)
        outcome_of(reader, body, HINT)
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
    assert outcome_of(reader, edited) == outcome_of(reader, edited, HINT) == expected


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
    read_run(reader, bodies[:1])
    monkeypatch.setattr("audit.verifying.quick.parse", lambda data: pytest.fail("it was parsed"))
    assert [outcome_of(reader, body) for body in bodies] == expected
    assert [outcome_of(reader, body, HINT) for body in bodies] == expected


def test_a_value_that_is_moved_into_another_place_is_seen() -> None:
    """What is checked for all bodies joined must hold for each: one too short beside one too long."""
    reader, good = Reader(), [dump({**BODY, "id": BODY["id"][:-1] + digit}) for digit in "12"]
    read_run(reader, good)
    for value in (BODY["id"], BODY["ts"], HEX):
        text = value.encode()
        long, short = (good[0].replace(text[1:], text[1:] + b"0"), good[1].replace(text[1:], text[2:]))
        for bodies in ([long, short], [short, long]):
            with pytest.raises(MalformedBody):
                read_run(reader, bodies)
            with pytest.raises(MalformedBody):
                read_run(reader, bodies, [HINT] * 2)


def test_a_body_in_another_order_or_with_spaces_is_refused() -> None:
    reader = Reader()
    read_run(reader, [dump(BODY)])
    assert outcome_of(reader, b" " + dump(BODY)) == "refused"
    assert outcome_of(reader, json.dumps(BODY, separators=(",", ":")).encode()) == "refused"


def test_a_memory_of_frames_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verifying.quick.MAX_FRAMES", 3)
    reader = Reader()
    for n in range(20):
        read_run(reader, [dump({**BODY, "component": f"gate{n}"})], [f"hint {n}".encode()])
    assert len(reader._frames) <= 3
    assert len(reader._usual) <= 3
    assert len(reader._others) <= 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"n": 0}, id="nought"),
        pytest.param({"n": 10**14}, id="fifteen digits"),
        pytest.param({"kernel": "python311"}, id="a text with other digits"),
        pytest.param({"kernel": "r"}, id="another text"),
        pytest.param({"kernel": ["r", 4]}, id="a list"),
    ],
)
def test_details_that_differ_in_more_than_numbers_are_of_the_frame(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, body = Reader(), dump({**BODY, "detail": {**BODY["detail"], **change}})
    expected = read(body)
    outcome_of(reader, dump(BODY))
    monkeypatch.setattr("audit.verifying.quick.parse", lambda data: pytest.fail("it was parsed"))
    assert [outcome_of(reader, body) for _ in range(3)] == [expected] * 3


@pytest.mark.parametrize("number", [b"01", b"-0", b"1.0", b"1e3", b"9007199254740992", b"", b"-", b'"1" '])
def test_a_number_that_is_none_is_refused_in_a_body_of_a_known_frame(number: bytes) -> None:
    reader = Reader()
    outcome_of(reader, dump(BODY))
    assert outcome_of(reader, dump(BODY).replace(b'"n":5', b'"n":' + number)) == "refused"


def test_bodies_that_begin_alike_are_told_apart() -> None:
    reader = Reader()
    places = [{**BODY["object"], "ref": f"ws_aaaaaaaaaaaaaaa{letter}"} for letter in "abcdefghijkl"]
    bodies = [dump({**BODY, "object": place}) for place in places] * 3
    assert facts_in(read_run(reader, bodies))[:-1] == [read(body)._replace(commitments=()) for body in bodies][:-1]
    assert facts_in(read_run(reader, bodies, [HINT] * len(bodies)))[0].columns == read(bodies[0]).columns


def test_links_that_come_from_a_detail_are_those_of_that_detail() -> None:
    """What is remembered of one detail is not said of another."""
    reader = Reader()
    details: list[dict[str, Any]] = [
        {"n": 1, "request": "er_aaaaaaaaaaaaaaaa"},
        {"n": 2, "request": "er_aaaaaaaaaaaaaaaa"},
        {"n": 2, "request": "er_bbbbbbbbbbbbbbbb"},
        {"person": "p_aaaaaaaaaaaaaaaa", "request": "er_bbbbbbbbbbbbbbbb"},
        {"files": [HEX], "n": 3},
        {"files": [OTHER_HEX], "n": 3},
        {"files": [{"sha256": HEX, "size": 9}]},
        {"files": [{"sha256": OTHER_HEX, "size": 9}]},
        {"files": "none", "image": "a/b:1.0"},
        {"n": {"request": "er_aaaaaaaaaaaaaaaa"}},
    ]
    for action in ("egress.submitted", "cell.sent"):
        for detail in details * 3:
            body = dump({**BODY, "action": action, "detail": detail})
            assert outcome_of(reader, body) == outcome_of(reader, body, HINT) == read(body)


@settings(max_examples=150, deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=5), st.data())
def test_a_run_with_its_ids_and_times_is_read_as_without_and_refused_with_any_other(
    changes: list[dict[str, Any]], data: st.DataObject
) -> None:
    written = [json.dumps({**BODY, **change}, sort_keys=True, separators=(",", ":")).encode() for change in changes]
    bodies = [body for body in written if outcome_of(None, body) != "refused"]
    if not bodies:
        return
    reader, facts = Reader(), [read(body) for body in bodies]
    kept = Dates([one.event_id for one in facts], [one.ts for one in facts])
    for _ in range(2):
        assert read_run(reader, bodies) == reader.read(bodies, (), kept)
    values = data.draw(st.sampled_from([kept.ids, kept.times]))
    at = data.draw(st.integers(0, len(bodies) - 1))
    others = [b"", values[at][:-1], values[at] + b"0", values[at].replace(b"-1", b"-0", 1)]
    values[at] = data.draw(st.sampled_from([other for other in others if other != values[at]]))
    with pytest.raises(MalformedBody):
        reader.read(bodies, (), kept)


@pytest.mark.parametrize("between", [b"\n", b',"id":"\n'])
def test_a_line_feed_in_a_body_does_not_make_two_details_of_one(between: bytes) -> None:
    """Details are held against their forms all at once, a line each."""
    reader, body = Reader(), dump({name: value for name, value in BODY.items() if name != "detail"})
    detailed = dump(BODY)
    read_run(reader, [body, detailed])
    for one, cut in ((body, b',"id":"'), (detailed, b',"detail":'), (detailed, b',"id":"')):
        with pytest.raises(MalformedBody):
            read_run(reader, [body, one.replace(cut, between + cut), detailed])


@pytest.mark.parametrize(
    "detail",
    [
        pytest.param(b'{"a":1,"b":}', id="a member without a value"),
        pytest.param(b'{"a":1,"b":[}', id="a list that is begun"),
        pytest.param(b'{"a":[1,]}', id="a list without its last value"),
        pytest.param(b'{"a":"x:"}', id="a text that ends with a colon"),
        pytest.param(b'{"a":1,"b":[1,2}', id="a list without its end"),
    ],
)
def test_half_a_member_is_none(detail: bytes) -> None:
    """CPython before 3.11.5, as in Debian 12, keeps half of a group that is repeated possessively (gh-106052)."""
    assert not is_plain_detail(detail) or dump(json.loads(detail)) == detail
    for pattern in (PLAIN_VALUE, PLAIN_VALUES):
        assert not re.search(rb"(?<!\\)\)[*+?]\+", pattern)
