"""People whom a provider outside vouches for: by which name it knows them, who says so, and how they come in by it.

A provider says who somebody is, never what they may do: an identity is given to a person whom the zone knows already,
and roles, memberships and grants stay the registry's. To an account that somebody uses, two people give it, because
whoever could do so alone could sign in as anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from audit.canonical import JSON
from audit.event import Actor, Event, Source
from registry import counting, forms, links, queries, tables, throttle
from registry.desk import as_actor
from registry.errors import Conflict, Denied, NotFound, SignInRefused
from registry.model import Person, PersonStatus
from registry.people import about, concerning, set_columns, wrong_state
from registry.resets import check_second_person
from registry.signin import SignIn, refusal, signed_in
from registry.text import Text

LONGEST = 255
"""Characters of a name at a provider: OpenID Connect Core 2 allows a `sub` of 255."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One person as one provider names them; it counts from `given_at` on."""

    authority: str
    """The provider: the issuer of OpenID Connect."""
    subject: str
    person_ref: str
    asked_by: str
    asked_at: datetime
    given_at: datetime | None


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider has just proved about a browser."""

    authority: str
    subject: str
    methods: tuple[str, ...] = ()
    """How the provider says that it authenticated the person: values of `amr` and `acr`."""


class UnknownIdentity(SignInRefused):
    """The provider named somebody to whom no account of the zone belongs."""

    def __init__(self) -> None:
        super().__init__()
        self.code = "identity_unknown"
        self.reason = Text(
            ko="기관에서 확인한 계정이 이 구역의 어떤 이용자와도 연결되어 있지 않습니다.",
            en="Your organisation confirmed who you are, but no account of this zone belongs to that identity.",
        )
        self.hint = Text(
            ko="구역 운영자에게 아래 식별자를 알리고 연결을 요청하십시오.",
            en="Tell an operator of the zone the identifier below and ask to have it connected.",
        )


class Identities(SignIn):
    """Use cases about people whom a provider knows."""

    def identities(self, handle: str | None = None) -> list[Identity]:
        """The identities of a person, or of everybody, also those that wait. Raises: NotFound."""
        table = tables.identity
        wanted = select(table).order_by(table.c.person_ref, table.c.authority, table.c.subject)
        with self._db.read() as tx:
            if handle is not None:
                wanted = wanted.where(table.c.person_ref == queries.person_by_handle(tx, handle).ref)
            return [Identity(*row) for row in tx.execute(wanted).all()]

    def give_identity(self, handle: str, authority: str, subject: str, *, by: Actor, source: Source) -> Identity:
        """Says by which name a provider knows somebody who has not joined yet; it is all they need to join.

        Raises: NotFound, Invalid, Denied, Conflict — the account is in use, where it takes `request_identity`.
        """
        return self._enter_identity("given", handle, authority, subject, by=by, source=source)

    def request_identity(self, handle: str, authority: str, subject: str, *, by: Actor, source: Source) -> Identity:
        """Asks for an identity to be given to an account in use; it counts when a second person confirms.

        Raises: NotFound, Invalid, Denied, Conflict.
        """
        return self._enter_identity("requested", handle, authority, subject, by=by, source=source)

    def confirm_identity(self, handle: str, authority: str, subject: str, *, by: Actor, source: Source) -> Identity:
        """Gives, as the second person, an identity that was asked for.

        Raises: NotFound, Conflict — nothing waits. Denied — to the one who asked, to the owner, without the role.
        """
        person = self._owner(handle)
        with self._changing(
            "person.identity_confirmed", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            change.detail["authority"], change.sealed["subject"] = authority, subject
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if present.status not in {PersonStatus.ACTIVE, PersonStatus.SUSPENDED}:
                raise wrong_state(present)
            found = _find(change.tx, authority, subject)
            if found is None or found.person_ref != person.ref or found.given_at is not None:
                raise Conflict("no_identity_requested", _NOTHING_WAITS)
            check_second_person(change.tx, change.actor, person, found.asked_by)
            _check_no_envelope(change.tx, person)
            change.tx.execute(update(tables.identity).where(_is(authority, subject)).values(given_at=change.now))
            self.tell(change.tx, person.ref, "identity_given", _GIVEN)
            return _known(change.tx, authority, subject)

    def remove_identity(self, handle: str, authority: str, subject: str, *, by: Actor, source: Source) -> None:
        """Takes an identity back, given or only asked for; sessions that were open end.

        Raises: NotFound, Denied.
        """
        person = self._owner(handle)
        with self._changing(
            "person.identity_removed", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            change.detail["authority"], change.sealed["subject"] = authority, subject
            found = _find(change.tx, authority, subject)
            if found is None or found.person_ref != person.ref:
                raise NotFound("identity_unknown", _NOT_THEIRS)
            change.tx.execute(delete(tables.identity).where(_is(authority, subject)))
            set_columns(change.tx, person.ref, sessions_from=change.now)
            self.tell(change.tx, person.ref, "identity_removed", _REMOVED)

    def sign_in_vouched(self, vouched: Vouched, *, source: Source) -> Person:
        """The person to whom the identity was given; somebody invited joins by it.

        Raises: UnknownIdentity. SignInRefused — the account is not open, or too many failures came from the address.
        """
        self._knock_at(source)
        with self._db.begin() as tx:
            person = _owner_of(tx, vouched)
            cause = "unknown_identity" if person is None else _why_not(tx, person)
            if person is not None and cause is None:
                return self._let_in(tx, person, vouched, source)
        ref = None if person is None else person.ref
        self.refuse_vouched(str(cause), vouched.authority, source=source, subject=vouched.subject, person_ref=ref)
        raise UnknownIdentity if person is None else SignInRefused

    def refuse_vouched(
        self, cause: str, authority: str, *, source: Source, subject: str = "", person_ref: str | None = None
    ) -> None:
        """Records that a sign-in through a provider was refused, and counts what may be guessing.

        The caller says it in words.
        """
        now = self._clock()
        event = refusal(
            "session.refused",
            source=source,
            ref=person_ref,
            cause=cause,
            detail={"purpose": "sign_in", "authority": authority},
            sealed={"subject": subject[:LONGEST]} if subject else {},
        )
        with self._db.begin() as tx:
            self._count_at_source(tx, self._secrets.fingerprint("source", throttle.room_of(source.ip)), cause, now)
            self._log.append(tx, event)

    def end_vouched(self, authority: str, subject: str, *, source: Source) -> Person | None:
        """Ends every session of the person whom a provider has signed out; None for somebody unknown."""
        with self._db.read() as tx:
            found = _find(tx, authority, subject)
        if found is None or found.given_at is None:
            return None
        with self._db.begin() as tx:
            set_columns(tx, found.person_ref, sessions_from=self._clock())
            person = queries.person_by_ref(tx, found.person_ref)
            event = Event(
                action="session.ended_by_provider",
                actor=Actor.service("registry"),
                object=about(person),
                subjects=concerning(person),
                source=source,
                detail={"authority": authority},
            )
            self._log.append(tx, event)
            return person

    def _knock_at(self, source: Source) -> None:
        """Raises: SignInRefused — this address has used up its failures."""
        now = self._clock()
        key = self._secrets.fingerprint("source", throttle.room_of(source.ip))
        with self._db.begin() as tx:
            history = counting.read(tx, key, now)
            if not history.shut(throttle.SOURCE, now):
                return
            if history.due_to_announce(now):
                counting.write(tx, key, history.announced(now), now)
                detail: dict[str, JSON] = {"purpose": "sign_in"}
                self._log.append(
                    tx,
                    refusal("session.throttled", source=source, ref=None, cause="throttled_by_source", detail=detail),
                )
        raise SignInRefused

    def _let_in(self, tx: Connection, person: Person, vouched: Vouched, source: Source) -> Person:
        how: dict[str, JSON] = {"authority": vouched.authority, "methods": list(vouched.methods)}
        if person.status is PersonStatus.INVITED:
            set_columns(tx, person.ref, status=PersonStatus.ACTIVE.value)
            links.withdraw(tx, person.ref)
            person = queries.person_by_ref(tx, person.ref)
            joined = Event(
                action="person.joined",
                actor=as_actor(person),
                object=about(person),
                subjects=concerning(person),
                source=source,
                detail=how,
            )
            self._log.append(tx, joined)
        self._log.append(tx, signed_in(person, source, how))
        return person

    def _owner(self, handle: str) -> Person:
        with self._db.read() as tx:
            return queries.person_by_handle(tx, handle)

    def _enter_identity(
        self, step: str, handle: str, authority: str, subject: str, *, by: Actor, source: Source
    ) -> Identity:
        authority = forms.check_line("authority", authority, longest=LONGEST)
        subject = forms.check_line("subject", subject, longest=LONGEST)
        person = self._owner(handle)
        with self._changing(
            f"person.identity_{step}", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            change.detail["authority"], change.sealed["subject"] = authority, subject
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if present.status not in _WHERE[step]:
                raise wrong_state(present)
            if by.ref == person.ref:
                raise Denied("own_account", _NOT_ONES_OWN)
            _check_no_envelope(change.tx, person)
            if _find(change.tx, authority, subject) is not None:
                raise Conflict("identity_taken", _TAKEN)
            row = {"authority": authority, "subject": subject, "person_ref": person.ref, "asked_by": by.ref}
            given = change.now if step == "given" else None
            change.tx.execute(insert(tables.identity).values(**row, asked_at=change.now, given_at=given))
            if given is None:
                self.tell(change.tx, person.ref, "identity_requested", _REQUESTED)
            return _known(change.tx, authority, subject)


_WHERE: dict[str, Iterable[PersonStatus]] = {
    "given": (PersonStatus.INVITED,),
    "requested": (PersonStatus.ACTIVE, PersonStatus.SUSPENDED),
}


def _owner_of(tx: Connection, vouched: Vouched) -> Person | None:
    """To whom the identity was given; the person is locked, and it is still theirs then."""
    found = _find(tx, vouched.authority, vouched.subject)
    if found is None or found.given_at is None:
        return None
    person = queries.person_by_ref(tx, found.person_ref, lock=True)
    return person if _find(tx, vouched.authority, vouched.subject) == found else None


def _why_not(tx: Connection, person: Person) -> str | None:
    if queries.is_emergency(tx, person.ref):
        return "emergency_account"
    return None if person.status in {PersonStatus.INVITED, PersonStatus.ACTIVE} else "not_active"


def _check_no_envelope(tx: Connection, person: Person) -> None:
    """Raises: Denied — for the emergency account, which nobody may open but with what lies in the envelope."""
    if queries.is_emergency(tx, person.ref):
        raise Denied("emergency_account", _NO_ENVELOPE)


def _is(authority: str, subject: str) -> ColumnElement[bool]:
    return (tables.identity.c.authority == authority) & (tables.identity.c.subject == subject)


def _find(tx: Connection, authority: str, subject: str) -> Identity | None:
    row = tx.execute(select(tables.identity).where(_is(authority, subject))).one_or_none()
    return None if row is None else Identity(*row)


def _known(tx: Connection, authority: str, subject: str) -> Identity:
    found = _find(tx, authority, subject)
    assert found is not None
    return found


_NOTHING_WAITS = Text(
    ko="확인을 기다리는 연결 요청이 없습니다.",
    en="No request to connect this identity waits for confirmation.",
)
_NOT_THEIRS = Text(ko="이 이용자에게 연결된 식별자가 아닙니다.", en="This identity does not belong to that person.")
_NOT_ONES_OWN = Text(
    ko="자신의 계정에 식별자를 연결할 수 없습니다.", en="Nobody connects an identity to their own account."
)
_NO_ENVELOPE = Text(
    ko="비상 계정에는 기관 로그인을 연결할 수 없습니다. 봉투에 든 비밀번호와 인증번호로만 로그인합니다.",
    en="The emergency account has no sign-in of an organisation; what lies in its envelope opens it.",
)
_TAKEN = Text(
    ko="이 식별자는 이미 이용자와 연결되었거나 확인을 기다리고 있습니다.",
    en="This identity already belongs to somebody, or waits for confirmation.",
)
_REQUESTED = Text(
    ko="운영자가 기관 로그인을 회원님의 계정에 연결해 달라고 요청했습니다. "
    "모르는 일이면 준법감시 담당자에게 알리십시오.",
    en="An operator asked to connect a sign-in of your organisation to your account. "
    "If you did not want this, tell the compliance officer.",
)
_GIVEN = Text(
    ko="기관 로그인이 회원님의 계정에 연결되었습니다. 모르는 일이면 즉시 준법감시 담당자에게 알리십시오.",
    en="A sign-in of your organisation was connected to your account. "
    "If you did not want this, tell the compliance officer at once.",
)
_REMOVED = Text(
    ko="회원님의 계정에서 기관 로그인 연결이 해제되었습니다.",
    en="A sign-in of your organisation was disconnected from your account.",
)
