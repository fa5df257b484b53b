"""How a program comes in: by the token of its account, from an address of the account, for one scope, on the record.

Every refusal before that has one answer, and runs the same statements against the database whether the token is
nobody's, over or revoked: what it was is in the audit log only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from registry import counting, queries, tables, throttle
from registry.errors import Denied, RegistryError
from registry.model import Person, PersonStatus
from registry.scopes import Scope, ServiceAccount, why_not
from registry.service_accounts import ServiceAccounts, as_account, digest
from registry.signin import DOOR
from registry.text import Text

_NOBODY = "p_nobody"
"""Looked for where the token is nobody's, so that the answer takes as long."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A program that was let in, and the event that says so."""

    account: ServiceAccount
    owner: Person
    scope: Scope
    event: str
    source: Source
    """From where; it names the account, so that what is done for its owner says through what it was done."""


class TokenRefused(RegistryError):
    """No account is let in by this token from here; the reason is the same for every cause."""

    hint = Text(
        ko="토큰, 만료일, 접속 주소를 운영자와 확인하십시오.",
        en="Check the token, its end and the address from which it is used with an operator.",
    )
    exit_code = 1

    def __init__(self) -> None:
        super().__init__("token_refused", Text(ko="받아들일 수 없는 토큰입니다.", en="This token is not accepted."))


class ServiceUse(ServiceAccounts):
    """Use cases of programs."""

    def admit_service(self, token: str, scope: Scope, route: str, *, source: Source, begins: bool = False) -> Admitted:
        """Lets the account of `token` in for one call, which is recorded first; `begins` says that an outcome follows.

        `route` is a code for the call. Raises: TokenRefused. Denied — the account does not have the scope.
        """
        now = self._clock()
        with self._db.begin() as tx:
            row = tx.execute(
                select(tables.service_account).where(tables.service_account.c.token_sha256 == digest(token))
            ).one_or_none()
            account = None if row is None else as_account(row)
            status = tables.person.c.status
            owner_ref = _NOBODY if account is None else account.owner_ref
            active = tx.scalar(select(status).where(tables.person.c.ref == owner_ref)) == PersonStatus.ACTIVE.value
            cause = (
                "unknown_token"
                if account is None
                else why_not(account, owner_active=active, address=source.ip, now=now)
            )
            admitted = None
            if account is not None and cause is None:
                missing = scope not in account.scopes
                event = _used(account, scope, route, source, "denied" if missing else "intent" if begins else "ok")
                tx.execute(
                    update(tables.service_account)
                    .where(tables.service_account.c.ref == account.ref)
                    .values(used_at=now)
                )
                self._log.append(tx, event)
                if not missing:
                    owner = queries.person_by_ref(tx, account.owner_ref)
                    admitted = Admitted(account, owner, scope, event.id, _through(source, account))
            else:
                self._turn_away(tx, account, str(cause), source, now)
        if admitted is not None:
            return admitted
        if cause is None:
            raise Denied("scope_missing", _NO_SCOPE, hint=_ASK_FOR_SCOPE)
        raise TokenRefused

    def conclude_service(self, admitted: Admitted, requests: list[str], *, failure: str | None = None) -> None:
        """Says how a call ended that was let in with `begins`: which requests it handed in, or why it failed."""
        outcome: Outcome = "ok" if failure is None else "failed"
        account = admitted.account
        event = Event(
            action="service.used",
            actor=Actor.service(account.ref),
            object=Object("zone", account.ref, project=account.project),
            subjects=Subjects.none(),
            source=Source(ip=admitted.source.ip),
            outcome=outcome,
            reason=failure,
            intent_id=admitted.event,
            on_behalf_of=account.owner_ref,
            detail={"name": account.name, "scope": admitted.scope.value, "requests": list(requests)},
        )
        table = tables.service_request
        with self._db.begin() as tx:
            known = set(tx.execute(select(table.c.request).where(table.c.account == account.ref)).scalars())
            for ref in sorted(set(requests) - known):
                tx.execute(insert(table).values(account=account.ref, request=ref))
            self._log.append(tx, event)

    def requests_of_service(self, account: ServiceAccount) -> frozenset[str]:
        """References of the requests that the account handed in."""
        table = tables.service_request
        with self._db.read() as tx:
            return frozenset(tx.execute(select(table.c.request).where(table.c.account == account.ref)).scalars())

    def _turn_away(
        self, tx: Connection, account: ServiceAccount | None, cause: str, source: Source, now: datetime
    ) -> None:
        """Records a refusal; of an address that goes on guessing it is said once and no more, or it fills the log."""
        counting.forget_old(tx, now)
        # A token that is known has a count of its own: noise from its address must not keep its use out of the log.
        key = self._secrets.fingerprint("service", throttle.room_of(source.ip) if account is None else account.ref)
        history = counting.read(tx, key, now)
        if history.shut(throttle.SOURCE, now):
            if not history.due_to_announce(now):
                return
            cause, history = "throttled_by_source", history.announced(now)
        else:
            history = history.failed(throttle.SOURCE, now)
        counting.write(tx, key, history, now)
        self._log.append(tx, _refused(account, cause, source))


def _through(source: Source, account: ServiceAccount) -> Source:
    return Source(ip=source.ip, host=source.host, container=account.ref)


def _used(account: ServiceAccount, scope: Scope, route: str, source: Source, outcome: Outcome) -> Event:
    return Event(
        action="service.used",
        actor=Actor.service(account.ref),
        object=Object("zone", account.ref, project=account.project),
        subjects=Subjects.none(),
        source=source,
        outcome=outcome,
        reason="scope_missing" if outcome == "denied" else None,
        on_behalf_of=account.owner_ref,
        detail={"name": account.name, "scope": scope.value, "route": route},
    )


def _refused(account: ServiceAccount | None, cause: str, source: Source) -> Event:
    known = account is not None
    return Event(
        action="service.refused",
        actor=Actor.service(account.ref) if account is not None else DOOR,
        object=Object("zone", account.ref, project=account.project) if account else Object("session", "unidentified"),
        subjects=Subjects.none(),
        source=source,
        outcome="denied",
        reason=cause,
        detail={"known": known},
    )


_NO_SCOPE = Text(
    ko="이 계정에는 이 호출에 필요한 권한 범위가 없습니다.", en="The account does not have the scope of this call."
)
_ASK_FOR_SCOPE = Text(
    ko="범위가 더 필요하면 운영자가 새 계정을 신청합니다. 있는 계정의 범위는 넓히지 않습니다.",
    en="If it is needed, an operator asks for a new account; the scopes of one that exists are never widened.",
)
