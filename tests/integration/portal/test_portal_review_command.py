"""`ansim audit review` and `ansim audit anomalies` over a whole zone, with an officer of its registry."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest

from audit.cli import add_parser
from audit.event import Actor, Event, Object, Source, Subjects
from audit.review import cli
from portal.formats import KOREAN_TIME
from registry.errors import SignInRefused
from tests.integration.portal.portal_world import PASSWORD, World


@dataclass
class Terminal:
    """The surroundings of one command, with what it printed."""

    world: World
    json: bool = True
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.world.zone.settings.home

    def zone(self) -> Any:
        return self.world.zone

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *arguments: str) -> tuple[int, Any]:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        parsed = parser.parse_args(["audit", *arguments])
        self.lines.clear()
        code: int = parsed.func(parsed, self)
        printed = "\n".join(self.lines)
        return code, json.loads(printed) if self.json else printed


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture
def terminal(world: World) -> Terminal:
    return Terminal(world)


@pytest.fixture
def month(world: World) -> str:
    """Last month, with something in it."""
    this = datetime.now(UTC).astimezone(KOREAN_TIME)
    minji = Actor.person(world.zone.registry.person("minji").ref, ("researcher",))
    workspace = Object("workspace", world.workspace().ref, "study")
    world.clock.ahead = (this.replace(day=1) - timedelta(days=5)) - this
    for _ in range(12):
        world.zone.log.record(
            Event(
                "gate.refused",
                minji,
                workspace,
                Subjects.none(),
                Source("192.0.2.7"),
                outcome="denied",
                reason="route.terminal",
            )
        )
    world.clock.ahead = timedelta()
    return f"{this.replace(day=1) - timedelta(days=5):%Y-%m}"


def answers(monkeypatch: pytest.MonkeyPatch, *given: str) -> None:
    """Type these lines when asked."""
    lines = iter(given)
    monkeypatch.setattr(cli, "getpass", lambda _prompt: next(lines))


def code(terminal: Terminal, handle: str = "jiwoo") -> str:
    """Return a one-time code that was not used before."""
    terminal.world.clock.ahead += timedelta(seconds=30)
    return pyotp.TOTP(terminal.world.secrets[handle]).at(terminal.world.clock())


def test_a_review_is_made_judged_and_signed_by_commands(
    terminal: Terminal, month: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, made = terminal.run("review", "make", "--json")
    assert (status, made["month"], made["state"]) == (0, month, "made")
    assert {one["rule"] for one in made["report"]["anomalies"]} >= {"repeated_denials"}
    for item in made["missing"]:
        answers(monkeypatch, PASSWORD, code(terminal))
        status, noted = terminal.run("review", "note", month, item, "no_concern", "--officer", "jiwoo", "--json")
        assert (status, noted["item"]) == (0, item)
    answers(monkeypatch, month, PASSWORD, code(terminal))
    status, signed = terminal.run("review", "sign", month, "--officer", "jiwoo", "--json")
    assert (status, signed["state"], signed["sha256"]) == (0, "signed", made["sha256"])
    status, listed = terminal.run("review", "list", "--json")
    assert status == (1 if listed["overdue"] else 0)
    assert month not in listed["overdue"]
    [entry] = terminal.world.entries("review.signed")
    assert entry.body["actor"]["ref"] == terminal.world.zone.registry.person("jiwoo").ref


def test_root_on_the_server_cannot_sign_in_the_name_of_an_officer(
    terminal: Terminal, month: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.run("review", "make", "--json")
    answers(monkeypatch, "a guess at the password", code(terminal))
    with pytest.raises(SignInRefused):
        terminal.run("review", "note", month, "denials", "no_concern", "--officer", "jiwoo", "--json")
    answers(monkeypatch, PASSWORD, code(terminal, "taeyang"))
    status, refused = terminal.run("review", "note", month, "denials", "no_concern", "--officer", "taeyang", "--json")
    assert (status, refused["error"]) == (2, "ReviewRefused")
    assert terminal.world.entries("review.noted") == []


def test_a_report_is_shown_as_text_or_json_and_copied_for_a_reason_and_each_is_recorded(
    terminal: Terminal, month: str, tmp_path: Path
) -> None:
    terminal.run("review", "make", "--json")
    _, shown = terminal.run("review", "show", month, "--json")
    assert shown["report"]["period"]["month"] == month
    terminal.json = False
    assert "Refusals" in terminal.run("review", "show", month)[1]
    assert len(terminal.world.entries("log.viewed")) == 2
    assert terminal.run("review", "show", month, "--csv")[0] != 0
    assert terminal.world.entries("log.downloaded") == []
    assert "route.terminal" in terminal.run("review", "show", month, "--csv", "--reason", "Board meeting")[1]
    target = tmp_path / "report.pdf"
    assert terminal.run("review", "show", month, "--pdf", str(target), "--reason", "Board meeting")[0] == 0
    assert target.read_bytes().startswith(b"%PDF-")
    reasons = [terminal.world.zone.log.unseal(one.index)["reason"] for one in terminal.world.entries("log.downloaded")]
    assert reasons == ["Board meeting", "Board meeting"]


def test_what_stands_out_is_printed_and_the_exit_code_says_that_there_is_something(
    terminal: Terminal, month: str
) -> None:
    status, found = terminal.run("anomalies", "--since", f"{month}-01", "--json")
    assert status == 1
    assert {one["rule"]: one["level"] for one in found["findings"]}["repeated_denials"] == "alert"
    status, found = terminal.run("anomalies", "--since", "2020-01-01", "--until", "2020-01-31", "--json")
    assert (status, found["findings"]) == (0, [])
    terminal.json = False
    assert "Repeated denials: 12" in terminal.run("anomalies", "--since", f"{month}-01")[1]


def test_a_month_that_is_none_or_has_no_report_is_refused_with_a_reason(terminal: Terminal) -> None:
    with pytest.raises(SystemExit) as wrong:
        terminal.run("review", "show", "2026-13")
    assert wrong.value.code == 2
    assert terminal.run("review", "show", "2019-01", "--json")[0] == 2
    assert terminal.run("review", "make", "--month", "2099-01", "--json")[0] == 2


def test_a_policy_that_cannot_be_used_is_named_with_its_line(terminal: Terminal) -> None:
    (terminal.home / "review.yaml").write_text("name: ours\nrule: 1\n", encoding="utf-8")
    status, refused = terminal.run("anomalies", "--json")
    assert (status, refused["error"]) == (2, "ReviewPolicyUnusable")
    assert "review.yaml, line 2" in refused["reason"]
