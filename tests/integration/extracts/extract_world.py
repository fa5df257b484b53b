"""A zone on disk in which raw data becomes an extract: registry, log and desk are the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import audit.tables
import deid.records.tables
import registry.tables
from audit.db import Database
from audit.event import Source
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.search import Query, search
from deid.keys import KeyStore
from deid.recogniser_file import kept_recognisers
from deid.records.desk import Acting
from deid.records.model import Extract, Verdict
from deid.records.order import Order, load_order
from deid.records.rules import CHECKLIST
from deid.records.service import ExtractDesk
from portal.extract_desk import ExtractReviews, RegistryHouse
from registry import totp
from registry.desk import CLI, as_actor
from registry.model import Role
from registry.service import Registry
from tests.databases import by_hand, copy_home, database_in, without_guards

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HERE = Source("203.0.113.7")
PASSWORD = "quiet harbour under seven lanterns"
PERIOD = (START - timedelta(days=1), START + timedelta(days=30))
PEOPLE: Mapping[str, frozenset[Role]] = {
    "nari": frozenset({Role.DEID_OPERATOR}),
    "bora": frozenset({Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER}),
    "dohyun": frozenset({Role.ADEQUACY_REVIEWER}),
    "haneul": frozenset({Role.ADEQUACY_REVIEWER}),
    "jihye": frozenset({Role.ADEQUACY_REVIEWER, Role.DATA_CONTROLLER}),
    "sunhee": frozenset({Role.DATA_CONTROLLER}),
    "minji": frozenset(),
}
POLICY = """
version: 1
name: 입원
dataset: hospital
project: cardio
purpose: scientific_research
order: source
columns:
  id: {role: direct, action: pseudonym_one_way, reason: 같은 사람을 이음}
  age: {role: quasi, action: range, params: {width: 20}, reason: 연령대면 충분함}
  disease: {role: sensitive, action: keep, reason: 연구 대상}
release: {k: 2}
"""
ORDER = """
version: 1
dataset: hospital
project: cardio
title: {ko: 입원 기록, en: Admissions}
owner: 병원
people: 6
sensitive: true
purpose: {kind: scientific_research, statement: 고혈압 환자의 재입원을 나이와 성별로 비교하는 연구, basis: 제28조의2}
target: {scope: 2025년 입원 환자, need: 비교에 필요한 세 항목}
environment: {use: internal, protection: 네트워크 없는 분석환경}
ends: 2026-12-31
tables:
  people: {policy: people.yaml, source: people.csv}
"""
RAW = "id,age,disease,phone\n" + "".join(
    f"환자{n},{41 + n},고혈압,010-1234-000{n}\n" if n % 2 else f"환자{n},{21 + n},당뇨,010-1234-000{n}\n"
    for n in range(6)
)


@dataclass(slots=True)
class World:
    """The zone, its desk, and an order that lies ready."""

    home: Path
    db: Database
    log: AuditLog
    registry: Registry
    desk: ExtractDesk
    now: list[datetime]
    policy: str = POLICY

    def by(self, handle: str) -> Acting:
        """Somebody who acts in their own name."""
        actor = as_actor(self.registry.person(handle))
        return Acting(actor, actor.ref, HERE)

    def order(self, **changes: str) -> Order:
        """The order, with its files; `changes` are written into its text."""
        place = self.home / "orders"
        place.mkdir(exist_ok=True)
        (place / "people.yaml").write_text(self.policy, encoding="utf-8")
        (place / "people.csv").write_text(RAW, encoding="utf-8")
        text = ORDER
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        (place / "extract.yaml").write_text(text, encoding="utf-8")
        return load_order(place / "extract.yaml")

    def processed(self, by: str = "nari") -> Extract:
        order = self.order()
        draft = self.desk.draft(order.draft, by=self.by(by))
        return self.desk.process(draft.ref, order, by=self.by(by))

    def in_review(self, by: str = "nari") -> Extract:
        return self.desk.submit(self.processed(by).ref, by=self.by(by))

    def review(
        self,
        extract: Extract,
        by: str = "dohyun",
        *,
        adequate: bool = True,
        acting: Acting | None = None,
        **changes: Any,
    ) -> Extract:
        assert extract.run is not None
        given: dict[str, Any] = {
            "binding": extract.run.binding,
            "reason": "기준을 모두 지켰습니다.",
            "checked": tuple(CHECKLIST),
            "by": acting or self.by(by),
        }
        verdict = Verdict.ADEQUATE if adequate else Verdict.INADEQUATE
        return self.desk.review(extract.ref, verdict, **(given | changes))

    def adequate(self) -> Extract:
        return self.review(self.in_review())

    def mountable(self) -> Extract:
        return self.desk.register(self.adequate().ref, by=self.by("sunhee"))

    def granted(self, ends_at: datetime = PERIOD[1], project: str = "cardio", version: int = 1) -> str:
        controller = as_actor(self.registry.person("sunhee"))
        grant = self.registry.grant(
            "hospital", version, project, self.now[0], ends_at, approver=controller, source=HERE
        )
        return grant.ref

    def entries(self, action: str = "extract.") -> list[dict[str, Any]]:
        """The bodies of the log, oldest first."""
        self.log.settle()
        with self.db.read() as tx:
            found = search(tx, Query(action=action, newest_first=False, limit=1000))
        return [dict(one.body) for one in found]

    def outcomes(self, action: str = "extract.") -> list[tuple[str, str]]:
        return [(body["action"], body["outcome"]) for body in self.entries(action)]

    def tamper(self, *statements: str) -> None:
        """Do to the database what only somebody who owns it can: the guards are taken away first."""
        with self.db.begin() as tx:
            without_guards(tx, *deid.records.tables.GUARDED)
            by_hand(tx, *statements)


def open_world(home: Path, *, treated_outside: bool = False, url: str = "") -> World:
    """Put the parts of a zone together as the composition root does."""
    now = [START]
    db = Database.open(url or database_in(home))
    keys = LogKeys.load_or_create(home / "keys")
    log = AuditLog(db, keys, component="portal", origin="ansim.example/audit", log_dir=home / "log")
    registry = Registry(
        db,
        log,
        secrets_key=bytes(32),
        demo=False,
        notice_version="2026-1",
        treated_outside=treated_outside,
        reviews=ExtractReviews(log),
        clock=lambda: now[0],
    )
    desk = ExtractDesk(
        db,
        log,
        RegistryHouse(db, registry),
        keys=lambda: KeyStore(home / "additional"),
        directory=home / "datasets",
        clock=lambda: now[0],
        recognisers=lambda: kept_recognisers(home),
    )
    return World(home, db, log, registry, desk, now)


@pytest.fixture(scope="session")
def first_extract_world(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world as it begins, made once: joining hashes passwords slowly on purpose."""
    home = tmp_path_factory.mktemp("extracts")
    furnish(open_world(home))
    return home


@pytest.fixture
def postgresql_world(postgresql_url: str, tmp_path: Path) -> Iterator[World]:
    """A world on PostgreSQL."""
    (tmp_path / "home").mkdir()
    opened = open_world(tmp_path / "home", url=postgresql_url)
    furnish(opened)
    yield opened
    opened.db.engine.dispose()


def furnish(world: World) -> None:
    """Make the tables, the people and the projects."""
    for module in (audit.tables, registry.tables, deid.records.tables):
        module.metadata.create_all(world.db.engine)
    for handle, roles in PEOPLE.items():
        secret = totp.new_secret()
        token = world.registry.invite(handle, handle.title(), f"{handle}@x.org", roles, "ko", by=CLI, source=HERE)
        code = totp.code_at(secret, START)
        person = world.registry.accept_invitation(token, PASSWORD, secret, code, source=HERE)
        world.registry.accept_notice(person, "2026-1", source=HERE)
    for project in ("cardio", "other"):
        world.registry.add_project(project, "과제", "Project", "목적", *PERIOD, by=CLI, source=HERE)
    for handle in ("minji", "haneul"):
        world.registry.add_member("cardio", handle, Role.RESEARCHER, *PERIOD, by=CLI, source=HERE)
    world.log.settle()
    world.db.engine.dispose()


@pytest.fixture
def world(first_extract_world: Path, usual_database: None, tmp_path: Path) -> Iterator[World]:
    """A world of a test's own."""
    home = tmp_path / "home"
    copy_home(first_extract_world, home)
    opened = open_world(home)
    yield opened
    opened.db.engine.dispose()
