"""What an officer reads and types: sentences in two languages, fields of a form, cells of a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.catalogue import CATALOGUE
from audit.columns import files, links
from audit.errors import QuestionRefused
from audit.searching.asking import ReasonNeeded, check_reason
from audit.searching.csv_copy import harmless
from audit.searching.fields import as_hash, as_moment, as_query, as_question
from audit.searching.naming import Named, Names
from audit.searching.query import Entry, Query
from audit.searching.wording import ROLES, actor, sentence, whose, with_subject_particle
from audit.text import Text
from registry.roles import NAMES as REGISTRY_ROLES

GILDONG, OTHER = "p_aaaaaaaaaaaaaaaa", "p_bbbbbbbbbbbbbbbb"
NAMES = Names(
    {
        GILDONG: Named(GILDONG, "홍길동", "gildong"),
        OTHER: Named(OTHER, "홍길순", "gilsun"),
        "p_cccccccccccccccc": Named("p_cccccccccccccccc", "Kim", "kim"),
        "p_dddddddddddddddd": Named("p_dddddddddddddddd", "Kim", "kim2"),
    },
    datasets={"cards": Text("교통카드", "Transit cards")},
)
HASH = "ab" * 32


def entry(action: str, **changes: Any) -> Entry:
    body = {
        "action": action,
        "outcome": "ok",
        "actor": {"kind": "person", "ref": GILDONG, "roles": ["checker", "researcher"]},
        "object": {"kind": "request", "ref": "er_aaaaaaaaaaaaaaaa", "project": "study"},
        "subjects": {"kind": "none"},
        "source": {"host": "zone"},
        **changes,
    }
    return Entry(0, "id", datetime(2026, 11, 21, tzinfo=UTC), "portal", body, b"")


def test_a_person_does_something_in_the_role_that_it_takes() -> None:
    assert sentence(entry("egress.submitted"), NAMES).ko == "홍길동 연구자가 반출신청을 제출함"
    assert sentence(entry("egress.submitted"), NAMES).en == "홍길동 (researcher): An egress request was submitted"
    assert sentence(entry("egress.voted"), NAMES).ko == "홍길동 반출 심사자가 반출심사 의견을 냄"


def test_what_did_not_succeed_says_so() -> None:
    said = sentence(entry("egress.submitted", outcome="denied"), NAMES)
    assert said == Text(
        "홍길동 연구자가 반출신청을 제출함 (거부됨)", "홍길동 (researcher): An egress request was submitted (denied)"
    )


def test_a_sentence_with_a_subject_of_its_own_is_not_given_a_second_one() -> None:
    assert sentence(entry("session.refused"), NAMES).ko == "홍길동 연구자: 로그인이 거부됨"


def test_a_component_acts_under_its_own_name() -> None:
    said = sentence(entry("egress.scanned", actor={"kind": "service", "ref": "worker"}), NAMES)
    assert said.ko == "자동 처리가 반출 파일을 자동 점검함"


def test_whom_the_register_does_not_know_keeps_the_reference() -> None:
    assert actor(entry("egress.voted").body, Names()).ko.startswith(GILDONG)


@pytest.mark.parametrize("action", sorted(CATALOGUE))
def test_every_action_makes_a_sentence_in_both_languages(action: str) -> None:
    said = sentence(entry(action), NAMES)
    assert said.ko.startswith("홍길동")
    assert CATALOGUE[action].ko in said.ko
    assert CATALOGUE[action].en in said.en


@pytest.mark.parametrize(
    ("word", "said"),
    [("연구자", "연구자가"), ("홍길동", "홍길동이"), ("관리(허브)", "관리(허브)가"), ("Kim", "Kim이(가)")],
)
def test_the_particle_follows_the_last_sound(word: str, said: str) -> None:
    assert with_subject_particle(word) == said


def test_the_data_subjects_are_said_with_their_number() -> None:
    subjects = {"kind": "dataset", "datasets": [{"id": "cards", "version": 2, "people": 2694}]}
    assert whose(entry("cell.sent", subjects=subjects).body, NAMES) == Text(
        "교통카드 v2 (2,694명)", "Transit cards v2 (2,694 people)"
    )


def test_roles_are_called_as_in_the_register() -> None:
    assert {code: (one.ko, one.en) for code, one in ROLES.items()} == {
        str(role): (name.ko, name.en) for role, name in REGISTRY_ROLES.items()
    }


def test_people_are_found_by_name_user_name_and_reference() -> None:
    for who in ("홍길동", "gildong", "GILDONG", GILDONG):
        assert as_query({"person": who}, NAMES) == Query(person=GILDONG)
    assert as_query({"person": "p_zzzzzzzzzzzzzzzz"}, NAMES) == Query(person="p_zzzzzzzzzzzzzzzz")
    for who in ("홍길", "Kim", "없는 사람"):
        with pytest.raises(QuestionRefused):
            as_query({"person": who}, NAMES)


def test_a_kept_question_names_people_by_reference() -> None:
    assert as_question({"person": "홍길동", "action": "egress.", "text": " "}, NAMES) == {
        "person": GILDONG,
        "action": "egress.",
    }


def test_days_are_days_in_korea_and_the_last_one_is_included() -> None:
    query = as_query({"since": "2026-11-21", "until": "2026-11-21"}, NAMES)
    assert query.since == datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert query.until == datetime(2026, 11, 21, 15, tzinfo=UTC)
    assert as_moment("2026-11-21T13:45+00:00", days_later=1) == datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
    with pytest.raises(QuestionRefused):
        as_moment("yesterday")


def test_a_hash_is_taken_as_sha256sum_prints_it() -> None:
    assert as_hash(f"{HASH.upper()}  table.csv\n") == HASH
    for wrong in ("", "ab", HASH + "0", "zz" * 32):
        with pytest.raises(QuestionRefused):
            as_hash(wrong)


@given(st.text())
def test_no_text_can_break_the_fields(text: str) -> None:
    for name in ("person", "file", "since", "until", "outcome", "text"):
        try:
            assert isinstance(as_query({name: text}, NAMES), Query)
        except QuestionRefused:
            continue


@given(st.text())
def test_no_cell_of_a_spreadsheet_begins_a_formula(text: str) -> None:
    cell = harmless(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in (text, "'" + text)


def test_a_reason_says_something() -> None:
    assert check_reason("  월  점검 자료 ") == "월 점검 자료"
    for wrong in ("", "   ", "a b", "x" * 2001):
        with pytest.raises(ReasonNeeded) as refused:
            check_reason(wrong)
        assert "sentence" in refused.value.hint.en


NONE: set[str] = set()
FILES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("egress.submitted", {"detail": {"files": [{"sha256": HASH, "size": 1}]}}, {HASH}),
    ("egress.released", {"detail": {"files": [HASH, "cd" * 32]}}, {HASH, "cd" * 32}),
    ("egress.scanned", {"detail": {"verdicts": {HASH: "passed"}}}, {HASH}),
    ("egress.voted", {"detail": {"votes": {HASH: "approve"}}}, {HASH}),
    ("egress.viewed", {"object": {"kind": "request", "ref": "er_a", "sha256": HASH}}, {HASH}),
    ("egress.viewed", {"object": {"kind": "file", "ref": HASH}}, {HASH}),
    ("egress.viewed", {"object": {"kind": "file", "ref": "f_aaaaaaaaaaaaaaaa"}}, set()),
    ("egress.voted", {"detail": {"votes": 3, "files": "x", "verdicts": [1, None, {"sha256": 2}]}}, set()),
    (
        "dataset.registered",
        {"object": {"kind": "dataset", "ref": "cards", "sha256": HASH}, "detail": {"files": 3}},
        set(),
    ),
    ("image.built", {"object": {"kind": "image", "ref": "x", "sha256": HASH}}, set()),
]


@pytest.mark.parametrize(("action", "changes", "expected"), FILES)
def test_an_entry_stands_in_the_timeline_of_each_file_of_a_request_that_it_names(
    action: str, changes: dict[str, Any], expected: set[str]
) -> None:
    body = dict(entry(action, **changes).body)
    assert set(files(body)) == expected
    assert {ref for kind, ref in links(body) if kind == "file"} == expected


def test_a_row_of_a_spreadsheet_reads_back_as_it_was() -> None:
    out = io.StringIO()
    csv.writer(out).writerow([harmless("=1+1"), "a,b\nc"])
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""))) == ["'=1+1", "a,b\nc"]


UNREADABLE = (
    ({"since": "2026-11-20", "until": "2026-11-01"}, "앞섭니다", "before the first"),
    ({"text": "x" * 301}, "301자", "has 301"),
    ({"text": "a\0b"}, "제어 문자", "no text"),
    ({"project": "study\ud800"}, "제어 문자", "no text"),
    ({"address": "999.1.1.1"}, "접속지 주소", "203.0.113.7"),
    ({"address": "203.0.113."}, "접속지 주소", "203.0.113.7"),
    ({"correlation": "zzz"}, "36자리", "36 characters"),
    ({"action": "egress.votd"}, "egress.voted", "Do you mean egress.voted?"),
    ({"action": "nothing."}, "nothing.", "no action nothing."),
)


@pytest.mark.parametrize(("fields", "ko", "en"), UNREADABLE)
def test_what_no_entry_can_match_is_refused_and_not_answered_with_nothing(
    fields: dict[str, str], ko: str, en: str
) -> None:
    with pytest.raises(QuestionRefused) as refused:
        as_query(fields, NAMES)
    assert ko in refused.value.text("ko")
    assert en in refused.value.text("en")


@pytest.mark.parametrize(
    "fields",
    [
        {"since": "2026-11-20", "until": "2026-11-20"},
        {"text": "x" * 300},
        {"address": "2001:db8::7"},
        {"correlation": "019aa000-0000-7000-8000-000000000001"},
        {"action": "egress."},
    ],
)
def test_what_an_entry_can_match_is_asked(fields: dict[str, str]) -> None:
    assert as_query(fields, NAMES) != Query()
