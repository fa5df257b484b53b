"""The use cases of linking two projects' pseudonyms: ask, approve, refuse, preview, end.

Without an approval every project has keys of its own, and no token of one is ever equal to one of another. The approval
lets one project make its tokens in a domain that others share; each project of a domain is approved on its own.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_ref
from audit.search import Query, search
from audit.text import Text
from deid.asked import Asked, all_asked, asked
from deid.errors import Refused, UsageError
from deid.linkage.telling import EPSILON, PREVIEWS, Preview
from deid.people import People, check_agreeing, check_asking

if TYPE_CHECKING:
    from deid.keys import KeyStore
    from deid.sources import Table

REQUESTED, APPROVED, REFUSED = "deid.linkage_requested", "deid.linkage_approved", "deid.linkage_refused"
ENDED, PREVIEWED = "deid.linkage_ended", "deid.linkage_previewed"
_NAME = re.compile("[a-z][a-z0-9-]{0,29}")

State = Literal["asked", "approved", "in_force", "refused", "ended"]


@dataclass(frozen=True, slots=True)
class Linkage:
    """One project in one shared domain."""

    ref: str
    domain: str
    project: str
    requested_by: str
    state: State
    event_id: str
    at: datetime
    approved_by: str | None


class LinkageDesk:
    """Requests to make pseudonyms that meet those of other projects.

    Without `keys` people ask and decide as well; the worker, which has the key store, then carries out what they
    decided.
    """

    def __init__(self, log: AuditLog, people: People, keys: KeyStore | None = None) -> None:
        self._log = log
        self._people = people
        self._keys = keys

    def linkages(self) -> list[Linkage]:
        """Return every request, the newest first."""
        in_force = self._in_store()
        return [_linkage(one, in_force) for one in all_asked(self._log, REQUESTED)]

    def linkage(self, ref: str) -> Linkage:
        """Return one request, proven. Raises: Refused — if there is none, or its record was changed."""
        return self._proven(ref)

    def reason(self, ref: str) -> str:
        """Return why it was asked, for those who decide. Raises: Refused — as `linkage`."""
        return self._log.unseal(asked(self._log, REQUESTED, ref).entry.index).get("reason", "")

    def previews(self, domain: str) -> list[Preview]:
        """Return what the previews of a domain told, the oldest first."""
        with self._log.db.read() as tx:
            found = search(tx, Query(action=PREVIEWED, outcome="ok", newest_first=False, limit=1000))
        names = tuple(field.name for field in fields(Preview))
        return [
            Preview(**{name: entry.body["detail"].get(name) for name in names})
            for entry in found
            if entry.intact and entry.body["detail"].get("linkage_domain") == domain
        ]

    def projects(self, domain: str) -> list[str]:
        """Return the projects whose pseudonyms may be made in a domain."""
        return sorted(project for name, project in self._in_force() if name == domain)

    def carry_out(self) -> None:
        """Let the key store have what was decided without it; every decision is proven again."""
        if self._keys is None:
            raise RuntimeError("this desk was made without a key store")
        for one in all_asked(self._log, REQUESTED):
            told = _linkage(one, None)
            pair = (told.domain, told.project)
            if (told.state == "in_force") == (pair in self._keys.linkages()) or told.state in ("asked", "refused"):
                continue
            try:
                proven = _linkage(asked(self._log, REQUESTED, told.ref), None)
            except Refused:
                continue  # a request that was tampered with holds up no other; verifying the log reports it
            if proven.state == "in_force" and proven.approved_by is not None:
                self._keys.approve_linkage(*pair, requested_by=proven.requested_by, approved_by=proven.approved_by)
            elif proven.state == "ended" and pair not in self._told_in_force():
                self._keys.end_linkage(*pair)

    def ask(self, domain: str, project: str, reason: str, *, by: Actor, source: Source) -> Linkage:
        """Ask that a project's pseudonyms be made in a shared domain.

        Raises: UsageError — if the domain has no name, or the name of a project that is not shared. Refused — if the
        person may not ask, or the project has it already.
        """
        if not _NAME.fullmatch(domain) or domain == project:
            raise UsageError(
                Text(
                    "연계 영역 이름은 소문자로 시작하는 30자 이하의 소문자·숫자·붙임표이고, 과제 번호와 달라야 합니다.",
                    "A domain is up to 30 small letters, digits and hyphens, a letter first, and no project's own id.",
                )
            )
        detail: dict[str, JSON] = {"request": new_ref("li"), "linkage_domain": domain}
        try:
            check_asking(self._people.participant(by.ref), project)
            if (domain, project) in self._in_force():
                raise Refused("in_force", Text("이미 승인된 연계입니다.", "This linkage is in force already."))
        except Refused as refusal:
            self._deny(REQUESTED, project, domain, refusal, by, source)
            raise
        self._log.record(_event(REQUESTED, project, by, source, detail=detail, sealed={"reason": reason}))
        return self._proven(str(detail["request"]))

    def approve(self, ref: str, *, by: Actor, source: Source) -> Linkage:
        """Agree to a request; from now on the project may make pseudonyms in the domain.

        Raises: Refused — if the person may not, asked for it, or it is no longer pending.
        """
        linkage = self._proven(ref)
        try:
            self._check_pending(linkage)
            asking = self._people.participant(linkage.requested_by)
            check_asking(asking, linkage.project)
            for project in self._projects(linkage):
                check_agreeing(self._people.participant(by.ref), project, [asking])
        except Refused as refusal:
            self._deny(APPROVED, linkage.project, linkage.domain, refusal, by, source)
            raise
        detail: dict[str, JSON] = {"linkage_domain": linkage.domain, "requested_by": linkage.requested_by}
        self._answer(APPROVED, linkage, by, source, detail)
        if self._keys is not None:
            self._keys.approve_linkage(
                linkage.domain, linkage.project, requested_by=linkage.requested_by, approved_by=by.ref
            )
        return self._proven(ref)

    def refuse(self, ref: str, reason: str, *, by: Actor, source: Source) -> Linkage:
        """Turn a request down, or take one's own back.

        Raises: Refused — if the person may do neither, or it is no longer pending.
        """
        linkage = self._proven(ref)
        try:
            self._check_pending(linkage)
            if by.ref != linkage.requested_by:
                check_agreeing(self._people.participant(by.ref), linkage.project, ())
        except Refused as refusal:
            self._deny(REFUSED, linkage.project, linkage.domain, refusal, by, source)
            raise
        self._answer(REFUSED, linkage, by, source, {"linkage_domain": linkage.domain}, {"reason": reason})
        return self._proven(ref)

    def end(self, ref: str, reason: str, *, by: Actor, source: Source) -> Linkage:
        """Let a project make no more pseudonyms in the domain; those it made stay joinable until the key is destroyed.

        Raises: Refused — if it is not in force, or the person may neither ask nor agree.
        """
        linkage = self._proven(ref)
        try:
            if linkage.state not in ("approved", "in_force"):
                raise Refused("not_in_force", Text("시행 중인 연계가 아닙니다.", "This linkage is not in force."))
            person = self._people.participant(by.ref)
            if by.ref != linkage.requested_by:
                check_agreeing(person, linkage.project, ())
        except Refused as refusal:
            self._deny(ENDED, linkage.project, linkage.domain, refusal, by, source)
            raise
        self._answer(ENDED, linkage, by, source, {"linkage_domain": linkage.domain}, {"reason": reason})
        if self._keys is not None:
            self._keys.end_linkage(linkage.domain, linkage.project)
        return self._proven(ref)

    def preview(
        self,
        ref: str,
        first: Table,
        first_column: str,
        second: Table,
        second_column: str,
        *,
        threshold: int,
        by: Actor,
        source: Source,
    ) -> Preview:
        """Estimate how many people two tables share, for a linkage that was asked for.

        Announced before, so that an answer cannot be had without the record. Raises: Refused — if the person may not
        ask, the linkage is refused or ended, or the domain was previewed often enough. DataError — as the preview.
        """
        if self._keys is None:
            raise RuntimeError("this desk was made without a key store")
        # Loaded here: the portal asks and agrees without the table libraries.
        from deid.linkage.preview import preview

        linkage = self._proven(ref)
        detail: dict[str, JSON] = {
            "linkage_domain": linkage.domain,
            "epsilon": str(EPSILON),
            "threshold": threshold,
        }
        with self._keys.alone():
            try:
                self._check_preview(linkage, by)
            except Refused as refusal:
                self._deny(PREVIEWED, linkage.project, linkage.domain, refusal, by, source)
                raise
            intent = self._answer(PREVIEWED, linkage, by, source, detail, outcome="intent")
        try:
            found = preview(first, first_column, second, second_column, threshold)
        except BaseException:
            self._log.record(_event(PREVIEWED, linkage.project, by, source, outcome="failed", intent_id=intent))
            raise
        answer: dict[str, JSON] = {**detail, **asdict(found)}
        self._log.record(_event(PREVIEWED, linkage.project, by, source, detail=answer, intent_id=intent))
        return found

    def _check_preview(self, linkage: Linkage, by: Actor) -> None:
        check_asking(self._people.participant(by.ref), linkage.project)
        if linkage.state not in ("asked", "approved", "in_force"):
            raise Refused("is_over", Text("끝났거나 거절된 연계입니다.", "This linkage was refused or has ended."))
        if self._previews(linkage.domain) >= PREVIEWS:
            raise Refused(
                "previewed_enough",
                Text(
                    f"한 연계 영역은 {PREVIEWS}번까지만 미리 볼 수 있습니다.",
                    f"A linkage domain is previewed at most {PREVIEWS} times.",
                ),
            )

    def _previews(self, domain: str) -> int:
        self._log.settle()
        with self._log.db.read() as tx:
            found = search(tx, Query(action=PREVIEWED, outcome="intent", limit=1000))
        return sum(entry.body["detail"]["linkage_domain"] == domain for entry in found)

    def _projects(self, linkage: Linkage) -> list[str]:
        """Return every project whose tokens would meet: nobody agrees to what their own project gains."""
        return [linkage.project, *self.projects(linkage.domain)]

    def _in_store(self) -> frozenset[tuple[str, str]] | None:
        return None if self._keys is None else frozenset(self._keys.linkages())

    def _in_force(self) -> frozenset[tuple[str, str]]:
        """Return what is in force: as the key store has it, and without one as the log says."""
        stored = self._in_store()
        return self._told_in_force() if stored is None else stored

    def _told_in_force(self) -> frozenset[tuple[str, str]]:
        told = [_linkage(one, None) for one in all_asked(self._log, REQUESTED)]
        return frozenset((one.domain, one.project) for one in told if one.state == "in_force")

    def _check_pending(self, linkage: Linkage) -> None:
        if linkage.state != "asked":
            raise Refused(
                f"is_{linkage.state}",
                Text("승인을 기다리는 요청이 아닙니다.", "The request does not wait for approval."),
            )

    def _proven(self, ref: str) -> Linkage:
        return _linkage(asked(self._log, REQUESTED, ref), self._in_store())

    def _answer(
        self,
        action: str,
        linkage: Linkage,
        by: Actor,
        source: Source,
        detail: dict[str, JSON],
        sealed: dict[str, str] | None = None,
        *,
        outcome: Outcome = "ok",
    ) -> str:
        event = _event(
            action,
            linkage.project,
            by,
            source,
            outcome=outcome,
            intent_id=linkage.event_id,
            detail={"request": linkage.ref, **detail},
            sealed=sealed,
        )
        self._log.record(event)
        return event.id

    def _deny(self, action: str, project: str, domain: str, refusal: Refused, by: Actor, source: Source) -> None:
        detail: dict[str, JSON] = {"linkage_domain": domain}
        event = _event(action, project, by, source, outcome="denied", reason=refusal.code, detail=detail)
        self._log.record(event, wait="durable")


def _event(
    action: str,
    project: str,
    by: Actor,
    source: Source,
    *,
    outcome: Outcome = "ok",
    reason: str | None = None,
    intent_id: str | None = None,
    detail: dict[str, JSON] | None = None,
    sealed: dict[str, str] | None = None,
) -> Event:
    return Event(
        action,
        by,
        Object("project", project),
        Subjects.none(),
        source,
        outcome=outcome,
        reason=reason,
        intent_id=intent_id,
        detail=detail or {},
        sealed=sealed or {},
    )


def _linkage(one: Asked, stored: frozenset[tuple[str, str]] | None) -> Linkage:
    """Return a request as it stands; what the key store has counts where it was opened."""
    domain, project = str(one.detail["linkage_domain"]), str(one.entry.body["object"]["ref"])
    state: State = "asked"
    if one.answered(ENDED):
        state = "ended"
    elif one.answered(REFUSED):
        state = "refused"
    elif one.answered(APPROVED):
        # An approval that has not arrived in the key store lets nobody through yet.
        state = "in_force" if stored is None or (domain, project) in stored else "approved"
    agreed = one.answered(APPROVED)
    approver = str(agreed[0].body["actor"]["ref"]) if agreed else None
    return Linkage(one.detail["request"], domain, project, one.by, state, one.entry.id, one.at, approver)
