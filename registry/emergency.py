"""The emergency account: an operator's, whose password and code lie in a sealed envelope until nothing else works.

Whoever holds the envelope may use it, never quietly and not for long: everybody who must know is told at each use,
and twelve hours after the first the account is shut until it is sealed anew.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from audit.event import Actor, Event, Source
from audit.refs import new_ref
from audit.search import Query, search
from registry import forms, queries, tables, totp
from registry.desk import Desk, as_actor
from registry.errors import Conflict, NotFound
from registry.model import Person, PersonStatus, Role
from registry.passwords import hash_password
from registry.people import about, concerning, set_columns, take_identities
from registry.text import Text

OPEN_FOR = timedelta(hours=12)
"""How long an opened account works: a long shift, in which the sign-in that failed can be mended."""
LAST_OPENINGS = 10
"""More often nobody opens the log between two looks."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters that nobody takes for another on paper."""
_GROUPS, _IN_GROUP = 6, 5  # 150 bits


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is written on the paper that goes into the envelope; nobody can ask for it again."""

    handle: str
    password: str
    totp_secret: str


@dataclass(frozen=True, slots=True)
class EmergencyAccount:
    """What is known of the account without opening the envelope."""

    person: Person
    sealed_at: datetime
    opened_at: datetime | None

    def over(self, now: datetime) -> bool:
        """Whether it was opened so long ago that it is shut."""
        return self.opened_at is not None and now - self.opened_at >= OPEN_FOR


class Emergency(Desk):
    """Use cases of the emergency account."""

    _secrets: totp.SecretBox

    def emergency_account(self) -> EmergencyAccount | None:
        """The account, if one was ever sealed."""
        with self._db.read() as tx:
            return emergency_account_in(tx)

    def emergency_is_over(self, person: Person) -> bool:
        """Whether this is the emergency account and its time is over: what it opened ends then too."""
        with self._db.read() as tx:
            return is_over(tx, person.ref, self._clock())

    def seal_emergency(self, handle: str = "emergency", *, by: Actor, source: Source) -> Envelope:
        """Makes the account, or gives it new secrets, and returns what goes into the envelope; older ones end.

        Raises: Invalid. Denied. Conflict — the name belongs to somebody, or another account is the emergency's.
        """
        forms.check_slug("handle", handle)
        with self._db.read() as tx:
            person = _of(tx, handle)
        password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_IN_GROUP)) for _ in range(_GROUPS))
        envelope = Envelope(handle, password, totp.new_secret())
        stored = hash_password(password)
        with self._changing(
            "person.emergency_sealed", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            _check_name(change.tx, person)
            if not _exists(change.tx, person.ref):
                _make(change.tx, person, change.now)
                change.sealed["handle"] = handle
            change.tx.execute(delete(tables.emergency))
            change.tx.execute(insert(tables.emergency).values(person_ref=person.ref, sealed_at=change.now))
            set_columns(
                change.tx,
                person.ref,
                password_hash=stored,
                totp_secret=self._secrets.seal(envelope.totp_secret, person_ref=person.ref),
                totp_last_step=None,
                sessions_from=change.now,
                status=PersonStatus.ACTIVE.value,
            )
            for event in take_identities(change.tx, person, by=change.actor, source=source, why="emergency_account"):
                self._log.append(change.tx, event)
            tell_those_who_must_know(self, change.tx, "emergency_sealed", SEALED)
        return envelope

    def tell_of_broken_glass(self) -> None:
        """Tells those who must know of each of the last times that the log was opened (`audit.break_glass`), once.

        Also of those that the log does not take yet: it is then that the glass is broken.
        """
        code = tables.message.c.code
        kept = [event.id for event in self._log.glass.kept() if event.action == "log.break_glass"]
        with self._db.begin() as tx:
            entries = search(tx, Query(action="log.break_glass", outcome="ok", limit=LAST_OPENINGS))
            for event_id in dict.fromkeys([*(entry.id for entry in entries), *kept[-LAST_OPENINGS:]]):
                named = f"glass_broken_{event_id}"
                if tx.execute(select(code).where(code == named).limit(1)).first() is None:
                    tell_those_who_must_know(self, tx, named, GLASS)


def emergency_account_in(tx: Connection) -> EmergencyAccount | None:
    """The account, if one was ever sealed."""
    row = tx.execute(select(tables.emergency)).first()
    if row is None:
        return None
    return EmergencyAccount(queries.person_by_ref(tx, row.person_ref), row.sealed_at, row.opened_at)


def note_use(desk: Desk, tx: Connection, person: Person, source: Source, now: datetime) -> Event | None:
    """What else is recorded when this person signs in; None for everybody but the emergency account."""
    table = tables.emergency
    row = tx.execute(select(table).where(table.c.person_ref == person.ref)).one_or_none()
    if row is None:
        return None
    first = row.opened_at is None
    if first:
        tx.execute(update(table).where(table.c.person_ref == person.ref).values(opened_at=now))
    tell_those_who_must_know(desk, tx, "emergency_used", USED)
    return Event(
        action="session.emergency_used",
        actor=as_actor(person),
        object=about(person),
        subjects=concerning(person),
        source=source,
        detail={"first": first},
    )


def is_over(tx: Connection, ref: str, now: datetime) -> bool:
    """Whether this is the emergency account and its time is over."""
    table = tables.emergency
    opened = tx.execute(select(table.c.opened_at).where(table.c.person_ref == ref)).scalar_one_or_none()
    return opened is not None and now - opened >= OPEN_FOR


def tell_those_who_must_know(desk: Desk, tx: Connection, code: str, content: Text) -> None:
    """Leaves a message for every operator and compliance officer."""
    for one in queries.people(tx):
        if one.has(Role.OPERATOR, Role.COMPLIANCE_OFFICER):
            desk.tell(tx, one.ref, code, content)


def _of(tx: Connection, handle: str) -> Person:
    try:
        return queries.person_by_handle(tx, handle)
    except NotFound:
        return Person(
            ref=new_ref("p"),
            handle=handle,
            name="비상 계정 · Emergency account",
            email=f"{handle}@localhost",
            language="ko",
            status=PersonStatus.ACTIVE,
            roles=frozenset({Role.OPERATOR}),
            notice_version=None,
        )


def _exists(tx: Connection, ref: str) -> bool:
    return tx.execute(select(tables.person.c.ref).where(tables.person.c.ref == ref)).first() is not None


def _check_name(tx: Connection, person: Person) -> None:
    """Refuse the name of a person: their account would be taken from them."""
    sealed = tx.execute(select(tables.emergency.c.person_ref)).scalars().all()
    if (not sealed and _exists(tx, person.ref)) or (sealed and person.ref not in sealed):
        raise Conflict("not_the_emergency_account", _ANOTHER)


def _make(tx: Connection, person: Person, now: datetime) -> None:
    names = {"handle": person.handle, "name": person.name, "email": person.email, "language": person.language}
    tx.execute(insert(tables.person).values(ref=person.ref, status=person.status.value, created_at=now, **names))
    for role in person.roles:
        tx.execute(insert(tables.person_role).values(person_ref=person.ref, role=role.value))


SEALED = Text(
    ko="비상 계정의 봉투를 새로 봉인했습니다. 이전 봉투는 더 이상 쓸 수 없습니다.",
    en="The envelope of the emergency account was sealed anew. Older envelopes do not work any more.",
)
USED = Text(
    ko="비상 계정으로 로그인했습니다. 누가 왜 썼는지 확인하고, 끝나면 봉투를 새로 봉인하십시오.",
    en="Somebody signed in with the emergency account. Find out who and why, and seal a new envelope afterwards.",
)
GLASS = Text(
    ko="감사 기록의 비상 접근(break-glass)을 시작했습니다. 감사 기록에서 누가 왜 썼는지 확인하십시오.",
    en="Somebody opened the log in an emergency (break-glass). Look in the audit log who it was and why.",
)
_ANOTHER = Text(
    ko="이 아이디는 비상 계정이 아닙니다. 비상 계정은 한 개만 둡니다.",
    en="This user name is not the emergency account's. A zone has one emergency account.",
)
