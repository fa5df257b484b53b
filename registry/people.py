"""People: who there is, roles, the state of an account, messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, delete, insert, select, update

from audit.event import Actor, Event, Object, Source, Subjects
from registry import forms, links, queries, tables
from registry.desk import Desk
from registry.errors import Conflict, Denied
from registry.model import Message, Person, PersonStatus, Role
from registry.roles import IN_THE_ZONE, check_no_clash, check_person_role
from registry.text import Text


@dataclass(frozen=True, slots=True)
class StatusMove:
    """One change of an account's state: from which states, to which, by which action."""

    action: str
    sources: frozenset[PersonStatus]
    target: PersonStatus


STATUS_MOVES: Mapping[str, StatusMove] = MappingProxyType(
    {
        move.action: move
        for move in (
            StatusMove("person.suspended", frozenset({PersonStatus.ACTIVE}), PersonStatus.SUSPENDED),
            StatusMove("person.reinstated", frozenset({PersonStatus.SUSPENDED}), PersonStatus.ACTIVE),
            StatusMove(
                "person.closed",
                frozenset({PersonStatus.INVITED, PersonStatus.ACTIVE, PersonStatus.SUSPENDED}),
                PersonStatus.CLOSED,
            ),
        )
    }
)
"""Every change of state that an operator can make; joining is the person's own."""


class People(Desk):
    """Use cases about people, once they are known to the zone."""

    def person(self, handle: str) -> Person:
        """The person with that user name. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.person_by_handle(tx, handle)

    def person_by_ref(self, ref: str) -> Person:
        """The person with that reference. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.person_by_ref(tx, ref)

    def people(self) -> list[Person]:
        """Everybody, by user name."""
        with self._db.read() as tx:
            return queries.people(tx)

    def grant_role(self, handle: str, role: Role, *, by: Actor, source: Source) -> Person:
        """Gives a person a zone-wide role.

        Raises: NotFound, Invalid, Conflict, Denied — also when it may not meet a role the person has.
        """
        check_person_role(role)
        person = self.person(handle)
        with self._changing(
            "person.role_granted", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            change.detail["role"] = role.value
            _check_not_own(person, by)
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if role in present.roles:
                raise Conflict("role_held", Text(ko="이미 가진 역할입니다.", en="The person already has this role."))
            if present.status is PersonStatus.CLOSED:
                raise wrong_state(present)
            check_no_clash(IN_THE_ZONE, roles_anywhere(change.tx, present), role)
            change.tx.execute(insert(tables.person_role).values(person_ref=person.ref, role=role.value))
            return queries.person_by_ref(change.tx, person.ref)

    def revoke_role(self, handle: str, role: Role, *, by: Actor, source: Source) -> Person:
        """Takes a zone-wide role from a person.

        Raises: NotFound, Denied, Conflict — the person does not hold it, or is the last operator.
        """
        person = self.person(handle)
        with self._changing(
            "person.role_revoked", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            change.detail["role"] = role.value
            _check_not_own(person, by)
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if role not in present.roles:
                raise Conflict(
                    "role_not_held",
                    Text(ko="가지고 있지 않은 역할입니다.", en="The person does not have this role."),
                )
            if role is Role.OPERATOR:
                _check_not_last_operator(change.tx, present)
            table = tables.person_role
            change.tx.execute(delete(table).where(table.c.person_ref == person.ref, table.c.role == role.value))
            return queries.person_by_ref(change.tx, person.ref)

    def suspend(self, handle: str, *, by: Actor, source: Source) -> Person:
        """Stops an account for now; running workspaces end. Raises: NotFound, Denied, Conflict."""
        return self._move(handle, STATUS_MOVES["person.suspended"], by=by, source=source)

    def reinstate(self, handle: str, *, by: Actor, source: Source) -> Person:
        """Lets a suspended person in again. Raises: NotFound, Denied, Conflict."""
        return self._move(handle, STATUS_MOVES["person.reinstated"], by=by, source=source)

    def close(self, handle: str, *, by: Actor, source: Source) -> Person:
        """Ends an account for good and forgets its credentials. Raises: NotFound, Denied, Conflict."""
        return self._move(handle, STATUS_MOVES["person.closed"], by=by, source=source)

    def affiliate(self, handle: str, organisation: str, *, by: Actor, source: Source) -> Person:
        """Enters where a person works; empty takes it back. A policy may want an approver from elsewhere.

        Raises: NotFound, Invalid, Denied — also for one's own.
        """
        given = forms.check_line("organisation", organisation) if organisation.strip() else ""
        person = self.person(handle)
        with self._changing(
            "person.affiliated", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            _check_not_own(person, by)
            change.sealed["organisation"] = given
            set_columns(change.tx, person.ref, organisation=given)
            return queries.person_by_ref(change.tx, person.ref)

    def messages(self, person_ref: str) -> list[Message]:
        """What the zone told a person, newest first."""
        with self._db.read() as tx:
            return queries.messages(tx, person_ref)

    def mark_read(self, person_ref: str, refs: Iterable[str] | None = None) -> None:
        """Marks messages of the person as read: those named, or all."""
        table = tables.message
        seen = update(table).where(table.c.person_ref == person_ref, table.c.read_at.is_(None))
        if refs is not None:
            seen = seen.where(table.c.ref.in_(list(refs)))
        with self._db.begin() as tx:
            tx.execute(seen.values(read_at=self._clock()))

    def _move(self, handle: str, move: StatusMove, *, by: Actor, source: Source) -> Person:
        person = self.person(handle)
        with self._changing(move.action, about(person), by=by, source=source, subjects=concerning(person)) as change:
            _check_not_own(person, by)
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if present.status not in move.sources:
                raise wrong_state(present)
            if move.target is not PersonStatus.ACTIVE:
                _check_not_last_operator(change.tx, present)
                links.withdraw(change.tx, person.ref)
            set_columns(change.tx, person.ref, status=move.target.value)
            if move.target is PersonStatus.CLOSED:
                set_columns(change.tx, person.ref, password_hash=None, totp_secret=None)
                for table in (tables.identity, tables.emergency):
                    change.tx.execute(delete(table).where(table.c.person_ref == person.ref))
            return queries.person_by_ref(change.tx, person.ref)


def roles_anywhere(tx: Connection, person: Person) -> frozenset[Role]:
    """The person's zone-wide roles and those of memberships that were not revoked."""
    own = queries.memberships(tx, person_ref=person.ref)
    return person.roles | {one.role for one in own if one.revoked_at is None}


def set_columns(tx: Connection, ref: str, **values: object) -> None:
    """Changes columns of one person."""
    tx.execute(update(tables.person).where(tables.person.c.ref == ref).values(**values))


def take_identities(tx: Connection, person: Person, *, by: Actor, source: Source, why: str) -> list[Event]:
    """Takes from a person every name by which a provider knows them; returns what the caller records of it."""
    table = tables.identity
    rows = tx.execute(select(table.c.authority, table.c.subject).where(table.c.person_ref == person.ref)).all()
    tx.execute(delete(table).where(table.c.person_ref == person.ref))
    return [
        Event(
            action="person.identity_removed",
            actor=by,
            object=about(person),
            subjects=concerning(person),
            source=source,
            reason=why,
            detail={"authority": row.authority},
            sealed={"subject": row.subject},
        )
        for row in rows
    ]


def about(person: Person) -> Object:
    """The person as what an event is about."""
    return Object("person", person.ref)


def concerning(person: Person) -> Subjects:
    """The person as the one whose data is handled."""
    return Subjects.person(person.ref)


def _check_not_own(person: Person, by: Actor) -> None:
    if by.ref == person.ref:
        raise Denied(
            "own_account",
            Text(
                ko="자신의 역할이나 계정 상태는 바꿀 수 없습니다.",
                en="Nobody changes their own roles or the state of their own account.",
            ),
            hint=Text(ko="다른 운영자에게 요청하십시오.", en="Ask another operator."),
        )


def _check_not_last_operator(tx: Connection, person: Person) -> None:
    operators = {one.ref for one in queries.holders(tx, Role.OPERATOR)}
    # The envelope is nobody: with it alone, the zone would have an operator for twelve hours.
    if person.ref in operators and all(queries.is_emergency(tx, ref) for ref in operators - {person.ref}):
        raise Conflict(
            "last_operator",
            Text(
                ko="마지막 운영자이므로 그만두게 할 수 없습니다.",
                en="This is the last operator; the zone would have none.",
            ),
            hint=Text(ko="먼저 다른 운영자를 두십시오.", en="Appoint another operator first."),
        )


def wrong_state(person: Person) -> Conflict:
    """The account's state does not allow it."""
    return Conflict(
        "person_state",
        Text(
            ko="지금 계정 상태에서는 할 수 없습니다: {status}",
            en="This cannot be done while the account is {status}.",
        ).fill(status=person.status.value),
    )
