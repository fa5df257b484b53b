"""A program hands in for its owner, and the log lets it do nothing else of the way of a request."""

from __future__ import annotations

from typing import Any

import pytest

from audit.proven import Recorded
from egress_review.told import tell
from egress_review.workflow import MOVES, Party, State

OWNER, OTHER, ACCOUNT = "p_" + "a" * 16, "p_" + "b" * 16, "svc_" + "c" * 16
BY_PERSON: dict[str, Any] = {"actor": {"kind": "person", "ref": OWNER}}
BY_PROGRAM: dict[str, Any] = {"actor": {"kind": "service", "ref": ACCOUNT}, "on_behalf_of": OWNER}


def event(action: str, who: dict[str, Any], direction: str = "ingress") -> Recorded:
    detail = {"round": 1, "direction": direction}
    body = {"id": action, "action": action, "outcome": "ok", "object": {"ref": "er_1"}, "detail": detail, **who}
    return Recorded(None, body, b"")


def handed_in(who: dict[str, Any]) -> list[Recorded]:
    return [event("egress.drafted", who), event("egress.submitted", who)]


def test_a_request_of_a_program_is_that_of_the_person_who_answers_for_it() -> None:
    told = tell(handed_in(BY_PROGRAM))
    assert (told.author, told.state, told.impossible) == (OWNER, State.SCANNING, [])


@pytest.mark.parametrize(
    "who",
    [
        {"actor": {"kind": "service", "ref": ACCOUNT}},  # on nobody's behalf
        {"actor": {"kind": "service", "ref": "worker"}, "on_behalf_of": OWNER},  # a process of the zone
        {**BY_PROGRAM, "on_behalf_of": OTHER},
    ],
)
def test_whoever_hands_in_what_somebody_else_drafted_is_found(who: dict[str, Any]) -> None:
    told = tell([event("egress.drafted", BY_PERSON), event("egress.submitted", who)])
    assert [one.action for one in told.impossible] == ["egress.submitted"]


def test_a_program_hands_in_nothing_that_leaves() -> None:
    told = tell([event("egress.drafted", BY_PERSON, "egress"), event("egress.submitted", BY_PROGRAM, "egress")])
    assert len(told.impossible) == 1


@pytest.mark.parametrize("move", [one for one in MOVES if one.by is not Party.SYSTEM], ids=lambda one: one.event)
def test_no_other_move_of_the_table_is_a_programs(move: Any) -> None:
    if move.event == "egress.submitted":
        return
    told = tell([*handed_in(BY_PERSON), event(move.event, BY_PROGRAM)])
    assert [one.action for one in told.impossible] == [move.event]
