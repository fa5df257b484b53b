"""How review goes, counted from its own tables: times, refusals by rule, agreement, and how fast votes were cast."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from egress_review import tables
from egress_review.model import Choice
from egress_review.workflow import State

REFUSALS = ("egress.returned", "egress.rejected")
DECIDING = frozenset(("block", "fail"))


@dataclass(frozen=True, slots=True)
class CastBallot:
    """What one checker said in one round at first, blind to the others."""

    ref: str
    round: int
    checker_ref: str
    choices: Mapping[str, Choice]
    at: datetime
    size: int
    """Bytes of the files voted on."""
    seconds: int | None
    """How long the pages took, as `showing.reading_seconds` has it; None for somebody who was served none."""
    unseen: tuple[str, ...]
    """Pages that were not shown, of each file that was not shown whole."""

    @property
    def approves(self) -> bool:
        """Whether every file was approved."""
        return all(choice is Choice.APPROVE for choice in self.choices.values())


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two people judged a file alike, and how much of that is more than chance."""

    pairs: int
    alike: int
    kappa: float | None
    """Cohen's kappa; None where chance alone explains everything, as when nobody ever refuses."""


@dataclass(frozen=True, slots=True)
class ReviewFigures:
    """A period of review."""

    approved: tuple[timedelta, ...]
    """From hand-in to approval, for each round that was approved."""
    refused: tuple[timedelta, ...]
    """From hand-in to return or rejection."""
    rules: Mapping[str, int]
    """In how many refused or blocked rounds each rule was flagged."""
    ballots: tuple[CastBallot, ...]
    agreement: Agreement


def figures(tx: Connection, since: datetime, until: datetime) -> ReviewFigures:
    """What happened to rounds that were decided, and votes that were cast, in a period."""
    ballots = tuple(_ballots(tx, since, until))
    refused, rounds = _refused(tx, since, until)
    return ReviewFigures(
        approved=tuple(_approved(tx, since, until)),
        refused=tuple(refused),
        rules=_rules(tx, rounds),
        ballots=ballots,
        agreement=agreement(ballots),
    )


def agreement(ballots: Iterable[CastBallot]) -> Agreement:
    """How alike the blind ballots of the same round are, pair by pair and file by file."""
    rounds: dict[tuple[str, int], list[CastBallot]] = defaultdict(list)
    for ballot in ballots:
        rounds[ballot.ref, ballot.round].append(ballot)
    pairs = [
        (one.choices[sha256], other.choices[sha256])
        for cast in rounds.values()
        for n, one in enumerate(cast)
        for other in cast[n + 1 :]
        for sha256 in one.choices.keys() & other.choices.keys()
    ]
    if not pairs:
        return Agreement(0, 0, None)
    alike = sum(one is other for one, other in pairs)
    # Nobody is the first of a pair: both sides share one distribution (Scott's correction of the chance part).
    shares = Counter(choice for pair in pairs for choice in pair)
    chance = sum((n / (2 * len(pairs))) ** 2 for n in shares.values())
    kappa = None if chance >= 1 else (alike / len(pairs) - chance) / (1 - chance)
    return Agreement(len(pairs), alike, kappa)


def _ballots(tx: Connection, since: datetime, until: datetime) -> Iterable[CastBallot]:
    request, vote, file, shown = tables.request.c, tables.vote.c, tables.file.c, tables.shown.c
    cast: dict[tuple[str, int, str], dict[str, Choice]] = defaultdict(dict)
    times: dict[tuple[str, int, str], datetime] = {}
    in_time = (vote.at >= since, vote.at < until, vote.revision == 1)
    for row in tx.execute(select(tables.vote).where(*in_time).order_by(vote.at, vote.checker_ref)):
        key = (row.request_ref, row.round, row.checker_ref)
        cast[key][row.sha256] = Choice(row.choice)
        times[key] = row.at
    # What is said of a round that is still open would tell colleagues that somebody has voted (invariant I6).
    under_way = {
        (row.ref, row.round)
        for row in tx.execute(select(request.ref, request.round).where(request.state == State.IN_REVIEW.value))
    }
    cast = {key: choices for key, choices in cast.items() if key[:2] not in under_way}
    refs = {ref for ref, _, _ in cast}
    sizes = {
        (row.request_ref, row.round, row.sha256): row.size
        for row in tx.execute(select(tables.file).where(file.request_ref.in_(refs)))
    }
    looks: dict[tuple[str, int, str], list[tuple[str, int | None]]] = defaultdict(list)
    for row in tx.execute(select(tables.shown).where(shown.request_ref.in_(refs), shown.revision == 1)):
        looks[row.request_ref, row.round, row.checker_ref].append((row.unseen, row.seconds))
    for key, choices in cast.items():
        ref, round, checker = key
        known = [seconds for _, seconds in looks[key] if seconds is not None]
        yield CastBallot(
            ref,
            round,
            checker,
            choices,
            times[key],
            size=sum(sizes.get((ref, round, sha256), 0) for sha256 in choices),
            seconds=max(known) if known else None,
            unseen=tuple(unseen for unseen, _ in looks[key] if unseen),
        )


def _approved(tx: Connection, since: datetime, until: datetime) -> Iterable[timedelta]:
    """From hand-in to the last vote, of the requests whose present round was approved."""
    request, vote = tables.request.c, tables.vote.c
    handed_in: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    found = select(request.ref, request.submitted_at, vote.at).join_from(
        tables.request, tables.vote, (vote.request_ref == request.ref) & (vote.round == request.round)
    )
    for row in tx.execute(found.where(request.approved_event.is_not(None), vote.at < until)):
        handed_in[row.ref] = row.submitted_at
        last[row.ref] = max(row.at, last.get(row.ref, row.at))
    return [at - handed_in[ref] for ref, at in last.items() if since <= at]


def _refused(tx: Connection, since: datetime, until: datetime) -> tuple[list[timedelta], set[tuple[str, int]]]:
    """From hand-in to refusal, and the rounds that were refused by people or blocked by the machine."""
    message, said, request = tables.message.c, tables.said.c, tables.request.c
    found = select(message.request_ref, message.round, message.at, said.at.label("handed_in")).join_from(
        tables.message, tables.said, (said.request_ref == message.request_ref) & (said.round == message.round)
    )
    rows = tx.execute(
        found.where(message.kind.in_(REFUSALS), message.by_ref.is_not(None), message.at >= since, message.at < until)
    ).all()
    blocked = tx.execute(
        select(request.ref, request.round).where(
            request.state == State.BLOCKED.value, request.changed_at >= since, request.changed_at < until
        )
    )
    rounds = {(row.request_ref, row.round) for row in rows} | {(row.ref, row.round) for row in blocked}
    return [row.at - row.handed_in for row in rows], rounds


def _rules(tx: Connection, rounds: set[tuple[str, int]]) -> Mapping[str, int]:
    table = tables.report.c
    counts: Counter[str] = Counter()
    refs = {ref for ref, _ in rounds}
    for row in tx.execute(select(table.request_ref, table.round, table.content).where(table.request_ref.in_(refs))):
        if (row.request_ref, row.round) in rounds:
            counts.update(set(_flagged(row.content)))
    return dict(counts)


def _flagged(content: str) -> Iterable[str]:
    for file in json.loads(content)["files"]:
        for finding in file["findings"]:
            if finding["status"] == "flagged" and finding["severity"] in DECIDING:
                yield str(finding["rule"])
