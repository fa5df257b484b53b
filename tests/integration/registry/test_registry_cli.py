"""`ansim registry`: a zone can be set up and looked after from the command line, by people and by programs."""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from registry import commands, totp
from registry.cli import COMMANDS, GROUPS, add_parser
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.model import Role
from registry.service import Registry
from tests.integration.registry.registry_house import HOME, PASSWORD, House


class FakeSettings:
    """Where the zone is reached."""

    def origin(self, site: str) -> str:
        return f"http://{site}.example"


@dataclass
class FakeZone:
    """What a command needs of a zone."""

    registry: Registry
    settings: FakeSettings = field(default_factory=FakeSettings)


class FakeContext:
    """The surroundings of a command, with what it printed."""

    def __init__(self, house: House) -> None:
        self.home: Path = house.home
        self.json = False
        self.output = io.StringIO()
        self._zone = FakeZone(house.registry)

    def zone(self) -> Any:
        return self._zone

    def print(self, *objects: object) -> None:
        Console(file=self.output, width=200).print(*objects)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="ansim")
    add_parser(top.add_subparsers(required=True))
    return top


@dataclass
class Shell:
    """Runs commands as typed."""

    house: House
    capsys: pytest.CaptureFixture[str]

    def run(self, line: str, *more: str, code: int = 0) -> Any:
        """What a command answers to a program."""
        arguments = parser().parse_args(["registry", *line.split(), *more, "--json"])
        assert arguments.func(arguments, FakeContext(self.house)) == code
        return json.loads(self.capsys.readouterr().out)

    def show(self, line: str) -> str:
        """What a command shows to a person."""
        context = FakeContext(self.house)
        arguments = parser().parse_args(["registry", *line.split()])
        assert arguments.func(arguments, context) == 0
        return context.output.getvalue()


@pytest.fixture
def shell(house: House, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(house, capsys)


PROJECT = ("--title-ko", "과제", "--title-en", "Project", "--purpose", "목적")


def join(house: House, link: str) -> None:
    address, token = link.rsplit("/", 1)
    assert address == "http://zone.example/invitation"
    secret = totp.new_secret()
    house.registry.accept_invitation(token, PASSWORD, secret, totp.code_at(secret, house.clock()), source=HOME)


def test_a_zone_is_set_up_from_the_command_line(shell: Shell, house: House) -> None:
    added = shell.run("person add minji", "--name", "김민지", "--email", "minji@x.org")
    join(house, added["link"])
    join(
        house,
        shell.run("person add sunhee --role data_controller", "--name", "윤선희", "--email", "s@x.org")["link"],
    )
    project = shell.run("project add gibleed --from 2026-11-21 --until 2026-12-31 --cpus 2", *PROJECT)
    assert (project["ends_at"], project["cpu_thousandths"]) == ("2026-12-31T15:00:00.000000Z", 2000)
    assert shell.run("member add gibleed minji")["in_force"]
    files = str(house.files())
    names = ("--title-ko", "자료", "--title-en", "Data", "--owner", "병원")
    assert shell.run("dataset add omop", files, *names, "--people", "10", "--sensitive")["version"] == 1
    grant = shell.run("grant add omop 1 gibleed --approver sunhee --until 2026-12-01")
    assert grant["approved_by"] == house.registry.person("sunhee").ref
    house.registry.accept_notice(house.registry.person("minji"), house.registry.notice_version, source=HOME)
    assert house.registry.may_work("minji", "gibleed").limits.cpus == 2
    assert {body["actor"]["ref"] for body in house.entries("grant.")} == {"cli"}
    for line, count in (
        ("person list", 2),
        ("project list", 1),
        ("member list gibleed", 1),
        ("dataset list", 1),
        ("dataset show omop", 1),
        ("grant list", 1),
        ("grant list --project other", 0),
    ):
        assert len(shell.run(line)) == count, line
    shell.run(f"grant revoke {grant['ref']}")
    shell.run("member revoke gibleed minji")
    shell.run("project change gibleed --until 2027-01-31 --memory-mib 1024")
    assert shell.run("project close gibleed")["status"] == "closed"


def test_people_are_looked_after_from_the_command_line(shell: Shell, house: House) -> None:
    token = shell.run("person add junho", "--name", "이준호", "--email", "j@x.org")["link"]
    again = shell.run("person reinvite junho")["link"]
    assert token != again
    join(house, again)
    assert shell.run("person grant junho checker")["roles"] == ["checker"]
    assert shell.run("person revoke junho checker")["roles"] == []
    assert shell.run("person suspend junho")["status"] == "suspended"
    assert shell.run("person reinstate junho")["status"] == "active"
    assert shell.run("person close junho")["status"] == "closed"


def test_a_changed_dataset_fails_the_check_with_exit_code_1(shell: Shell, house: House) -> None:
    directory = house.dataset()
    assert shell.run("dataset check omop")[0]["ok"]
    (directory / "more.csv").write_text("x")
    assert shell.run("dataset check omop --version 1", code=1)[0]["added"] == ["more.csv"]
    assert shell.run("dataset add-version omop", str(directory))["version"] == 2


def test_a_reset_is_confirmed_by_a_second_person_who_proves_to_be_there(
    shell: Shell, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.join("minji")
    officer = house.join("jiwoo", Role.COMPLIANCE_OFFICER)
    assert shell.run("person reset-second-factor minji")["reset"] == "requested"
    answers = iter(["wrong password!", "000000", PASSWORD, house.code(officer)])
    monkeypatch.setattr(commands, "getpass", lambda prompt: next(answers))
    arguments = parser().parse_args(["registry", "person", "confirm-second-factor", "minji", "--as", "jiwoo"])
    with pytest.raises(Denied):
        arguments.func(arguments, FakeContext(house))
    answer = shell.run("person confirm-second-factor minji --as jiwoo")
    assert house.registry.second_factor_link(answer["link"].rsplit("/", 1)[1]).handle == "minji"


@pytest.mark.parametrize(
    ("line", "error", "code"),
    [
        ("person suspend nobody", NotFound, 2),
        ("member list nothing", NotFound, 2),
        ("project add gibleed --from yesterday --until 2026-12-31", Invalid, 2),
        ("project add Gibleed --from 2026-11-21 --until 2026-12-31", Invalid, 2),
        ("person grant minji operator", Denied, 1),
        ("person suspend minji", Conflict, 2),
    ],
)
def test_errors_carry_the_exit_code(shell: Shell, house: House, line: str, error: type[Exception], code: int) -> None:
    house.registry.invite("minji", "김", "m@x.org", [Role.CHECKER], "ko", by=CLI, source=HOME)
    more = PROJECT if line.startswith("project") else ()
    with pytest.raises(error) as refusal:
        shell.run(line, *more)
    assert getattr(refusal.value, "exit_code", None) == code


def test_a_person_reads_a_table_in_which_names_are_not_markup(shell: Shell, house: House) -> None:
    house.registry.invite("minji", "[red]김민지[/red]", "m@x.org", [Role.CHECKER], "ko", by=CLI, source=HOME)
    shown = shell.show("person list")
    assert "[red]김민지[/red]" in shown
    assert "checker" in shown
    assert "http://zone.example/invitation/" in shell.show("person reinvite minji")


def test_every_command_has_a_group_and_says_what_it_does() -> None:
    assert {command.group for command in COMMANDS} == set(GROUPS)
    assert len({(command.group, command.verb) for command in COMMANDS}) == len(COMMANDS)
    for command in COMMANDS:
        assert command.help
        assert all(option.help for option in command.options)
