"""`ansim audit`: what it prints, what it answers to scripts, and that reading the log is itself recorded."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.cli import add_parser
from audit.search import Query, search
from tests.integration.audit.audit_world import ALICE, World, an_event


@dataclass
class Terminal:
    """The surroundings of one command, with what it printed."""

    world: World
    json: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.world.home

    def zone(self) -> Any:
        return SimpleNamespace(db=self.world.db, log=self.world.log)

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture
def terminal(usual_world: World) -> Terminal:
    usual_world.fill(5)
    usual_world.log.checkpoint()
    return Terminal(usual_world)


def run(terminal: Terminal, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["audit", *arguments])
    code = parsed.func(parsed, terminal)
    assert isinstance(code, int)
    return code


def recorded(terminal: Terminal, action: str) -> list[dict[str, Any]]:
    with terminal.world.db.read() as tx:
        return [dict(entry.body) for entry in search(tx, Query(action=action))]


def test_a_whole_log_is_verified_and_that_is_recorded(terminal: Terminal) -> None:
    assert run(terminal, "verify") == 0
    assert terminal.lines == ["Intact: 5 of 5 entries are as they were signed."]
    (event,) = recorded(terminal, "log.verified")
    assert (event["outcome"], event["detail"]) == ("ok", {"verdict": "intact", "size": 5, "problems": 0})


def test_a_korean_terminal_is_answered_in_korean(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert run(terminal, "verify") == 0
    assert terminal.lines == ["온전함: 기록 5건 중 5건이 서명과 일치합니다."]


def test_a_changed_row_is_named_with_exit_10(terminal: Terminal) -> None:
    terminal.world.tamper("UPDATE audit_entry SET outcome = 'denied' WHERE idx = 3")
    terminal.json = True
    assert run(terminal, "verify") == 10
    answer = json.loads(terminal.lines[0])
    assert (answer["verdict"], answer["first_bad"]["index"], answer["first_bad"]["code"]) == (
        "tampered",
        3,
        "entry.columns",
    )
    assert recorded(terminal, "log.verified")[0]["outcome"] == "failed"


def test_what_is_missing_gives_exit_11(terminal: Terminal) -> None:
    terminal.world.tamper("DELETE FROM audit_sidecar")
    assert run(terminal, "verify") == 11
    assert "sidecar.missing" in terminal.lines[1]


def test_another_key_gives_exit_12(terminal: Terminal, tmp_path: Path) -> None:
    other = tmp_path / "other.vkey"
    other.write_text("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n")
    assert run(terminal, "verify", "--key", str(other)) == 12


def test_without_a_key_the_environment_is_at_fault(terminal: Terminal, tmp_path: Path) -> None:
    assert run(terminal, "verify", "--key", str(tmp_path / "none")) == 3
    assert "no verifier key" in terminal.lines[0]


def test_a_search_prints_what_happened_and_is_recorded(terminal: Terminal) -> None:
    assert run(terminal, "search", "--actor", ALICE, "--action", "cell.", "--limit", "2") == 0
    assert len(terminal.lines) == 2
    assert "cell.sent" in terminal.lines[0]
    assert "A cell was sent for execution" in terminal.lines[0]
    (event,) = recorded(terminal, "log.searched")
    assert event["detail"] == {"found": 2}
    asked = terminal.world.log.unseal(5)
    assert json.loads(asked["question"]) == {"actor": ALICE, "action": "cell."}


def test_a_search_for_programs_prints_one_object_a_line(terminal: Terminal) -> None:
    terminal.json = True
    assert run(terminal, "search", "--oldest-first", "--since", "2020-01-01", "--after", "1") == 0
    assert [json.loads(line)["index"] for line in terminal.lines] == [2, 3, 4]


def test_signing_prints_the_checkpoint(terminal: Terminal) -> None:
    terminal.world.log.record(an_event())
    assert run(terminal, "checkpoint") == 0
    assert terminal.lines[0].startswith("ansim.example/audit\n6\n")


def test_a_receipt_is_made_and_checked_offline(terminal: Terminal, tmp_path: Path) -> None:
    assert run(terminal, "receipt", "make", "3") == 0
    file = tmp_path / "3.tlog-proof"
    file.write_text(terminal.lines.pop() + "\n")
    assert run(terminal, "receipt", "verify", str(file), "--key", str(terminal.home / "keys" / "log.vkey")) == 0
    assert terminal.lines[0] == "Proven: it is entry 3 of the log ansim.example/audit at size 5."
    terminal.json = True
    terminal.lines.clear()
    assert run(terminal, "receipt", "verify", str(file)) == 0
    assert json.loads(terminal.lines[0])["body"]["detail"] == {"n": 3}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace("index 3", "index 2"), 10),
        (lambda text: text.replace("extra ey", "extra eY"), 10),
        (lambda text: text.replace("\n5\n", "\n6\n"), 10),
        (lambda text: text.replace("— ansim.example/audit", "— other.example/audit"), 12),
        (lambda text: "", 10),
        (lambda text: "감사", 10),
    ],
)
def test_a_changed_receipt_is_refused(
    terminal: Terminal, tmp_path: Path, change: Callable[[str], str], code: int
) -> None:
    file = tmp_path / "3.tlog-proof"
    file.write_text(change(terminal.world.log.receipt(3)), encoding="utf-8")
    assert run(terminal, "receipt", "verify", str(file)) == code
    assert terminal.lines


def test_what_is_not_there_is_wrong_input(terminal: Terminal, tmp_path: Path) -> None:
    assert run(terminal, "receipt", "make", "99") == 2
    assert run(terminal, "receipt", "verify", str(tmp_path / "none")) == 2


def test_both_ends_of_a_copy_say_why_so_that_the_review_finds_the_reason(terminal: Terminal, tmp_path: Path) -> None:
    assert run(terminal, "export", str(tmp_path / "copy"), "--reason", "request of the auditors") == 0
    ends = recorded(terminal, "log.exported")
    assert {event["outcome"] for event in ends} == {"intent", "ok"}
    assert all("reason" in event["c"] for event in ends)


@pytest.mark.parametrize("option", ["--since", "--policy"])
def test_a_file_that_cannot_be_read_is_wrong_input(terminal: Terminal, tmp_path: Path, option: str) -> None:
    assert run(terminal, "verify", option, str(tmp_path)) == 2
    assert str(tmp_path) in terminal.lines[0]
    assert "cannot be recorded" not in terminal.lines[0]


@pytest.mark.parametrize("reason", ["", "   ", "abc", "a   b"])
def test_a_copy_of_the_log_needs_a_reason_as_any_download_does(terminal: Terminal, tmp_path: Path, reason: str) -> None:
    assert run(terminal, "export", str(tmp_path / "copy"), "--reason", reason) == 2
    assert "at least 5 characters" in terminal.lines[-1]
    assert not (tmp_path / "copy").exists()
