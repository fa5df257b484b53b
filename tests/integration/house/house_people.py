"""People, a project and a dataset in a zone that runs on the real clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp

from audit.db import Database
from audit.event import Actor, Source
from hub_config.migrate import METADATA
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, load_settings, settings_text
from hub_config.zone import Zone
from registry.desk import CLI
from registry.model import Grant, Role, Workspace
from tests.databases import usual_settings

HERE = Source("127.0.0.1")
OUTSIDE = "invented by a test, about nobody"
PASSWORD = "quiet harbour under seven lanterns"


def make_zone(home: Path, database: str = "") -> None:
    """The directories, settings and tables of an empty zone, in a database of the usual kind if no other is given."""
    for place in ("run", "log"):
        (home / place).mkdir(parents=True)
    settings = settings_text(ZoneSettings(demo=False), HubSettings())
    taking = settings.replace("treated_outside: false", "treated_outside: true")
    (home / FILE_NAME).write_text(usual_settings(home, taking, database), encoding="utf-8")
    db = Database.open(load_settings(home).database_url())
    for metadata in METADATA:
        metadata.create_all(db.engine)
    db.close()


def join(zone: Zone, handle: str, *roles: Role) -> str:
    """Somebody who has joined and read the notice; return the secret of the authenticator."""
    registry, secret = zone.registry, pyotp.random_base32()
    token = registry.invite(handle, handle.title(), f"{handle}@x.org", roles, "ko", by=CLI, source=HERE)
    code = pyotp.TOTP(secret).at(datetime.now(UTC))
    person = registry.accept_invitation(token, PASSWORD, secret, code, source=HERE)
    registry.accept_notice(person, registry.notice_version, source=HERE)
    return secret


def dataset(zone: Zone) -> Path:
    """A registered dataset; return its directory."""
    data = zone.home / "datasets" / "omop"
    data.mkdir(parents=True)
    (data / "person.csv").write_text("id\n1\n", encoding="utf-8")
    about = ("omop", "진료기록", "Records", "병원", 2694)
    zone.registry.register_dataset(*about, data, sensitive=True, demo=False, outside=OUTSIDE, by=CLI, source=HERE)
    return data


def project(zone: Zone, *, days: float = 20) -> None:
    """A project that ends in so many days."""
    now = datetime.now(UTC)
    zone.registry.add_project("study", "과제", "Study", "목적", now, now + timedelta(days=days), by=CLI, source=HERE)


def granted(zone: Zone) -> Grant:
    """A grant for the whole time of the project."""
    found = zone.registry.project("study")
    controller = Actor.person(zone.registry.person("sunhee").ref)
    period = (found.starts_at, found.ends_at)
    return zone.registry.grant("omop", 1, "study", *period, approver=controller, source=HERE)


def at_work(zone: Zone, *, days: float = 20) -> Workspace:
    """A researcher with a workspace whose permit ends in so many days."""
    join(zone, "minji")
    join(zone, "sunhee", Role.DATA_CONTROLLER)
    dataset(zone)
    project(zone, days=days)
    found = zone.registry.project("study")
    period = (found.starts_at, found.ends_at)
    zone.registry.add_member("study", "minji", Role.RESEARCHER, *period, by=CLI, source=HERE)
    granted(zone)
    return zone.registry.may_work("minji", "study").workspace
