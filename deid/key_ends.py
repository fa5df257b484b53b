"""Asking for the end of a key, and agreeing to it: two people decide, the worker that has the key carries it out.

Ending a key early is as final as losing it, so nobody does it alone from a browser. What was asked, answered and done
is read from the audit log; this module needs no key store, and the portal that uses it can open nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from audit.body import moment
from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_ref
from audit.search import MAX_LIMIT, Entry, Query, search
from audit.text import Text
from deid.asked import Asked, all_asked, asked
from deid.errors import Refused, UsageError
from deid.people import People, check_agreeing, check_asking

REQUESTED, APPROVED, REFUSED = "deid.key_end_requested", "deid.key_end_approved", "deid.key_end_refused"
DESTROYED, USE_ENDED = "deid.key_destroyed", "deid.key_use_ended"

_NEVER = datetime.max.replace(tzinfo=UTC)
State = Literal["asked", "approved", "refused", "done"]
Key = tuple[str, int]
"""The domain and the version of a key."""

_NO_REASON = Text("파기 사유를 적으십시오.", "Say why the key is to be destroyed.")
_UNKNOWN = Text("이 안심구역에 그런 키의 기록이 없습니다.", "No record says that this zone has such a key.")
_CHANGED = Text(
    "감사 기록이 바뀐 흔적이 있어 따를 수 없습니다. `ansim audit verify`로 확인하십시오.",
    "The audit log was tampered with, so nothing follows from it; run `ansim audit verify`.",
)
_GONE = Text("이미 파기된 키입니다.", "This key was destroyed already.")
_ASKED = Text("이미 파기를 요청한 키입니다.", "Somebody has asked for the end of this key already.")
_NOT_PENDING = Text("승인을 기다리는 요청이 아닙니다.", "The request does not wait for approval.")


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key, as the record of the extracts that were made with it tells."""

    domain: str
    version: int
    extracts: int
    datasets: tuple[str, ...]
    projects: tuple[str, ...]
    until: datetime | None
    """When its last user ends; None where one says no end."""
    destroyed_at: datetime | None

    @property
    def name(self) -> str:
        """Return how people call it, and what they type to confirm."""
        return f"{self.domain} v{self.version}"


@dataclass(frozen=True, slots=True)
class KeyEnd:
    """One request to destroy a key before its extracts end."""

    ref: str
    domain: str
    version: int
    by: str
    at: datetime
    state: State
    approved_by: str | None
    event_id: str

    @property
    def name(self) -> str:
        """Return how people call the key, and what they type to confirm."""
        return f"{self.domain} v{self.version}"


class KeyEnds:
    """Requests to destroy keys."""

    def __init__(self, log: AuditLog, people: People) -> None:
        self._log = log
        self._people = people

    def keys(self, *, proven: bool = False) -> list[KeyUse]:
        """Return every key that an extract was made with, by name; `proven` where a decision rests on it.

        Raises: Refused — if one of the records was changed, and all must be proven.
        """
        found: dict[Key, list[dict[str, Any]]] = {}
        for entry in self._entries("deid.extract"):
            if proven and not entry.intact:
                raise Refused("record_changed", _CHANGED)
            found.setdefault(_key(entry.body), []).append(dict(entry.body))
        gone, ended = self._destroyed(), self._ended()
        return [
            KeyUse(
                domain=key[0],
                version=key[1],
                extracts=len({str(body["object"].get("sha256")) for body in bodies}),
                datasets=tuple(sorted({str(body["object"]["ref"]) for body in bodies})),
                projects=tuple(sorted({str(body["object"].get("project") or key[0]) for body in bodies})),
                until=_last_end(bodies, ended),
                destroyed_at=gone.get(key),
            )
            for key, bodies in sorted(found.items())
        ]

    def requests(self) -> list[KeyEnd]:
        """Return every request, the newest first, for lists; what is decided on is proven again."""
        gone = self._destroyed()
        return [_request(one, gone) for one in all_asked(self._log, REQUESTED)]

    def request(self, ref: str) -> KeyEnd:
        """Return one request, proven. Raises: Refused — if there is none, or its record was changed."""
        return _request(asked(self._log, REQUESTED, ref), self._destroyed())

    def reason(self, ref: str) -> str:
        """Return why it was asked. Raises: Refused — as `request`."""
        return self._log.unseal(asked(self._log, REQUESTED, ref).entry.index).get("reason", "")

    def use(self, domain: str, version: int) -> KeyUse:
        """Return one key. Raises: Refused — if no extract was made with it, or a record of one was changed."""
        for one in self.keys(proven=True):
            if (one.domain, one.version) == (domain, version):
                return one
        raise Refused("unknown_key", _UNKNOWN)

    def ask(self, domain: str, version: int, reason: str, *, by: Actor, source: Source) -> KeyEnd:
        """Ask that a key be destroyed.

        Raises: UsageError — without a reason. Refused — if the person may not ask, there is no such key, it was
        destroyed, or somebody has asked already.
        """
        if not reason.strip():
            raise UsageError(_NO_REASON)
        try:
            use = self.use(domain, version)
            for project in use.projects:
                check_asking(self._people.participant(by.ref), project)
            if use.destroyed_at is not None:
                raise Refused("is_done", _GONE)
            if any((r.name, r.state) in ((use.name, "asked"), (use.name, "approved")) for r in self.requests()):
                raise Refused("asked_already", _ASKED)
        except Refused as refusal:
            self._deny(REQUESTED, domain, version, refusal, by, source)
            raise
        ref = new_ref("ke")
        facts: dict[str, JSON] = {"request": ref, **_named(domain, version), "extracts": use.extracts}
        self._log.record(_event(REQUESTED, domain, by, source, detail=facts, sealed={"reason": reason.strip()}))
        return self.request(ref)

    def approve(self, ref: str, *, by: Actor, source: Source) -> KeyEnd:
        """Agree to a request; from now on nothing keeps the key.

        Raises: Refused — if the person may not, asked for it, or it is no longer pending.
        """
        one = self.request(ref)
        try:
            _check_pending(one)
            asking = self._people.participant(one.by)
            for project in self.use(one.domain, one.version).projects:
                check_asking(asking, project)
                check_agreeing(self._people.participant(by.ref), project, [asking])
        except Refused as refusal:
            self._deny(APPROVED, one.domain, one.version, refusal, by, source, one)
            raise
        self._answer(APPROVED, one, by, source)
        return self.request(ref)

    def refuse(self, ref: str, reason: str, *, by: Actor, source: Source) -> KeyEnd:
        """Turn a request down, or take one's own back.

        Raises: Refused — if the person may do neither, or it is no longer pending.
        """
        one = self.request(ref)
        try:
            _check_pending(one)
            if by.ref != one.by:
                for project in self.use(one.domain, one.version).projects:
                    check_agreeing(self._people.participant(by.ref), project, ())
        except Refused as refusal:
            self._deny(REFUSED, one.domain, one.version, refusal, by, source, one)
            raise
        self._answer(REFUSED, one, by, source, {"reason": reason.strip()})
        return self.request(ref)

    def due(self) -> Iterator[tuple[KeyEnd, str]]:
        """Yield every request that was agreed to and waits for the worker, proven, with its reason."""
        for one in self.requests():
            if one.state != "approved":
                continue
            try:
                proven, reason = self.request(one.ref), self.reason(one.ref)
            except Refused:
                continue  # a request that was tampered with holds up no other; verifying the log reports it
            if proven.state == "approved":
                yield proven, reason

    def _destroyed(self) -> dict[Key, datetime]:
        """Return when each key was destroyed, the last time."""
        self._log.settle()
        return {_key(entry.body): entry.ts for entry in self._entries(DESTROYED)}

    def _ended(self) -> dict[str, datetime]:
        """Return when each use of a key was ended before its time, by reference."""
        return {str(entry.body["detail"]["use"]): entry.ts for entry in self._entries(USE_ENDED)}

    def _entries(self, action: str) -> Iterator[Entry]:
        after: int | None = None
        with self._log.db.read() as tx:
            while True:
                wanted = Query(action=action, outcome="ok", after=after, limit=MAX_LIMIT, newest_first=False)
                found = search(tx, wanted)
                yield from found
                if len(found) < MAX_LIMIT:
                    return
                after = found[-1].index

    def _answer(
        self, action: str, one: KeyEnd, by: Actor, source: Source, sealed: dict[str, str] | None = None
    ) -> None:
        facts: dict[str, JSON] = {"request": one.ref, **_named(one.domain, one.version), "requested_by": one.by}
        self._log.record(_event(action, one.domain, by, source, detail=facts, sealed=sealed, asked=one.event_id))

    def _deny(
        self,
        action: str,
        domain: str,
        version: int,
        refusal: Refused,
        by: Actor,
        source: Source,
        one: KeyEnd | None = None,
    ) -> None:
        facts: dict[str, JSON] = {**_named(domain, version), **({} if one is None else {"request": one.ref})}
        self._log.record(_event(action, domain, by, source, detail=facts, refusal=refusal), wait="durable")


def _event(
    action: str,
    domain: str,
    by: Actor,
    source: Source,
    *,
    detail: dict[str, JSON],
    sealed: dict[str, str] | None = None,
    asked: str | None = None,
    refusal: Refused | None = None,
) -> Event:
    return Event(
        action,
        by,
        Object("project", domain),
        Subjects.none(),
        source,
        outcome="ok" if refusal is None else "denied",
        reason=None if refusal is None else refusal.code,
        intent_id=asked,
        detail=detail,
        sealed=sealed or {},
    )


def _named(domain: str, version: int) -> dict[str, JSON]:
    return {"linkage_domain": domain, "key_version": version}


def _last_end(bodies: list[dict[str, Any]], ended: dict[str, datetime]) -> datetime | None:
    ends = []
    for body in bodies:
        until, use = body["detail"].get("until"), str(body["detail"].get("use"))
        if until is None:
            return None
        ends.append(min(moment(str(until)), ended.get(use, _NEVER)))
    return max(ends, default=None)


def _key(body: Any) -> Key:
    return str(body["detail"]["linkage_domain"]), int(body["detail"]["key_version"])


def _request(one: Asked, gone: dict[Key, datetime]) -> KeyEnd:
    domain, version = _key(one.entry.body)
    ended, agreed = gone.get((domain, version)), one.answered(APPROVED)
    state: State = "asked"
    if one.answered(REFUSED):
        state = "refused"
    elif ended is not None and ended >= one.at:
        state = "done"
    elif agreed:
        state = "approved"
    approver = str(agreed[0].body["actor"]["ref"]) if agreed else None
    return KeyEnd(str(one.detail["request"]), domain, version, one.by, one.at, state, approver, one.entry.id)


def _check_pending(one: KeyEnd) -> None:
    if one.state != "asked":
        raise Refused(f"is_{one.state}", _NOT_PENDING)
