"""What the log tells of one request: where it must stand, derived from its events alone. Pure.

    told = tell(events)
    told.state, told.round, told.ballots

The events are walked through the one table of moves. An event that is no move from where the request stood, or that
somebody made whose move it is not, is kept as `impossible`: a row was changed by hand before it was moved on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from audit.proven import Recorded
from egress_review.workflow import MOVES, Move, Party, State

HAND_INS = frozenset(("egress.submitted", "egress.resubmitted"))
BY_PROGRAMS = frozenset(("egress.drafted", "egress.submitted"))
PROGRAM = "svc_"
"""Begins the reference of a program's account, and of no process of the zone."""
SCANS = frozenset(("egress.scanned", "egress.blocked"))
ALARM = "egress.not_as_recorded"
LOOKED = "egress.looked_into"
OFFICER = "compliance_officer"
ENOUGH = 2
"""People who look into an alarm before the request goes on."""
_MOVING = {move.event for move in MOVES}
_AGREED = frozenset(("open", "approved"))
"""What the votes came to where people need not come to one view first."""


@dataclass(slots=True)
class Told:
    """Where a request stands by its events, and which event says what."""

    state: State | None = None
    """None for a request that no event began."""
    begun: Recorded | None = None
    round: int = 0
    hand_ins: dict[int, Recorded] = field(default_factory=dict)
    scans: dict[int, Recorded] = field(default_factory=dict)
    ballots: list[Recorded] = field(default_factory=list)
    approved: Recorded | None = None
    """The approval of the present round."""
    released: Recorded | None = None
    let_in: Recorded | None = None
    changed: Recorded | None = None
    """The event that brought it into its present state."""
    got_on: Recorded | None = None
    warned: Recorded | None = None
    collected: list[Recorded] = field(default_factory=list)
    allowed: list[Recorded] = field(default_factory=list)
    """Who let it be collected more often."""
    purged: list[Recorded] = field(default_factory=list)
    recused: list[Recorded] = field(default_factory=list)
    impossible: list[Recorded] = field(default_factory=list)
    faults: list[Recorded] = field(default_factory=list)
    """Entries that are not those that were signed."""
    alarm: Recorded | None = None
    """The last alarm that the request is not as it was recorded."""
    alarms: set[tuple[str, str]] = field(default_factory=set)
    """What was found, by its digest, and what was refused for it."""
    looks: list[Recorded] = field(default_factory=list)
    """Who looked into what the last alarm says, since it was first said."""

    @property
    def author(self) -> str | None:
        """Who made the request, or answers for the program that made it."""
        return None if self.begun is None else answers_for(self.begun)


def answers_for(event: Recorded) -> str | None:
    """The person who did it, or in whose name a program handed in what comes in; nobody for all else.

    Programs have accounts (ADR 0025) and hand in; no other move of the table is ever theirs.
    """
    if event.by_person:
        return event.actor
    by_program = event.body["actor"]["kind"] == "service" and event.actor.startswith(PROGRAM)
    hands_in = event.action in BY_PROGRAMS and event.detail.get("direction") == "ingress"
    return event.body.get("on_behalf_of") if by_program and hands_in else None


def is_looked_into(told: Told) -> bool:
    """Whether two people, one of them a compliance officer, have looked into what was found last."""
    officers = any(OFFICER in one.roles for one in told.looks)
    return officers and len({one.actor for one in told.looks}) >= ENOUGH


def tell(events: Iterable[Recorded]) -> Told:
    """What events about one request, in their order, say of it."""
    told = Told()
    lists = {
        "egress.collected": told.collected,
        "egress.collections_allowed": told.allowed,
        "egress.purged": told.purged,
        "egress.recused": told.recused,
    }
    for event in events:
        if event.action == ALARM:
            # What was said stays said, even where the log was cut off and its place is not what was signed.
            _alarmed(told, event)
        if event.fault is not None:
            # Nothing is derived from an entry that is not the one that was signed.
            told.faults.append(event)
        elif event.action == "egress.drafted":
            _begin(told, event)
        elif event.action in _MOVING and _is_move(event):
            _move(told, event)
        elif event.action in lists and event.outcome == "ok":
            lists[event.action].append(event)
        elif event.action == "egress.idle_warned":
            told.warned = event
        elif event.action == LOOKED:
            told.looks.append(event)
    return told


def _begin(told: Told, event: Recorded) -> None:
    if told.begun is not None:
        told.impossible.append(event)
        return
    told.begun = told.changed = told.got_on = event
    told.state = State.DRAFT


def alarms_of(events: Iterable[Recorded]) -> Told:
    """What was said of a request before, where nothing else can be read of it."""
    told = Told()
    for event in events:
        if event.action == ALARM:
            _alarmed(told, event)
    return told


def _alarmed(told: Told, event: Recorded) -> None:
    found = event.detail.get("found")
    if told.alarm is None or told.alarm.detail.get("found") != found:
        told.looks = []
    told.alarm = event
    told.alarms.add((str(found), str(event.detail.get("refused"))))


def _is_move(event: Recorded) -> bool:
    # A delivery into an inbox that failed is tried again and moves nothing.
    return event.action != "ingress.released" or event.outcome == "ok"


def _move(told: Told, event: Recorded) -> None:
    move = _move_of(told.state, event)
    if move is None or not _is_by(told, move, event):
        told.impossible.append(event)
    if move is None:
        # Where the event can lead to one state alone it led there all the same.
        targets = {one.target for one in MOVES if one.event == event.action}
        told.state = targets.pop() if len(targets) == 1 else told.state
        told.changed = told.got_on = event
        _note(told, event)
        return
    told.state = move.target
    if move.target is not move.source or move.by is Party.AUTHOR:
        told.changed = event
    if move.gets_on:
        told.got_on, told.warned = event, None
    _note(told, event)


def _note(told: Told, event: Recorded) -> None:
    """Keep the events that rows are held against."""
    round_ = int(event.detail.get("round", 0))
    if event.action in HAND_INS:
        told.round, told.approved = round_, None
        told.hand_ins[round_] = event
    elif event.action in SCANS:
        told.scans[round_] = event
    elif event.action == "egress.voted":
        told.ballots.append(event)
    elif event.action == "egress.approved":
        told.approved = event
    elif event.action == "egress.released":
        told.released = event
    elif event.action == "ingress.released":
        told.let_in = event


def _move_of(state: State | None, event: Recorded) -> Move | None:
    """The move that an event makes from a state; where it cannot, none. A vote says itself whether it divides."""
    moves = [move for move in MOVES if move.source is state and move.event == event.action]
    if len(moves) > 1:
        divides = event.detail.get("decision") not in _AGREED
        moves = [move for move in moves if (move.target is State.REVIEWED) == divides]
    return moves[0] if moves else None


def _is_by(told: Told, move: Move, event: Recorded) -> bool:
    who = answers_for(event)
    if move.by is Party.SYSTEM:
        return who is None
    if move.by is Party.AUTHOR:
        return who is not None and who == told.author
    return event.by_person and who != told.author
