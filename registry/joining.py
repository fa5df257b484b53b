"""How somebody becomes known to the zone: invitation, first password and second factor, the notice."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, insert, select

from audit.event import Actor, Source
from audit.refs import new_ref
from registry import forms, links, queries, tables, totp
from registry.desk import CLI, Desk, as_actor
from registry.errors import Conflict, Denied, Invalid
from registry.links import LinkKind
from registry.model import Person, PersonStatus, Role
from registry.notice import NOTICES
from registry.passwords import check_new_password, hash_password
from registry.people import about, concerning, set_columns, take_identities, wrong_state
from registry.roles import IN_THE_ZONE, check_no_clash, check_person_role
from registry.text import Text


class _AcceptedBefore(Exception):
    """The person has accepted this version: nothing is changed, so nothing is recorded."""


class Joining(Desk):
    """Use cases from the invitation to the first day."""

    _secrets: totp.SecretBox
    _notice_version: str

    def invite(
        self,
        handle: str,
        name: str,
        email: str,
        roles: Iterable[Role],
        language: str,
        *,
        by: Actor,
        source: Source,
    ) -> str:
        """Opens an account that its owner completes through the one-time link whose token is returned.

        Raises: Invalid, Denied, Conflict.
        """
        person = Person(
            ref=new_ref("p"),
            handle=forms.check_slug("handle", handle),
            name=forms.check_line("name", name),
            email=forms.check_email(email),
            language=forms.check_language(language),
            status=PersonStatus.INVITED,
            roles=frozenset(Role(role) for role in roles),
            notice_version=None,
        )
        for role in person.roles:
            check_person_role(role)
        return self._invite(person, by=by, source=source)

    def reinvite(self, handle: str, *, by: Actor, source: Source) -> str:
        """A new link for somebody who has not joined yet; the earlier one stops working.

        Raises: NotFound, Denied, Conflict.
        """
        with self._db.read() as tx:
            person = queries.person_by_handle(tx, handle)
        with self._changing(
            "person.invited", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if present.status is not PersonStatus.INVITED:
                raise wrong_state(present)
            change.detail["again"] = True
            return links.issue(change.tx, LinkKind.INVITATION, person.ref, change.now)

    def one_time_link_for_first_operator(
        self,
        *,
        handle: str = "operator",
        name: str = "Operator",
        email: str = "operator@localhost",
        language: str = "ko",
        by: Actor = CLI,
        source: Source | None = None,
    ) -> str:
        """The token of a link by which the first operator of an empty zone joins; each call makes a new one.

        Raises: Conflict — once an operator has joined, further people are invited by operators.
        """
        source = Source(None) if source is None else source
        with self._db.read() as tx:
            known = [one for one in queries.people(tx) if Role.OPERATOR in one.roles]
            operators = [one for one in known if not queries.is_emergency(tx, one.ref)]
        if any(one.status is not PersonStatus.INVITED for one in operators):
            raise Conflict(
                "operator_exists",
                Text(ko="이 구역에는 이미 운영자가 있습니다.", en="This zone already has an operator."),
                hint=Text(
                    ko="운영자에게 초대를 요청하십시오.",
                    en="Ask that operator for an invitation.",
                ),
            )
        if operators:
            return self.reinvite(operators[0].handle, by=by, source=source)
        return self.invite(handle, name, email, {Role.OPERATOR}, language, by=by, source=source)

    def invitation(self, token: str) -> Person:
        """The person that a working invitation is for. Raises: NotFound."""
        with self._db.read() as tx:
            return queries.person_by_ref(tx, links.owner(tx, LinkKind.INVITATION, token, self._clock()))

    def accept_invitation(self, token: str, password: str, totp_secret: str, code: str, *, source: Source) -> Person:
        """Sets password and second factor of an invited person and opens the account.

        What the person sets up here is theirs alone. An identity that an operator gave before is not: one person gave
        it, which is enough to join by, not to enter an account in use. So it ends.

        Raises: NotFound — the link does not work. Invalid — password, secret or code cannot be used.
        """
        person = self.invitation(token)
        elsewhere = self._directory is not None
        if not elsewhere:
            check_new_password(password, handle=person.handle, email=person.email)
        step = first_step(totp_secret, code, self._clock())
        stored = None if elsewhere else hash_password(password)
        with self._changing(
            "person.joined",
            about(person),
            by=as_actor(person),
            source=source,
            subjects=concerning(person),
            own=True,
        ) as change:
            queries.person_by_ref(change.tx, person.ref, lock=True)  # who joins by an identity now waits, or was first
            links.use(change.tx, LinkKind.INVITATION, token, change.now)
            ended = take_identities(change.tx, person, by=change.actor, source=source, why="joined_by_link")
            for event in ended:
                self._log.append(change.tx, event)
            if ended:
                self.tell(change.tx, person.ref, "identity_removed", _IDENTITY_ENDED)
            set_columns(
                change.tx,
                person.ref,
                status=PersonStatus.ACTIVE.value,
                password_hash=stored,
                totp_secret=self._secrets.seal(totp_secret, person_ref=person.ref),
                totp_last_step=step,
            )
            return queries.person_by_ref(change.tx, person.ref)

    def accept_notice(self, person: Person, version: str, *, source: Source) -> Person:
        """Records that the person read and accepted this version of the notice; once more records nothing.

        It is recorded on a full disk too, into room that must not be used up by asking again and again.

        Raises: Conflict — another version is current. Denied — the account is not active.
        """
        changing = self._changing(
            "person.notice_accepted",
            about(person),
            by=as_actor(person),
            source=source,
            subjects=concerning(person),
            own=True,
        )
        with suppress(_AcceptedBefore), changing as change:
            present = queries.person_by_ref(change.tx, person.ref, lock=True)
            if present.status is not PersonStatus.ACTIVE:
                raise Denied(
                    "person_not_active",
                    Text(ko="계정이 활성 상태가 아닙니다.", en="The account is not active."),
                )
            if version != self._notice_version:
                raise Conflict(
                    "notice_not_current",
                    Text(
                        ko="안내가 새로 바뀌었습니다. 새 안내를 읽어 주십시오.",
                        en="The notice has changed. Please read the new one.",
                    ),
                )
            if present.notice_version == version:
                raise _AcceptedBefore
            change.detail.update(version=version, language=present.language)
            if version in NOTICES:
                change.detail["sha256"] = NOTICES[version].digest
            set_columns(change.tx, person.ref, notice_version=version)
        with self._db.read() as tx:
            return queries.person_by_ref(tx, person.ref)

    def _invite(self, person: Person, *, by: Actor, source: Source) -> str:
        with self._changing(
            "person.invited", about(person), by=by, source=source, subjects=concerning(person)
        ) as change:
            # Unordered pairs, each once: the clash table is symmetric.
            for role in person.roles:
                check_no_clash(IN_THE_ZONE, person.roles - {role}, role)
            known = select(tables.person.c.ref).where(tables.person.c.handle == person.handle)
            if change.tx.execute(known).first() is not None:
                raise Conflict(
                    "handle_taken",
                    Text(ko="이미 쓰고 있는 아이디입니다.", en="This user name is taken."),
                    hint=Text(ko="다른 아이디를 고르십시오.", en="Choose another user name."),
                )
            _insert(change.tx, person, change.now)
            change.detail["roles"] = sorted(role.value for role in person.roles)
            change.sealed.update(handle=person.handle, name=person.name, email=person.email)
            return links.issue(change.tx, LinkKind.INVITATION, person.ref, change.now)


_IDENTITY_ENDED = Text(
    ko="초대 링크로 가입하셨으므로 운영자가 미리 연결해 둔 기관 로그인은 해제되었습니다. "
    "기관 로그인을 쓰려면 운영자에게 다시 요청하십시오. 이제는 두 사람이 확인해야 연결됩니다.",
    en="You joined by the link of your invitation, so the sign-in of your organisation that an operator had connected "
    "was disconnected. Ask an operator if you want it: two people connect it now.",
)


def first_step(secret: str, code: str, at: datetime) -> int:
    """The time step of a first code, which shows that the authenticator holds the secret.

    Raises: Invalid.
    """
    totp.check_secret(secret)
    step = totp.matching_step(secret, code, at, after=None)
    if step is None:
        raise Invalid(
            "code_wrong",
            Text(ko="인증번호가 맞지 않습니다.", en="The code is not right."),
            hint=Text(
                ko="인증 앱에 지금 보이는 6자리 숫자를 입력하고, 휴대전화의 시각을 확인하십시오.",
                en="Enter the six digits that the app shows now, and check the clock of the phone.",
            ),
        )
    return step


def _insert(tx: Connection, person: Person, now: datetime) -> None:
    tx.execute(
        insert(tables.person).values(
            ref=person.ref,
            handle=person.handle,
            name=person.name,
            email=person.email,
            language=person.language,
            status=person.status.value,
            created_at=now,
        )
    )
    for role in person.roles:
        tx.execute(insert(tables.person_role).values(person_ref=person.ref, role=role.value))
