"""The table of moves has the properties that the code relies on."""

from __future__ import annotations

import pytest

from audit.catalogue import CATALOGUE
from egress_review.errors import Conflict
from egress_review.workflow import FINAL, MOVES, STATE_TEXT, Party, State, can, mermaid, move_for

EVENTS = sorted({move.event for move in MOVES})


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {State.DRAFT}
    for _ in State:
        reached |= {move.target for move in MOVES if move.source in reached}
    assert reached == set(State)


def test_no_step_is_in_the_table_twice() -> None:
    steps = [(move.source, move.target, move.event) for move in MOVES]
    assert len(steps) == len(set(steps))


def test_a_checker_cannot_take_the_steps_of_the_machine_or_of_the_author() -> None:
    with pytest.raises(Conflict):
        move_for(State.APPROVED, "egress.returned", Party.CHECKER)
    with pytest.raises(Conflict):
        move_for(State.RETURNED, "egress.resubmitted", Party.CHECKER)


def test_nothing_leaves_a_final_state_but_a_revocation() -> None:
    assert {move.event for move in MOVES if move.source in FINAL} <= {"egress.revoked"}


def test_every_state_that_is_not_final_has_a_way_on() -> None:
    for state in set(State) - FINAL:
        assert any(move.source is state for move in MOVES), state


def test_a_release_is_only_reached_through_approval_and_only_by_the_machine() -> None:
    into = {(move.source, move.by) for move in MOVES if move.target is State.RELEASED}
    assert into == {(State.RELEASING, Party.SYSTEM)}
    assert {move.source for move in MOVES if move.target is State.RELEASING} == {State.APPROVED, State.RELEASE_FAILED}
    assert {move.event for move in MOVES if move.target is State.APPROVED} == {"egress.approved"}


def test_what_ends_a_review_against_the_author_needs_a_reason() -> None:
    for move in MOVES:
        if move.by is Party.CHECKER and move.target in (State.RETURNED, State.REJECTED, State.REVOKED):
            assert move.needs_text


@pytest.mark.parametrize("source", list(State))
@pytest.mark.parametrize("by", list(Party))
@pytest.mark.parametrize("event", EVENTS)
def test_what_the_table_does_not_name_is_refused(source: State, event: str, by: Party) -> None:
    if can(source, event, by):
        assert move_for(source, event, by).source is source
    else:
        with pytest.raises(Conflict):
            move_for(source, event, by)


def test_every_event_of_the_table_is_in_the_audit_catalogue() -> None:
    assert set(EVENTS) - set(CATALOGUE) == set()


def test_every_state_is_named_in_both_languages_and_drawn() -> None:
    picture = mermaid()
    for state in State:
        assert STATE_TEXT[state].ko
        assert STATE_TEXT[state].en
        assert state.value in picture
