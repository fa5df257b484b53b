"""Who sees what: queues, single requests, previews, packages. What a viewer may not know is not in the view."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from audit.event import Actor, Source
from audit.proven import Proven
from egress_review import store, tables
from egress_review.beside import Beside, beside
from egress_review.choosing import owners_allow_low_risk
from egress_review.deadlines import Deadline, deadlines
from egress_review.desk import Record, as_actor
from egress_review.draft_rules import check_leaves
from egress_review.errors import Conflict, Denied, Invalid, NotFound
from egress_review.findings import Report
from egress_review.model import Action, Message, Request, RequestView, ReviewView, Vote
from egress_review.releasing import Releasing
from egress_review.review import (
    CHECKER_ROLES,
    Binding,
    ballots,
    check_independent,
    own_votes,
    reads_message,
    sees_others,
)
from egress_review.reviewing import checked_reason
from egress_review.standing import Ties, check_ties, is_untied, ties_of
from egress_review.terms import Policy
from egress_review.tiers import Tier, tier_of
from egress_review.told import Told, tell
from egress_review.tracebacks import is_redacted
from egress_review.workflow import ANSWERED, FINAL, OPEN_REVIEW, Party, State, can
from registry.model import Person, Role
from registry.text import Text

MOST_COLLECTIONS = 20
"""Times that a package is handed over, counted by the zone and by nobody else; then an operator has to allow more."""

CONTENT_STATES = frozenset(State) - {State.BLOCKED, State.DRAFT, State.WITHDRAWN}
"""States in which checkers may look into files; what was blocked is for compliance and its author alone."""

LONGEST_TRACEBACK = 50_000
"""Bytes of a redacted traceback that is looked for in a request."""


_NOTHING = Text(ko="받을 수 있는 상태가 아닙니다.", en="There is nothing to collect.")
_ENOUGH = Text(
    ko="이미 {most}번 받았습니다. 도중에 끊긴 내려받기도 셉니다.",
    en="It was collected {most} times already, downloads that broke off included.",
)
_MORE = Text(
    ko="더 필요하면 운영자에게 `ansim egress allow-collections {ref}` 실행을 요청하십시오.",
    en="If you need it again, ask an operator to run `ansim egress allow-collections {ref}`.",
)
_HOW_MANY = Text(
    ko=f"1번부터 {MOST_COLLECTIONS}번까지 더 허용할 수 있습니다.",
    en=f"Between 1 and {MOST_COLLECTIONS} more times can be allowed at once.",
)
_ALLOWED = Text(
    ko="반출신청 “{title}”: 반출물을 {more}번 더 받을 수 있습니다.",
    en="Egress request “{title}”: you can collect the release {more} more times.",
)


@dataclass(frozen=True, slots=True)
class Collection:
    """How a release stands with those who may collect it."""

    times: int
    most: int
    until: datetime


class Reading(Releasing):
    """What people look at."""

    def requests_of(self, person: Person) -> list[RequestView]:
        """The requests that a person is the author of, the latest first."""
        with self._db.read() as tx:
            own = store.find(tx, tables.request.c.author_ref == person.ref)
            return self._views(tx, person, own, ties_of(tx, person.ref))

    def all_requests(self, officer: Person) -> list[RequestView]:
        """Every request, the latest first, for a compliance officer.

        Raises: Denied
        """
        if not officer.has(Role.COMPLIANCE_OFFICER):
            raise Denied(
                "not_compliance", Text(ko="준법감시 담당자만 볼 수 있습니다.", en="Only compliance officers see all.")
            )
        with self._db.read() as tx:
            return self._views(tx, officer, store.find(tx), ties_of(tx, officer.ref))

    def view(self, person: Person, ref: str) -> RequestView:
        """A request as this person may see it now.

        Raises: NotFound. Denied — if they may not see it at all.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            _check_reader(tx, person, request)
            return self._view(tx, person, request, ties_of(tx, person.ref))

    def content_of(self, person: Person, ref: str) -> Request:
        """A request into whose files this person may look now.

        Raises: NotFound, Denied.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            _check_reader(tx, person, request)
        if request.state not in CONTENT_STATES and not _reads_all(person, request):
            raise Denied(
                "content_closed",
                Text(ko="지금 상태에서는 볼 수 없습니다.", en="Its content cannot be seen in this state."),
            )
        return request

    def collect(self, person: Person, ref: str, *, source: Source) -> Path:
        """The package of a release as a zip file, for its author; every collection is an audit event.

        Raises: NotFound, Denied, Conflict.
        """
        with self._refusing(ref, "collection"), self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if person.ref != request.author_ref:
                raise Denied("not_the_author", Text(ko="신청자만 받을 수 있습니다.", en="Only the author collects it."))
            check_leaves(request)
            if request.state is not State.RELEASED or self._is_over(tx, request):
                raise Conflict("not_released", _NOTHING)
            path = self.zip_of(ref)
            if not request.packaged or not path.is_file():
                raise Conflict(
                    "not_ready",
                    Text(
                        ko="묶음을 만들고 있습니다. 잠시 뒤 다시 받으십시오.",
                        en="The package is being made; try again in a moment.",
                    ),
                )
            most = most_collections(self._check_as_recorded(tx, ref))
            before = store.collections(tx, ref)
            if before >= most:
                raise Conflict("collected_enough", _ENOUGH.fill(most=most), hint=_MORE.fill(ref=ref))
            files = [file.sha256 for file in request.outputs]
            record = Record(actor=as_actor(person), source=source, detail={"files": files, "time": before + 1})
            event_id = self._record(tx, request, "egress.collected", record)
            store.insert_collection(tx, ref, person.ref, event_id, self._clock())
        return path

    def allow_collections(self, by: Actor, ref: str, more: int, reason: str, *, source: Source) -> int:
        """Let the author of a release collect it `more` times beyond what is allowed; return how often in all.

        What is allowed is what the log says: the event is all there is of it.
        Raises: NotFound, Conflict, Invalid.
        """
        said = checked_reason(reason)
        if not 1 <= more <= MOST_COLLECTIONS:
            raise Invalid("bad_number", _HOW_MANY)
        with self._refusing(ref, "collection"), self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if request.released_at is None or request.state is not State.RELEASED or self._is_over(tx, request):
                raise Conflict("not_released", _NOTHING)
            most = most_collections(self._check_as_recorded(tx, ref)) + more
            record = Record(actor=by, source=source, detail={"more": more}, sealed={"reason": said})
            self._record(tx, request, "egress.collections_allowed", record)
            told = _ALLOWED.fill(title=request.title, more=more)
            self._registry.tell(tx, request.author_ref, "egress_collections_allowed", told)
        return most

    def collection_of(self, ref: str) -> Collection | None:
        """How often a release was collected and until when it can be; None while there is nothing to collect.

        Raises: NotFound
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            since = store.collectable_since(tx, ref) if request.released_at is not None else None
            if since is None:
                return None
            until = since + timedelta(days=self._policy_of(tx, request).collect_days)
            most = most_collections(tell(Proven(tx, None).about("request", ref)))
            return Collection(store.collections(tx, ref), most, until)

    def _view(self, tx: Connection, person: Person, request: Request, ties: Ties) -> RequestView:
        return self._views(tx, person, [request], ties)[0]

    def _views(self, tx: Connection, person: Person, requests: list[Request], ties: Ties) -> list[RequestView]:
        """Requests as one person may see them; what lies beside them is read for all at once."""
        known, open_ones = beside(tx, requests), [one.ref for one in requests if one.state in OPEN_REVIEW]
        due = deadlines(tx, self._hours, self.policy, self._clock(), open_ones) if open_ones else {}
        return [self._seen_by(tx, person, one, ties, known[one.ref], due.get(one.ref)) for one in requests]

    def _seen_by(
        self, tx: Connection, person: Person, request: Request, ties: Ties, known: Beside, due: Deadline | None
    ) -> RequestView:
        votes = known.votes
        independent = _may_review(person, request, ties)
        compliance = person.has(Role.COMPLIANCE_OFFICER)
        # Who may vote is blind like every voter, whatever other role they hold.
        open_eyes = sees_others(person.ref, request, votes) if independent else compliance
        policy, report = self._policy_of(tx, request), known.report
        return RequestView(
            # The number of changes would tell that somebody voted.
            request=replace(request, version=0),
            report=report,
            reviews=tuple(_reviews(request, votes, person, knows=open_eyes)),
            blind=request.state in OPEN_REVIEW and not open_eyes,
            messages=tuple(_messages(known.messages, request, person, knows=open_eyes)),
            actions=frozenset(self._actions(tx, person, request, votes, independent=independent)),
            required_votes=policy.required_votes,
            confirm_code=request.confirm_code,
            purged_at=known.purged_at if request.state in FINAL else None,
            earlier=_earlier(tx, request) if independent or compliance else (),
            required_roles=policy.required_roles,
            other_organisation=policy.other_organisation,
            tier=self._tier(tx, request, report, policy),
            due_at=due.due_at if due else None,
        )

    def _tier(self, tx: Connection, request: Request, report: Report | None, policy: Policy) -> Tier:
        if report is None or not policy.low_risk or request.state not in OPEN_REVIEW:
            return "ordinary"
        datasets = (use.dataset for use in request.datasets)
        allowed = owners_allow_low_risk(tx, request.project, request.submitted_at, datasets)
        return tier_of(request, report, policy, owners_allow=allowed, redacted=self._redacted(request))

    def _redacted(self, request: Request) -> frozenset[str]:
        """The outputs that are tracebacks without values; what cannot be read is none."""
        found = set()
        for file in request.outputs:
            if file.name.endswith(".txt") and file.size <= LONGEST_TRACEBACK:
                with suppress(NotFound, OSError, UnicodeDecodeError):
                    text = self._vault.path(file.sha256).read_text(encoding="utf-8")
                    found |= {file.sha256} if is_redacted(text) else set()
        return frozenset(found)

    def _actions(
        self, tx: Connection, person: Person, request: Request, votes: list[Vote], *, independent: bool
    ) -> Iterable[Action]:
        own = own_votes(votes, person.ref, Binding.of(request, exceptions=False))
        if request.state in CONTENT_STATES or _reads_all(person, request):
            yield Action.PREVIEW
        if person.ref == request.author_ref:
            if can(request.state, "egress.resubmitted", Party.AUTHOR):
                yield Action.RESUBMIT
            if can(request.state, "egress.withdrawn", Party.AUTHOR):
                yield Action.WITHDRAW
            if can(request.state, "egress.draft_saved", Party.AUTHOR):
                yield Action.EDIT
            elif request.state in FINAL:
                yield Action.COPY
            if request.state in ANSWERED:
                yield Action.COMMENT
            if request.state is State.RELEASED and request.packaged and not self._is_over(tx, request):
                yield Action.COLLECT
        if not independent:
            return
        if request.state is State.REVIEWED or (request.state is State.IN_REVIEW and not own):
            yield Action.VOTE
        if request.state in OPEN_REVIEW:
            yield Action.RETURN
            yield Action.RECUSE
        if request.state in ANSWERED:
            yield Action.COMMENT
        if request.state is State.REVIEWED and own:
            yield Action.REJECT
        if can(request.state, "egress.revoked", Party.CHECKER):
            yield Action.REVOKE


def most_collections(told: Told) -> int:
    """How often a release may be collected, by what the log tells of it."""
    return MOST_COLLECTIONS + sum(int(event.detail.get("more", 0)) for event in told.allowed)


def _check_reader(tx: Connection, person: Person, request: Request) -> None:
    """Authors see their own, compliance sees all, independent checkers see what they may review.

    Raises: Denied
    """
    if not _reads_all(person, request):
        check_ties(request, ties_of(tx, person.ref))
        check_independent(person, request, is_member=False)
        if not request.round:
            raise Denied("draft", Text(ko="아직 제출하지 않은 신청입니다.", en="It has not been handed in yet."))


def _reads_all(person: Person, request: Request) -> bool:
    return person.ref == request.author_ref or person.has(Role.COMPLIANCE_OFFICER)


def _may_review(person: Person, request: Request, ties: Ties) -> bool:
    return request.round > 0 and person.has(*CHECKER_ROLES) and is_untied(request, ties)


def _reviews(request: Request, votes: list[Vote], person: Person, *, knows: bool) -> Iterable[ReviewView]:
    """The latest ballots of the present round: the own one always, those of others only to who may know."""
    binding = Binding.of(request, exceptions=False)
    for ballot in ballots(votes, binding):
        own = ballot.checker_ref == person.ref
        if not own and not knows:
            continue
        latest = own_votes(votes, ballot.checker_ref, binding)[-1]
        yield ReviewView(
            own=own,
            checker_ref=ballot.checker_ref,
            role="senior_checker" if Role.SENIOR_CHECKER.value in ballot.roles else "checker",
            votes=dict(ballot.choices),
            comment=ballot.comment,
            revision=latest.revision,
            at=latest.at,
        )


def _messages(said: Iterable[Message], request: Request, person: Person, *, knows: bool) -> Iterable[Message]:
    """What this person may read of what was said; who said it, only to reviewers."""
    author = person.ref == request.author_ref
    for message in said:
        if reads_message(message, person.ref, request, author=author, knows=knows):
            yield message if knows or message.by_ref == person.ref else replace(message, by_ref=None)


def _earlier(tx: Connection, request: Request) -> tuple[str, ...]:
    table = tables.request
    found = store.find(
        tx, table.c.project == request.project, table.c.released_at.is_not(None), table.c.ref != request.ref
    )
    return tuple(one.ref for one in found)
