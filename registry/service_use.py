"""How a program comes in: by the token of its account, from an address of the account, for one scope, on the record.

Every refusal before that has one answer, and runs the same statements against the database whether the token is
nobody's, over or revoked: what it was is in the audit log only.
"""

from __future__ import annotations

import math
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


class TooManyCalls(RegistryError):
    """An account used up its calls for now; nothing was done and only the first refusal of a window is recorded."""

    hint = Text(
        ko="Retry-After에 적힌 시간만큼 기다린 뒤 다시 호출하십시오. 더 자주 호출해야 하면 계정을 나누십시오.",
        en="Wait as long as Retry-After says. A program that must call more often needs accounts of its own.",
    )
    exit_code = 1

    def __init__(self, seconds: int) -> None:
        text = Text(ko="이 계정의 호출이 너무 잦습니다.", en="This account calls too often.")
        super().__init__("too_many_calls", text)
        self.seconds = seconds
        """After which a call is looked at again."""


class ServiceUse(ServiceAccounts):
    """Use cases of programs."""

    def admit_service(self, token: str, scope: Scope, route: str, *, source: Source, begins: bool = False) -> Admitted:
        """Lets the account of `token` in for one call, which is recorded first; `begins` says that an outcome follows.

        `route` is a code for the call. Raises: TokenRefused. TooManyCalls. Denied — the account does not
        have the scope.
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
            admitted, wait = None, 0
            if account is not None and cause is None:
                wait = self._too_many(tx, account, source, now, throttle.HANDING_IN if begins else throttle.PROGRAM)
            if account is not None and cause is None and not wait:
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
            elif not wait:
                self._turn_away(tx, account, str(cause), source, now)
        if admitted is not None:
            return admitted
        if wait:
            raise TooManyCalls(wait)
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
        with self._db.begin() as tx:
            self._log.append(tx, event)

    def requests_of_service(self, account: ServiceAccount) -> frozenset[str]:
        """References of the requests that the account handed in."""
        with self._db.read() as tx:
            return self.requests_by_program(tx, account.ref)

    def requests_by_program(self, tx: Connection, account_ref: str) -> frozenset[str]:
        """The same, in the transaction of whoever hands in."""
        table = tables.service_request
        return frozenset(tx.execute(select(table.c.request).where(table.c.account == account_ref)).scalars())

    def note_request_by_program(self, tx: Connection, account_ref: str, request_ref: str) -> None:
        """Notes that an account handed a request in, in the transaction that does it."""
        tx.execute(insert(tables.service_request).values(account=account_ref, request=request_ref))

    def _too_many(
        self, tx: Connection, account: ServiceAccount, source: Source, now: datetime, limit: throttle.Limit
    ) -> int:
        """Counts a call of a good token; returns for how many seconds none is let in, which is said once a window."""
        counting.forget_old(tx, now)
        key = self._secrets.fingerprint(f"service-{limit.kind}", account.ref)
        history = counting.read(tx, key, now)
        if not history.shut(limit, now):
            counting.write(tx, key, history.failed(limit, now), now)
            return 0
        if history.due_to_announce(now):
            counting.write(tx, key, history.announced(now), now)
            self._log.append(tx, _refused(account, "too_many_calls", source))
        return max(1, math.ceil(history.opens_in(limit, now).total_seconds()))

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
