"""The checkers' side: vote, return, reject, revoke. What the votes come to is decided in `review`, here it is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from audit.event import Source
from egress_review import store
from egress_review.against_log import cast_text
from egress_review.as_recorded import AsRecorded
from egress_review.desk import Record, as_actor
from egress_review.draft_rules import LONGEST_TEXT
from egress_review.errors import Conflict, Denied, Invalid
from egress_review.findings import Verdict
from egress_review.model import Choice, Message, Request, Vote
from egress_review.review import Binding, Decision, ballots, decide, own_votes
from egress_review.showing import insert_shown, shown_to, unseen_detail
from egress_review.standing import check_first_account, check_standing, demands_of, excluded, independent
from egress_review.workflow import OPEN_REVIEW, STATE_TEXT, Party, State
from registry.model import Person
from registry.text import Text

LEAST_REASON = 5
"""Characters of a reason; fewer explain nothing."""


class Reviewing(AsRecorded):
    """What checkers do."""

    def vote(
        self,
        checker: Person,
        ref: str,
        votes: Mapping[str, Choice | str],
        comment: str,
        round: int,
        confirm: str,
        *,
        source: Source,
    ) -> Request:
        """Cast one vote on every file of a request; the last vote that is needed decides.

        `votes` maps the SHA-256 of each file to a choice. Approving takes `confirm`, the code of the request.
        The same ballot twice is one ballot; in consolidation a checker may vote anew.
        Raises: Denied, Conflict, Invalid. NotAsRecorded — if the request is not what the log tells of it.
        """
        choices = _choices(votes)
        with self._refusing(ref, "vote"), self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            person = independent(tx, checker, request)
            _check_open(request, round)
            self._check_as_recorded(tx, ref)
            if request.policy_digest != self._policy_of(tx, request).digest:
                raise _policy_changed()
            check_standing(tx, request)
            cast = store.votes_of(tx, ref)
            binding = Binding.of(request, exceptions=False)
            own = own_votes(cast, person.ref, binding)
            check_first_account(tx, person, [vote for vote in cast if vote.round == request.round])
            if own and {vote.sha256: vote.choice for vote in own} == choices and request.state is State.IN_REVIEW:
                return request
            if own and request.state is State.IN_REVIEW:
                raise Conflict(
                    "voted_already",
                    Text(
                        ko="이미 의견을 냈습니다. 다른 심사자의 의견이 나온 뒤 조정할 수 있습니다.",
                        en="You have voted. You can change it once the other votes are in and disagree.",
                    ),
                )
            exceptions = self._exceptions(tx, request)
            _check_ballot(request, choices, comment, confirm, exceptions=exceptions)
            ballot = self._ballot(person, request, choices, comment, revision=len(own) // len(choices) + 1)
            return self._cast(tx, request, person, [*cast, *ballot], ballot, source)

    def return_to_author(self, checker: Person, ref: str, text: str, *, source: Source) -> Request:
        """Give a request back to its author with what has to change; a new hand-in is a new round.

        Raises: Denied, Conflict, Invalid.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            return self._end(tx, checker, request, "egress.returned", text, source)

    def reject(self, checker: Person, ref: str, text: str, *, source: Source) -> Request:
        """Refuse a request for good; only by somebody who voted on it, after enough people have.

        Raises: Denied, Conflict, Invalid.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            if not own_votes(store.votes_of(tx, ref), checker.ref, Binding.of(request, exceptions=False)):
                raise Denied(
                    "not_voted",
                    Text(
                        ko="의견을 낸 심사자만 반려할 수 있습니다.", en="Only somebody who voted on it can reject it."
                    ),
                )
            return self._end(tx, checker, request, "egress.rejected", text, source)

    def revoke(self, checker: Person, ref: str, text: str, confirm: str, *, source: Source) -> Request:
        """Take an approval or a release back, for ever: the package can no longer be collected.

        Raises: Denied, Conflict, Invalid.
        """
        with self._db.begin() as tx:
            request = store.load(tx, ref, lock=True)
            _check_confirm(request, confirm)
            return self._end(tx, checker, request, "egress.revoked", text, source)

    def _end(self, tx: Connection, checker: Person, request: Request, event: str, text: str, source: Source) -> Request:
        """Take a move that needs a reason, and tell the author the reason without telling who gave it."""
        person = independent(tx, checker, request)
        reason = checked_reason(text)
        record = Record(actor=as_actor(person), source=source, sealed={"reason": reason})
        moved, _ = self._move(tx, request, event, Party.CHECKER, record)
        message = Message(
            round=request.round,
            by_ref=person.ref,
            by_role=role_of(person),
            kind=event,
            text=reason,
            at=self._clock(),
        )
        store.insert_message(tx, request, message)
        return moved

    def _exceptions(self, tx: Connection, request: Request) -> bool:
        report = store.report_of(tx, request)
        return report is None or any(file.verdict is not Verdict.PASSED for file in report.files)

    def _ballot(
        self, person: Person, request: Request, choices: Mapping[str, Choice], comment: str, *, revision: int
    ) -> list[Vote]:
        at = self._clock()
        return [
            Vote(
                checker_ref=person.ref,
                roles=tuple(sorted(role.value for role in person.roles)),
                sha256=sha256,
                choice=choice,
                round=request.round,
                context_hash=request.context_hash,
                policy_digest=request.policy_digest,
                revision=revision,
                comment=comment.strip(),
                at=at,
            )
            for sha256, choice in sorted(choices.items())
        ]

    def _cast(
        self,
        tx: Connection,
        request: Request,
        person: Person,
        votes: list[Vote],
        ballot: list[Vote],
        source: Source,
    ) -> Request:
        """Record the ballot and take the move that it decides, in the caller's transaction."""
        binding = Binding.of(request, exceptions=self._exceptions(tx, request))
        policy = self._policy_of(tx, request)
        demands = demands_of(tx, policy, request, votes)
        barred = excluded(tx, request, votes)
        decision = decide(ballots(votes, binding), binding, policy.required_votes, barred, demands)
        divided = decision not in (Decision.OPEN, Decision.APPROVED)
        target = State.REVIEWED if divided or request.state is State.REVIEWED else State.IN_REVIEW
        shown = shown_to(tx, self._vault.previews, request, request.outputs, person.ref, self._clock())
        detail: dict[str, Any] = {
            "round": request.round,
            "votes": {vote.sha256: vote.choice.value for vote in ballot},
            "context": request.context_hash,
            "revision": ballot[0].revision,
            "decision": decision.value,
            **unseen_detail(shown),
        }
        # Whoever can write to the database alone has no key to seal this with, so cannot make up a vote.
        sealed = {"comment": ballot[0].comment, "cast": cast_text(request.ref, person.ref, detail)}
        record = Record(actor=as_actor(person), source=source, detail=detail, sealed=sealed)
        at = ballot[0].at
        moved, event_id = self._move(tx, request, "egress.voted", Party.CHECKER, record, target=target, at=at)
        store.insert_votes(tx, request, ballot, event_id)
        insert_shown(tx, request, person.ref, ballot[0].revision, shown)
        if decision is Decision.APPROVED:
            detail = {"context": request.context_hash, "files": sorted(binding.files)}
            approval = Record(actor=as_actor(person), source=source, detail=detail)
            moved, _ = self._move(tx, moved, "egress.approved", Party.CHECKER, approval)
        return moved


def _choices(votes: Mapping[str, Choice | str]) -> dict[str, Choice]:
    try:
        return {sha256: Choice(choice) for sha256, choice in votes.items()}
    except ValueError:
        reason = Text(ko="알 수 없는 의견입니다.", en="A vote is approve, changes or reject.")
        raise Invalid("bad_vote", reason) from None


def _check_open(request: Request, round: int) -> None:
    if request.state not in OPEN_REVIEW:
        state = STATE_TEXT[request.state]
        reason = Text(
            ko=f"지금 상태({state.ko})에서는 심사할 수 없습니다.", en=f"The request cannot be voted on: {state.en}."
        )
        raise Conflict("wrong_state", reason)
    if round != request.round:
        reason = Text(
            ko="신청이 새 차수로 바뀌었습니다. 다시 읽고 의견을 내십시오.",
            en="The request is in a new round. Read it again before you vote.",
        )
        raise Conflict("stale_round", reason)


def _check_ballot(
    request: Request, choices: Mapping[str, Choice], comment: str, confirm: str, *, exceptions: bool
) -> None:
    if set(choices) != {file.sha256 for file in request.outputs}:
        reason = Text(ko="모든 파일에 의견을 내야 합니다.", en="Every file needs a vote, and no other.")
        raise Invalid("votes_incomplete", reason)
    if len(comment) > LONGEST_TEXT:
        raise Invalid("too_long", Text(ko="의견이 너무 깁니다.", en="The comment is too long."))
    approving = Choice.APPROVE in choices.values()
    if approving:
        _check_confirm(request, confirm)
    if any(choice is not Choice.APPROVE for choice in choices.values()) or (approving and exceptions):
        checked_reason(comment)


def _check_confirm(request: Request, confirm: str) -> None:
    """Approval and revocation are typed, not clicked: a stray click released data elsewhere (AzureTRE #4543)."""
    if confirm.strip().lower() != request.confirm_code:
        reason = Text(
            ko=f"확인 문자 {request.confirm_code}를 그대로 입력하십시오.",
            en=f"Type the code {request.confirm_code} to confirm.",
        )
        raise Invalid("not_confirmed", reason)


def checked_reason(text: str) -> str:
    """The reason, trimmed.

    Raises: Invalid — for one that explains nothing.
    """
    reason = text.strip()
    if len(reason) < LEAST_REASON:
        message = Text(
            ko="까닭을 다섯 글자 이상으로, 나중에 읽는 사람이 알 수 있게 적으십시오.",
            en="Give a reason that somebody who reads it later understands, of five characters or more.",
        )
        raise Invalid("reason_missing", message)
    if len(reason) > LONGEST_TEXT:
        raise Invalid("too_long", Text(ko="글이 너무 깁니다.", en="The text is too long."))
    return reason


def role_of(person: Person) -> str:
    """The role under which a checker is shown."""
    return "senior_checker" if "senior_checker" in person.roles else "checker"


def _policy_changed() -> Conflict:
    return Conflict(
        "policy_changed",
        Text(
            ko="점검 뒤에 반출 기준이 바뀌었습니다. 신청자에게 돌려보내 다시 점검해야 합니다.",
            en="The policy changed after the scan. Return the request so that it is scanned again.",
        ),
    )
