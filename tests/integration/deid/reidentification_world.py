"""A zone's log and key store with one extract in it, people whom a test can change, and a clock that it moves."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from audit.db import Database
from audit.event import Actor, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.search import Query, search
from audit.tables import metadata
from deid.errors import Refused
from deid.keys import KeyStore
from deid.people import Participant, marks
from deid.policy import parse_policy
from deid.reidentification.service import ReidentificationDesk
from deid.reidentification.standing import PAUSE, Request, token_digest
from deid.service import DeidDesk
from deid.sources import open_table
from tests.databases import by_hand, copy_home, database_in, without_guards
from tests.integration.audit.audit_world import ORIGIN

HERE = Source(None)
PROJECT = "cardio"
WHO = {
    "asker": ("p_aaaaaaaaaaaaaaaa", "deid_operator"),
    "data": ("p_bbbbbbbbbbbbbbbb", "data_controller"),
    "officer": ("p_cccccccccccccccc", "compliance_officer"),
    "reviewer": ("p_dddddddddddddddd", "adequacy_reviewer"),
    "researcher": ("p_eeeeeeeeeeeeeeee", "researcher"),
    "twin": ("p_ffffffffffffffff", "compliance_officer"),
}
IDENTIFIERS = [f"90010{n}123456{n}" for n in range(8)]
POLICY = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: scientific_research
order: source
columns:
  rrn: {role: direct, action: pseudonym_reversible, reason: r}
  age: {role: quasi, action: keep, reason: r}
"""


@dataclass(slots=True)
class Clock:
    """The time, as the test says."""

    now: datetime = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(slots=True)
class Crowd:
    """People as the registry would tell of them."""

    known: dict[str, Participant] = field(default_factory=dict)

    def participant(self, ref: str) -> Participant:
        nobody: frozenset[str] = frozenset()
        return self.known.get(ref) or Participant(
            ref, active=False, roles=nobody, projects=nobody, uses=nobody, marks=nobody
        )

    def change(self, name: str, **changes: object) -> None:
        ref = WHO[name][0]
        self.known[ref] = replace(self.known[ref], **changes)  # type: ignore[arg-type]


def crowd() -> Crowd:
    """Return one person for each role; `twin` is a second account of `officer`."""
    known = {}
    for name, (ref, role) in WHO.items():
        mail = "officer+2@x.org" if name == "twin" else f"{name}@x.org"
        part: frozenset[str] = frozenset({PROJECT}) if name == "researcher" else frozenset()
        known[ref] = Participant(ref, True, frozenset({role}), part, part, marks(name, mail))
    return Crowd(known)


def actor(name: str) -> Actor:
    ref, role = WHO[name]
    return Actor.person(ref, (role,))


@dataclass(slots=True)
class World:
    """Everything that leading a token back takes."""

    home: Path
    db: Database
    log: AuditLog
    keys: KeyStore
    people: Crowd
    clock: Clock
    desk: ReidentificationDesk
    deid: DeidDesk
    sha256: str = ""
    tokens: list[str] = field(default_factory=list)

    def make_extract(self) -> None:
        source, target = self.home / "people.csv", self.home / "extract.parquet"
        lines = ["rrn,age", *(f"{one},{40 + n}" for n, one in enumerate(IDENTIFIERS)), ""]
        source.write_text("\n".join(lines), encoding="utf-8")
        subjects = Subjects.datasets([("hospital", 1, len(IDENTIFIERS))])
        made = self.deid.make_extract(
            parse_policy(POLICY), open_table(source), target, by=actor("asker"), source=HERE, subjects=subjects
        )
        self.sha256, self.tokens = made.sha256, pq.read_table(target).column("rrn").to_pylist()

    def ask(self, tokens: int = 2, limit: int = 2, days: int = 7, by: str = "asker", first: int = 0) -> Request:
        wanted = self.tokens[first : first + tokens]
        options = {"limit": limit, "ground": "consent", "reason": "긴급 연락이 필요함", "days": days}
        return self.desk.ask(self.sha256, wanted, **options, by=actor(by), source=HERE)  # type: ignore[arg-type]

    def ask_digest(self, number: int) -> str:
        return token_digest(self.tokens[number])

    def approve(self, request: Request, *names: str) -> None:
        for name in names:
            self.desk.approve(request.ref, by=actor(name), source=HERE)

    def approved(self, tokens: int = 2, limit: int = 2, first: int = 0) -> Request:
        request = self.ask(tokens, limit, first=first)
        self.approve(request, "data", "officer")
        return self.desk.request(request.ref)

    def open(self, request: Request, token: str, *, by: str = "asker", beside: str = "data", wait: bool = True) -> str:
        """Return what is behind a token, or why it may not be said."""
        if wait:
            self.clock.pass_by(seconds=PAUSE.total_seconds())
        try:
            opened = self.desk.open(request.ref, token, by=actor(by), beside=actor(beside), source=HERE)
        except Refused as refusal:
            return refusal.code
        return opened.value or "unknown"

    def events(self, prefix: str = "deid.") -> list[tuple[str, str]]:
        self.log.settle()
        with self.db.read() as tx:
            found = search(tx, Query(action=prefix, newest_first=False, limit=1000))
        return [(entry.body["action"].removeprefix("deid."), entry.body["outcome"]) for entry in found]

    def tamper(self, *statements: str) -> None:
        """Run statements as a database administrator would: without the guards."""
        with self.db.begin() as tx:
            without_guards(tx)
            by_hand(tx, *statements)


def open_world(home: Path, clock: Clock | None = None) -> World:
    """Return the world in a directory; a second call is another process of the same zone."""
    db = Database.open(database_in(home))
    metadata.create_all(db.engine)
    clock = clock or Clock()
    log_keys = LogKeys.load_or_create(home / "keys")
    log = AuditLog(db, log_keys, component="cli", origin=ORIGIN, log_dir=home / "log", clock=clock)
    keys, people = KeyStore(home / "additional"), crowd()
    desk = ReidentificationDesk(log, people, keys)
    return World(home, db, log, keys, people, clock, desk, DeidDesk(log, keys))


def a_copy(template: World, home: Path) -> World:
    """Return a world like another one, in a directory of its own."""
    copy_home(template.home, home)
    world = open_world(home)
    world.sha256, world.tokens = template.sha256, list(template.tokens)
    return world


def race(home: str, ref: str, token: str) -> None:
    """Open one token as another process would, and say what came of it."""
    world = open_world(Path(home), Clock(datetime(2026, 11, 21, 4, 0, tzinfo=UTC)))
    sys.stdin.readline()
    try:
        opened = world.desk.open(ref, token, by=actor("asker"), beside=actor("data"), source=HERE)
        sys.stdout.write("opened" if opened.value else "unknown")
    except Refused as refusal:
        sys.stdout.write(refusal.code)


if __name__ == "__main__":
    race(*sys.argv[1:])
