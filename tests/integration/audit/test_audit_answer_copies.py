"""An answer is taken along whole: as a table of its own for who saw what, with a reason and an entry for each copy."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.event import Actor, Subjects
from audit.searching import answers
from audit.searching.answer_copies import copy_of_answer
from audit.searching.csv_copy import csv_copy
from audit.searching.naming import Named, Names
from audit.searching.pdf_copy import Occasion, pdf_copy
from tests.integration.audit.audit_world import ALICE, BOB, REQUEST, World, a_request_event, an_event
from tests.integration.audit.test_audit_cli import run
from tests.integration.audit.test_audit_searching_cli import NamedTerminal, recorded

NAMES = Names({ALICE: Named(ALICE, "=cmd|calc", "alice"), BOB: Named(BOB, "박민지", "minji")})
REASON = "request of the data provider, 2026-114"


@pytest.fixture
def asked(usual_world: World) -> World:
    """Alice ran nine cells on a dataset, Bob two, and a file left."""
    bob = Actor.person(BOB, ["researcher"])
    for number in range(9):
        usual_world.log.record(an_event("cell.sent"))
        if number % 4 == 1:
            usual_world.log.record(an_event("cell.sent", bob))
    usual_world.log.record(an_event("cell.sent", subjects=Subjects.datasets([("other", 1, 5)])))
    usual_world.log.record(a_request_event("egress.released", detail={"files": ["a" * 64]}))
    usual_world.log.checkpoint()
    return usual_world


def rows(world: World, ask: answers.Ask, kind: str, ref: str, most: int = 100) -> list[dict[str, str]]:
    copy = copy_of_answer(world.log, ask, kind, ref, NAMES, most=most)
    return list(csv.DictReader(io.StringIO("".join(csv_copy(copy, "ko"))[1:], newline="")))


def test_who_saw_what_counts_the_cells_of_each_person_with_the_first_and_the_last(asked: World) -> None:
    found = {row["행위자 식별자"]: row for row in rows(asked, "saw", "dataset", "gibleed")}
    assert set(found) == {ALICE, BOB}
    assert [(found[ref]["수행업무"], found[ref]["횟수"]) for ref in (ALICE, BOB)] == [
        ("cell.sent", "9"),
        ("cell.sent", "2"),
    ]
    assert (found[ALICE]["처음 기록 번호"], found[ALICE]["마지막 기록 번호"]) == ("0", "10")
    assert found[ALICE]["행위자"] == "'=cmd|calc", "no spreadsheet runs a name"
    today = f"{datetime.now(UTC) + timedelta(hours=9):%Y-%m}"
    assert found[BOB]["처음(한국)"].startswith(today)


def test_an_answer_of_several_pages_is_one_table_in_the_copy(asked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(asked, "saw", "dataset", "gibleed")
    monkeypatch.setattr(answers, "READ", 4)
    assert rows(asked, "saw", "dataset", "gibleed") == whole


def test_a_copy_that_is_cut_says_so(asked: World) -> None:
    assert copy_of_answer(asked.log, "saw", "dataset", "gibleed", NAMES, most=1).cut
    assert not copy_of_answer(asked.log, "saw", "dataset", "gibleed", NAMES, most=2).cut


def test_what_left_is_copied_entry_by_entry_with_its_proof(asked: World) -> None:
    [row] = rows(asked, "left", "request", REQUEST)
    assert (row["수행업무"], row["증명"]) == ("egress.released", "서명된 체크포인트로 증명됨")


@pytest.mark.parametrize("ask", ["saw", "left"])
def test_an_answer_is_a_pdf_with_the_question_as_its_title(asked: World, ask: answers.Ask) -> None:
    copy = copy_of_answer(asked.log, ask, "project", "gibleed", NAMES, most=10)
    paper = pdf_copy(copy, Occasion((), "박민지", REASON), "ko")
    assert paper.startswith(b"%PDF-")
    assert copy.title is answers.QUESTIONS[ask].text


def test_a_terminal_takes_a_copy_with_a_reason_only_and_each_is_an_entry(
    asked: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    terminal, table, paper = NamedTerminal(asked), tmp_path / "saw.csv", tmp_path / "saw.pdf"
    about = ("answer", "saw", "--dataset", "gibleed")
    assert run(terminal, *about, "--csv", str(table)) == 2
    assert not table.exists()
    assert recorded(terminal, "log.downloaded") == []
    assert run(terminal, *about, "--csv", str(table), "--pdf", str(paper), "--reason", REASON) == 0
    assert "cell.sent" in table.read_text(encoding="utf-8-sig")
    assert paper.read_bytes().startswith(b"%PDF-")
    events = recorded(terminal, "log.downloaded")
    assert sorted(one.body["detail"]["form"] for one in events) == ["csv", "pdf"]
    opened = asked.log.unseal(events[0].index)
    assert opened["reason"] == REASON
    assert json.loads(opened["question"]) == {"answer": "saw", "kind": "dataset", "of": "gibleed"}
