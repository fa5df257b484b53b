"""The record of processing activities: what the log tells, what was declared, and that nothing is invented."""

from __future__ import annotations

import argparse
import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.cli import add_parser
from audit.errors import QuestionRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.processing.declared import load, parse
from audit.processing.facts import gather
from audit.processing.record import Origin, Register, Row, gaps, rows
from audit.retention.policy import RetentionPolicy
from audit.search import Query, search
from tests.integration.audit.audit_world import ALICE, BOB, World

PERIOD: dict[str, Any] = {"starts_at": "2026-01-01T00:00:00.000000Z", "ends_at": "2026-12-31T00:00:00.000000Z"}
DECLARED = """
controller: {ko: "한국병원, 개인정보 보호팀 02-000-0000", en: "Korea Hospital, privacy team, +82 2 000 0000"}
datasets:
  omop:
    people: {ko: "2019년 입원 환자", en: "patients admitted in 2019"}
"""


@dataclass(frozen=True)
class Described:
    """A project or a dataset as a register describes it."""

    id: str
    title_ko: str = "심부전 연구"
    title_en: str = "Heart failure <b>study</b>"
    purpose: str = "재입원 예측"
    owner_org: str = "한국병원"


def told(world: World, action: str, about: Object, subjects: Subjects | None = None, **detail: Any) -> None:
    event = Event(action, Actor.service("cli"), about, subjects or Subjects.none(), Source(ip=None), detail=detail)
    world.log.record(event)


@pytest.fixture
def zone(usual_world: World) -> World:
    """A zone in which one project uses one dataset and released two results."""
    data = Subjects.datasets([("omop", 2, 1234)])
    study = Object("project", "study", "study")
    told(usual_world, "project.created", study, **PERIOD)
    told(usual_world, "dataset.registered", Object("dataset", "omop"), data, sensitive=True, demo=False)
    told(usual_world, "grant.approved", Object("grant", "g_aaaaaaaaaaaaaaaa", "study"), data, **PERIOD)
    for ref, person in (("m_aaaaaaaaaaaaaaaa", ALICE), ("m_bbbbbbbbbbbbbbbb", BOB)):
        whose = Subjects.person(person)
        told(
            usual_world,
            "membership.granted",
            Object("membership", ref, "study"),
            whose,
            role="researcher",
            person=person,
        )
    gone = Object("membership", "m_bbbbbbbbbbbbbbbb", "study")
    told(usual_world, "membership.revoked", gone, Subjects.person(BOB), role="researcher", person=BOB)
    for ref in ("er_aaaaaaaaaaaaaaaa", "er_bbbbbbbbbbbbbbbb"):
        told(usual_world, "egress.released", Object("request", ref, "study"))
    return usual_world


def record_of(world: World, declared: str = "", *, register: bool = True) -> tuple[Row, ...]:
    known = Register({"study": Described("study")}, {"omop": Described("omop", "입원 자료", "Admissions")})
    with world.db.read() as tx:
        facts = gather(tx, world.log.size(tx))
    return rows(facts, known if register else Register(), parse(declared or "{}"), RetentionPolicy.load())


def said(record: tuple[Row, ...], letter: str, name: str) -> list[Row]:
    return [row for row in record if row.letter == letter and row.name.en.startswith(name)]


def test_what_the_log_tells_is_told_with_the_entries_that_say_it(zone: World) -> None:
    record = record_of(zone)
    (data,) = said(record, "c", "Data used")
    assert (
        data.value.en
        == "Admissions (omop) version 2: 1,234 people, sensitive, from 한국병원, approved until 2026-12-31"
    )
    assert (data.origin, data.entries) == (Origin.LOG, (2, 1))
    (people,) = said(record, "d", "Who uses the data")
    assert people.value.ko == "연구자 1"  # who was taken out again uses nothing
    (left,) = said(record, "d", "Results that left")
    assert left.value.en.startswith("2 released, 0 collected.")
    (period,) = said(record, "f", "Period")
    assert (period.value.en, period.entries) == ("2026-01-01 to 2026-12-31", (0,))
    (purpose,) = said(record, "b", "Purposes")
    assert (purpose.value.ko, purpose.origin) == ("재입원 예측", Origin.REGISTER)


def test_every_letter_of_article_30_has_a_row_and_what_nobody_said_is_not_known(zone: World) -> None:
    record = record_of(zone, register=False)
    assert {row.letter for row in record} == set("abcdefg")
    unknown = [row for row in record if row.origin is Origin.UNKNOWN]
    assert len(unknown) == gaps(record) == 6 + 4 + 1  # zone, dataset, purpose
    assert all("processing.yaml" in row.value.ko and "processing.yaml" in row.value.en for row in unknown)


def test_a_declaration_fills_its_rows_and_no_others(zone: World) -> None:
    before, after = record_of(zone), record_of(zone, DECLARED)
    assert gaps(before) - gaps(after) == 2
    (controller,) = said(after, "a", "Controller")
    assert (controller.value.ko[:4], controller.origin) == ("한국병원", Origin.DECLARED)
    (people,) = said(after, "c", "Categories of data subjects · omop")
    assert people.value.en == "patients admitted in 2019"


def test_a_revoked_grant_and_a_closed_project_say_when(zone: World) -> None:
    told(zone, "grant.revoked", Object("grant", "g_aaaaaaaaaaaaaaaa", "study"))
    told(zone, "project.closed", Object("project", "study", "study"))
    record = record_of(zone)
    assert "approved until revoked on " in said(record, "c", "Data used")[0].value.en
    assert ", closed on " in said(record, "f", "Period")[0].value.en


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("controler: {ko: 가, en: a}", "unknown key controler"),
        ("controller: only English", "controller"),
        ("controller: {ko: 가, en: ''}", "must not be empty"),
        ("datasets: {omop: {who: {ko: 가, en: a}}}", "line 1"),
        ("a: &x [*x]", "alias"),
        ("", "empty"),
    ],
)
def test_a_declaration_that_cannot_be_read_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(QuestionRefused, match=words):
        parse(text)


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
        return SimpleNamespace(db=self.world.db, log=self.world.log, retention=RetentionPolicy.load())

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *arguments: str) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        parsed = parser.parse_args(["audit", *arguments])
        self.json = parsed.json
        return int(parsed.func(parsed, self))

    def recorded(self) -> list[str]:
        with self.world.db.read() as tx:
            found = search(tx, Query(action="log.", newest_first=False))
        return [entry.body["action"] for entry in found]


def test_reading_is_an_entry_and_a_file_needs_a_reason(zone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    terminal = Terminal(zone)
    assert terminal.run("processing", "--json") == 0
    document = json.loads(terminal.lines.pop())
    assert document["unknown"] == 11
    assert {row["known_from"] for row in document["rows"]} == {"log", "settings", "unknown"}
    target = zone.home / "record"
    assert terminal.run("processing", "--csv", f"{target}.csv") == 2
    assert terminal.recorded() == ["log.viewed"]
    files = [word for form in ("html", "csv", "pdf") for word in (f"--{form}", f"{target}.{form}")]
    assert terminal.run("processing", *files, "--reason", "감독기관 요청 2026-114") == 0
    assert terminal.recorded() == ["log.viewed", *["log.downloaded"] * 3]
    table = list(csv.DictReader(io.StringIO(Path(f"{target}.csv").read_text(encoding="utf-8-sig"))))
    assert {row["대상"] for row in table} == {"안심구역 전체", "study"}
    page = Path(f"{target}.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page
    assert "<script" not in page
    assert Path(f"{target}.pdf").read_bytes().startswith(b"%PDF-")
    assert terminal.run("processing", "--html", f"{target}.html", "--reason", "again, please") == 2


def test_the_file_of_a_zone_is_read_and_named_by_its_hash(tmp_path: Path) -> None:
    assert load(tmp_path).digest is None
    (tmp_path / "processing.yaml").write_text(DECLARED, encoding="utf-8")
    found = load(tmp_path)
    assert (found.datasets["omop"]["people"].ko, len(found.digest or "")) == ("2019년 입원 환자", 64)
    (tmp_path / "processing.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(QuestionRefused):
        load(tmp_path)
