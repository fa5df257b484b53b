"""Reading the registry's tables into values. Every function takes the transaction it reads in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, select

from registry import tables
from registry.errors import NotFound
from registry.model import (
    Dataset,
    DatasetVersion,
    Grant,
    Limits,
    ManifestFile,
    Membership,
    Message,
    Person,
    PersonStatus,
    Project,
    ProjectStatus,
    Role,
    Workspace,
)
from registry.permits import Held
from registry.text import Language, Text


def person_by_handle(tx: Connection, handle: str, *, lock: bool = False) -> Person:
    """The person with that user name.

    Raises: NotFound.
    """
    return _one_person(tx, tables.person.c.handle == handle, lock=lock)


def person_by_ref(tx: Connection, ref: str, *, lock: bool = False) -> Person:
    """The person with that reference; `lock` keeps other writers away from the person until commit.

    Raises: NotFound.
    """
    return _one_person(tx, tables.person.c.ref == ref, lock=lock)


def people(tx: Connection) -> list[Person]:
    """Everybody, by user name."""
    roles: dict[str, set[Role]] = {}
    for row in tx.execute(select(tables.person_role)):
        roles.setdefault(row.person_ref, set()).add(Role(row.role))
    rows = tx.execute(select(tables.person).order_by(tables.person.c.handle))
    return [_person(row, frozenset(roles.get(row.ref, ()))) for row in rows]


def project(tx: Connection, project_id: str, *, lock: bool = False) -> Project:
    """The project with that id.

    Raises: NotFound.
    """
    wanted = select(tables.project).where(tables.project.c.id == project_id)
    row = tx.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound(
            "project_unknown",
            Text(ko="과제가 없습니다: {id}", en="There is no project {id}.").fill(id=project_id),
        )
    return _project(row)


def projects(tx: Connection) -> list[Project]:
    """All projects, by id."""
    return [_project(row) for row in tx.execute(select(tables.project).order_by(tables.project.c.id))]


def memberships(tx: Connection, *, project: str | None = None, person_ref: str | None = None) -> list[Membership]:
    """Memberships, present and former, of a project, a person or both; oldest first."""
    table = tables.membership
    wanted = select(table).order_by(table.c.starts_at, table.c.ref)
    if project is not None:
        wanted = wanted.where(table.c.project == project)
    if person_ref is not None:
        wanted = wanted.where(table.c.person_ref == person_ref)
    return [
        Membership(
            ref=row.ref,
            project=row.project,
            person_ref=row.person_ref,
            role=Role(row.role),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            revoked_at=row.revoked_at,
        )
        for row in tx.execute(wanted)
    ]


def dataset(tx: Connection, dataset_id: str) -> Dataset:
    """The dataset with that id.

    Raises: NotFound.
    """
    row = tx.execute(select(tables.dataset).where(tables.dataset.c.id == dataset_id)).one_or_none()
    if row is None:
        raise NotFound(
            "dataset_unknown",
            Text(ko="데이터셋이 없습니다: {id}", en="There is no dataset {id}.").fill(id=dataset_id),
        )
    return _dataset(row)


def datasets(tx: Connection) -> list[Dataset]:
    """All datasets, by id."""
    return [_dataset(row) for row in tx.execute(select(tables.dataset).order_by(tables.dataset.c.id))]


def versions(tx: Connection, dataset_id: str) -> list[DatasetVersion]:
    """All versions of a dataset, the first first."""
    table = tables.dataset_version
    rows = tx.execute(select(table).where(table.c.dataset == dataset_id).order_by(table.c.number))
    return [_version(tx, row) for row in rows]


def version(tx: Connection, dataset_id: str, number: int) -> DatasetVersion:
    """One version of a dataset with its manifest.

    Raises: NotFound.
    """
    table = tables.dataset_version
    wanted = select(table).where(table.c.dataset == dataset_id, table.c.number == number)
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(
            "version_unknown",
            Text(
                ko="데이터셋 버전이 없습니다: {id} {number}",
                en="There is no version {number} of dataset {id}.",
            ).fill(id=dataset_id, number=number),
        )
    return _version(tx, row)


def grants(tx: Connection, *conditions: ColumnElement[bool]) -> list[Grant]:
    """Grants that fulfil the conditions, oldest first."""
    table = tables.access_grant
    rows = tx.execute(select(table).where(*conditions).order_by(table.c.starts_at, table.c.ref))
    return [
        Grant(
            ref=row.ref,
            dataset=row.dataset,
            version=row.version,
            project=row.project,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            approved_by=row.approved_by,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def held(tx: Connection, project_id: str, at: datetime) -> tuple[Held, ...]:
    """The grants of a project that end after a time, each with its dataset and version (without files)."""
    table = tables.access_grant
    unended = grants(tx, table.c.project == project_id, table.c.revoked_at.is_(None), table.c.ends_at > at)
    return tuple(_held(tx, grant) for grant in unended)


def workspaces(tx: Connection, *conditions: ColumnElement[bool]) -> list[Workspace]:
    """Workspaces that fulfil the conditions, in order of creation."""
    table = tables.workspace
    rows = tx.execute(select(table).where(*conditions).order_by(table.c.uid))
    return [Workspace(ref=row.ref, person_ref=row.person_ref, project=row.project, uid=row.uid) for row in rows]


def messages(tx: Connection, person_ref: str) -> list[Message]:
    """What the zone told a person, newest first."""
    table = tables.message
    wanted = select(table).where(table.c.person_ref == person_ref).order_by(table.c.at.desc(), table.c.ref)
    return [
        Message(
            ref=row.ref,
            person_ref=row.person_ref,
            code=row.code,
            content=Text(ko=row.ko, en=row.en),
            at=row.at,
            read_at=row.read_at,
        )
        for row in tx.execute(wanted)
    ]


def holders(tx: Connection, role: Role) -> list[Person]:
    """Active people who hold a zone-wide role."""
    return [one for one in people(tx) if one.has(role)]


def is_emergency(tx: Connection, ref: str) -> bool:
    """Whether this is the account whose secrets lie in the sealed envelope; who uses it, nobody can tell."""
    table = tables.emergency
    return tx.execute(select(table.c.sealed_at).where(table.c.person_ref == ref)).first() is not None


def _one_person(tx: Connection, condition: ColumnElement[bool], *, lock: bool) -> Person:
    wanted = select(tables.person).where(condition)
    row = tx.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound("person_unknown", Text(ko="등록된 사용자가 아닙니다.", en="There is no such person."))
    roles = tx.execute(select(tables.person_role.c.role).where(tables.person_role.c.person_ref == row.ref)).scalars()
    return _person(row, frozenset(Role(role) for role in roles))


def _person(row: Row[Any], roles: frozenset[Role]) -> Person:
    return Person(
        ref=row.ref,
        handle=row.handle,
        name=row.name,
        email=row.email,
        language=cast(Language, row.language),
        status=PersonStatus(row.status),
        roles=roles,
        notice_version=row.notice_version,
        sessions_from=row.sessions_from,
        organisation=row.organisation,
    )


def _project(row: Row[Any]) -> Project:
    return Project(
        id=row.id,
        title_ko=row.title_ko,
        title_en=row.title_en,
        purpose=row.purpose,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=ProjectStatus(row.status),
        limits=Limits(memory_bytes=row.memory_bytes, cpus=row.cpus, pids=row.pids),
    )


def _dataset(row: Row[Any]) -> Dataset:
    return Dataset(
        id=row.id,
        title_ko=row.title_ko,
        title_en=row.title_en,
        owner_org=row.owner_org,
        people=row.people,
        sensitive=row.sensitive,
        demo=row.demo,
    )


def _version(tx: Connection, row: Row[Any], *, files: bool = True) -> DatasetVersion:
    return DatasetVersion(
        dataset=row.dataset,
        number=row.number,
        path=Path(row.path),
        manifest_sha256=row.manifest_sha256,
        files=tuple(_files(tx, row.dataset, row.number)) if files else (),
    )


def _files(tx: Connection, dataset_id: str, number: int) -> Iterable[ManifestFile]:
    table = tables.dataset_file
    wanted = select(table.c.path, table.c.size, table.c.sha256).where(
        table.c.dataset == dataset_id, table.c.number == number
    )
    rows = tx.execute(wanted).all()
    # Sorted here: a database sorts by its own collation, the manifest by code points.
    return (ManifestFile(row.path, row.size, row.sha256) for row in sorted(rows, key=lambda row: row.path))


def _held(tx: Connection, grant: Grant) -> Held:
    about = tx.execute(select(tables.dataset).where(tables.dataset.c.id == grant.dataset)).one_or_none()
    table = tables.dataset_version
    wanted = select(table).where(table.c.dataset == grant.dataset, table.c.number == grant.version)
    row = tx.execute(wanted).one_or_none()
    return Held(
        grant=grant,
        dataset=None if about is None else _dataset(about),
        version=None if row is None else _version(tx, row, files=False),
    )
