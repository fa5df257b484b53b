"""The door: password and second factor, throttled; every refusal takes the same time and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, select, update

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from registry import counting, emergency, queries, tables, throttle, totp
from registry.desk import Desk, as_actor
from registry.directory import NOBODY, DirectoryUnreachable, passwords_elsewhere
from registry.errors import NotFound, SignInRefused
from registry.forms import SLUG
from registry.model import Person, PersonStatus
from registry.passwords import check_new_password, hash_password, renewed, verify_password
from registry.people import about, concerning, set_columns
from registry.text import Text

DOOR = Actor.service("registry")
"""Who refuses: nobody has shown yet that they are the person whose user name they gave."""

Then = Callable[[Connection, Person], Event]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is stored about one account, or, with the defaults, about nobody."""

    ref: str | None = None
    active: bool = False
    password_hash: str | None = None
    totp_secret: bytes | None = None
    totp_last_step: int | None = None
    over: bool = False
    """Whether this is the emergency account, opened too long ago."""
    local: bool = False
    """Whether the zone keeps this password whatever else it does: the emergency account's."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at the door, with all that is needed to record it."""

    handle: str
    handle_key: str
    source: Source
    purpose: str
    at: datetime


class SignIn(Desk):
    """Use cases that take a password and a code."""

    _secrets: totp.SecretBox

    def sign_in(self, handle: str, password: str, code: str, *, source: Source) -> Person:
        """The person whose user name, password and current code these are.

        Raises: SignInRefused — for every other case; which one it was is in the audit log only.
        """

        def come_in(tx: Connection, person: Person) -> Event:
            used = emergency.note_use(self, tx, person, source, self._clock())
            if used is not None:
                self._log.append(tx, used)
            # As what follows from its use, the emergency account is let in on a full disk too (`audit.space`).
            return replace(signed_in(person, source), intent_id=None if used is None else used.id)

        return self._enter(handle, password, code, source, "sign_in", come_in)

    def change_password(self, person: Person, old: str, new: str, code: str, *, source: Source) -> None:
        """Replaces the person's password after old password and a fresh code were shown.

        Raises: Invalid — the new password breaks a rule or is the old one. SignInRefused — as `sign_in`.
        """
        if self._directory is not None:
            raise passwords_elsewhere()
        check_new_password(new, handle=person.handle, email=person.email, old=old)
        stored = hash_password(new)

        def change(tx: Connection, owner: Person) -> Event:
            set_columns(tx, owner.ref, password_hash=stored)
            self.tell(tx, owner.ref, "password_changed", PASSWORD_CHANGED)
            return Event(
                action="person.password_changed",
                actor=as_actor(owner),
                object=about(owner),
                subjects=concerning(owner),
                source=source,
            )

        self._enter(person.handle, old, code, source, "change_password", change)

    def _enter(self, handle: str, password: str, code: str, source: Source, purpose: str, then: Then) -> Person:
        """Lets the owner of the credentials through and does `then` in the transaction that records it."""
        attempt = self._attempt(handle, source, purpose)
        stored = self._knock(attempt)
        fault = self._password_fault(attempt.handle, stored, password)
        cause, step = self._judge(stored, fault, code, attempt.at)
        if cause is None:
            kept = self._keeps_password(stored)
            fresh = renewed(stored.password_hash, password) if kept else stored.password_hash
            with self._db.begin() as tx:
                if _use_step(tx, stored, step):
                    counting.read(tx, attempt.handle_key, attempt.at)
                    counting.write(tx, attempt.handle_key, throttle.History(), attempt.at)
                    person = queries.person_by_ref(tx, str(stored.ref))
                    set_columns(tx, person.ref, password_hash=fresh)
                    self._log.append(tx, then(tx, person))
                    return person
            cause = "code_reused"
        self._count_failure(attempt, stored, cause)
        raise SignInRefused

    def _attempt(self, handle: str, source: Source, purpose: str) -> Attempt:
        handle = handle.strip().lower()[:64]
        return Attempt(
            handle=handle,
            handle_key=self._secrets.fingerprint("handle", handle),
            source=source,
            purpose=purpose,
            at=self._clock(),
        )

    def _knock(self, attempt: Attempt) -> Credentials:
        """Counts the attempt against the user name before it is looked at, so that many at once gain nothing.

        Raises: SignInRefused — the user name or the address has used up its failures.
        """
        with self._db.begin() as tx:
            counting.forget_old(tx, attempt.at)
            stored = _credentials(tx, attempt.handle, attempt.at)
            of_handle = counting.read(tx, attempt.handle_key, attempt.at)
            source_key = self._source_key(attempt, stored)
            of_source = counting.read(tx, source_key, attempt.at)
            # Whoever fails at the emergency account's name must not lock the envelope out: its password has 150 bits.
            shut = [
                (limit, key, history)
                for limit, key, history in (
                    (throttle.HANDLE, attempt.handle_key, of_handle),
                    (throttle.SOURCE, source_key, of_source),
                )
                if history.shut(limit, attempt.at) and not (stored.local and limit is throttle.HANDLE)
            ]
            if not shut:
                # The address is counted after a failure only: twenty people behind one address
                # who come at the same time must not shut each other out.
                counted = of_handle.failed(throttle.HANDLE, attempt.at)
                counting.write(tx, attempt.handle_key, counted, attempt.at)
                return stored
            for limit, key, history in shut:
                if history.due_to_announce(attempt.at):
                    counting.write(tx, key, history.announced(attempt.at), attempt.at)
                    cause = f"throttled_by_{limit.kind}"
                    self._log.append(tx, _refusal("session.throttled", attempt, stored.ref, cause))
        raise SignInRefused

    def _count_failure(self, attempt: Attempt, stored: Credentials, cause: str) -> None:
        """Counts a failure against the address and records why it was one."""
        with self._db.begin() as tx:
            self._count_at_source(tx, self._source_key(attempt, stored), cause, attempt.at)
            self._log.append(tx, _refusal("session.refused", attempt, stored.ref, cause))

    def _source_key(self, attempt: Attempt, stored: Credentials) -> str:
        """Under which the failures from an address are counted; those of others do not shut it to the envelope."""
        kind = "source_of_emergency" if stored.local else "source"
        return self._secrets.fingerprint(kind, throttle.room_of(attempt.source.ip))

    def _count_at_source(self, tx: Connection, key: str, cause: str, at: datetime) -> None:
        if throttle.is_guess(cause):
            history = counting.read(tx, key, at)
            counting.write(tx, key, history.failed(throttle.SOURCE, at), at)

    def _keeps_password(self, stored: Credentials) -> bool:
        return self._directory is None or stored.local

    def _password_fault(self, handle: str, stored: Credentials, password: str) -> str | None:
        """What is wrong with a password, none if it is right; who keeps it is asked."""
        if self._directory is None or stored.local:
            return None if verify_password(stored.password_hash, password) else "wrong_password"
        try:
            known = stored.ref is not None and stored.active
            right = self._directory.is_right(handle if known else NOBODY, password)
        except DirectoryUnreachable:
            return "directory_unreachable"
        return None if right and known else "wrong_password"

    def _judge(self, stored: Credentials, fault: str | None, code: str, at: datetime) -> tuple[str | None, int | None]:
        """The cause of a refusal, or none and the code's time step. Everything is computed in every case."""
        if stored.ref is not None and stored.totp_secret is not None:
            secret = self._secrets.open(stored.totp_secret, person_ref=stored.ref)
        else:
            secret = _NOBODYS_SECRET
        step = totp.matching_step(secret, code, at, after=stored.totp_last_step)
        causes = (
            ("unknown_handle", stored.ref is None),
            ("not_active", not stored.active),
            ("emergency_over", stored.over),
            (fault or "", fault is not None),
            ("no_second_factor", stored.totp_secret is None),
            ("wrong_code", step is None),
        )
        return next((cause for cause, applies in causes if applies), None), step


PASSWORD_CHANGED = Text(
    ko="비밀번호가 바뀌었습니다. 직접 바꾸지 않았다면 즉시 운영자에게 알리십시오.",
    en="Your password was changed. If that was not you, tell an operator at once.",
)

_NOBODYS_SECRET = totp.new_secret()


def signed_in(person: Person, source: Source, detail: Mapping[str, JSON] = MappingProxyType({})) -> Event:
    """The event of somebody coming in; `detail` says how, where it was not by password and code."""
    return Event(
        action="session.signed_in",
        actor=as_actor(person),
        object=about(person),
        subjects=concerning(person),
        source=source,
        detail=dict(detail),
    )


def _refusal(action: str, attempt: Attempt, ref: str | None, cause: str) -> Event:
    # People type passwords into the user name field: only what could be a user name is kept, and that sealed.
    sealed = {"handle": attempt.handle} if ref is None and SLUG.fullmatch(attempt.handle) else {}
    detail: dict[str, JSON] = {"purpose": attempt.purpose}
    return refusal(action, source=attempt.source, ref=ref, cause=cause, detail=detail, sealed=sealed)


def refusal(
    action: str,
    *,
    source: Source,
    ref: str | None,
    cause: str,
    detail: dict[str, JSON],
    sealed: Mapping[str, str] = MappingProxyType({}),
) -> Event:
    """The event of somebody who was not let in; `ref` is of the person whose account it was about, if of anybody."""
    return Event(
        action=action,
        actor=DOOR,
        object=Object("session", "unidentified") if ref is None else Object("person", ref),
        subjects=Subjects.none() if ref is None else Subjects.person(ref),
        source=source,
        outcome="denied",
        reason=cause,
        detail=detail,
        sealed=dict(sealed),
    )


def _credentials(tx: Connection, handle: str, at: datetime) -> Credentials:
    try:
        person = queries.person_by_handle(tx, handle)
    except NotFound:
        return Credentials()
    table = tables.person
    row = tx.execute(select(table).where(table.c.ref == person.ref)).one()
    return Credentials(
        ref=person.ref,
        active=person.status is PersonStatus.ACTIVE,
        password_hash=row.password_hash,
        totp_secret=row.totp_secret,
        totp_last_step=row.totp_last_step,
        over=emergency.is_over(tx, person.ref, at),
        local=queries.is_emergency(tx, person.ref),
    )


def _use_step(tx: Connection, stored: Credentials, step: int | None) -> bool:
    """Uses the time step up; false when another was faster or the account or its credentials changed."""
    table = tables.person
    used = tx.execute(
        update(table)
        .where(
            table.c.ref == stored.ref,
            table.c.status == PersonStatus.ACTIVE.value,
            table.c.password_hash == stored.password_hash,
            table.c.totp_secret == stored.totp_secret,
            (table.c.totp_last_step.is_(None)) | (table.c.totp_last_step < step),
        )
        .values(totp_last_step=step)
    )
    return used.rowcount == 1
