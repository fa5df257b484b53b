"""Loads the demo world into a zone through the registry's own use cases; a second load changes nothing.

Every step looks whether its result is there, also if somebody has ended it since: what an operator revoked
stays revoked. A load that was cut off goes on where it stopped.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.event import Actor, Source
from audit.text import Text
from hub_config.demo.extracts import bring_extract
from hub_config.demo.people import (
    DATA_CONTROLLER,
    DATASETS,
    OPERATOR,
    PEOPLE,
    PROJECTS,
    DemoDataset,
    DemoPerson,
    DemoProject,
)
from hub_config.demo.seed import seed_directory
from hub_config.zone import Zone
from registry.desk import CLI, as_actor
from registry.errors import Denied
from registry.model import PersonStatus
from registry.notice import NOTICE_VERSION
from registry.text import Text as Sentence
from registry.totp import STEP_SECONDS, code_at, new_secret

PERIOD = timedelta(days=365)
HERE = Source(None)

# Letters and digits that nobody mistakes for one another on a screen; 16 of them are 78 bits.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 — an alphabet, not a password


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What somebody needs to sign in as one of the demo's people."""

    handle: str
    name: str
    role: str
    part_ko: str
    part_en: str
    password: str
    totp_secret: str


def load(zone: Zone, known: list[DemoAccount], *, keep: Callable[[list[DemoAccount]], None]) -> list[DemoAccount]:
    """Bring the demo world into the zone and return its accounts.

    `known` are the accounts kept by an earlier call. `keep` gets all accounts before a new person is made, so
    that a crash loses no password. Who joined earlier and is not among `known` is left alone and not returned.
    Raises: Denied — in a zone for real data.
    """
    if not zone.registry.demo:
        raise Denied(
            "not_a_demo_zone",
            Sentence(
                ko="실제 구역에는 시범 데이터를 들이지 않습니다.", en="This is not a demo zone: it takes no demo data."
            ),
        )
    accounts = _accounts(zone, known)
    if accounts != known:
        keep(accounts)
    secret = {account.handle: account for account in accounts}
    for person in PEOPLE:
        _bring_person(zone, person, secret.get(person.handle))
    datasets = {dataset.id: dataset for dataset in DATASETS}
    for project in PROJECTS:
        _bring_project(zone, project)
        for name in project.datasets:
            _bring_dataset(zone, datasets[name], project.id)
        _bring_grants(zone, project)
        _bring_seed(zone, project.id)
    return accounts


def _accounts(zone: Zone, known: list[DemoAccount]) -> list[DemoAccount]:
    """Return the known accounts and new ones for people who have not joined yet."""
    kept = {account.handle: account for account in known}
    joined = {p.handle for p in zone.registry.people() if p.status is not PersonStatus.INVITED}
    return [
        kept.get(person.handle) or _new_account(person)
        for person in PEOPLE
        if person.handle in kept or person.handle not in joined
    ]


def _new_account(person: DemoPerson) -> DemoAccount:
    letters = [secrets.choice(PASSWORD_LETTERS) for _ in range(16)]
    return DemoAccount(
        handle=person.handle,
        name=person.name,
        role=person.role.value,
        part_ko=person.part_ko,
        part_en=person.part_en,
        password="-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4)),
        totp_secret=new_secret(),
    )


def _bring_person(zone: Zone, person: DemoPerson, account: DemoAccount | None) -> None:
    """Invite a person, join in the person's name and accept the notice."""
    registry = zone.registry
    present = next((p for p in registry.people() if p.handle == person.handle), None)
    if account is not None and (present is None or present.status is PersonStatus.INVITED):
        if present is None:
            token = registry.invite(person.handle, person.name, person.email, {person.role}, "ko", by=CLI, source=HERE)
        else:
            token = registry.reinvite(person.handle, by=CLI, source=HERE)
        code = _spare_code(account.totp_secret)
        present = registry.accept_invitation(token, account.password, account.totp_secret, code, source=HERE)
    if present is not None and present.status is PersonStatus.ACTIVE and present.notice_version is None:
        registry.accept_notice(present, NOTICE_VERSION, source=HERE)


def _spare_code(secret: str) -> str:
    """Return a code that is accepted now and leaves the present one for the sign-in: each works once."""
    now = datetime.now(UTC)
    almost_over = now.timestamp() % STEP_SECONDS > STEP_SECONDS - 3
    return code_at(secret, now if almost_over else now - timedelta(seconds=STEP_SECONDS))


def _bring_dataset(zone: Zone, dataset: DemoDataset, project: str) -> None:
    if any(present.id == dataset.id for present in zone.registry.datasets()):
        return
    if dataset.extract is not None:
        bring_extract(
            zone, dataset.extract, lambda: _described(dataset, project), lambda tables: _raw(zone, dataset, tables)
        )
        return
    directory = zone.home / "datasets" / dataset.id / "1"
    if not directory.exists():
        _made(directory, lambda fresh: dataset.write(fresh, ()))
    zone.registry.register_dataset(
        dataset.id,
        dataset.title_ko,
        dataset.title_en,
        dataset.owner_org,
        dataset.people,
        sensitive=dataset.sensitive,
        demo=True,
        directory=directory,
        by=_actor(zone, DATA_CONTROLLER),
        source=HERE,
    )


def _described(dataset: DemoDataset, project: str) -> tuple[str, str, Text, str, int, bool]:
    title = Text(dataset.title_ko, dataset.title_en)
    return dataset.id, project, title, dataset.owner_org, dataset.people, dataset.sensitive


def _raw(zone: Zone, dataset: DemoDataset, tables: tuple[str, ...]) -> Path:
    """Lay the tables out as a hospital would hand them over, where no workspace can ever see them."""
    place = zone.home / "raw" / dataset.id
    if not place.exists():
        _made(place, lambda fresh: dataset.write(fresh, tables), mode=0o400)
    return place


def _bring_project(zone: Zone, project: DemoProject) -> None:
    registry, operator = zone.registry, _actor(zone, OPERATOR)
    if all(present.id != project.id for present in registry.projects()):
        starts_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        registry.add_project(
            project.id,
            project.title_ko,
            project.title_en,
            project.purpose,
            starts_at,
            starts_at + PERIOD,
            by=operator,
            source=HERE,
        )
    period = registry.project(project.id)
    for handle, role in project.members:
        if not registry.is_member(registry.person(handle).ref, project.id):
            registry.add_member(project.id, handle, role, period.starts_at, period.ends_at, by=operator, source=HERE)


def _bring_grants(zone: Zone, project: DemoProject) -> None:
    registry = zone.registry
    period = registry.project(project.id)
    granted = {grant.dataset for grant in registry.grants(project.id)}
    for dataset in project.datasets:
        if dataset not in granted:
            registry.grant(
                dataset,
                1,
                project.id,
                period.starts_at,
                period.ends_at,
                approver=_actor(zone, DATA_CONTROLLER),
                source=HERE,
            )


def _bring_seed(zone: Zone, project: str) -> None:
    """Lay out the files with which a workspace of the project starts."""
    source = seed_directory(project)
    target = zone.home / "seed" / project
    if source is not None and not target.exists():
        _made(target, lambda fresh: shutil.copytree(source, fresh, dirs_exist_ok=True))


def _made(target: Path, write: Callable[[Path], object], *, mode: int = 0o444) -> None:
    """Fill a directory beside its place and move it there when it is whole; workspaces may read files of mode 0444."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    write(fresh)
    for path in fresh.rglob("*"):
        path.chmod(0o755 if path.is_dir() else mode)
    fresh.chmod(0o755 if mode & 0o004 else 0o700)
    fresh.rename(target)


def _actor(zone: Zone, handle: str) -> Actor:
    return as_actor(zone.registry.person(handle))
