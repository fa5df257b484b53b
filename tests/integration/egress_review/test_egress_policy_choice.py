"""A project is held to the strictest of the zone's policy, those of the owners of its data, and its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit.event import Actor, Source
from egress_review.errors import Conflict, PolicyError
from egress_review.policy import load_policy
from egress_review.workflow import State
from registry.errors import Denied, NotFound
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, Zone

CLI = Actor.service("cli")
LOCAL = Source(None)
TWENTY = replace(load_policy("kr-default"), name="owner-20", min_cell=20)
FEWER = "sex,n\nF,120\nM,15\n"
LATER = timedelta(days=1)


def assign(zone: Zone, scope: str = "project", target: str = "gibleed") -> None:
    zone.desk.assign_policy(scope, target, TWENTY, by=CLI, source=LOCAL)  # type: ignore[arg-type]


def dataset_of(zone: Zone) -> str:
    (grant,) = zone.house.registry.grants("gibleed")
    return grant.dataset


def test_without_an_assignment_the_policy_of_the_zone_holds_as_it_is(zone: Zone) -> None:
    assert zone.desk.policy_for("gibleed") is zone.desk.policy
    zone.desk.assign_policy("project", "gibleed", zone.desk.policy, by=CLI, source=LOCAL)
    assert zone.desk.policy_for("gibleed").digest == zone.desk.policy.digest


@pytest.mark.parametrize("scope", ["project", "dataset"])
def test_the_policy_of_project_or_data_is_the_one_a_request_is_scanned_voted_and_released_under(
    zone: Zone, scope: str
) -> None:
    assign(zone, scope, "gibleed" if scope == "project" else dataset_of(zone))
    held = zone.desk.policy_for("gibleed")
    assert (held.min_cell, held.name) == (20, "kr-default+owner-20")
    request = zone.in_review(FEWER)
    view = zone.desk.view(zone.author, request.ref)
    assert view.report is not None
    assert view.report.policy_digest == request.policy_digest == held.digest
    assert any(getattr(finding, "number", None) == 15 for finding in view.report.files[0].findings)
    safe = zone.approved(content="sex,n\nF,120\nM,130\n", title="Another")
    assert zone.desk.release(safe.ref).state is State.RELEASED
    events = [body for body in zone.house.entries() if body["object"]["ref"] == safe.ref]
    # A hand-in names the policy of its moment, and so does every step after it.
    assert {body["policy"] for body in events} == {held.digest}


def test_a_policy_assigned_after_the_scan_voids_votes_and_approval(zone: Zone) -> None:
    approved, waiting = zone.approved(), zone.in_review("year,n\n2020,500\n", title="Second")
    assign(zone, "dataset", dataset_of(zone))
    with pytest.raises(Conflict, match="policy changed"):
        zone.vote("hana", waiting)
    assert zone.desk.release(approved.ref).state is State.RETURNED


def test_an_owners_policy_follows_the_data_after_the_grant_was_revoked(zone: Zone) -> None:
    dataset = dataset_of(zone)
    assign(zone, "dataset", dataset)
    (grant,) = zone.house.registry.grants("gibleed")
    zone.house.clock.pass_by(days=1)
    zone.house.registry.revoke_grant(grant.ref, by=zone.house.accounts["sunhee"].actor, source=HERE)
    assert zone.desk.policy_for("gibleed").min_cell == 20


def test_a_policy_that_is_taken_back_asks_for_nothing_more(zone: Zone) -> None:
    assign(zone)
    assert [one.policy and one.policy.name for one in zone.desk.assigned_policies()] == ["owner-20"]
    zone.desk.assign_policy("project", "gibleed", None, by=CLI, source=LOCAL)
    assert zone.desk.assigned_policies() == []
    assert zone.desk.policy_for("gibleed") is zone.desk.policy
    with pytest.raises(Exception, match="never changed"), zone.house.db.begin() as tx:
        tx.exec_driver_sql("update egress_policy_choice set target = 'other'")


def test_data_is_governed_by_its_controllers_and_a_refusal_is_recorded(zone: Zone) -> None:
    operator = zone.house.join("olga", Role.OPERATOR).actor
    controller = zone.house.accounts["sunhee"].actor
    checker = Actor.person(zone.checkers["hana"].ref, ["operator", "data_controller"])  # believed by nobody
    dataset = dataset_of(zone)
    for by, scope, target in ((operator, "dataset", dataset), (checker, "project", "gibleed")):
        with pytest.raises(Denied):
            zone.desk.assign_policy(scope, target, TWENTY, by=by, source=HERE)  # type: ignore[arg-type]
        last = zone.house.entries()[-1]
        assert (last["action"], last["outcome"], last["actor"]["ref"]) == ("egress.policy_assigned", "denied", by.ref)
    zone.desk.assign_policy("project", "gibleed", TWENTY, by=operator, source=HERE)
    zone.desk.assign_policy("dataset", dataset, TWENTY, by=controller, source=HERE)
    last = zone.house.entries()[-1]
    assert last["detail"] == {"assigned": TWENTY.digest, "before": "none"}
    assert last["policy"] == zone.desk.policy_for("gibleed").digest
    with pytest.raises(NotFound):
        zone.desk.assign_policy("dataset", "nowhere", TWENTY, by=controller, source=HERE)


def test_an_unknown_name_is_answered_with_those_that_there_are(zone: Zone, tmp_path: Path) -> None:
    own = tmp_path / "policies"
    own.mkdir()
    text = (Path("egress_review") / "policies" / "kr-default.yaml").read_text(encoding="utf-8")
    (own / "hospital.yaml").write_text(text.replace("name: kr-default", "name: hospital"), encoding="utf-8")
    desk = zone.reopened(policies_dir=own)
    assert desk.known_policy("hospital").name == "hospital"
    with pytest.raises(PolicyError, match="kr-default, kr-legacy-5") as refused:
        desk.known_policy("nothing")
    assert "hospital" in refused.value.reason.en
    assert "path of a policy file" in refused.value.hint.en
    for name in ("../egress_review/policies/kr-default", str(own / "hospital.yaml"), ""):
        with pytest.raises(PolicyError, match="no policy"):
            desk.known_policy(name)


def test_releases_of_a_project_with_a_shorter_time_to_collect_end_earlier(zone: Zone) -> None:
    short = replace(load_policy("kr-default"), name="short", collect_days=3)
    zone.desk.assign_policy("project", "gibleed", short, by=CLI, source=LOCAL)
    request = zone.released()
    zone.house.clock.pass_by(days=4)
    assert zone.desk.pending() == [request.ref]
    assert zone.desk.act(request.ref).state is State.EXPIRED
