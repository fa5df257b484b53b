"""Who needs a key: one row for every file that was made with it, from before it is made until its end.

A file is one table of an ordered extract, or what `ansim deid apply` makes by hand. A row is written together with the
key, so that no key is without somebody who answers for it; it says until when, and a key is destroyed only when its
last user has ended. What the audit log says of users is the truth: `deid.key_adoption` brings this book up to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from audit.body import moment, timestamp
from audit.refs import new_ref
from audit.text import Text
from deid.errors import KeyStoreError, UsageError
from deid.keys import DomainKey, KeyStore

KOREAN_TIME = ZoneInfo("Asia/Seoul")
DEFAULT_LIFE = timedelta(days=365)
"""How long a file made by hand needs its key, where neither whoever makes it nor its project says."""
Kind = Literal["ordered", "by_hand", "found"]
"""Of an ordered extract, made by hand, or met without anything that says more."""
KIND_TEXT = {
    "ordered": Text("추출본", "an extract"),
    "by_hand": Text("직접 작성", "made by hand"),
    "found": Text("출처를 모름", "of unknown origin"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUser:
    """One file that needs a key."""

    ref: str
    domain: str
    version: int
    kind: Kind
    owner: str
    """The extract (`x_…`) that the file is part of; what was made by hand owns itself.

    Of what an earlier version noted it is the digest of the file: it knew of no extract.
    """
    dataset: str
    project: str
    by_ref: str
    policy_sha256: str | None = None
    source_sha256: str | None = None
    extract_sha256: str | None = None
    """None while it is being made, and for ever if that was cut off."""
    noted_at: datetime
    until: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_why: str | None = None

    @property
    def end(self) -> datetime:
        """Return when it ends or ended: what comes first of its period and somebody's word."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)

    def living(self, now: datetime) -> bool:
        """Return whether it still needs the key."""
        return now < self.end

    @property
    def by_file(self) -> bool:
        """Return whether nothing but its file says whose it is: it was found, or noted by an earlier version."""
        return self.kind == "found" or self.owner == self.extract_sha256

    @property
    def served(self) -> str:
        """Return how the record of destruction names it: by digest, or by reference if no file is known."""
        return self.extract_sha256 or self.ref


_TIMES = ("noted_at", "until", "ended_at")
_COLUMNS = tuple(field.name for field in fields(KeyUser))
_SELECT = """
SELECT ref, domain, version, kind, owner, dataset, project, by_ref, policy_sha256, source_sha256, extract_sha256,
    noted_at, until, ended_at, ended_by, ended_why
FROM key_user WHERE ? IN ('', domain) AND ? IN (0, version) ORDER BY noted_at, ref
"""
_INSERT = "INSERT INTO key_user VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


@dataclass(frozen=True, slots=True)
class Begun:
    """A key that may be used now."""

    key: DomainKey
    made: bool
    """Whether it was made for this user."""


def new_user_ref() -> str:
    """Return a reference for a new user."""
    return new_ref("ku")


def begin(store: KeyStore, user: KeyUser) -> Begun:
    """Note a user and return its key, made on first use; both are there or neither.

    Raises: KeyStoreError — if the key was destroyed or the name is none. UsageError — if its end is not to come.
    """
    store.refuse_name(user.domain, user.version)
    if user.until <= datetime.now(UTC):
        raise UsageError(
            Text(
                f"{last_day(user.until)}에 이미 끝난 기간입니다. 나중의 날짜를 정하십시오.",
                f"The period has ended already ({last_day(user.until)}); choose a later day.",
            )
        )
    with store.database() as database:
        database.execute("BEGIN IMMEDIATE")
        made = store.make(database, user.domain, user.version)
        key = store.living(database, user.domain, user.version)
        database.execute(_INSERT, _row(user))
    return Begun(key, made)


def undo(store: KeyStore, user: KeyUser, *, made: bool) -> None:
    """Take back a user of which nothing came, and the key that was made for it if nobody else uses it since."""
    key = (user.domain, user.version)
    with store.database() as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM key_user WHERE ref = ?", (user.ref,))
        if made:
            database.execute(
                "DELETE FROM pseudonym_key AS k WHERE domain = ? AND version = ? AND salt IS NOT NULL"
                " AND NOT EXISTS (SELECT 1 FROM key_user u WHERE u.domain = k.domain AND u.version = k.version)",
                key,
            )


def written(store: KeyStore, ref: str, extract_sha256: str) -> None:
    """Note the digest of the file that a user was noted for."""
    with store.database() as database:
        database.execute("UPDATE key_user SET extract_sha256 = ? WHERE ref = ?", (extract_sha256, ref))


def end(store: KeyStore, ref: str, *, by: str, why: str, at: datetime) -> None:
    """Note that a user has ended; a second time changes nothing."""
    with store.database() as database:
        database.execute(
            "UPDATE key_user SET ended_at = ?, ended_by = ?, ended_why = ? WHERE ref = ? AND ended_at IS NULL",
            (timestamp(at), by, why, ref),
        )


def note(store: KeyStore, user: KeyUser) -> None:
    """Note a user of a key that exists; one that is noted stays as it is.

    Raises: KeyStoreError — if there is no such key.
    """
    store.record_of(user.domain, user.version)
    with store.database() as database:
        database.execute(_INSERT, _row(user))


def users(store: KeyStore, domain: str | None = None, version: int | None = None) -> list[KeyUser]:
    """Return every user, or those of one key, the oldest first."""
    with store.database() as database:
        rows = database.execute(_SELECT, (domain or "", version or 0)).fetchall()
    return [_user(row) for row in rows]


def user(store: KeyStore, ref: str) -> KeyUser:
    """Return one user.

    Raises: KeyStoreError — if there is none.
    """
    for one in users(store):
        if one.ref == ref:
            return one
    raise KeyStoreError(
        Text(
            f"{ref}: 그런 키 이용 기록이 없습니다. `ansim deid keys uses`로 번호를 확인하십시오.",
            f"{ref}: no such use of a key; `ansim deid keys uses` lists them.",
        )
    )


def needed(store: KeyStore, domain: str, version: int) -> bool:
    """Return whether a key has a user that lives."""
    now = datetime.now(UTC)
    return any(one.living(now) for one in users(store, domain, version))


def of_owner(store: KeyStore, owner: str, digests: Iterable[str]) -> list[KeyUser]:
    """Return the users of an extract that were not ended: those it owns, and those known by the files it has alone."""
    known = frozenset(digests)
    return [
        one
        for one in users(store)
        if one.ended_at is None and (one.owner == owner or (one.by_file and one.extract_sha256 in known))
    ]


def last_day(until: datetime) -> date:
    """Return the last day of a period in Korea, where its end is the first moment that is not in it."""
    return (until - timedelta(microseconds=1)).astimezone(KOREAN_TIME).date()


def after_day(day: date) -> datetime:
    """Return the end of a period whose last day in Korea is given."""
    return datetime.combine(day + timedelta(days=1), time(), KOREAN_TIME).astimezone(UTC)


def _row(one: KeyUser) -> tuple[object, ...]:
    values = ((name, getattr(one, name)) for name in _COLUMNS)
    return tuple(timestamp(value) if name in _TIMES and value is not None else value for name, value in values)


def _user(row: tuple[object, ...]) -> KeyUser:
    given = dict(zip(_COLUMNS, row, strict=True))
    return KeyUser(**{n: moment(str(v)) if n in _TIMES and v is not None else v for n, v in given.items()})  # type: ignore[arg-type]
