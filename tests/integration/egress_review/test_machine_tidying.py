"""Requests that lie idle are given up after a warning; files of what has ended go, and what was said of them stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from audit.event import Actor
from audit.refs import new_ref
from audit.retention.holding import lift_hold, set_hold
from egress_review import store, tables
from egress_review.errors import Conflict, Invalid
from egress_review.model import Request
from egress_review.policy import load_policy
from egress_review.terms import Policy
from egress_review.workflow import State
from tests.integration.egress_review.egress_house import HERE, SAFE, Zone

IDLE, PURGE = 4, 2
ANN, BEA = Actor.person(new_ref("p"), ["compliance_officer"]), Actor.person(new_ref("p"), ["operator"])


@pytest.fixture(autouse=True)
def strict(zone: Zone) -> None:
    sources = {"idle_days": "test", "purge_days": "test"}
    policy: Policy = load_policy("kr-default")
    policy = replace(policy, idle_days=IDLE, purge_days=PURGE, sources={**policy.sources, **sources})
    zone.options["policy"] = policy
    zone.desk = zone.reopened()
    zone.desk.sweep_seconds = -1.0


def after(zone: Zone, days: float) -> None:
    zone.house.clock.pass_by(minutes=int(days * 24 * 60))
    zone.desk.tidy()


def state_of(zone: Zone, request: Request) -> State:
    return zone.desk.view(zone.author, request.ref).request.state


def stored(zone: Zone) -> set[str]:
    vault = Path(zone.home / "vault")
    return {path.name[:64] for place in ("files", "previews") for path in (vault / place).iterdir()}


def test_an_idle_request_is_given_up_after_a_warning(zone: Zone) -> None:
    request, draft = zone.in_review(), zone.desk.save_draft(zone.author, zone.workspace, zone.draft(), source=HERE)
    after(zone, 1)
    assert not zone.house.registry.messages(zone.author.ref)
    after(zone, 1.5)
    told = zone.house.registry.messages(zone.author.ref)
    assert [message.code for message in told] == ["egress_idle_warned"] * 2
    after(zone, 0.5)
    assert state_of(zone, request) is State.IN_REVIEW
    after(zone, 1.6)
    assert {state_of(zone, request), state_of(zone, draft)} == {State.ABANDONED}
    assert zone.actions(draft.ref) == ["egress.drafted", "egress.idle_warned", "egress.abandoned"]
    assert zone.desk.copy_to_draft(zone.author, draft.ref, source=HERE).state is State.DRAFT


def test_whoever_goes_on_with_a_request_starts_the_time_anew(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "please round it", source=HERE)
    after(zone, 3)
    zone.desk.scan(zone.desk.resubmit(zone.author, request.ref, zone.draft(title="Again"), source=HERE).ref)
    after(zone, 1.1)
    assert zone.actions(request.ref).count("egress.idle_warned") == 1
    assert state_of(zone, request) is State.IN_REVIEW
    # A vote that decides nothing does not: the time of the end would tell of it.
    zone.vote("hana", zone.desk.view(zone.checkers["hana"], request.ref).request)
    after(zone, 1.5)
    after(zone, 2.1)
    assert state_of(zone, request) is State.ABANDONED


def test_after_an_outage_the_warning_still_comes_first(zone: Zone) -> None:
    request = zone.in_review()
    after(zone, 10 * IDLE)
    assert state_of(zone, request) is State.IN_REVIEW
    assert zone.house.registry.messages(zone.author.ref)
    after(zone, 1.5)
    assert state_of(zone, request) is State.IN_REVIEW
    after(zone, 0.6)
    assert state_of(zone, request) is State.ABANDONED


def test_the_files_of_what_ended_go_and_what_was_said_of_them_stays(zone: Zone) -> None:
    request = zone.in_review("name,rrn\na,901106-1896546\n")
    assert request.state is State.BLOCKED
    [file] = request.files
    after(zone, PURGE - 0.5)
    assert file.sha256 in stored(zone)
    after(zone, 1)
    assert file.sha256 not in stored(zone)
    view = zone.desk.view(zone.author, request.ref)
    assert view.purged_at is not None
    assert view.report is not None
    assert view.report.files[0].sha256 == file.sha256
    [entry] = [body for body in zone.house.entries() if body["action"] == "egress.purged"]
    assert entry["detail"]["files"] == [file.sha256]
    look = zone.desk.preview(zone.author, request.ref, file.sha256, source=HERE)
    assert look.page.pieces[0].preview.kind == "none"
    after(zone, 1)
    assert zone.actions(request.ref).count("egress.purged") == 1


def test_a_file_that_another_request_holds_stays(zone: Zone) -> None:
    first = zone.in_review()
    zone.desk.withdraw(zone.author, first.ref, source=HERE)
    zone.house.clock.pass_by(days=PURGE)
    second = zone.in_review(title="The same table")
    after(zone, 1)
    assert zone.actions(first.ref)[-1] == "egress.purged"
    assert second.files[0].sha256 in stored(zone)
    zone.vote("hana", second)
    zone.vote("duri", second)
    assert zone.desk.release(second.ref).packaged


def test_a_hold_keeps_the_files(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.withdraw(zone.author, request.ref, source=HERE)
    options = {"by": ANN, "confirmed_by": BEA, "source": HERE}
    index = set_hold(zone.house.log, "project", request.project, "litigation", **options)  # type: ignore[arg-type]
    after(zone, 5 * PURGE)
    assert request.files[0].sha256 in stored(zone)
    lift_hold(zone.house.log, index, **options)  # type: ignore[arg-type]
    after(zone, 0)
    assert request.files[0].sha256 not in stored(zone)


def test_the_package_of_a_revoked_release_is_gone_and_its_outputs_are_compared_with(zone: Zone) -> None:
    request = zone.released()
    zone.desk.collect(zone.author, request.ref, source=HERE)
    code = request.confirm_code
    zone.desk.revoke(zone.checkers["hana"], request.ref, "a mistake was found", code, source=HERE)
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, request.ref, source=HERE)
    after(zone, PURGE + 1)
    assert not zone.desk.package_of(request.ref).exists()
    assert not zone.desk.zip_of(request.ref).exists()
    assert request.files[0].sha256 in stored(zone)
    later = zone.in_review("year,n\n2020,500\n", title="Another")
    assert later.state is State.IN_REVIEW


def test_a_purge_that_a_crash_cut_off_is_finished_by_the_next_one(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    request = zone.in_review()
    zone.desk.withdraw(zone.author, request.ref, source=HERE)
    with monkeypatch.context() as broken:
        broken.setattr(type(zone.desk), "_sweep", lambda self: None)
        after(zone, PURGE + 1)
    assert request.files[0].sha256 in stored(zone)
    after(zone, 0)
    assert request.files[0].sha256 not in stored(zone)


def test_copies_of_a_hand_in_that_was_refused_are_swept(zone: Zone) -> None:
    zone.write("table.csv", SAFE)
    zone.write("same.csv", SAFE)
    draft = replace(zone.draft(), supporting=("same.csv",))
    with pytest.raises(Invalid):
        zone.desk.submit(zone.author, zone.workspace, draft, source=HERE)
    assert stored(zone)
    zone.desk.tidy()
    assert not stored(zone)


def test_nothing_that_is_open_is_ever_swept(zone: Zone) -> None:
    request = zone.in_review()
    zone.desk.tidy()
    assert request.files[0].sha256 in stored(zone)
    with zone.house.db.read() as tx:
        assert store.load(tx, request.ref).state is State.IN_REVIEW
    with pytest.raises(Exception, match="never changed"), zone.house.db.begin() as tx:
        tx.execute(delete(tables.file))
