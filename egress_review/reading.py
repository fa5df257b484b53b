"""Who sees what: queues, single requests, previews, packages. What a viewer may not know is not in the view."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection

from audit.event import Source
from egress_review import store, tables
from egress_review.desk import Record, as_actor
from egress_review.errors import Conflict, Denied, EgressError, NotFound
from egress_review.model import Action, Message, Request, RequestView, ReviewView, Visibility, Vote
from egress_review.previews import Preview
from egress_review.releasing import Releasing
from egress_review.review import Binding, ballots, check_independent, own_votes, sees_others
from egress_review.standing import is_member
from egress_review.workflow import OPEN_REVIEW, Party, State, can
from registry.model import Person, Role
from registry.text import Text

CONTENT_STATES = frozenset(State) - {State.BLOCKED, State.DRAFT, State.WITHDRAWN}
"""States in which checkers may look into files; what was blocked is for compliance and its author alone."""


class Reading(Releasing):
    """What people look at."""

    def queue(self, checker: Person) -> list[RequestView]:
        """The requests that a checker may review now, the longest waiting last."""
        with self._db.read() as tx:
            open_requests = store.find(tx, tables.request.c.state.in_([state.value for state in OPEN_REVIEW]))
            return [self._view(tx, checker, one) for one in open_requests if _may_review(tx, checker, one)]

    def requests_of(self, person: Person) -> list[RequestView]:
        """The requests that a person is the author of, the latest first."""
        with self._db.read() as tx:
            own = store.find(tx, tables.request.c.author_ref == person.ref)
            return [self._view(tx, person, one) for one in own]

    def all_requests(self, officer: Person) -> list[RequestView]:
        """Every request, the latest first, for a compliance officer.

        Raises: Denied
        """
        if not officer.has(Role.COMPLIANCE_OFFICER):
            raise Denied(
                "not_compliance", Text(ko="준법감시 담당자만 볼 수 있습니다.", en="Only compliance officers see all.")
            )
        with self._db.read() as tx:
            return [self._view(tx, officer, one) for one in store.find(tx)]

    def view(self, person: Person, ref: str) -> RequestView:
        """A request as this person may see it now.

        Raises: NotFound. Denied — if they may not see it at all.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            _check_reader(tx, person, request)
            return self._view(tx, person, request)

    def preview(self, person: Person, ref: str, sha256: str, *, source: Source) -> Preview:
        """A file of the present round, made safe to show; every look is an audit event.

        Raises: NotFound, Denied.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            _check_reader(tx, person, request)
        if request.file(sha256) is None:
            raise NotFound("file_unknown", Text(ko="이 신청의 파일이 아닙니다.", en="The request has no such file."))
        if request.state not in CONTENT_STATES and not _reads_all(person, request):
            raise Denied(
                "content_closed",
                Text(ko="지금 상태에서는 볼 수 없습니다.", en="Its content cannot be seen in this state."),
            )
        shown = self._previews.get(sha256)
        with self._db.begin() as tx:
            record = Record(actor=as_actor(person), source=source, detail={"kind": shown.kind})
            self._record(tx, request, "egress.viewed", record, sha256=sha256)
        return shown

    def collect(self, person: Person, ref: str, *, source: Source) -> Path:
        """The package of a release as a zip file, for its author; every collection is an audit event.

        Raises: NotFound, Denied, Conflict.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if person.ref != request.author_ref:
                raise Denied("not_the_author", Text(ko="신청자만 받을 수 있습니다.", en="Only the author collects it."))
            if request.state is not State.RELEASED or self._is_over(request):
                raise Conflict(
                    "not_released", Text(ko="받을 수 있는 상태가 아닙니다.", en="There is nothing to collect.")
                )
            path = self.zip_of(ref)
            if not request.packaged or not path.is_file():
                raise Conflict(
                    "not_ready",
                    Text(
                        ko="묶음을 만들고 있습니다. 잠시 뒤 다시 받으십시오.",
                        en="The package is being made; try again in a moment.",
                    ),
                )
            files = [file.sha256 for file in request.files]
            record = Record(actor=as_actor(person), source=source, detail={"files": files})
            self._record(tx, request, "egress.collected", record)
        return path

    def _view(self, tx: Connection, person: Person, request: Request) -> RequestView:
        votes = store.votes_of(tx, request.ref)
        independent = _may_review(tx, person, request)
        compliance = person.has(Role.COMPLIANCE_OFFICER)
        open_eyes = compliance or (independent and sees_others(person.ref, request, votes))
        return RequestView(
            request=request,
            report=store.report_of(tx, request),
            reviews=tuple(_reviews(request, votes, person, knows=open_eyes)),
            blind=request.state in OPEN_REVIEW and not open_eyes,
            messages=tuple(_messages(tx, request, person, knows=open_eyes)),
            actions=frozenset(self._actions(person, request, votes, independent=independent)),
            required_votes=self.policy.required_votes,
            confirm_code=request.confirm_code,
            earlier=_earlier(tx, request) if independent or compliance else (),
        )

    def _actions(self, person: Person, request: Request, votes: list[Vote], *, independent: bool) -> Iterable[Action]:
        own = own_votes(votes, person.ref, Binding.of(request, exceptions=False))
        if request.state in CONTENT_STATES or _reads_all(person, request):
            yield Action.PREVIEW
        if person.ref == request.author_ref:
            if can(request.state, "egress.resubmitted", Party.AUTHOR):
                yield Action.RESUBMIT
            if can(request.state, "egress.withdrawn", Party.AUTHOR):
                yield Action.WITHDRAW
            if request.state is State.RELEASED and request.packaged and not self._is_over(request):
                yield Action.COLLECT
        if not independent:
            return
        if request.state is State.REVIEWED or (request.state is State.IN_REVIEW and not own):
            yield Action.VOTE
        if request.state in OPEN_REVIEW:
            yield Action.RETURN
        if request.state is State.REVIEWED and own:
            yield Action.REJECT
        if can(request.state, "egress.revoked", Party.CHECKER):
            yield Action.REVOKE


def _check_reader(tx: Connection, person: Person, request: Request) -> None:
    """Authors see their own, compliance sees all, independent checkers see what they may review.

    Raises: Denied
    """
    if not _reads_all(person, request):
        check_independent(person, request, is_member=is_member(tx, person.ref, request.project))


def _reads_all(person: Person, request: Request) -> bool:
    return person.ref == request.author_ref or person.has(Role.COMPLIANCE_OFFICER)


def _may_review(tx: Connection, person: Person, request: Request) -> bool:
    try:
        check_independent(person, request, is_member=is_member(tx, person.ref, request.project))
    except EgressError:
        return False
    return True


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


def _messages(tx: Connection, request: Request, person: Person, *, knows: bool) -> Iterable[Message]:
    """What was said to everybody; who said it, only to reviewers."""
    for message in store.messages_of(tx, request.ref, [Visibility.ALL]):
        yield message if knows or message.by_ref == person.ref else _without_name(message)


def _without_name(message: Message) -> Message:
    return Message(
        round=message.round,
        by_ref=None,
        by_role=message.by_role,
        kind=message.kind,
        text=message.text,
        at=message.at,
    )


def _earlier(tx: Connection, request: Request) -> tuple[str, ...]:
    table = tables.request
    found = store.find(
        tx, table.c.project == request.project, table.c.released_at.is_not(None), table.c.ref != request.ref
    )
    return tuple(one.ref for one in found)
