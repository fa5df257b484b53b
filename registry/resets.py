"""What a person has lost is reset by two others: one asks, a second confirms, the owner gets a one-time link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Table, delete, insert, select

from audit.event import Actor, Source
from registry import links, queries, tables
from registry.desk import SERVICE_AUTHORITY
from registry.errors import Conflict, Denied
from registry.links import LinkKind
from registry.model import Person, PersonStatus, Role
from registry.people import about, concerning, set_columns, wrong_state
from registry.signin import SignIn
from registry.text import Text

REQUEST_LIFETIME = timedelta(days=1)
CONTROLLING = frozenset({Role.COMPLIANCE_OFFICER.value, Role.DATA_CONTROLLER.value})
"""Who confirms what any operator may have asked for, unless they are one."""


@dataclass(frozen=True, slots=True)
class Reset:
    """One kind of reset: what it takes away, what stays, and what it is called."""

    code: str
    """Begins the actions in the audit log and the codes of messages."""
    requests: Table
    link: LinkKind
    takes: tuple[str, ...]
    """Columns of the account that are emptied."""
    stays: str
    """The column that must be filled: with it the owner proves, beside the link, to be the owner."""
    requested: Text
    confirmed: Text


class Resets(SignIn):
    """The steps that every kind of reset has in common."""

    def _request(self, reset: Reset, handle: str, *, by: Actor, source: Source) -> None:
        """Asks for a reset; nothing is reset yet. Raises: NotFound, Denied, Conflict."""
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            f"person.{reset.code}_reset_requested", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            _forget(change.tx, reset, person)
            change.tx.execute(
                insert(reset.requests).values(person_ref=person.ref, requested_by=by.ref, requested_at=change.now)
            )
            self.tell(change.tx, person.ref, f"{reset.code}_reset_requested", reset.requested)

    def _waiting(self, reset: Reset) -> list[Person]:
        """The people whose reset waits for a second person, the longest first."""
        table = reset.requests
        with self._db.read() as tx:
            waiting = select(table.c.person_ref).where(table.c.requested_at > self._clock() - REQUEST_LIFETIME)
            refs = tx.execute(waiting.order_by(table.c.requested_at)).scalars().all()
            return [queries.person_by_ref(tx, ref) for ref in refs]

    def _confirm(self, reset: Reset, handle: str, *, by: Actor, source: Source) -> str:
        """Resets as the second person: what was lost ends, and every open session with it; returns the link's token.

        Raises: NotFound, Conflict — nothing waits, or the owner could not use the link. Denied — to the one who
        asked, to the owner, and to those without the role.
        """
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            f"person.{reset.code}_reset_confirmed", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            table = reset.requests
            wanted = select(table.c.requested_by).where(
                table.c.person_ref == person.ref, table.c.requested_at > change.now - REQUEST_LIFETIME
            )
            requested_by = change.tx.execute(wanted).scalar_one_or_none()
            if requested_by is None:
                raise Conflict("no_reset_requested", _NOTHING_WAITS)
            check_second_person(change.tx, change.actor, person, str(requested_by))
            if self._directory is None:  # a password that is kept elsewhere stays there
                _check_something_stays(change.tx, reset, person)
            _forget(change.tx, reset, person)
            taken: dict[str, None] = dict.fromkeys(reset.takes)
            set_columns(change.tx, person.ref, sessions_from=change.now, **taken)
            self.tell(change.tx, person.ref, f"{reset.code}_reset_confirmed", reset.confirmed)
            return links.issue(change.tx, reset.link, person.ref, change.now)

    def _link_owner(self, reset: Reset, token: str) -> Person:
        """The person that a working link is for. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.person_by_ref(tx, links.owner(tx, reset.link, token, self._clock()))


def check_joined(person: Person) -> None:
    """Accepts accounts that have something to lose. Raises: Conflict — not joined yet, or closed."""
    if person.status not in {PersonStatus.ACTIVE, PersonStatus.SUSPENDED}:
        raise wrong_state(person)


def check_second_person(tx: Connection, by: Actor, person: Person, requested_by: str) -> None:
    """Accepts somebody who neither asked nor is the owner, and of whom that is certain. Raises: Denied.

    A command line and the emergency account say that an operator asked, not which one. Then no operator confirms,
    because it could be the same; and who confirms is never the envelope.
    """
    if by.ref in {person.ref, requested_by} or queries.is_emergency(tx, by.ref):
        raise Denied("second_person_needed", _NOT_A_SECOND, hint=_ASK_A_SECOND)
    nobody_named = requested_by in SERVICE_AUTHORITY or queries.is_emergency(tx, requested_by)
    if nobody_named and (Role.OPERATOR.value in by.roles or CONTROLLING.isdisjoint(by.roles)):
        raise Denied("second_person_needed", _MAY_BE_THE_SAME, hint=_ASK_NO_OPERATOR)


def _check_something_stays(tx: Connection, reset: Reset, person: Person) -> None:
    """A link passed through other hands: with neither password nor authenticator left it would be all it takes."""
    table = tables.person
    if tx.execute(select(table.c[reset.stays]).where(table.c.ref == person.ref)).scalar_one() is None:
        raise Conflict(
            "both_lost",
            Text(
                ko="비밀번호와 인증 앱을 둘 다 재설정할 수는 없습니다.",
                en="Password and authenticator cannot both be reset.",
            ),
            hint=Text(
                ko="먼저 한 가지를 다시 등록하게 하거나, 이 계정을 폐쇄하고 새 계정으로 초대하십시오.",
                en="Let the person set up one of them first, or close this account and invite the person anew.",
            ),
        )


def _forget(tx: Connection, reset: Reset, person: Person) -> None:
    tx.execute(delete(reset.requests).where(reset.requests.c.person_ref == person.ref))


_NOT_A_SECOND = Text(
    ko="요청한 사람도 본인도 아닌 다른 사람이 자신의 계정으로 확인해야 합니다.",
    en="Somebody who neither asked for it nor is its owner confirms it, with an account of their own.",
)
_ASK_A_SECOND = Text(
    ko="다른 운영자, 준법감시 담당자 또는 데이터 제공 책임자에게 요청하십시오.",
    en="Ask another operator, the compliance officer or a data controller.",
)
_MAY_BE_THE_SAME = Text(
    ko="명령줄이나 비상 계정으로 요청하면 어느 운영자가 요청했는지 알 수 없으므로, 운영자는 확인할 수 없습니다.",
    en="It was asked for on the command line or with the emergency account, which may have been any operator: "
    "no operator confirms it.",
)
_ASK_NO_OPERATOR = Text(
    ko="운영자가 아닌 준법감시 담당자 또는 데이터 제공 책임자에게 확인을 요청하십시오.",
    en="Ask the compliance officer, or a data controller who is no operator, to confirm it.",
)
_NOTHING_WAITS = Text(
    ko="확인을 기다리는 재설정 요청이 없습니다.",
    en="No reset of this person waits for confirmation.",
)
