"""`ansim audit search`, `timeline`, `answer`, `query`: what a terminal prints, writes and leaves in the record."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.search import Query, search
from audit.searching.pdf_copy import find_font
from tests.integration.audit.audit_world import ALICE, BOB, REQUEST, World, a_request_event, an_event
from tests.integration.audit.test_audit_cli import Terminal, run

CONTENT = b"sex,patients\nm,212\n"
FILE = hashlib.sha256(CONTENT).hexdigest()


class Register:
    """The names of a zone."""

    def people(self) -> list[Any]:
        return [
            SimpleNamespace(ref=ALICE, handle="gildong", name="홍길동"),
            SimpleNamespace(ref=BOB, handle="bob", name="Bob"),
        ]

    def projects(self) -> list[Any]:
        return [SimpleNamespace(id="gibleed", title_ko="위장관 출혈", title_en="GI bleed")]

    def datasets(self) -> list[Any]:
        return []


class NamedTerminal(Terminal):
    def zone(self) -> Any:
        return SimpleNamespace(db=self.world.db, log=self.world.log, registry=Register())


@pytest.fixture
def terminal(usual_world: World, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    for event in (
        an_event("workspace.opened"),
        a_request_event("egress.submitted", detail={"files": [{"sha256": FILE, "size": len(CONTENT)}]}),
        a_request_event("egress.released", detail={"files": [FILE]}),
    ):
        usual_world.log.record(event)
    usual_world.log.checkpoint()
    return NamedTerminal(usual_world)


def recorded(terminal: Terminal, action: str) -> list[Any]:
    terminal.world.log.settle()
    with terminal.world.db.read() as tx:
        return search(tx, Query(action=action))


def test_a_person_is_searched_by_name_and_the_name_stays_out_of_the_log(terminal: Terminal) -> None:
    assert run(terminal, "search", "--person", "홍길동", "--action", "egress.submitted") == 0
    assert "홍길동이 반출신청을 제출함" in terminal.lines[0] or "홍길동 연구자가 반출신청을 제출함" in terminal.lines[0]
    assert "✓" in terminal.lines[0]
    (event,) = recorded(terminal, "log.searched")
    assert ALICE not in str(event.body)
    assert json.loads(terminal.world.log.unseal(event.index)["question"])["person"] == ALICE


def test_an_unknown_name_is_wrong_input(terminal: Terminal) -> None:
    assert run(terminal, "search", "--person", "아무개") == 2
    assert recorded(terminal, "log.searched") == []


def test_a_file_is_found_by_its_content(terminal: Terminal, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(CONTENT)
    for given in (str(table), FILE):
        assert run(terminal, "search", "--file", given, "--json") == 0
    assert run(terminal, "search", "--file", str(tmp_path / "none.csv")) == 2
    terminal.lines.clear()
    assert run(terminal, "answer", "left", "--file", str(table)) == 0
    assert "egress.released" in terminal.lines[1]
    assert run(terminal, "timeline", "file", str(table)) == 0


def test_the_answer_for_programs_has_the_documented_form(terminal: Terminal) -> None:
    terminal.json = True
    assert run(terminal, "search", "--file", FILE, "--json") == 0
    line = json.loads(terminal.lines[0])
    assert set(line) == {"index", "leaf_hash", "proof", "said", "body"}
    assert (line["index"], line["proof"], set(line["said"])) == (2, "proven", {"ko", "en"})
    terminal.lines.clear()
    assert run(terminal, "answer", "saw", "--dataset", "gibleed", "--json") == 0
    found = json.loads(terminal.lines[0])
    assert set(found) == {"ask", "kind", "ref", "seen", "entries", "next_after"}
    assert found["seen"][0]["actor"] == ALICE
    assert found["seen"][0]["count"] == 1


def test_the_three_questions_are_answered_for_people(terminal: Terminal) -> None:
    assert run(terminal, "answer", "left", "--request", REQUEST) == 0
    assert "무엇이 나갔나" in terminal.lines[0]
    assert "egress.released" in terminal.lines[1]
    assert run(terminal, "answer", "saw", "--person", "gildong") == 0
    assert any("홍길동" in line and "workspace.opened" in line for line in terminal.lines)
    kinds = [one.body["detail"]["kind"] for one in recorded(terminal, "log.viewed")]
    assert kinds == ["answer", "answer"]


def test_a_timeline_is_in_order(terminal: Terminal) -> None:
    assert run(terminal, "timeline", "project", "gibleed") == 0
    assert [line.split()[0] for line in terminal.lines] == ["0", "1", "2"]
    assert recorded(terminal, "log.viewed")[0].body["detail"]["kind"] == "timeline"


def test_counts_are_shown_on_request(terminal: Terminal) -> None:
    assert run(terminal, "search", "--project", "gibleed", "--count", "--limit", "1") == 0
    assert "모두 3건" in terminal.lines


def test_a_file_needs_a_reason_and_leaves_an_entry_with_it(terminal: Terminal, tmp_path: Path) -> None:
    target, paper = tmp_path / "found.csv", tmp_path / "found.pdf"
    words = ["search", "--request", REQUEST, "--csv", str(target), "--pdf", str(paper)]
    assert run(terminal, *words) == 2
    assert not target.exists()
    assert recorded(terminal, "log.downloaded") == []
    assert run(terminal, *words, "--reason", "월 점검 자료") == 0
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert paper.read_bytes().startswith(b"%PDF-")
    events = recorded(terminal, "log.downloaded")
    assert [one.body["detail"] for one in events] == [{"form": "pdf", "rows": 2}, {"form": "csv", "rows": 2}]
    assert terminal.world.log.unseal(events[0].index)["reason"] == "월 점검 자료"
    assert run(terminal, *words, "--reason", "월 점검 자료") == 2  # nothing is overwritten


def test_a_pdf_embeds_its_korean_letters(terminal: Terminal, tmp_path: Path) -> None:
    paper = tmp_path / "found.pdf"
    assert run(terminal, "search", "--pdf", str(paper), "--reason", "보관용 사본") == 0
    data = paper.read_bytes()
    assert b"/FontFile2" in data
    assert b"/ToUnicode" in data
    assert find_font()[0].suffix == ".ttf"


def test_a_search_is_kept_listed_run_and_deleted(terminal: Terminal) -> None:
    assert run(terminal, "query", "save", "반출", "--person", "홍길동", "--action", "egress.") == 0
    assert run(terminal, "query", "save", "반출", "--action", "egress.") == 2
    terminal.lines.clear()
    assert run(terminal, "query", "list") == 0
    assert f"person={ALICE}" in terminal.lines[0]
    terminal.lines.clear()
    assert run(terminal, "query", "run", "반출") == 0
    assert [line.split()[0] for line in terminal.lines] == ["2", "1"]
    assert run(terminal, "query", "delete", "반출") == 0
    assert run(terminal, "query", "run", "반출") == 2
    assert len(recorded(terminal, "log.query_saved")) == len(recorded(terminal, "log.query_deleted")) == 1
