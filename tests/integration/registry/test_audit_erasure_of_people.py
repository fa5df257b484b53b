"""Erasing a person of the registry: two people, the law's dates, and nothing that names the person afterwards."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from audit.cells import CellStore
from audit.cli import add_parser
from audit.errors import RetentionRefused
from audit.event import Actor, Source
from audit.keys import LogKeys
from audit.note import Verifier
from audit.retention import cleaning, erasure, facts, holding
from audit.retention import cli as retention_cli
from audit.retention.policy import RetentionPolicy
from audit.verify import verify
from registry import tables
from registry.desk import CLI
from registry.erasure import erased_handle
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.model import PersonStatus, Role
from tests.databases import without_guards
from tests.integration.registry.registry_house import HOME, Account, House

POLICY = RetentionPolicy.load()
WHY = "request_of_person"
FOUR_YEARS = 4 * 366


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays."""

    researcher: Account
    operator: Account
    officer: Account


@pytest.fixture
def cast(house: House) -> Cast:
    """A researcher who worked and whose account was closed, and the two who may erase."""
    return played(house)


def played(house: House) -> Cast:
    researcher = house.at_work()
    cast = Cast(researcher, house.join("taeyang", Role.OPERATOR), house.join("jiwoo", Role.COMPLIANCE_OFFICER))
    house.sign_in(researcher)
    house.registry.close("minji", by=cast.operator.actor, source=HOME)
    return cast


def ask(house: House, cast: Cast, by: Actor | None = None) -> None:
    house.registry.request_erasure("minji", WHY, POLICY, by=by or cast.operator.actor, source=HOME)


def confirm(house: House, cast: Cast, by: Actor | None = None) -> erasure.Destroyed:
    return house.registry.erase_person("minji", POLICY, by=by or cast.officer.actor, source=HOME)


def erased(house: House, cast: Cast) -> erasure.Destroyed:
    house.clock.pass_by(days=FOUR_YEARS)
    ask(house, cast)
    return confirm(house, cast)


def test_the_person_is_a_reference_and_nothing_else_afterwards(house: House, cast: Cast) -> None:
    erased(house, cast)
    person = house.registry.person_by_ref(cast.researcher.person.ref)
    nobody = erased_handle(person.ref)
    assert (person.handle, person.name, person.email) == (nobody, nobody, "")
    assert person.status is PersonStatus.CLOSED
    assert house.registry.messages(person.ref) == []
    with pytest.raises(NotFound):
        house.registry.person("minji")
    # What others did with the person stays: by reference.
    assert [one.person_ref for one in house.registry.memberships(person.ref)] == [person.ref]


def test_no_row_of_any_table_names_the_person_afterwards(house: House, cast: Cast) -> None:
    erased(house, cast)
    with house.db.read() as tx:
        for table in tables.metadata.sorted_tables:
            for row in tx.execute(table.select()):
                told = str(dict(row._mapping))
                for value in ("minji", "이름 minji", "minji@hospital.example"):
                    assert value not in told, (table.name, told)
        fingerprint = house.registry._secrets.fingerprint("handle", "minji")
        assert not tx.execute(text("SELECT 1 FROM registry_attempts WHERE key = :k"), {"k": fingerprint}).all()


def test_the_event_names_both_people_the_reason_and_what_was_destroyed(house: House, cast: Cast) -> None:
    destroyed = erased(house, cast)
    asked, done = house.entries()[-2:]
    assert (asked["action"], asked["reason"], asked["actor"]["ref"]) == (
        "privacy.erasure_requested",
        WHY,
        cast.operator.person.ref,
    )
    assert (done["action"], done["reason"], done["actor"]["ref"]) == ("privacy.erased", WHY, cast.officer.person.ref)
    assert done["detail"]["requested_by"] == cast.operator.person.ref
    assert done["detail"]["keys"] == list(destroyed.keys)
    assert done["detail"]["values"] == destroyed.values > 3


def test_key_values_and_columns_go_together_or_not_at_all(
    house: House, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.clock.pass_by(days=FOUR_YEARS)
    ask(house, cast)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(house.log, "append", full)
        with pytest.raises(OSError, match="no space"):
            confirm(house, cast)
    assert house.registry.person("minji").email == "minji@hospital.example"
    with house.db.read() as tx:
        assert not tx.execute(text("SELECT 1 FROM audit_key WHERE wrapped IS NULL")).all()
    confirm(house, cast)


def test_it_takes_an_operator_who_asks_and_an_officer_who_confirms(house: House, cast: Cast) -> None:
    house.clock.pass_by(days=FOUR_YEARS)
    other = house.join("haneul", Role.OPERATOR)
    checker = house.join("junho", Role.CHECKER)
    for actor in (CLI, Actor.service("worker"), Actor.system(), checker.actor, cast.officer.actor):
        with pytest.raises(Denied):
            ask(house, cast, by=actor)
    with pytest.raises(Conflict, match="waits"):
        confirm(house, cast)
    ask(house, cast)
    for actor in (CLI, Actor.system(), cast.operator.actor, other.actor, checker.actor):
        with pytest.raises(Denied):
            confirm(house, cast, by=actor)
    assert [one.person.handle for one in house.registry.erasure_requests()] == ["minji"]
    confirm(house, cast)
    assert house.registry.erasure_requests() == []
    refused = [body for body in house.entries("privacy.erased") if body["outcome"] == "denied"]
    assert len(refused) == 5


def test_a_request_that_nobody_confirms_in_time_is_over(house: House, cast: Cast) -> None:
    house.clock.pass_by(days=FOUR_YEARS)
    ask(house, cast)
    house.clock.pass_by(days=15)
    assert house.registry.erasure_requests() == []
    with pytest.raises(Conflict):
        confirm(house, cast)


def test_before_the_legal_end_it_is_denied_with_the_date_and_that_is_recorded(house: House, cast: Cast) -> None:
    house.clock.pass_by(days=800)
    plan = house.registry.erasure_plan("minji", POLICY)
    assert plan.possible_from is not None
    with pytest.raises(Denied, match=f"{plan.possible_from.year}-"):
        ask(house, cast)
    assert (house.last()["outcome"], house.last()["reason"]) == ("denied", "retention_not_over")


def test_a_hold_that_comes_between_asking_and_confirming_is_kept(house: House, cast: Cast) -> None:
    house.clock.pass_by(days=FOUR_YEARS)
    ask(house, cast)
    pair: dict[str, Any] = {
        "by": Actor.person(cast.officer.person.ref, ["compliance_officer"]),
        "confirmed_by": Actor.person(cast.operator.person.ref, ["operator"]),
        "source": HOME,
    }
    index = holding.set_hold(house.log, "project", "gibleed", "litigation", **pair)
    with pytest.raises(Denied) as refused:
        confirm(house, cast)
    assert refused.value.code == "legal_hold"
    assert house.registry.person("minji")
    holding.lift_hold(house.log, index, **pair)
    confirm(house, cast)


def test_an_open_account_is_closed_first(house: House) -> None:
    house.join("minji")
    operator = house.join("taeyang", Role.OPERATOR)
    with pytest.raises(Conflict, match="active"):
        house.registry.request_erasure("minji", WHY, POLICY, by=operator.actor, source=HOME)


def test_an_unknown_reason_or_person_is_refused(house: House, cast: Cast) -> None:
    with pytest.raises(Invalid):
        house.registry.request_erasure("minji", "because", POLICY, by=cast.operator.actor, source=HOME)
    with pytest.raises(NotFound):
        house.registry.request_erasure("nobody", WHY, POLICY, by=cast.operator.actor, source=HOME)


def test_nobody_is_erased_twice(house: House, cast: Cast) -> None:
    erased(house, cast)
    nobody = erased_handle(cast.researcher.person.ref)
    with pytest.raises(Conflict, match="already"):
        house.registry.request_erasure(nobody, WHY, POLICY, by=cast.operator.actor, source=HOME)


def test_the_log_verifies_and_says_what_was_destroyed(house: House, cast: Cast) -> None:
    erased(house, cast)
    house.log.settle()
    house.log.checkpoint()
    keys = LogKeys.load_or_create(house.home / "keys")
    result = verify(house.db, verifier(keys), house.home / "log")
    assert result.verdict == "intact"
    with house.db.read() as tx:
        assert list(facts.erased_subjects(tx)) == [cast.researcher.person.ref]


def verifier(keys: LogKeys) -> Verifier:
    return keys.verifier("ansim.example/audit")


def test_what_was_done_a_moment_ago_is_a_duty_before_it_has_its_place_in_the_tree(each_house: House) -> None:
    played(each_house)
    plan = each_house.registry.erasure_plan("minji", POLICY)
    each_house.log.settle()
    assert plan.duties == each_house.registry.erasure_plan("minji", POLICY).duties
    assert "person.closed" in {duty.action for duty in plan.duties}


def test_a_database_of_each_kind_forgets_the_person(each_house: House) -> None:
    cast = played(each_house)
    erased(each_house, cast)
    each_house.log.settle()
    cells = CellStore(each_house.home / "cells", bytes(32), each_house.log.cell_keys())
    done = cleaning.finish(
        each_house.db,
        each_house.log.directory,
        cells,
        each_house.clock(),
        rewrite=each_house.registry.personal_tables,
    )
    assert (len(done.keys), done.old_pages_gone) == (1, True)
    assert erased_handle(cast.researcher.person.ref) in {one.handle for one in each_house.registry.people()}


@pytest.mark.sqlite("the bytes of its file are read")
def test_no_byte_on_disk_names_the_person_after_cleaning(house: House, cast: Cast) -> None:
    def found() -> list[str]:
        files = [path for path in house.home.rglob("*") if path.is_file() and path.parent.name != "keys"]
        needles = ["이름 minji".encode(), b"minji@hospital.example"]
        return [path.name for path in files for needle in needles if needle in path.read_bytes()]

    assert found()
    erased(house, cast)
    cells = CellStore(house.home / "cells", bytes(32), house.log.cell_keys())
    cleaning.finish(house.db, house.log.directory, cells, house.clock())
    assert found() == []


def test_an_erasure_is_repeated_after_an_old_backup_came_back(house: House, cast: Cast) -> None:
    erased(house, cast)
    ref = cast.researcher.person.ref
    with house.db.begin() as tx:
        without_guards(tx, "audit_key")
        key = text("UPDATE audit_key SET wrapped = :key, shredded_at = NULL WHERE subject = :p")
        tx.execute(key, {"key": b"0", "p": ref})
        tx.execute(text("UPDATE registry_person SET handle = 'minji', name = 'Minji' WHERE ref = :p"), {"p": ref})
    house.registry.repeat_erasure(ref, source=Source(None))
    assert house.registry.person_by_ref(ref).name == erased_handle(ref)
    assert (house.last()["actor"]["ref"], house.last()["reason"]) == ("zone", "restored_backup")


@dataclass
class Terminal:
    """The surroundings of one command; what people type in is answered by those who are named."""

    house: House
    json: bool = True
    lines: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.house.home

    def zone(self) -> Any:
        house = self.house
        cells = CellStore(house.home / "cells", bytes(32), house.log.cell_keys())
        return SimpleNamespace(db=house.db, log=house.log, registry=house.registry, retention=POLICY, cells=cells)

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *words: str) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        parsed = parser.parse_args(["audit", *words])
        self.lines.clear()
        code = parsed.func(parsed, self)
        assert isinstance(code, int)
        return code

    def answer(self) -> Any:
        return json.loads(self.lines[-1])


@pytest.fixture
def terminal(house: House, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    def typed(prompt: str) -> str:
        account = next(one for handle, one in house.accounts.items() if handle in prompt)
        return account.password if "Password" in prompt else house.code(account)

    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setattr(retention_cli, "getpass", typed)
    return Terminal(house)


def test_the_command_says_whether_and_from_when(terminal: Terminal, house: House) -> None:
    assert terminal.run("erase", "minji", "--plan") == 1
    said = terminal.answer()
    assert (said["possible"], said["code"]) == (False, "retention_not_over")
    assert said["possible_from"][:4] == str(house.registry.erasure_plan("minji", POLICY).possible_from)[:4]
    house.clock.pass_by(days=FOUR_YEARS)
    assert terminal.run("erase", "minji", "--plan") == 0
    assert terminal.answer()["values"] > 3


def test_the_command_erases_with_two_people_who_are_there(terminal: Terminal, house: House, cast: Cast) -> None:
    house.clock.pass_by(days=FOUR_YEARS)
    assert terminal.run("erase", "minji", "--reason", WHY) == 1
    assert terminal.answer()["error"] == "second_person_needed"
    assert terminal.run("erase", "minji", "--by", "taeyang", "--confirm", "jiwoo") == 0
    said = terminal.answer()
    assert said["cleaned"]["keys"] == said["keys"]
    assert house.registry.person_by_ref(cast.researcher.person.ref).email == ""
    assert house.last()["actor"]["ref"] == cast.officer.person.ref


def test_the_command_sets_lists_and_lifts_holds(terminal: Terminal, house: House, cast: Cast) -> None:
    two = ("--by", "jiwoo", "--confirm", "taeyang")
    assert terminal.run("hold", "set", "person", "minji", "--reason", "litigation", *two) == 0
    index = terminal.answer()["hold"]
    assert terminal.run("hold", "list") == 0
    assert [(hold["index"], hold["ref"]) for hold in terminal.answer()] == [(index, cast.researcher.person.ref)]
    house.clock.pass_by(days=FOUR_YEARS)
    assert terminal.run("erase", "minji", "--plan") == 1
    assert terminal.answer()["code"] == "legal_hold"
    plan = house.registry.erasure_plan("minji", POLICY)
    with pytest.raises(RetentionRefused) as refused:
        plan.check()
    assert f"이용자 {plan.person}" in refused.value.reason.ko
    assert terminal.run("hold", "lift", str(index), *two) == 0
    assert terminal.run("hold", "list") == 0
    assert terminal.answer() == []
    assert terminal.run("hold", "lift", str(index), *two) == 1
    assert terminal.run("hold", "set", "person", "p_x", "--reason", "litigation", *two) == 1


def test_the_command_refuses_to_prune_what_the_law_keeps(terminal: Terminal) -> None:
    assert terminal.run("prune", "--before", "2026-11-20", "--plan") == 1
    assert terminal.answer()["error"] == "retention_not_over"
    assert terminal.answer()["possible_from"].startswith("2028-11-2")
    assert terminal.run("prune", "--before", "2020-01-01", "--plan") == 1


def test_the_command_shows_periods_with_their_sources(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal.run("retention", "show") == 0
    said = terminal.answer()
    assert {one["name"]: one["years"] for one in said["classes"]} == {"access": 2, "rights": 3, "pseudonymisation": 3}
    assert all(one["source"] for one in said["classes"])
    terminal.json = False
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert terminal.run("retention", "show") == 0
    told = "\n".join(terminal.lines)
    assert "접속기록: 2년" in told
    assert "「개인정보의 안전성 확보조치 기준」" in told
    assert terminal.run("retention", "clean") == 0
    assert terminal.run("hold", "list") == 0
    assert "효력 있는 보존 조치가 없습니다." in terminal.lines
    assert terminal.run("roles", "--sql") == 0
    assert "CREATE ROLE audit_append" in terminal.lines[0]
