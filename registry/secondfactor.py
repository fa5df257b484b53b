"""A lost second factor: an operator asks, a second person confirms, the owner enrols anew."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from audit.event import Actor, Source
from registry import links, queries, tables
from registry.desk import as_actor
from registry.errors import Conflict, Denied, SignInRefused
from registry.joining import first_step
from registry.links import LinkKind
from registry.model import Person, PersonStatus
from registry.passwords import verify_password
from registry.people import about, concerning, set_columns, wrong_state
from registry.signin import SignIn
from registry.text import Text

REQUEST_LIFETIME = timedelta(days=1)

_REQUESTED = Text(
    ko="운영자가 회원님의 인증 앱 재설정을 요청했습니다. 요청하지 않았다면 준법감시 담당자에게 알리십시오.",
    en="An operator asked to reset your authenticator. If you did not want this, tell the compliance officer.",
)
_CONFIRMED = Text(
    ko="두 번째 사람이 인증 앱 재설정을 확인했습니다. 이전 인증 앱은 더 이상 쓸 수 없습니다.",
    en="A second person confirmed the reset of your authenticator. The old one does not work any more.",
)
_SET = Text(
    ko="새 인증 앱이 등록되었습니다. 직접 등록하지 않았다면 즉시 운영자에게 알리십시오.",
    en="A new authenticator was registered. If that was not you, tell an operator at once.",
)


class SecondFactor(SignIn):
    """Use cases of a lost authenticator."""

    def request_second_factor_reset(self, handle: str, *, by: Actor, source: Source) -> None:
        """An operator asks for the reset of a person's second factor; nothing is reset yet.

        Raises: NotFound, Denied, Conflict — the account has not joined or is closed.
        """
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            "person.second_factor_reset_requested",
            about(person),
            by=by,
            source=source,
            subjects=concerning(person),
        ) as change:
            _check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            _forget_request(change.tx, person)
            change.tx.execute(
                insert(tables.reset_request).values(person_ref=person.ref, requested_by=by.ref, requested_at=change.now)
            )
            self.tell(change.tx, person.ref, "second_factor_reset_requested", _REQUESTED)

    def second_factor_resets(self) -> list[Person]:
        """The people whose reset waits for a second person."""
        table = tables.reset_request
        with self._db.read() as tx:
            waiting = select(table.c.person_ref).where(table.c.requested_at > self._clock() - REQUEST_LIFETIME)
            refs = tx.execute(waiting.order_by(table.c.requested_at)).scalars().all()
            return [queries.person_by_ref(tx, ref) for ref in refs]

    def confirm_second_factor_reset(self, handle: str, *, by: Actor, source: Source) -> str:
        """A second person confirms: the old authenticator ends, a link to enrol a new one is returned.

        Raises: NotFound, Conflict — nothing waits. Denied — to requester, owner, or those without the role.
        """
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            "person.second_factor_reset_confirmed",
            about(person),
            by=by,
            source=source,
            subjects=concerning(person),
        ) as change:
            _check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            table = tables.reset_request
            wanted = select(table.c.requested_by).where(
                table.c.person_ref == person.ref, table.c.requested_at > change.now - REQUEST_LIFETIME
            )
            requested_by = change.tx.execute(wanted).scalar_one_or_none()
            if requested_by is None:
                raise Conflict(
                    "no_reset_requested",
                    Text(
                        ko="확인을 기다리는 재설정 요청이 없습니다.",
                        en="No reset of this person waits for confirmation.",
                    ),
                )
            _check_second_person(by, person, str(requested_by))
            _forget_request(change.tx, person)
            set_columns(change.tx, person.ref, totp_secret=None, totp_last_step=None)
            self.tell(change.tx, person.ref, "second_factor_reset_confirmed", _CONFIRMED)
            return links.issue(change.tx, LinkKind.SECOND_FACTOR, person.ref, change.now)

    def second_factor_link(self, token: str) -> Person:
        """The person that a working link to enrol a second factor is for. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.person_by_ref(tx, links.owner(tx, LinkKind.SECOND_FACTOR, token, self._clock()))

    def enrol_second_factor(self, token: str, password: str, totp_secret: str, code: str, *, source: Source) -> Person:
        """Registers a new authenticator. The link alone is not enough: it passed through other hands.

        Raises: NotFound — the link does not work. Invalid — secret or code. SignInRefused — wrong password.
        """
        person = self.second_factor_link(token)
        step = first_step(totp_secret, code, self._clock())
        attempt = self._attempt(person.handle, source, "second_factor")
        stored = self._knock(attempt)
        if not verify_password(stored.password_hash, password):
            self._count_failure(attempt, stored.ref, "wrong_password")
            raise SignInRefused
        with self._changing(
            "person.second_factor_set",
            about(person),
            by=as_actor(person),
            source=source,
            subjects=concerning(person),
            own=True,
        ) as change:
            _check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            links.use(change.tx, LinkKind.SECOND_FACTOR, token, change.now)
            set_columns(
                change.tx,
                person.ref,
                totp_secret=self._secrets.seal(totp_secret, person_ref=person.ref),
                totp_last_step=step,
            )
            self.tell(change.tx, person.ref, "second_factor_set", _SET)
            return queries.person_by_ref(change.tx, person.ref)


def _check_joined(person: Person) -> None:
    if person.status not in {PersonStatus.ACTIVE, PersonStatus.SUSPENDED}:
        raise wrong_state(person)


def _check_second_person(by: Actor, person: Person, requested_by: str) -> None:
    if by.ref in {person.ref, requested_by}:
        raise Denied(
            "second_person_needed",
            Text(
                ko="재설정은 요청한 사람도 본인도 아닌 다른 사람이 확인해야 합니다.",
                en="A reset is confirmed by somebody who neither asked for it nor is its owner.",
            ),
            hint=Text(
                ko="다른 운영자, 준법감시 담당자 또는 데이터 제공 책임자에게 요청하십시오.",
                en="Ask another operator, the compliance officer or a data controller.",
            ),
        )


def _forget_request(tx: Connection, person: Person) -> None:
    table = tables.reset_request
    tx.execute(delete(table).where(table.c.person_ref == person.ref))
