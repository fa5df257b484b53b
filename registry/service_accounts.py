"""Accounts of programs: asked for by an operator, confirmed by a second person, used with a token that is shown once.

The database keeps the SHA-256 of a token only: with 256 random bits there is nothing to guess, and finding it by its
hash takes the same statements whether it is somebody's or nobody's.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from audit.event import Actor, Object, Source
from audit.refs import new_ref
from registry import forms, queries, tables
from registry.errors import Conflict, Invalid, NotFound
from registry.model import PersonStatus
from registry.resets import check_second_person
from registry.roles import PROJECT_ROLES
from registry.scopes import Scope, ServiceAccount, check_addresses, check_end, check_scopes
from registry.signin import SignIn
from registry.text import Text

PREFIX = "ansim_"
"""Begins every token, so that programs which look for leaked secrets know one."""
_TABLE = tables.service_account


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for."""

    name: str
    purpose: str
    owner: str
    """User name of the person who answers for the account."""
    scopes: Iterable[str]
    addresses: Iterable[str]
    until: datetime
    project: str | None = None


class ServiceAccounts(SignIn):
    """Use cases about accounts of programs, but for their use."""

    def service_accounts(self) -> list[ServiceAccount]:
        """Every account that was ever asked for, by name."""
        with self._db.read() as tx:
            return accounts_in(tx)

    def service_account(self, name: str) -> ServiceAccount:
        """The account of that name. Raises: NotFound."""
        with self._db.read() as tx:
            return _named(tx, name)

    def request_service_account(self, wanted: Wanted, *, by: Actor, source: Source) -> ServiceAccount:
        """Asks for an account; it counts for nothing until a second person confirms it.

        Raises: NotFound, Invalid, Denied, Conflict — the name is taken, and stays so for good.
        """
        name = forms.check_slug("name", wanted.name)
        values: dict[str, Any] = {
            "purpose": forms.check_line("purpose", wanted.purpose),
            "scopes": ",".join(sorted(check_scopes(wanted.scopes, wanted.project))),
            "addresses": ",".join(check_addresses(wanted.addresses)),
            "project": wanted.project,
        }
        ref = new_ref("svc")
        with self._changing("service.requested", _about(ref, wanted.project), by=by, source=source) as change:
            values["expires_at"] = check_end(wanted.until, change.now)
            values["owner_ref"] = _owner(change.tx, wanted, change.now)
            if change.tx.execute(select(_TABLE.c.ref).where(_TABLE.c.name == name)).first() is not None:
                raise Conflict("service_name_taken", _TAKEN)
            change.detail.update(name=name, scopes=values["scopes"].split(","))
            change.sealed["addresses"] = values["addresses"]
            change.on_behalf_of = values["owner_ref"]
            row = {"ref": ref, "name": name, "asked_by": by.ref, "asked_at": change.now, **values}
            change.tx.execute(insert(_TABLE).values(row))
            self.tell(change.tx, values["owner_ref"], "service_requested", _REQUESTED.fill(name=name))
            return _named(change.tx, name)

    def confirm_service_account(self, name: str, *, by: Actor, source: Source) -> ServiceAccount:
        """Confirms an account as the second person, who is neither the one who asked nor the one who answers for it.

        Raises: NotFound, Denied, Conflict — it does not wait, or is over.
        """
        found = self.service_account(name)
        with self._changing("service.confirmed", _about(found.ref, found.project), by=by, source=source) as change:
            change.detail["name"] = name
            present = _named(change.tx, name, lock=True)
            if present.state(change.now) != "asked":
                raise Conflict("service_not_waiting", _NOT_WAITING)
            owner = queries.person_by_ref(change.tx, present.owner_ref)
            check_second_person(change.tx, change.actor, owner, present.asked_by)
            _set(change.tx, present.ref, confirmed_at=change.now)
            return _named(change.tx, name)

    def issue_service_token(self, name: str, *, by: Actor, source: Source) -> str:
        """Makes a new token of a confirmed account; it is returned once, and the one before stops working.

        Raises: NotFound, Denied, Conflict — the account is not confirmed, revoked or over.
        """
        found = self.service_account(name)
        token = PREFIX + secrets.token_urlsafe(32)
        with self._changing("service.token_issued", _about(found.ref, found.project), by=by, source=source) as change:
            present = _named(change.tx, name, lock=True)
            if present.state(change.now) not in {"no_token", "active"}:
                raise Conflict("service_has_no_token", _NO_TOKEN)
            change.detail.update(name=name, again=present.token_at is not None)
            _set(change.tx, present.ref, token_sha256=digest(token), token_at=change.now)
            self.tell(change.tx, present.owner_ref, "service_token_issued", _ISSUED.fill(name=name))
        return token

    def revoke_service_account(self, name: str, *, by: Actor, source: Source) -> ServiceAccount:
        """Ends an account for good, or a request for one; its token stops working at once.

        Raises: NotFound, Denied, Conflict — it is revoked already.
        """
        found = self.service_account(name)
        with self._changing("service.revoked", _about(found.ref, found.project), by=by, source=source) as change:
            change.detail["name"] = name
            present = _named(change.tx, name, lock=True)
            if present.revoked_at is not None:
                raise Conflict("service_revoked", _REVOKED_ALREADY)
            # The hash stays: whoever still uses the token is named in the log.
            _set(change.tx, present.ref, revoked_at=change.now)
            self.tell(change.tx, present.owner_ref, "service_revoked", _REVOKED.fill(name=name))
            return _named(change.tx, name)


def accounts_in(tx: Connection) -> list[ServiceAccount]:
    """Every account that was ever asked for, by name."""
    return [as_account(row) for row in tx.execute(select(_TABLE).order_by(_TABLE.c.name))]


def digest(token: str) -> str:
    """The hash by which a token is known."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def as_account(row: Row[Any]) -> ServiceAccount:
    """A row of the table as a value; the hash of the token stays behind."""
    return ServiceAccount(
        ref=row.ref,
        name=row.name,
        purpose=row.purpose,
        scopes=frozenset(Scope(one) for one in row.scopes.split(",")),
        owner_ref=row.owner_ref,
        project=row.project,
        addresses=tuple(row.addresses.split(",")),
        expires_at=row.expires_at,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
        token_at=row.token_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )


def _named(tx: Connection, name: str, *, lock: bool = False) -> ServiceAccount:
    wanted = select(_TABLE).where(_is(name))
    row = tx.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound("service_unknown", Text(ko="그런 서비스 계정이 없습니다.", en="There is no such account."))
    return as_account(row)


def _is(name: str) -> ColumnElement[bool]:
    return _TABLE.c.name == name


def _set(tx: Connection, ref: str, **values: object) -> None:
    tx.execute(update(_TABLE).where(_TABLE.c.ref == ref).values(**values))


def _about(ref: str, project: str | None) -> Object:
    # Format 1 of the log has no kind of its own for it: an account of a program is a part of the zone.
    return Object("zone", ref, project=project)


def _owner(tx: Connection, wanted: Wanted, now: datetime) -> str:
    """Reference of who answers for the account: active and, where it is bound to a project, one who works there.

    Raises: NotFound, Invalid.
    """
    person = queries.person_by_handle(tx, wanted.owner)
    if person.status is not PersonStatus.ACTIVE or queries.is_emergency(tx, person.ref):
        raise Invalid("owner_not_active", _OWNER)
    if wanted.project is not None:
        project = queries.project(tx, wanted.project).id
        parts = queries.memberships(tx, project=project, person_ref=person.ref)
        if not any(one.in_force(now) and one.role in PROJECT_ROLES for one in parts):
            raise Invalid("owner_not_in_project", _OWNER_ELSEWHERE)
    return person.ref


_TAKEN = Text(
    ko="이미 쓰인 이름입니다. 기록이 헷갈리지 않도록 한 번 쓴 이름은 다시 쓰지 않습니다.",
    en="This name was used before. A name is never used twice, so that the record stays clear.",
)
_NOT_WAITING = Text(ko="확인을 기다리는 계정이 아닙니다.", en="This account does not wait for confirmation.")
_NO_TOKEN = Text(
    ko="확인되지 않았거나 끝난 계정에는 토큰을 만들 수 없습니다.",
    en="No token is made for an account that is not confirmed, or has ended.",
)
_REVOKED_ALREADY = Text(ko="이미 회수된 계정입니다.", en="This account was revoked already.")
_OWNER = Text(
    ko="책임자는 활동 중인 이용자여야 하고, 비상 계정일 수 없습니다.",
    en="Who answers for it must be an active person, and not the emergency account.",
)
_OWNER_ELSEWHERE = Text(
    ko="책임자가 그 과제의 구성원이 아닙니다.", en="Who answers for it takes no part in that project now."
)
_REQUESTED = Text(
    ko="회원님이 책임지는 서비스 계정 “{name}”이(가) 신청되었습니다. 모르는 일이면 준법감시 담당자에게 알리십시오.",
    en="An account of a program, “{name}”, was asked for, and you answer for it. If you did not want this, tell the "
    "compliance officer.",
)
_ISSUED = Text(
    ko="회원님이 책임지는 서비스 계정 “{name}”의 토큰이 새로 만들어졌습니다.",
    en="A new token was made for “{name}”, an account of a program for which you answer.",
)
_REVOKED = Text(
    ko="회원님이 책임지는 서비스 계정 “{name}”이(가) 회수되었습니다.",
    en="“{name}”, an account of a program for which you answer, was revoked.",
)
