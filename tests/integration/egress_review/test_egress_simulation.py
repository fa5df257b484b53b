"""A policy is tried on past requests before it holds for anybody, and a past scan can be repeated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.event import Actor, Source
from egress_review.errors import NotFound
from egress_review.policy import load_policy
from egress_review.simulation import Simulation
from egress_review.workflow import State
from registry.errors import Denied
from tests.databases import without_guards
from tests.integration.egress_review.egress_house import HERE, SMALL, Zone
from tests.integration.egress_review.watch_house import watch_in

CLI, LOCAL = Actor.service("cli"), Source(None)
OTHER = "year,n\n2020,15\n2021,16\n"
TWENTY = replace(load_policy("kr-default"), name="twenty", min_cell=20)


def steps(_done: int, _total: int) -> None:
    """Nobody watches."""


def test_a_stricter_policy_shows_which_verdicts_and_decisions_change_and_by_which_rule(zone: Zone) -> None:
    passed = zone.approved(content=OTHER)
    failing = zone.in_review(SMALL, title="Small")
    seen: list[tuple[int, int]] = []
    found = zone.desk.simulate(TWENTY, None, by=CLI, source=LOCAL, progress=lambda *step: seen.append(step))
    assert seen == [(0, 2), (1, 2), (2, 2)]
    assert (found.requests, found.files, found.other_verdicts, found.other_decisions) == (2, 2, 1, 1)
    (changed,) = [one for one in found.changed if one.ref == passed.ref]
    assert (changed.before, changed.after, changed.files) == ("approved", "needs_senior", 1)
    assert "cells.small" in changed.appears
    assert {rule: new for rule, new, _ in found.rules}["cells.small"] == 1
    assert failing.ref not in {one.ref for one in found.changed if one.before != one.after}
    assert Simulation.from_json(found.as_json()) == found


def test_a_trial_changes_nothing_and_is_recorded(zone: Zone) -> None:
    request = zone.approved(content=OTHER)
    before = zone.desk.view(zone.author, request.ref)
    zone.desk.simulate(TWENTY, None, by=CLI, source=LOCAL, progress=steps)
    assert zone.desk.view(zone.author, request.ref) == before
    last = zone.house.entries()[-1]
    assert (last["action"], last["object"]["ref"]) == ("egress.policy_simulated", TWENTY.digest)
    assert last["detail"] == {"requests": 1}
    assert zone.desk.release(request.ref).state is State.RELEASED


def test_the_same_policy_changes_nothing_and_more_votes_change_the_decision(zone: Zone) -> None:
    zone.approved(content=OTHER)
    same = zone.desk.simulate(zone.desk.policy, None, by=CLI, source=LOCAL, progress=steps)
    assert (same.other_verdicts, same.other_decisions, same.changed) == (0, 0, ())
    three = replace(load_policy("kr-default"), name="three", required_votes=3)
    found = zone.desk.simulate(three, None, by=CLI, source=LOCAL, progress=steps)
    assert found.decisions == (("approved", "open", 1),)


def test_requests_before_the_day_are_left_out_and_purged_files_are_said_so(zone: Zone) -> None:
    old = zone.in_review(OTHER)
    zone.house.clock.pass_by(days=2)
    recent = zone.in_review("year,n\n2020,900\n", title="Recent")
    since = zone.house.clock()
    assert zone.desk.simulate(TWENTY, since, by=CLI, source=LOCAL, progress=steps).requests == 1
    zone.desk._vault.path(old.files[0].sha256).unlink()
    found = zone.desk.simulate(TWENTY, None, by=CLI, source=LOCAL, progress=steps)
    assert (found.purged, found.requests) == ((old.ref,), 1)
    assert zone.desk.replay(recent.ref, by=CLI, source=LOCAL).same
    with pytest.raises(NotFound):
        zone.desk.replay(old.ref, by=CLI, source=LOCAL)


def test_a_trial_asked_for_in_the_portal_is_done_by_the_worker(zone: Zone) -> None:
    zone.approved(content=OTHER)
    controller = zone.house.accounts["sunhee"].actor
    ref = zone.desk.ask_simulation(TWENTY, None, by=controller, source=HERE)
    assert zone.desk.trial(ref).result is None
    zone.desk.run_simulations()
    trial = zone.desk.trial(ref)
    assert trial.result is not None
    assert (trial.done, trial.total, trial.result.other_decisions) == (1, 1, 1)
    assert [one.ref for one in zone.desk.trials()] == [ref]
    with pytest.raises(Denied):
        zone.desk.ask_simulation(TWENTY, None, by=Actor.person(zone.author.ref, ["operator"]), source=HERE)


def test_a_replay_gives_the_same_findings_under_the_policy_of_the_report(zone: Zone) -> None:
    zone.released(content=OTHER)
    request = zone.in_review(SMALL, title="Small")
    stricter = zone.reopened(policy=load_policy("uk-sdap"))
    replayed = stricter.replay(request.ref, by=CLI, source=LOCAL)
    assert replayed.same
    assert replayed.policy_digest == request.policy_digest
    assert zone.actions(request.ref)[-1] == "egress.replayed"


def test_what_was_known_of_the_author_on_the_day_of_the_scan_does_not_make_a_replay_differ(zone: Zone) -> None:
    zone.desk = zone.reopened(watch=watch_in(zone.home))
    request = zone.in_review(SMALL, title="The first of its author")
    report = zone.desk.view(zone.author, request.ref).report
    assert report
    assert "behaviour.first" in {finding.rule for file in report.files for finding in file.findings}
    replayed = zone.desk.replay(request.ref, by=CLI, source=LOCAL)
    assert (replayed.same, replayed.differences) == (True, ())


def test_a_report_that_was_altered_is_noticed_by_a_replay(zone: Zone) -> None:
    request = zone.in_review(SMALL)
    with zone.house.db.begin() as tx:
        without_guards(tx, "egress_report")
        tx.exec_driver_sql("update egress_report set content = replace(content, '\"number\": 3', '\"number\": 300')")
    replayed = zone.desk.replay(request.ref, by=CLI, source=LOCAL)
    assert not replayed.same
    assert ("table.csv", "cells.small") in replayed.differences
