"""What all use cases share: the transaction, the check of authority, the audit event in both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from audit.canonical import JSON
from audit.db import Database
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_ref
from registry import queries, tables
from registry.directory import Directory
from registry.errors import Conflict, Denied, NotFound
from registry.model import Person, PersonStatus, Role
from registry.roles import AUTHORITY, NEEDS_A_PERSON, check_authority
from registry.text import Text

CLI = Actor.service("cli")

SERVICE_AUTHORITY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # Who types `ansim registry` is root on the zone's machine and stands for its operator.
        "cli": frozenset(AUTHORITY) - NEEDS_A_PERSON,
        "zone": frozenset(AUTHORITY) - NEEDS_A_PERSON,
        "hub": frozenset({"dataset.checked"}),
        # It freezes every project when its probe finds a broken wall and the settings want that; people lift it.
        "worker": frozenset({"dataset.checked", "project.frozen"}),
    }
)
"""What the zone's own processes may change without a person. One that is not here may change nothing."""


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def as_actor(person: Person, session: str | None = None) -> Actor:
    """The person as the actor of an audit event."""
    return Actor.person(person.ref, sorted(role.value for role in person.roles), session)


@dataclass(slots=True)
class Writing:
    """One change under way: its transaction, and what its audit event will say."""

    tx: Connection
    now: datetime
    actor: Actor
    object: Object
    subjects: Subjects
    on_behalf_of: str | None = None
    outcome: Outcome = "ok"
    reason: str | None = None
    detail: dict[str, JSON] = field(default_factory=dict)
    sealed: dict[str, str] = field(default_factory=dict)


class Desk:
    """The shared part of the registry's use cases."""

    _directory: Directory | None = None
    """Who checks passwords, where the zone itself does not."""

    def __init__(self, db: Database, log: AuditLog, *, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._log = log
        self._clock = clock

    @contextmanager
    def _changing(
        self,
        action: str,
        target: Object,
        *,
        by: Actor,
        source: Source,
        subjects: Subjects | None = None,
        own: bool = False,
    ) -> Iterator[Writing]:
        """Runs one change and its audit event in one transaction; a denial rolls back and is recorded alone.

        `own` is for what people do to their own account: it takes no role.
        """
        subjects = Subjects.none() if subjects is None else subjects
        writing: Writing | None = None
        try:
            with self._db.begin() as tx:
                writing = Writing(tx, self._clock(), _as_known(tx, by), target, subjects)
                if not own:
                    _check_authority(action, writing.actor)
                yield writing
                self._log.append(tx, _event(action, writing, source))
        except IntegrityError as error:
            if not _is_taken(error):
                raise
            raise Conflict("done_meanwhile", _MEANWHILE) from error
        except Denied as refusal:
            actor, about = (by, target) if writing is None else (writing.actor, writing.object)
            denied = Event(
                action=action,
                actor=actor,
                object=about,
                subjects=subjects,
                source=source,
                outcome="denied",
                reason=refusal.code,
            )
            self._log.record(denied, wait="durable")
            raise

    def tell(self, tx: Connection, person_ref: str, code: str, content: Text) -> None:
        """Leaves a message for a person, in the transaction that does what it tells of."""
        tx.execute(
            insert(tables.message).values(
                ref=new_ref("msg"),
                person_ref=person_ref,
                code=code,
                ko=content.ko,
                en=content.en,
                at=self._clock(),
            )
        )


_MEANWHILE = Text(
    ko="다른 사람이 방금 같은 일을 했습니다.",
    en="Somebody else did the same at this very moment.",
)


def _is_taken(error: IntegrityError) -> bool:
    """Whether the database refused a second row with the same key, as when two people add one name at once."""
    codes = (getattr(error.orig, "sqlstate", ""), getattr(error.orig, "sqlite_errorname", ""))
    return not {"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}.isdisjoint(codes)


def _event(action: str, writing: Writing, source: Source) -> Event:
    return Event(
        action=action,
        actor=writing.actor,
        object=writing.object,
        subjects=writing.subjects,
        source=source,
        outcome=writing.outcome,
        reason=writing.reason,
        on_behalf_of=writing.on_behalf_of,
        detail=writing.detail,
        sealed=writing.sealed,
    )


def _as_known(tx: Connection, by: Actor) -> Actor:
    """The actor with the roles that the registry knows, not those the caller believes."""
    if by.kind != "person":
        return by
    return replace(by, roles=tuple(sorted(role.value for role in _acting_roles(tx, by))))


def _check_authority(action: str, by: Actor) -> None:
    """Raises: Denied — for a person without a role that may do this, and for a service that may not."""
    if by.kind == "person":
        check_authority(action, [Role(role) for role in by.roles])
    elif action not in SERVICE_AUTHORITY.get(by.ref, frozenset()):
        raise Denied(
            "no_authority",
            Text(
                ko="이 일은 로그인한 사람이 직접 해야 합니다.",
                en="This must be done by a person who is signed in.",
            ),
        )


def _acting_roles(tx: Connection, by: Actor) -> frozenset[Role]:
    """The zone-wide roles of a person who acts now; none for somebody unknown or not active."""
    try:
        person = queries.person_by_ref(tx, by.ref)
    except NotFound:
        return frozenset()
    return person.roles if person.status is PersonStatus.ACTIVE else frozenset()
