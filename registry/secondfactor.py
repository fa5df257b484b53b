"""A lost second factor: an operator asks, a second person confirms, the owner enrols anew."""

from __future__ import annotations

from audit.event import Actor, Source
from registry import links, queries, tables
from registry.desk import as_actor
from registry.errors import SignInRefused
from registry.joining import first_step
from registry.links import LinkKind
from registry.model import Person
from registry.people import about, concerning, set_columns
from registry.resets import Reset, Resets, check_joined
from registry.text import Text

SECOND_FACTOR = Reset(
    code="second_factor",
    requests=tables.reset_request,
    link=LinkKind.SECOND_FACTOR,
    takes=("totp_secret", "totp_last_step"),
    stays="password_hash",
    requested=Text(
        ko="운영자가 회원님의 인증 앱 재설정을 요청했습니다. 요청하지 않았다면 준법감시 담당자에게 알리십시오.",
        en="An operator asked to reset your authenticator. If you did not want this, tell the compliance officer.",
    ),
    confirmed=Text(
        ko="두 번째 사람이 인증 앱 재설정을 확인했습니다. 이전 인증 앱은 더 이상 쓸 수 없습니다.",
        en="A second person confirmed the reset of your authenticator. The old one does not work any more.",
    ),
)
_SET = Text(
    ko="새 인증 앱이 등록되었습니다. 직접 등록하지 않았다면 즉시 운영자에게 알리십시오.",
    en="A new authenticator was registered. If that was not you, tell an operator at once.",
)


class SecondFactor(Resets):
    """Use cases of a lost authenticator."""

    def request_second_factor_reset(self, handle: str, *, by: Actor, source: Source) -> None:
        """An operator asks for the reset of a person's second factor; nothing is reset yet.

        Raises: NotFound, Denied, Conflict — the account has not joined or is closed.
        """
        self._request(SECOND_FACTOR, handle, by=by, source=source)

    def second_factor_resets(self) -> list[Person]:
        """The people whose reset waits for a second person."""
        return self._waiting(SECOND_FACTOR)

    def confirm_second_factor_reset(self, handle: str, *, by: Actor, source: Source) -> str:
        """A second person confirms: the old authenticator ends, a link to enrol a new one is returned.

        Raises: NotFound, Conflict — nothing waits. Denied — to requester, owner, or those without the role.
        """
        return self._confirm(SECOND_FACTOR, handle, by=by, source=source)

    def second_factor_link(self, token: str) -> Person:
        """The person that a working link to enrol a second factor is for. Raises: NotFound."""
        return self._link_owner(SECOND_FACTOR, token)

    def enrol_second_factor(self, token: str, password: str, totp_secret: str, code: str, *, source: Source) -> Person:
        """Registers a new authenticator. The link alone is not enough: it passed through other hands.

        Raises: NotFound — the link does not work. Invalid — secret or code. SignInRefused — wrong password.
        """
        person = self.second_factor_link(token)
        step = first_step(totp_secret, code, self._clock())
        attempt = self._attempt(person.handle, source, "second_factor")
        stored = self._knock(attempt)
        if (fault := self._password_fault(attempt.handle, stored, password)) is not None:
            self._count_failure(attempt, stored, fault)
            raise SignInRefused
        with self._changing(
            "person.second_factor_set",
            about(person),
            by=as_actor(person),
            source=source,
            subjects=concerning(person),
            own=True,
        ) as change:
            check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            links.use(change.tx, LinkKind.SECOND_FACTOR, token, change.now)
            set_columns(
                change.tx,
                person.ref,
                totp_secret=self._secrets.seal(totp_secret, person_ref=person.ref),
                totp_last_step=step,
            )
            self.tell(change.tx, person.ref, "second_factor_set", _SET)
            return queries.person_by_ref(change.tx, person.ref)
