"""One-time links: random tokens of which the database keeps only the hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import Connection, delete, insert, select, update

from registry import tables
from registry.errors import NotFound
from registry.text import Text


class LinkKind(StrEnum):
    """What a link lets its holder do."""

    INVITATION = "invitation"
    SECOND_FACTOR = "second_factor"
    FORGOTTEN = "password"


LIFETIME: Mapping[LinkKind, timedelta] = MappingProxyType(
    {
        LinkKind.INVITATION: timedelta(days=7),
        LinkKind.SECOND_FACTOR: timedelta(days=1),
        LinkKind.FORGOTTEN: timedelta(days=1),
    }
)
"""How long a link works."""


def issue(tx: Connection, kind: LinkKind, person_ref: str, now: datetime) -> str:
    """A new token; earlier links of the same kind for the person stop working."""
    token = secrets.token_urlsafe(32)
    withdraw(tx, person_ref, kind)
    tx.execute(
        insert(tables.link).values(
            token_sha256=_digest(token),
            kind=kind.value,
            person_ref=person_ref,
            expires_at=now + LIFETIME[kind],
        )
    )
    return token


def owner(tx: Connection, kind: LinkKind, token: str, now: datetime) -> str:
    """Reference of the person a working link is for.

    Raises: NotFound — unknown, used, expired or withdrawn; one text for all, as the difference helps nobody.
    """
    table = tables.link
    wanted = select(table.c.person_ref).where(
        table.c.token_sha256 == _digest(token),
        table.c.kind == kind.value,
        table.c.used_at.is_(None),
        table.c.expires_at > now,
    )
    found: str | None = tx.execute(wanted).scalar_one_or_none()
    if found is None:
        raise _dead()
    return found


def use(tx: Connection, kind: LinkKind, token: str, now: datetime) -> str:
    """Uses the link up and names its person; of two uses at the same time one succeeds.

    Raises: NotFound — as `owner`.
    """
    person_ref = owner(tx, kind, token, now)
    table = tables.link
    used = tx.execute(
        update(table).where(table.c.token_sha256 == _digest(token), table.c.used_at.is_(None)).values(used_at=now)
    )
    if used.rowcount != 1:
        raise _dead()
    return person_ref


def withdraw(tx: Connection, person_ref: str, kind: LinkKind | None = None) -> None:
    """Ends the person's unused links, of one kind or all."""
    table = tables.link
    ended = delete(table).where(table.c.person_ref == person_ref, table.c.used_at.is_(None))
    tx.execute(ended if kind is None else ended.where(table.c.kind == kind.value))


def _digest(token: str) -> str:
    # A plain hash is enough: the token has 256 random bits, there is nothing to guess.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _dead() -> NotFound:
    return NotFound(
        "link_not_valid",
        Text(ko="이 링크는 더 이상 쓸 수 없습니다.", en="This link does not work any more."),
        hint=Text(ko="운영자에게 새 링크를 요청하십시오.", en="Ask an operator for a new link."),
    )
