"""Rules about checkers: gaps in how results are reviewed before they leave."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from audit.review.evidence import Evidence, Fact
from audit.review.findings import Finding, finding
from audit.review.policy import Rule

APPROVE = frozenset({"approve"})
ALL = 100
HANDED_IN = frozenset({"egress.submitted", "egress.resubmitted"})
READ_BYTES = 50_000
"""Bytes that nobody reads in a second: some twenty pages. 4 MB take 80 seconds to page through."""


def approved_in_seconds(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find checkers who approved within seconds of their first look, or faster than anybody reads so many bytes."""
    sizes = {(f.object, f.round): f.handed_in for f in evidence.facts if f.action in HANDED_IN}
    hasty = defaultdict(list)
    for vote, look in _approvals(evidence):
        reading = sizes.get((vote.object, vote.round), 0) / READ_BYTES
        limit = timedelta(seconds=max(rule.numbers["seconds"], reading))
        if look is not None and vote.at - look.at < limit:
            hasty[vote.actor].append(vote.index)
    for who, votes in hasty.items():
        if len(votes) >= rule.threshold:
            yield finding(rule, votes, who=(who,))


def approved_unseen(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find checkers who approved without having opened any file."""
    blind = defaultdict(list)
    for vote, look in _approvals(evidence):
        if look is None:
            blind[vote.actor].append(vote.index)
    for who, votes in blind.items():
        if len(votes) >= rule.threshold:
            yield finding(rule, votes, who=(who,))


def approves_everything(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find checkers with many votes, (nearly) all of them to approve."""
    votes = defaultdict(list)
    for fact in _votes(evidence):
        votes[fact.actor].append(fact)
    for who, cast in votes.items():
        approved = [f.index for f in cast if f.choices == APPROVE]
        if len(cast) >= rule.threshold and ALL * len(approved) >= rule.numbers["percent"] * len(cast):
            yield finding(rule, approved, who=(who,), measured=len(cast))


def same_pair(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find two people who approve most of what is approved although others vote too."""
    voters = {f.actor for f in _votes(evidence)}
    if len(voters) < 3:
        return
    together = defaultdict(list)
    approvals = list(approved_by(evidence))
    for approval, people in approvals:
        for pair in itertools.combinations(sorted(people), 2):
            together[pair].append(approval.index)
    for pair, entries in together.items():
        if len(approvals) >= rule.threshold and ALL * len(entries) >= rule.numbers["percent"] * len(approvals):
            yield finding(rule, entries, who=pair)


def one_checker(evidence: Evidence, rule: Rule) -> Iterator[Finding]:
    """Find a checker who voted on most requests although there are more than two."""
    reviewed: dict[str, dict[str, int]] = defaultdict(dict)
    for fact in _votes(evidence):
        reviewed[fact.actor].setdefault(fact.object, fact.index)
        reviewed[fact.actor][fact.object] = min(reviewed[fact.actor][fact.object], fact.index)
    requests = {request for requests in reviewed.values() for request in requests}
    if len(reviewed) < 3 or len(requests) < rule.threshold:
        return
    for who, own in reviewed.items():
        if ALL * len(own) >= rule.numbers["percent"] * len(requests):
            yield finding(rule, own.values(), who=(who,))


def approved_by(evidence: Evidence, *, everywhere: bool = False) -> Iterator[tuple[Fact, frozenset[str]]]:
    """Yield each approval of the span, or of the days around it too, with who had voted to approve in its round."""
    votes = defaultdict(list)
    for fact in evidence.facts:
        if fact.action == "egress.voted" and fact.outcome == "ok":
            votes[fact.object, fact.round].append(fact)
    for approval in evidence.facts:
        if (
            approval.action == "egress.approved"
            and approval.outcome == "ok"
            and (everywhere or approval.at in evidence.span)
        ):
            cast = sorted(votes[approval.object, approval.round], key=lambda f: f.index)
            last = {f.actor: f.choices for f in cast if f.index < approval.index}
            yield approval, frozenset(who for who, choices in last.items() if choices == APPROVE)


def _votes(evidence: Evidence) -> Iterator[Fact]:
    return (f for f in evidence.inside("egress.voted") if f.outcome == "ok")


def _approvals(evidence: Evidence) -> Iterator[tuple[Fact, Fact | None]]:
    """Yield each vote to approve with the voter's first look at the request in that round, if there was one."""
    looks: dict[tuple[str, str, int], Fact] = {}
    for fact in evidence.facts:
        if fact.action == "egress.viewed" and fact.outcome == "ok":
            key = (fact.actor, fact.object, fact.round)
            if key not in looks or fact.index < looks[key].index:
                looks[key] = fact
    for vote in _votes(evidence):
        if vote.choices == APPROVE:
            look = looks.get((vote.actor, vote.object, vote.round))
            yield vote, look if look is not None and look.index < vote.index else None
