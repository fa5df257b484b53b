"""The commands as people type them, each with password and code, in a zone of its own."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyotp
import pytest

from audit.event import Source, Subjects
from audit.search import Query, search
from deid import keys_commands
from deid.errors import KeyInUse, KeyStoreError, Refused, UsageError
from deid.key_ends import KeyEnds
from deid.key_life import Use, note_use
from deid.keys import KeyStore
from deid.people import RegisteredPeople
from deid.policy import parse_policy
from deid.service import DeidDesk
from deid.sources import open_table
from hub_config import key_endings
from hub_config.cli import GROUPS, Context, parser
from hub_config.zone import Zone, open_zone
from registry.desk import as_actor
from registry.errors import NotFound, SignInRefused
from registry.model import Role
from tests.integration.deid.reidentification_world import IDENTIFIERS, POLICY
from tests.integration.house.house_people import PASSWORD, join, make_zone


@dataclass(slots=True)
class Desk:
    """A command line, and the people at it."""

    zone: Zone
    patch: pytest.MonkeyPatch
    secrets: dict[str, str] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    passed: int = 0

    def arrive(self, handle: str, role: Role) -> None:
        self.secrets[handle] = join(self.zone, handle, role)

    def open_project(self, name: str) -> None:
        now = datetime.now(UTC)
        about = (name, "과제", "Project", "목적", now, now + timedelta(days=90))
        self.zone.registry.add_project(*about, by=keys_commands.CLI, source=Source(None))

    def run(self, *words: str, people: tuple[str, ...] = (), json_out: bool = True) -> Any:
        """Type a command; each of `people` enters a password and the next code."""
        self.passed += 31
        now = datetime.now(UTC) + timedelta(seconds=self.passed)
        self.zone.registry._clock = lambda: now
        answers = iter([one for h in people for one in (PASSWORD, pyotp.TOTP(self.secrets[h]).at(now))])
        self.patch.setattr(keys_commands, "getpass", lambda _: next(answers))
        self.patch.setattr(keys_commands, "ANSWER_SECONDS", 0.0)
        options = parser(GROUPS).parse_args(["deid", *words, *(["--json"] if json_out else [])])
        context = Context(home=self.zone.home, json=json_out, _zone=self.zone)
        self.shown.clear()
        self.patch.setattr(Context, "print", lambda _self, *words: self.shown.append(" ".join(map(str, words))))
        assert options.func(options, context) == 0
        return json.loads(self.shown[0]) if json_out else self.shown


@pytest.fixture
def desk(usual_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    make_zone(tmp_path / "home")
    zone = open_zone(tmp_path / "home", "cli")
    yield Desk(zone, monkeypatch)
    zone.db.close()


def an_extract(zone: Zone) -> tuple[Path, list[str]]:
    source, target = zone.home / "people.csv", zone.home / "extract.parquet"
    source.write_text("\n".join(["rrn,age", *(f"{one},40" for one in IDENTIFIERS), ""]), encoding="utf-8")
    desk = DeidDesk(zone.log, KeyStore(zone.home / keys_commands.KEYS_DIRECTORY))
    subjects = Subjects.datasets([("hospital", 1, len(IDENTIFIERS))])
    options = {"by": keys_commands.CLI, "source": Source(None), "subjects": subjects}
    desk.make_extract(parse_policy(POLICY), open_table(source), target, **options)  # type: ignore[arg-type]
    return target, pq.read_table(target).column("rrn").to_pylist()


def test_a_token_is_led_back_on_the_terminal_once_by_three_people_who_sign_in(desk: Desk) -> None:
    desk.arrive("daehyun", Role.DEID_OPERATOR)
    desk.arrive("sunhee", Role.DATA_CONTROLLER)
    desk.arrive("jiwoo", Role.COMPLIANCE_OFFICER)
    extract, tokens = an_extract(desk.zone)
    wanted = ("--extract", str(extract), "--token", tokens[0], "--limit", "1", "--ground", "vital_interest")
    asked = desk.run("reidentify", "request", *wanted, "--reason", "응급", "--by", "daehyun", people=("daehyun",))
    ref = asked["request"]
    assert asked["state"] == "asked"
    assert "reason" not in desk.run("reidentify", "show", ref)
    assert desk.run("reidentify", "show", ref, "--by", "sunhee", people=("sunhee",))["reason"] == "응급"
    for handle in ("sunhee", "jiwoo"):
        agreed = desk.run("reidentify", "approve", ref, "--by", handle, people=(handle,))
    assert agreed["state"] == "approved"
    assert [row["request"] for row in desk.run("reidentify", "list")] == [ref]
    opening = ("reidentify", "open", ref, tokens[0], "--by", "daehyun", "--beside", "jiwoo")
    with pytest.raises(UsageError):
        desk.run(*opening, json_out=False)
    desk.patch.setattr(sys.stdout, "isatty", lambda: True)
    said = desk.run(*opening, people=("daehyun", "jiwoo"), json_out=False)
    assert IDENTIFIERS[0] in said[0]
    with pytest.raises(Refused):
        desk.run(*opening, people=("daehyun", "jiwoo"), json_out=False)
    assert desk.run("reidentify", "show", ref)["state"] == "used"


def test_who_does_not_know_the_code_is_nobody(desk: Desk) -> None:
    desk.arrive("daehyun", Role.DEID_OPERATOR)
    desk.secrets["daehyun"] = pyotp.random_base32()
    desk.open_project("cardio")
    with pytest.raises(SignInRefused):
        desk.run("linkage", "request", "d", "cardio", "--reason", "r", "--by", "daehyun", people=("daehyun",))


def test_a_linkage_is_asked_for_previewed_approved_and_ended(desk: Desk) -> None:
    desk.arrive("daehyun", Role.DEID_OPERATOR)
    desk.arrive("sunhee", Role.DATA_CONTROLLER)
    asking = ("--reason", "r", "--by", "daehyun")
    with pytest.raises(NotFound):
        desk.run("linkage", "request", "shared", "cardio", *asking, people=("daehyun",))
    assert desk.run("linkage", "list") == []
    desk.open_project("cardio")
    ref = desk.run("linkage", "request", "shared", "cardio", *asking, people=("daehyun",))["ref"]
    for name, start in (("a", 0), ("b", 50)):
        text = "\n".join(["id,x", *(f"{n:06d},1" for n in range(start, start + 100)), ""])
        (desk.zone.home / f"{name}.csv").write_text(text, encoding="utf-8")
    tables = (str(desk.zone.home / "a.csv"), "id", str(desk.zone.home / "b.csv"), "id")
    found = desk.run("linkage", "preview", ref, *tables, "--by", "daehyun", people=("daehyun",))
    assert found["threshold"] == desk.zone.policy.min_cell
    assert found["first"] == 100
    agreed = desk.run("linkage", "approve", ref, "--by", "sunhee", people=("sunhee",))
    assert agreed["state"] == "in_force"
    assert [row["state"] for row in desk.run("linkage", "list")] == ["in_force"]
    ended = desk.run("linkage", "end", ref, "--reason", "r", "--by", "sunhee", people=("sunhee",))
    assert ended["state"] == "ended"


def end_uses(desk: Desk) -> None:
    for use in desk.run("keys", "uses"):
        desk.run("keys", "end-use", use["ref"], "--reason", "끝")


def test_a_destroyed_key_has_a_record_to_show(desk: Desk) -> None:
    an_extract(desk.zone)
    with pytest.raises(KeyInUse):
        desk.run("keys", "destroy", "cardio", "1", "--reason", "끝")
    end_uses(desk)
    made = desk.run("keys", "destroy", "cardio", "1", "--reason", "끝")
    assert made["remains"] == []
    assert desk.run("keys", "record", "cardio", "1") == made
    assert desk.run("keys", "ending") == []


def test_a_key_that_an_old_backup_brings_back_is_destroyed_again(desk: Desk, tmp_path: Path) -> None:
    an_extract(desk.zone)
    place = desk.zone.home / keys_commands.KEYS_DIRECTORY
    shutil.copytree(place, tmp_path / "backup")
    end_uses(desk)
    desk.run("keys", "destroy", "cardio", "1", "--reason", "끝")
    shutil.rmtree(place)
    shutil.copytree(tmp_path / "backup", place)
    assert KeyStore(place).existing("cardio", 1)
    key_endings.end_keys(desk.zone)
    with pytest.raises(KeyStoreError, match="destroyed"):
        KeyStore(place).existing("cardio", 1)
    key_endings.end_keys(desk.zone)
    with desk.zone.db.read() as tx:
        assert len(search(tx, Query(action="deid.key_destroyed", outcome="ok"))) == 2


def test_the_worker_carries_out_what_two_people_decided_and_nothing_that_one_asked(desk: Desk) -> None:
    an_extract(desk.zone)
    ends = KeyEnds(desk.zone.log, RegisteredPeople(desk.zone.registry))
    people = {}
    for handle, role in (("nari", Role.DEID_OPERATOR), ("jiwoo", Role.COMPLIANCE_OFFICER)):
        desk.arrive(handle, role)
        people[handle] = as_actor(desk.zone.registry.person(handle))
    here, store = Source(None), KeyStore(desk.zone.home / keys_commands.KEYS_DIRECTORY)
    request = ends.ask("cardio", 1, "연구가 끝남", by=people["nari"], source=here)
    key_endings.end_keys(desk.zone)
    assert store.existing("cardio", 1)
    ends.approve(request.ref, by=people["jiwoo"], source=here)
    key_endings.end_keys(desk.zone)
    made = desk.run("keys", "record", "cardio", "1")
    assert (made["destroyed_by"], made["destroyed_why"]) == (people["jiwoo"].ref, "연구가 끝남")
    assert made["remains"] == []
    assert ends.request(request.ref).state == "done"


def test_a_key_is_destroyed_unasked_when_its_last_extract_has_ended(desk: Desk) -> None:
    store = KeyStore(desk.zone.home / keys_commands.KEYS_DIRECTORY)
    now = datetime.now(UTC)
    for domain, end in (("cardio", now - timedelta(seconds=1)), ("neuro", now + timedelta(days=5))):
        store.key(domain, 1)
        note_use(store, Use(domain, 1, "a" * 64, "hospital", domain, end))
    key_endings.end_keys(desk.zone)
    assert [record.destroyed_by for record in store.records()] == ["worker", None]
    assert [row["domain"] for row in desk.run("keys", "ending", "--days", "10")] == ["neuro"]
