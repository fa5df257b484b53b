"""A forgotten password: an operator asks, a second person confirms, the owner chooses a new one at a link."""

from __future__ import annotations

from sqlalchemy import Connection, update

from audit.event import Actor, Source
from registry import counting, links, queries, tables, throttle
from registry.desk import as_actor
from registry.directory import passwords_elsewhere
from registry.errors import SignInRefused
from registry.links import LinkKind
from registry.model import Person
from registry.passwords import check_new_password, hash_password
from registry.people import about, concerning, set_columns
from registry.resets import Reset, Resets, check_joined
from registry.text import Text

PASSWORD = Reset(
    code="password",
    requests=tables.password_request,
    link=LinkKind.FORGOTTEN,
    takes=("password_hash",),
    stays="totp_secret",
    requested=Text(
        ko="운영자가 회원님의 비밀번호 재설정을 요청했습니다. 요청하지 않았다면 준법감시 담당자에게 알리십시오.",
        en="An operator asked to reset your password. If you did not want this, tell the compliance officer.",
    ),
    confirmed=Text(
        ko="두 번째 사람이 비밀번호 재설정을 확인했습니다. 이전 비밀번호와 열려 있던 접속은 모두 끝났습니다.",
        en="A second person confirmed the reset of your password. The old one and every open session have ended.",
    ),
)
_SET = Text(
    ko="재설정 링크로 새 비밀번호가 등록되었습니다. 직접 하지 않았다면 즉시 운영자에게 알리십시오.",
    en="A new password was set through the reset link. If that was not you, tell an operator at once.",
)


class LostPassword(Resets):
    """Use cases of a forgotten password."""

    def request_password_reset(self, handle: str, *, by: Actor, source: Source) -> None:
        """An operator asks for the reset of a person's password; nothing is reset yet.

        Raises: NotFound, Denied, Conflict — the account has not joined or is closed.
        """
        if self._directory is not None:
            raise passwords_elsewhere()
        self._request(PASSWORD, handle, by=by, source=source)

    def password_resets(self) -> list[Person]:
        """The people whose reset waits for a second person."""
        return self._waiting(PASSWORD)

    def confirm_password_reset(self, handle: str, *, by: Actor, source: Source) -> str:
        """A second person confirms: the old password and every session end, the token of a link is returned.

        Raises: NotFound, Conflict — nothing waits, or there is no authenticator either. Denied — to requester,
        owner, or those without the role.
        """
        return self._confirm(PASSWORD, handle, by=by, source=source)

    def password_link(self, token: str) -> Person:
        """The person that a working link to choose a password is for. Raises: NotFound."""
        return self._link_owner(PASSWORD, token)

    def set_password(self, token: str, password: str, code: str, *, source: Source) -> Person:
        """Sets the owner's new password. The link alone is not enough: it passed through other hands.

        Raises: NotFound — the link does not work. Invalid — the password breaks a rule. SignInRefused — the code is
        not the authenticator's, was used, or was tried too often.
        """
        person = self.password_link(token)
        check_new_password(password, handle=person.handle, email=person.email)
        attempt = self._attempt(person.handle, source, "password_reset")
        stored = self._knock(attempt)
        _, step = self._judge(stored, None, code, attempt.at)
        if step is None or stored.totp_secret is None:
            self._count_failure(attempt, stored, "wrong_code")
            raise SignInRefused
        fresh = hash_password(password)
        with self._changing(
            "person.password_reset",
            about(person),
            by=as_actor(person),
            source=source,
            subjects=concerning(person),
            own=True,
        ) as change:
            check_joined(queries.person_by_ref(change.tx, person.ref, lock=True))
            links.use(change.tx, LinkKind.FORGOTTEN, token, change.now)
            if not _use_step(change.tx, person.ref, step):
                raise SignInRefused
            counting.read(change.tx, attempt.handle_key, attempt.at)
            counting.write(change.tx, attempt.handle_key, throttle.History(), attempt.at)
            set_columns(change.tx, person.ref, password_hash=fresh)
            self.tell(change.tx, person.ref, "password_reset", _SET)
            return queries.person_by_ref(change.tx, person.ref)


def _use_step(tx: Connection, person_ref: str, step: int) -> bool:
    """Uses the code's time step up; false when another was faster."""
    table = tables.person
    unused = (table.c.totp_last_step.is_(None)) | (table.c.totp_last_step < step)
    used = tx.execute(update(table).where(table.c.ref == person_ref, unused).values(totp_last_step=step))
    return used.rowcount == 1
