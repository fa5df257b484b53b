"""Joins extracts and the registry, which know nothing of each other: people for the one, reviews for the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from audit.db import Database
from audit.event import Actor, Source
from audit.log import AuditLog
from audit.search import Query, search
from deid.recogniser_file import kept_recognisers
from deid.records import intake
from deid.records.errors import Denied as NotAllowed
from deid.records.house import Usage
from deid.records.model import Extract, Run
from deid.records.rules import Standing
from deid.records.service import ExtractDesk
from registry import datasets, queries
from registry.errors import Denied, NotFound
from registry.intake import Arrival
from registry.model import Person, PersonStatus, Role
from registry.service import Registry
from registry.text import Text

if TYPE_CHECKING:
    from deid.keys import KeyStore
    from portal.zone import ZoneLike

KEYS_DIRECTORY = "additional"
DATASETS_DIRECTORY = "datasets"
REGISTRATIONS = ("dataset.registered", "dataset.version_added")


class ExtractReviews:
    """What adequacy reviews say, for the registry."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def admit(self, tx: Connection, arrival: Arrival) -> bool:
        """Make the reviewed extract of exactly these files mountable; False if nobody reviewed them. Raises: Denied."""
        coming = intake.Arrival(
            dataset=arrival.dataset,
            version=arrival.version,
            manifest_sha256=arrival.manifest_sha256,
            by=arrival.by,
            source=arrival.source,
            at=arrival.at,
        )
        with _as_registry_says():
            return intake.admit(tx, self._log, coming) is not None

    def refuse_mount(self, tx: Connection, dataset: str, version: int, at: datetime) -> None:
        """Raise Denied for a version whose extract has ended."""
        with _as_registry_says():
            intake.refuse_mount(tx, dataset, version, at)

    def refuse_grant(
        self, tx: Connection, dataset: str, version: int, project: str, ends_at: datetime, at: datetime
    ) -> None:
        """Raise Denied for a grant to another project, or beyond the period of the extract."""
        with _as_registry_says():
            intake.refuse_grant(tx, dataset, version, project, ends_at, at)

    def parts(self, tx: Connection, project: str) -> Mapping[str, frozenset[Role]]:
        """Return who had a part in making or reviewing a project's data."""
        return {ref: frozenset(map(Role, roles)) for ref, roles in intake.parts(tx, project).items()}


class RegistryHouse:
    """People, projects and datasets, for extracts."""

    def __init__(self, db: Database, registry: Registry) -> None:
        self._db = db
        self._registry = registry

    def standing(self, tx: Connection, ref: str, *, project: str, dataset: str) -> Standing:
        """Return what is known of somebody; who types at the machine stands for its operator, as in the registry."""
        if ref == "cli":
            return Standing(ref, frozenset({Role.OPERATOR.value}), member=False, registrar=False)
        try:
            # The lock that a new membership takes too: nobody joins the project while this is decided.
            queries.project(tx, project, lock=True)
            person = queries.person_by_ref(tx, ref, lock=True)
        except NotFound:
            return Standing(ref)
        return Standing(
            ref,
            _active_roles(person),
            member=any(one.role in _USING for one in queries.memberships(tx, project=project, person_ref=ref)),
            registrar=ref in registrars(tx, dataset),
        )

    def refuse_unknown_project(self, project: str) -> None:
        """Raise NotFound if there is no such project, and Denied while nothing may begin."""
        self._registry.check_may_begin()
        self._registry.project(project)

    def manifest(self, directory: Path) -> tuple[str, int]:
        """Return the digest of the manifest of the files below a directory, and how many there are."""
        files = tuple(one.file for one in datasets.scan(directory))
        return datasets.manifest_digest(files), len(files)

    def register(self, extract: Extract, run: Run, *, by: Actor, source: Source) -> int:
        """Register the files of a run as the first or the next version of its dataset; return its number."""
        draft = extract.draft
        if any(present.id == draft.dataset for present in self._registry.datasets()):
            return self._registry.add_version(draft.dataset, run.directory, by=by, source=source).number
        version = self._registry.register_dataset(
            draft.dataset,
            draft.title.ko,
            draft.title.en,
            draft.owner,
            draft.people,
            run.directory,
            sensitive=draft.sensitive,
            demo=self._registry.demo,
            by=by,
            source=source,
        )
        return version.number

    def usages(self, dataset: str, version: int) -> tuple[Usage, ...]:
        """Return every grant of a version, past and present."""
        return tuple(
            Usage(grant.project, grant.starts_at, grant.ends_at, grant.approved_by, grant.revoked_at)
            for grant in self._registry.grants()
            if (grant.dataset, grant.version) == (dataset, version)
        )


_USING = frozenset({Role.RESEARCHER, Role.PROJECT_LEAD})


def registrars(tx: Connection, dataset: str) -> frozenset[str]:
    """Return who registered a dataset or one of its versions, as the audit log says."""
    found = (one for action in REGISTRATIONS for one in search(tx, Query(object=dataset, action=action, limit=1000)))
    return frozenset(str(one.body["actor"]["ref"]) for one in found if one.body["outcome"] == "ok")


def desk_of(zone: ZoneLike, clock: Callable[[], datetime] | None = None) -> ExtractDesk:
    """Return the desk of extracts of a zone."""
    home = zone.settings.home

    def keys() -> KeyStore:
        # Opening it makes it: only who makes or destroys an extract does.
        from deid.keys import KeyStore

        return KeyStore(home / KEYS_DIRECTORY)

    return ExtractDesk(
        zone.db,
        zone.log,
        RegistryHouse(zone.db, zone.registry),
        keys=keys,
        directory=home / DATASETS_DIRECTORY,
        clock=clock or (lambda: datetime.now(UTC)),
        recognisers=lambda: kept_recognisers(home),
    )


def _active_roles(person: Person) -> frozenset[str]:
    return frozenset(map(str, person.roles)) if person.status is PersonStatus.ACTIVE else frozenset()


@contextmanager
def _as_registry_says() -> Iterator[None]:
    """Turn a refusal by the rules of extracts into one of the registry, which records it with its own change."""
    try:
        yield
    except NotAllowed as refusal:
        raise Denied(
            refusal.code,
            Text(refusal.reason.ko, refusal.reason.en),
            hint=Text(refusal.advice.ko, refusal.advice.en),
        ) from refusal
