"""Many people at once: votes, submissions and workers that meet end in one consistent state."""

from __future__ import annotations

import threading
from collections.abc import Callable

from egress_review.errors import EgressError
from egress_review.model import Choice
from egress_review.workflow import State
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, Zone


def together(*steps: Callable[[], object]) -> list[object]:
    """Run the steps at the same moment; a refusal is an outcome, anything else fails the test."""
    barrier, outcomes, broken = threading.Barrier(len(steps)), list[object](), list[BaseException]()

    def run(step: Callable[[], object]) -> None:
        barrier.wait()
        try:
            outcomes.append(step())
        except EgressError as refused:
            outcomes.append(refused)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not broken, broken
    return outcomes


def test_two_votes_at_once_approve_once(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review()
    together(lambda: zone.vote("hana", request), lambda: zone.vote("duri", request))
    assert zone.desk.view(zone.author, request.ref).request.state is State.APPROVED
    assert zone.actions(request.ref).count("egress.voted") == 2
    assert zone.actions(request.ref).count("egress.approved") == 1


def test_one_checker_in_many_tabs_has_one_vote(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.in_review()
    together(*[lambda: zone.vote("hana", request)] * 8)
    assert zone.desk.view(zone.author, request.ref).request.state is State.IN_REVIEW
    assert zone.actions(request.ref).count("egress.voted") == 1


def test_twelve_checkers_at_once_decide_once(zone: Zone) -> None:
    names = [f"checker-{letter}" for letter in "abcdefghijkl"]
    zone.checkers = {name: zone.house.join(name, Role.CHECKER).person for name in names}
    request = zone.in_review()
    together(*[lambda name=name: zone.vote(name, request) for name in names])
    actions = zone.actions(request.ref)
    assert (actions.count("egress.voted"), actions.count("egress.approved")) == (2, 1)


def test_a_vote_and_a_return_at_once_leave_one_of_two_states(zone: Zone) -> None:
    request = zone.in_review()
    zone.vote("hana", request)
    together(
        lambda: zone.vote("duri", request),
        lambda: zone.desk.return_to_author(zone.checkers["senior"], request.ref, "please wait", source=HERE),
    )
    state = zone.desk.view(zone.author, request.ref).request.state
    actions = zone.actions(request.ref)
    assert (state, actions.count("egress.approved"), actions.count("egress.returned")) in (
        (State.APPROVED, 1, 0),
        (State.RETURNED, 0, 1),
    )


def test_one_click_in_many_threads_is_one_request(zone: Zone) -> None:
    zone.write("table.csv", "sex,n\nF,120\n")
    submit = lambda: zone.desk.submit(zone.author, zone.workspace, zone.draft(), source=HERE)  # noqa: E731
    refs = {outcome.ref for outcome in together(*[submit] * 6) if hasattr(outcome, "ref")}
    assert len(refs) == 1


def test_several_workers_release_once(each_zone: Zone) -> None:
    zone = each_zone
    request = zone.approved()
    together(*[lambda: zone.desk.release(request.ref)] * 4)
    assert zone.desk.release(request.ref).packaged
    actions = zone.actions(request.ref)
    assert (actions.count("egress.releasing"), actions.count("egress.released")) == (1, 1)
    assert actions.count("egress.release_failed") == 0


def test_conflicting_votes_at_once_lead_to_consolidation(zone: Zone) -> None:
    request = zone.in_review()
    together(lambda: zone.vote("hana", request), lambda: zone.vote("duri", request, Choice.REJECT))
    assert zone.desk.view(zone.author, request.ref).request.state is State.REVIEWED
