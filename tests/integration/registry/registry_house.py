"""A registry with its log in an empty database, a clock that tests move, and short words for common steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import audit.tables
from audit.db import Database
from audit.event import Actor, Source
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.search import Query, search
from registry import tables, totp
from registry.desk import CLI, as_actor
from registry.intake import Arrival, NoReviews
from registry.model import Grant, Person, Project, Role
from registry.service import Registry

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PASSWORD = "correct horse battery"
NOTICE = "2026-1"
HOME = Source("203.0.113.7")
PEOPLE_IN_OMOP = 2694


class AllReviewed(NoReviews):
    """Everything was found adequate: what reviews are, the tests of extracts know."""

    def admit(self, tx: Connection, arrival: Arrival) -> bool:
        return True


ALL_REVIEWED = AllReviewed()


@dataclass(slots=True)
class Clock:
    """The time, as the test says."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> datetime:
        self.now += timedelta(**time)
        return self.now


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has joined, with what only they know."""

    person: Person
    secret: str
    password: str = PASSWORD

    @property
    def actor(self) -> Actor:
        return as_actor(self.person)


@dataclass(slots=True)
class House:
    """The registry under test and what surrounds it."""

    registry: Registry
    db: Database
    log: AuditLog
    clock: Clock
    home: Path
    accounts: dict[str, Account] = field(default_factory=dict)

    def reopened(self, **changes: Any) -> Registry:
        """Another registry on the same database."""
        options: dict[str, Any] = {
            "secrets_key": bytes(32),
            "demo": False,
            "notice_version": NOTICE,
            "clock": self.clock,
            "reviews": ALL_REVIEWED,
        }
        return Registry(self.db, self.log, **(options | changes))

    def join(self, handle: str, *roles: Role, notice: bool = True) -> Account:
        """Somebody is invited, joins, and reads the notice."""
        token = self.registry.invite(
            handle, f"이름 {handle}", f"{handle}@hospital.example", roles, "ko", by=CLI, source=Source(None)
        )
        secret = totp.new_secret()
        person = self.registry.accept_invitation(
            token, PASSWORD, secret, totp.code_at(secret, self.clock()), source=HOME
        )
        if notice:
            person = self.registry.accept_notice(person, NOTICE, source=HOME)
        account = Account(person, secret)
        self.accounts[handle] = account
        return account

    def code(self, account: Account) -> str:
        """The account's next code; time passes until there is one."""
        self.clock.pass_by(seconds=31)
        return totp.code_at(account.secret, self.clock())

    def sign_in(self, account: Account, **changes: Any) -> Person:
        given: dict[str, Any] = {
            "handle": account.person.handle,
            "password": account.password,
            "code": self.code(account),
            "source": HOME,
        } | changes
        return self.registry.sign_in(given["handle"], given["password"], given["code"], source=given["source"])

    def project(self, project_id: str = "gibleed", days: float = 30) -> Project:
        now = self.clock()
        return self.registry.add_project(
            project_id, "과제", "Project", "목적", now, now + days * DAY, by=CLI, source=HOME
        )

    def member(self, handle: str, role: Role = Role.RESEARCHER, project_id: str = "gibleed", days: float = 20) -> None:
        now = self.clock()
        self.registry.add_member(project_id, handle, role, now, now + days * DAY, by=CLI, source=HOME)

    def files(self, name: str = "omop") -> Path:
        directory = self.home / "datasets" / name
        directory.mkdir(parents=True)
        (directory / "person.csv").write_text(f"person_id\n{name}\n")
        return directory

    def dataset(self, dataset_id: str = "omop", **changes: Any) -> Path:
        directory = self.files(dataset_id)
        given: dict[str, Any] = {"sensitive": True, "demo": False, "by": CLI, "source": HOME} | changes
        self.registry.register_dataset(dataset_id, "진료기록", "Records", "병원", PEOPLE_IN_OMOP, directory, **given)
        return directory

    def grant(self, approver: Account, dataset_id: str = "omop", days: float = 10, version: int = 1) -> Grant:
        now = self.clock()
        return self.registry.grant(
            dataset_id, version, "gibleed", now, now + days * DAY, approver=approver.actor, source=HOME
        )

    def at_work(self) -> Account:
        """A researcher who may work: member of a project with a grant."""
        researcher = self.join("minji")
        controller = self.join("sunhee", Role.DATA_CONTROLLER)
        self.project()
        self.member("minji")
        self.dataset()
        self.grant(controller)
        return researcher

    def entries(self, action: str | None = None) -> list[Mapping[str, Any]]:
        """The bodies of the log, oldest first."""
        self.log.settle()
        with self.db.read() as tx:
            found = search(tx, Query(action=action, newest_first=False, limit=1000))
        return [one.body for one in found]

    def last(self) -> Mapping[str, Any]:
        return self.entries()[-1]


def open_house(url: str, home: Path, *, demo: bool = False) -> House:
    """An empty house."""
    db = Database.open(url)
    audit.tables.metadata.create_all(db.engine)
    tables.metadata.create_all(db.engine)
    keys = LogKeys.load_or_create(home / "keys")
    log = AuditLog(db, keys, component="portal", origin="ansim.example/audit", log_dir=home / "log")
    clock = Clock()
    options: dict[str, Any] = {"secrets_key": bytes(32), "demo": demo, "notice_version": NOTICE, "clock": clock}
    registry = Registry(db, log, reviews=ALL_REVIEWED, **options)
    return House(registry, db, log, clock, home)
