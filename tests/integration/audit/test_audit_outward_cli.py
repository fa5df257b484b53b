"""`ansim audit send` and `ansim audit outward status`."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.cli import add_parser
from audit.outward.delivery import Outward
from audit.outward.target import Target
from audit.search import Query, search
from tests.integration.audit.audit_world import World


@dataclass
class Terminal:
    """The surroundings of one command, with what it printed."""

    world: World
    targets: tuple[Target, ...] = ()
    json: bool = False
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.world.home

    def zone(self) -> Any:
        settings = SimpleNamespace(outward=SimpleNamespace(targets=self.targets))
        return SimpleNamespace(db=self.world.db, log=self.world.log, settings=settings)

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *arguments: str) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        parsed = parser.parse_args(["audit", *arguments])
        code: int = parsed.func(parsed, self)
        return code

    def recorded(self, action: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """The bodies of an action with what they seal."""
        with self.world.db.read() as tx:
            found = search(tx, Query(action=action))
        return [(dict(entry.body), self.world.log.unseal(entry.index)) for entry in found]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture
def terminal(usual_world: World) -> Terminal:
    usual_world.fill(7)
    return Terminal(usual_world)


@pytest.mark.parametrize(("form", "start"), [("ocsf", '{"action"'), ("syslog", "<110>1 "), ("cef", "CEF:0|Ansim|")])
def test_entries_are_printed_one_to_a_line(terminal: Terminal, form: str, start: str) -> None:
    assert terminal.run("send", "--format", form, "--from", "5", "--to", "-") == 0
    # two entries, and the one that says who read them
    assert [line[: len(start)] for line in terminal.lines] == [start] * 3
    assert all(len(line.splitlines()) == 1 for line in terminal.lines)


def test_reading_them_is_recorded(terminal: Terminal) -> None:
    terminal.run("send", "--from", "2", "--limit", "1")
    ((body, sealed),) = terminal.recorded("log.viewed")
    assert (body["detail"], sealed) == ({"format": "ocsf", "from": 2}, {})
    assert [json.loads(line)["metadata"]["sequence"] for line in terminal.lines] == [2]


def test_a_file_needs_a_reason_which_is_sealed(terminal: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert terminal.run("send", "--to", str(out)) == 2
    assert not out.exists()
    assert terminal.run("send", "--to", str(out), "--reason", "incident 7") == 0
    ((body, sealed),) = terminal.recorded("log.downloaded")
    assert sealed == {"reason": "incident 7"}
    assert "incident" not in json.dumps(body)
    assert len(out.read_text().splitlines()) == 8


def test_status_says_how_far_each_target_is(terminal: Terminal, tmp_path: Path) -> None:
    target = Target(name="siem", transport="file", path=str(tmp_path / "out"))
    terminal.targets = (target, Target(name="other", format="cef", transport="file", path="/nowhere/out"))
    Outward(terminal.world.log, target).deliver()
    assert terminal.run("outward", "status") == 0
    assert terminal.lines == ["siem: OCSF 1.8.0, 7 sent, 0 left", "other: CEF 0, 0 sent, 7 left"]


def test_status_of_an_outage_is_one_failure_and_names_its_cause(terminal: Terminal) -> None:
    terminal.targets, terminal.json = (Target(name="siem", transport="file", path="/nowhere/out"),), True
    Outward(terminal.world.log, terminal.targets[0]).deliver()
    terminal.world.log.settle()
    assert terminal.run("outward", "status", "--json") == 1
    (row,) = json.loads(terminal.lines[0])["targets"]
    assert (row["target"], row["behind"], row["failures"], row["error"]) == ("siem", 8, 1, "file_unwritable")


def test_status_of_a_file_that_cannot_be_written_says_which_folder_to_make(terminal: Terminal) -> None:
    terminal.targets = (Target(name="siem", transport="file", path="/nowhere/out"),)
    Outward(terminal.world.log, terminal.targets[0]).deliver()
    assert terminal.run("outward", "status") == 1
    assert "Make the folder /nowhere and let the user write there" in terminal.lines[0]
    assert "tried again by itself" in terminal.lines[0]


def test_status_without_targets_says_where_to_set_them(terminal: Terminal) -> None:
    assert terminal.run("outward", "status") == 0
    assert "outward.targets" in terminal.lines[0]
