"""Bringing the book of who needs a key up to what the audit log says.

The book can fall behind: a process was killed between two steps, the key's database came back out of a backup, or an
earlier version wrote no uses. The log does not fall behind, so whatever it says is noted here before any key is judged
to be of no use. What nobody can say anything about is noted too, with a day by which a person has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from audit.body import moment
from audit.errors import AuditError
from audit.event import Outcome
from audit.log import AuditLog
from audit.search import MAX_LIMIT, Entry, Query, search
from deid import key_users
from deid.key_ends import USE_ENDED
from deid.key_users import DEFAULT_LIFE, KeyUser, Kind
from deid.keys import KeyRecord, KeyStore

GRACE = timedelta(days=30)
"""How long what was found without an end lives at least, so that somebody sees it before it is destroyed."""
CUT_OFF = timedelta(hours=1)
"""After so long an announced extract that was never reported counts as cut off; its file may exist."""
UNKNOWN = "unknown"


def adopt(log: AuditLog, store: KeyStore, now: datetime) -> int:
    """Note every user of a living key that the log or the key itself tells of; return how many were new."""
    living = {(one.domain, one.version): one for one in store.records() if one.destroyed_at is None}
    if not living:
        return 0
    log.settle()
    before = len(key_users.users(store))
    _extracts(log, store, living, now)
    _ends(log, store)
    used = {(one.domain, one.version) for one in key_users.users(store)}
    for key, record in living.items():
        if key not in used:
            key_users.note(store, _nobodys(record, now))
    return len(key_users.users(store)) - before


def _extracts(log: AuditLog, store: KeyStore, living: dict[tuple[str, int], KeyRecord], now: datetime) -> None:
    known = {one.ref: one for one in key_users.users(store)}
    digests = {(one.domain, one.version, one.extract_sha256) for one in known.values()}
    failed = {entry.body.get("intent_id") for entry in entries(log, "deid.extract", "failed")}
    for entry in entries(log, "deid.extract", "ok"):
        user = _told(entry, now)
        if user.ref in known and known[user.ref].extract_sha256 is None and user.extract_sha256 is not None:
            key_users.written(store, user.ref, user.extract_sha256)
        failed.add(entry.body.get("intent_id"))
        if user.ref in known or (user.domain, user.version, user.extract_sha256) in digests:
            continue
        if (user.domain, user.version) in living:
            key_users.note(store, user)
    for entry in entries(log, "deid.extract", "intent"):
        if entry.id in failed or "use" not in entry.body["detail"] or now - entry.ts < CUT_OFF:
            continue
        user = _told(entry, now)
        if user.ref not in known and (user.domain, user.version) in living:
            key_users.note(store, user)


def _ends(log: AuditLog, store: KeyStore) -> None:
    open_users = {one.ref for one in key_users.users(store) if one.ended_at is None}
    for entry in entries(log, USE_ENDED, "ok"):
        ref = str(entry.body["detail"]["use"])
        if ref in open_users and entry.intact:  # an entry that was changed ends nothing
            by = str(entry.body.get("on_behalf_of") or entry.body["actor"]["ref"])
            key_users.end(store, ref, by=by, why=_reason(log, entry), at=entry.ts)


def _told(entry: Entry, now: datetime) -> KeyUser:
    """Return a user as an entry of the log describes it."""
    body, detail = entry.body, entry.body["detail"]
    ref = str(detail.get("use") or key_users.new_user_ref())
    kind: Kind = detail.get("kind", "by_hand")
    return KeyUser(
        ref=ref,
        domain=str(detail["linkage_domain"]),
        version=int(detail["key_version"]),
        kind=kind,
        owner=str(detail.get("owner") or ref),
        dataset=str(body["object"]["ref"]),
        project=str(body["object"].get("project") or detail["linkage_domain"]),
        by_ref=str(body.get("on_behalf_of") or body["actor"]["ref"]),
        policy_sha256=_text(body.get("policy")),
        source_sha256=_text(detail.get("source_sha256")),
        extract_sha256=_text(body["object"].get("sha256")),
        noted_at=entry.ts,
        until=moment(str(detail["until"])) if "until" in detail else max(entry.ts + DEFAULT_LIFE, now + GRACE),
    )


def _nobodys(record: KeyRecord, now: datetime) -> KeyUser:
    """Return a user for a key of which nothing says what it was made for."""
    made = moment(record.created_at)
    ref = key_users.new_user_ref()
    return KeyUser(
        ref=ref,
        domain=record.domain,
        version=record.version,
        kind="found",
        owner=ref,
        dataset=UNKNOWN,
        project=record.domain,
        by_ref="worker",
        noted_at=now,
        until=max(made + DEFAULT_LIFE, now + GRACE),
    )


def entries(log: AuditLog, action: str, outcome: Outcome | None) -> Iterator[Entry]:
    """Yield every entry of an action with an outcome, or with any, the oldest first."""
    after: int | None = None
    with log.db.read() as tx:
        while True:
            wanted = Query(action=action, outcome=outcome, after=after, limit=MAX_LIMIT, newest_first=False)
            found = search(tx, wanted)
            yield from found
            if len(found) < MAX_LIMIT:
                return
            after = found[-1].index


def _reason(log: AuditLog, entry: Entry) -> str:
    try:
        return log.unseal(entry.index).get("reason", "")
    except AuditError:  # sealed values go before entries do
        return ""


def _text(value: object) -> str | None:
    return None if value is None else str(value)
