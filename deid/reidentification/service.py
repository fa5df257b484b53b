"""The use cases of leading tokens back to people: ask, approve, refuse, open one.

Nothing is opened by one person alone, in bulk, or without a record: the opening is in the log before the key is
touched, and in the key store's own book, so that neither database alone can be set back to open a token twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from audit.body import moment, timestamp
from audit.canonical import JSON
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_ref
from audit.search import Query, search
from audit.text import Text
from deid import openings
from deid.asked import Asked, all_asked, asked
from deid.errors import KeyStoreError, Refused
from deid.keys import KeyStore
from deid.people import People, check_agreeing, check_asking
from deid.reidentification.standing import (
    DEFAULT_DAYS,
    PER_DAY,
    Extract,
    Request,
    Wanted,
    check_opening,
    check_pending,
    check_wanted,
    token_digest,
)

REQUESTED, APPROVED, REFUSED = "deid.reidentify_requested", "deid.reidentify_approved", "deid.reidentify_refused"
OPENED = "deid.token_opened"


@dataclass(frozen=True, slots=True)
class Opened:
    """One token that was opened: the identifier behind it, or nothing if the key did not make it."""

    value: str | None
    left: int
    """How many more tokens the request permits."""

    def __repr__(self) -> str:
        """Return what may stand in a traceback."""
        return f"Opened(left={self.left})"


class ReidentificationDesk:
    """Requests to lead tokens back; `keys` is only needed where they are opened."""

    def __init__(self, log: AuditLog, people: People, keys: KeyStore | None = None) -> None:
        self._log = log
        self._people = people
        self._keys = keys

    def requests(self) -> list[Request]:
        """Return every request, the newest first, for lists; what is decided on is proven again."""
        return [_request(one, frozenset()) for one in all_asked(self._log, REQUESTED)]

    def request(self, ref: str) -> Request:
        """Return one request, proven. Raises: Refused — if there is none, or the record was changed."""
        return self._proven(ref)

    def reason(self, ref: str) -> str:
        """Return why it was asked, for those who decide. Raises: Refused — as `request`."""
        return self._log.unseal(asked(self._log, REQUESTED, ref).entry.index).get("reason", "")

    def ask(
        self,
        extract_sha256: str,
        tokens: Sequence[str],
        *,
        limit: int,
        ground: str,
        reason: str,
        by: Actor,
        source: Source,
        days: int = DEFAULT_DAYS,
        space: str = "person",
    ) -> Request:
        """Ask to open at most `limit` of some tokens of an extract.

        Raises: UsageError — if it asks for too much or without a ground. Refused — if the person may not ask, or no
        such extract was made here. KeyStoreError — if the key was destroyed: then nobody can.
        """
        digests = check_wanted(tokens, limit, ground, days)
        extract = self._extract(extract_sha256)
        wanted = Wanted(extract, digests, limit, ground, self._log.now() + timedelta(days=days), space)
        detail = _as_detail(new_ref("ri"), wanted)
        event = self._event(REQUESTED, extract, by, source, people=limit, detail=detail, sealed={"reason": reason})
        try:
            check_asking(self._people.participant(by.ref), extract.project)
            self._refuse_destroyed(extract)
        except (Refused, KeyStoreError) as refusal:
            self._deny(REQUESTED, extract, refusal, by, source)
            raise
        self._log.record(event)
        return self._proven(str(detail["request"]))

    def approve(self, ref: str, *, by: Actor, source: Source) -> Request:
        """Agree to a request; the second agreement of another person lets it be used.

        Raises: Refused — if the person may not, did already, asked it, or the request is no longer pending.
        """
        request = self._proven(ref)
        try:
            check_pending(request, self._log.now())
            others = [self._people.participant(one) for one in (request.by, *request.approved_by)]
            check_agreeing(self._people.participant(by.ref), request.wanted.extract.project, others)
        except Refused as refusal:
            self._deny(APPROVED, request.wanted.extract, refusal, by, source, request)
            raise
        self._answer(APPROVED, request, by, source)
        return self._proven(ref)

    def refuse(self, ref: str, reason: str, *, by: Actor, source: Source) -> Request:
        """End a request: whoever asked takes it back, or whoever may approve does not.

        Raises: Refused — if the person may do neither, or the request has ended.
        """
        request = self._proven(ref)
        try:
            if request.state(self._log.now()) not in ("asked", "approved"):
                check_pending(request, self._log.now())
            if by.ref != request.by:
                check_agreeing(self._people.participant(by.ref), request.wanted.extract.project, ())
        except Refused as refusal:
            self._deny(REFUSED, request.wanted.extract, refusal, by, source, request)
            raise
        self._answer(REFUSED, request, by, source, sealed={"reason": reason})
        return self._proven(ref)

    def open(self, ref: str, token: str, *, by: Actor, beside: Actor, source: Source) -> Opened:
        """Open one token for whoever asked, with one of the two who approved beside them.

        It counts whether or not the key made the token. Raises: UsageError — if it has not the form of a token.
        Refused — if a person or a limit stands against it. KeyStoreError — if the key was destroyed.
        """
        if self._keys is None:
            raise RuntimeError("this desk was made without a key store")
        # Loaded here: the portal asks and agrees without the table libraries.
        from deid.pseudonyms import found_original

        digest = token_digest(token)
        with self._keys.alone():
            request, now = self._proven(ref), self._log.now()
            wanted = request.wanted
            try:
                check_opening(request, digest, openings.latest(self._keys, PER_DAY), now)
                self._check_people(request, by, beside)
                key = self._keys.existing(wanted.extract.domain, wanted.extract.key_version)
                openings.note(self._keys, ref, digest, now)
            except (Refused, KeyStoreError) as refusal:
                self._deny(OPENED, wanted.extract, refusal, by, source, request)
                raise
            detail: dict[str, JSON] = {"request": ref, "token": digest, "beside": beside.ref}
            announced = self._answer(OPENED, request, by, source, outcome="intent", detail=detail)
        value = found_original(token.strip().lower(), key.derive(f"reversible|{wanted.space}"))
        self._log.record(
            self._event(
                OPENED,
                wanted.extract,
                by,
                source,
                detail=detail,
                outcome="ok" if value is not None else "failed",
                reason=None if value is not None else "unknown_token",
                intent_id=announced,
            )
        )
        return Opened(value, wanted.limit - len(request.opened) - 1)

    def _check_people(self, request: Request, by: Actor, beside: Actor) -> None:
        """Hold everybody against the rules again, as they stand at the moment of use.

        Raises: Refused — if one of them may not, or is not who asked or approved.
        """
        project = request.wanted.extract.project
        asking = self._people.participant(request.by)
        if by.ref != request.by:
            raise Refused(
                "not_the_requester", Text("요청한 사람만 열람할 수 있습니다.", "Only whoever asked may open.")
            )
        if beside.ref not in request.approved_by:
            raise Refused(
                "not_an_approver",
                Text("승인한 두 사람 중 한 사람이 함께 있어야 합니다.", "One of the two who approved must be present."),
            )
        check_asking(asking, project)
        others = [asking]
        for ref in request.approved_by:
            agreeing = self._people.participant(ref)
            check_agreeing(agreeing, project, others)
            others.append(agreeing)

    def _proven(self, ref: str) -> Request:
        booked = frozenset() if self._keys is None else openings.opened(self._keys, ref)
        return _request(asked(self._log, REQUESTED, ref), booked)

    def _extract(self, sha256: str) -> Extract:
        """Return an extract as the log has it.

        Raises: Refused — if none of this hash was made here.
        """
        self._log.settle()
        after: int | None = None
        with self._log.db.read() as tx:
            while found := search(tx, Query(action="deid.extract", outcome="ok", after=after, limit=1000)):
                for entry in found:
                    if entry.intact and entry.body["object"].get("sha256") == sha256:
                        return _extract(entry.body)
                after = found[-1].index
        raise Refused(
            "unknown_extract",
            Text(
                "이 파일을 추출본으로 만든 기록이 없습니다. 추출본의 파일이나 SHA-256을 정확히 적으십시오.",
                "No record says that this extract was made here; name its file or SHA-256 exactly.",
            ),
        )

    def _refuse_destroyed(self, extract: Extract) -> None:
        if self._keys is not None:
            self._keys.existing(extract.domain, extract.key_version)

    def _answer(
        self,
        action: str,
        request: Request,
        by: Actor,
        source: Source,
        *,
        outcome: Outcome = "ok",
        detail: dict[str, JSON] | None = None,
        sealed: dict[str, str] | None = None,
    ) -> str:
        event = self._event(
            action,
            request.wanted.extract,
            by,
            source,
            outcome=outcome,
            intent_id=request.event_id,
            detail=detail or {"request": request.ref},
            sealed=sealed,
        )
        self._log.record(event)
        return event.id

    def _deny(
        self,
        action: str,
        extract: Extract,
        refusal: Refused | KeyStoreError,
        by: Actor,
        source: Source,
        request: Request | None = None,
    ) -> None:
        code = refusal.code if isinstance(refusal, Refused) else refusal.reason_code
        detail: dict[str, JSON] = {} if request is None else {"request": request.ref}
        event = self._event(action, extract, by, source, outcome="denied", reason=code, detail=detail)
        self._log.record(event, wait="durable")

    def _event(
        self,
        action: str,
        extract: Extract,
        by: Actor,
        source: Source,
        *,
        people: int = 1,
        outcome: Outcome = "ok",
        reason: str | None = None,
        intent_id: str | None = None,
        detail: dict[str, JSON] | None = None,
        sealed: dict[str, str] | None = None,
    ) -> Event:
        return Event(
            action,
            by,
            Object("dataset", extract.dataset, project=extract.project, sha256=extract.sha256),
            Subjects.datasets([(extract.dataset, extract.version, people)]),
            source,
            outcome=outcome,
            reason=reason,
            intent_id=intent_id,
            detail=detail or {},
            sealed=sealed or {},
        )


def _as_detail(ref: str, wanted: Wanted) -> dict[str, JSON]:
    return {
        "request": ref,
        "linkage_domain": wanted.extract.domain,
        "key_version": wanted.extract.key_version,
        "space": wanted.space,
        "tokens": list(wanted.tokens),
        "limit": wanted.limit,
        "ground": wanted.ground,
        "until": timestamp(wanted.until),
    }


def _request(one: Asked, booked: frozenset[str]) -> Request:
    detail = one.detail
    wanted = Wanted(
        _extract(one.entry.body),
        tuple(detail["tokens"]),
        detail["limit"],
        detail["ground"],
        moment(detail["until"]),
        detail["space"],
    )
    opened = frozenset(str(e.body["detail"]["token"]) for e in one.answered(OPENED, "intent"))
    approved = tuple(dict.fromkeys(str(e.body["actor"]["ref"]) for e in one.answered(APPROVED)))
    refused = bool(one.answered(REFUSED))
    return Request(detail["request"], wanted, one.by, one.at, one.entry.id, approved, refused, opened | booked)


def _extract(body: Any) -> Extract:
    about, detail = body["object"], body["detail"]
    version = body["subjects"]["datasets"][0]["version"]
    return Extract(
        about["sha256"], about["ref"], version, about["project"], detail["linkage_domain"], detail["key_version"]
    )
