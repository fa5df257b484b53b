"""Erasing a person: one asks, another of different duties confirms, and what names the person goes in one transaction.

Opaque references stay: they are what the log and the other tables name people by, and without the registry's columns
and the person's key they name nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from audit.errors import RetentionRefused
from audit.event import Actor, Source
from audit.retention import erasure
from audit.retention.erasure import REASONS, Destroyed, Plan
from audit.retention.policy import RetentionPolicy
from registry import queries, tables, totp
from registry.desk import Desk
from registry.errors import Conflict, Denied, Invalid
from registry.model import Person, PersonStatus
from registry.people import about, concerning, set_columns, wrong_state
from registry.text import Text

REQUEST_LIFETIME = timedelta(days=14)
ZONE = Actor.system()

PERSONAL_TABLES = ("registry_person", "registry_message", "registry_link", "registry_attempts")
"""Tables of the registry of which an erasure changes or removes rows."""


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """An erasure that waits for the second person."""

    person: Person
    requested_by: str
    reason: str
    requested_at: datetime


class Erasure(Desk):
    """Use cases of erasing people whose account is closed."""

    personal_tables = PERSONAL_TABLES

    _secrets: totp.SecretBox

    def erasure_plan(self, handle: str, policy: RetentionPolicy) -> Plan:
        """Whether the law and the holds allow to erase a person now, and what would go. Raises: NotFound."""
        self._log.settle()  # a duty or a hold of the last moments counts
        with self._db.read() as tx:
            return erasure.plan(tx, queries.person_by_handle(tx, handle).ref, policy, self._clock())

    def request_erasure(self, handle: str, reason: str, policy: RetentionPolicy, *, by: Actor, source: Source) -> None:
        """Asks for the erasure of a person; nothing is erased yet.

        Raises: NotFound, Invalid — no such reason. Conflict — the account is open. Denied — without the role, before
        the end of the legal period, and under a hold.
        """
        if reason not in REASONS:
            raise Invalid(
                "reason_unknown",
                Text(ko="사유는 다음 중 하나여야 합니다: {known}", en="The reason is one of: {known}").fill(
                    known=", ".join(REASONS)
                ),
            )
        self._log.settle()
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            "privacy.erasure_requested", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            change.reason = reason
            _check_closed(queries.person_by_ref(change.tx, person.ref, lock=True))
            _check_allowed(change.tx, person, policy, change.now)
            _forget_request(change.tx, person.ref)
            row = {"person_ref": person.ref, "requested_by": by.ref, "reason": reason, "requested_at": change.now}
            change.tx.execute(insert(tables.erasure_request).values(**row))

    def erasure_requests(self) -> list[ErasureRequest]:
        """The erasures that wait for a second person, oldest first."""
        with self._db.read() as tx:
            return _waiting(tx, self._clock())

    def erase_person(self, handle: str, policy: RetentionPolicy, *, by: Actor, source: Source) -> Destroyed:
        """Confirms an erasure as the second person: key, sealed values and personal columns are destroyed.

        Raises: NotFound, Conflict — nothing waits. Denied — to the one who asked, to those without the role, before the
        end of the legal period, and under a hold.
        """
        self._log.settle()
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            "privacy.erased", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            _check_closed(present)
            waiting = [one for one in _waiting(change.tx, change.now) if one.person.ref == person.ref]
            if not waiting:
                raise _nothing_waits()
            request = waiting[0]
            if by.ref == request.requested_by:
                raise _second_person_needed()
            _check_allowed(change.tx, person, policy, change.now)
            destroyed = self._erase(change.tx, present, change.now)
            change.reason = request.reason
            change.detail.update(destroyed.detail(), requested_by=request.requested_by)
            return destroyed

    def repeat_erasure(self, person_ref: str, *, source: Source) -> Destroyed:
        """Erases somebody again whom an old backup of the database brought back. Raises: NotFound."""
        with self._db.read() as tx:
            person = queries.person_by_ref(tx, person_ref)
        # Nobody decides here: two people did, and the zone keeps to it.
        with self._changing(
            "privacy.erased", about(person), by=ZONE, source=source, subjects=concerning(person), own=True
        ) as change:
            destroyed = self._erase(change.tx, queries.person_by_ref(change.tx, person_ref, lock=True), change.now)
            change.reason = "restored_backup"
            change.detail.update(destroyed.detail())
            return destroyed

    def _erase(self, tx: Connection, person: Person, now: datetime) -> Destroyed:
        """Destroy what the log seals of a person, and blank what the registry says."""
        destroyed = erasure.destroy(tx, person.ref, now)
        nobody = erased_handle(person.ref)
        set_columns(
            tx,
            person.ref,
            handle=nobody,
            name=nobody,
            email="",
            organisation="",
            status=PersonStatus.CLOSED.value,
            password_hash=None,
            totp_secret=None,
            totp_last_step=None,
        )
        key = self._secrets.fingerprint("handle", person.handle)
        tx.execute(delete(tables.attempts).where(tables.attempts.c.key == key))
        for table in (
            *(tables.message, tables.link, tables.reset_request, tables.password_request, tables.erasure_request),
            *(tables.identity, tables.emergency),
        ):
            tx.execute(delete(table).where(table.c.person_ref == person.ref))
        return destroyed


def erased_handle(person_ref: str) -> str:
    """The user name and name of somebody who was erased: nothing but the reference."""
    return "erased-" + person_ref.removeprefix("p_")


def _waiting(tx: Connection, now: datetime) -> list[ErasureRequest]:
    table = tables.erasure_request
    wanted = select(table).where(table.c.requested_at > now - REQUEST_LIFETIME).order_by(table.c.requested_at)
    return [
        ErasureRequest(queries.person_by_ref(tx, row.person_ref), row.requested_by, row.reason, row.requested_at)
        for row in tx.execute(wanted).all()
    ]


def _check_closed(person: Person) -> None:
    if person.status is not PersonStatus.CLOSED:
        raise wrong_state(person)
    if person.handle == erased_handle(person.ref):
        raise Conflict("erased_already", Text(ko="이미 파기되었습니다.", en="This person was erased already."))


def _check_allowed(tx: Connection, person: Person, policy: RetentionPolicy, now: datetime) -> None:
    try:
        erasure.plan(tx, person.ref, policy, now).check()
    except RetentionRefused as refusal:
        raise Denied(refusal.code, Text(ko=refusal.reason.ko, en=refusal.reason.en), hint=_LATER) from refusal


def _forget_request(tx: Connection, person_ref: str) -> None:
    table = tables.erasure_request
    tx.execute(delete(table).where(table.c.person_ref == person_ref))


_LATER = Text(
    ko="당사자에게 사유와 파기할 수 있게 되는 날을 알리십시오.",
    en="Tell the person the reason and the day from which it will be possible.",
)


def _nothing_waits() -> Conflict:
    return Conflict(
        "no_erasure_requested",
        Text(ko="확인을 기다리는 파기 요청이 없습니다.", en="No erasure of this person waits for confirmation."),
        hint=Text(
            ko="운영자나 데이터 제공 책임자가 먼저 요청해야 합니다.", en="An operator or a data controller asks first."
        ),
    )


def _second_person_needed() -> Denied:
    return Denied(
        "second_person_needed",
        Text(
            ko="요청한 사람이 아닌 다른 사람이 확인해야 합니다.", en="Somebody else than the one who asked confirms it."
        ),
    )
