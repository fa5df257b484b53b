"""What a policy asks of those who approve, and what a project may hand in within a period."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.event import Actor, Source
from egress_review.errors import Conflict
from egress_review.policy import load_policy
from egress_review.tracebacks import redact
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from tests.databases import database_in
from tests.integration.egress_review.egress_house import HERE, Zone, open_zone
from tests.unit.egress_review.test_egress_weights import tensors

pytestmark = pytest.mark.usefixtures("usual_database")

CLI, LOCAL = Actor.service("cli"), Source(None)
DEFAULT = load_policy("kr-default")
BROKEN = (
    'Traceback (most recent call last):\n  File "/home/minji/a.py", line 12, in f\n    g(df.name == "Hong", 31)\n'
    "ValueError: invalid literal for int() with base 10: '900101-1234567'\n"
)


def open_with(place: Path, **terms: object) -> Zone:
    sources = {**DEFAULT.sources, **dict.fromkeys(terms, "for this test")}
    policy = replace(DEFAULT, **terms, sources=sources)  # type: ignore[arg-type]
    return open_zone(database_in(place), place, policy=policy)


def works_at(zone: Zone, handle: str, organisation: str) -> None:
    zone.house.registry.affiliate(handle, organisation, by=CLI, source=LOCAL)


def test_an_approver_of_another_organisation_than_the_authors_is_awaited(tmp_path: Path) -> None:
    zone = open_with(tmp_path, other_organisation=True)
    works_at(zone, zone.author.handle, "Seoul  Hospital")
    for name, place in (("hana", "SEOUL hospital"), ("duri", ""), ("senior", "Statistics Office")):
        works_at(zone, name, place)
    request = zone.in_review()
    assert zone.desk.view(zone.author, request.ref).other_organisation
    zone.vote("hana", request)
    # The same name in another spelling is no other organisation, and nobody knows where the second works.
    assert zone.vote("duri", request).state is State.REVIEWED
    assert zone.vote("senior", request).state is State.APPROVED
    # The registry is asked again before anything leaves.
    works_at(zone, "senior", "Seoul Hospital")
    assert zone.desk.release(request.ref).state is State.RETURNED


def test_where_the_authors_organisation_is_unknown_nobody_counts_as_of_another(tmp_path: Path) -> None:
    zone = open_with(tmp_path, other_organisation=True)
    works_at(zone, "hana", "Statistics Office")
    request = zone.in_review()
    zone.vote("hana", request)
    assert zone.vote("duri", request).state is State.REVIEWED


def test_a_role_that_the_policy_asks_for_must_be_among_those_who_approve(tmp_path: Path) -> None:
    zone = open_with(tmp_path, required_roles=("senior_checker",))
    request = zone.in_review()
    zone.vote("hana", request)
    assert zone.vote("duri", request).state is State.REVIEWED
    assert zone.vote("senior", request).state is State.APPROVED
    assert zone.desk.release(request.ref).state is State.RELEASED


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"budget_requests": 1}, "1 requests"),
        ({"budget_files": 1}, "1 files"),
        ({"budget_bytes": 30}, "30 bytes"),
    ],
)
def test_many_small_requests_add_up_until_there_is_room_again(tmp_path: Path, terms: dict[str, int], said: str) -> None:
    zone = open_with(tmp_path, **terms)
    first = zone.submit("year,n\n2020,500\n")
    zone.desk.withdraw(zone.author, first.ref, source=HERE)  # what was taken back was handed in all the same
    with pytest.raises(Conflict, match=said) as refused:
        zone.submit("year,n\n2021,600\n", title="Second")
    assert refused.value.code == "budget_spent"
    assert "2026-" in refused.value.hint.en
    zone.house.clock.pass_by(days=30)
    if zone.house.registry.project("gibleed").ends_at > zone.house.clock():
        assert zone.submit("year,n\n2021,600\n", title="Third").state is State.SCANNING


def test_a_new_round_of_the_same_request_spends_its_own_share_once(tmp_path: Path) -> None:
    zone = open_with(tmp_path, budget_requests=1, budget_files=1)
    request = zone.in_review()
    zone.desk.return_to_author(zone.checkers["hana"], request.ref, "please add the year", source=HERE)
    zone.write("table.csv", "sex,n\nF,210\nM,220\n")
    assert zone.desk.resubmit(zone.author, request.ref, zone.draft(), source=HERE).round == 2


def test_a_low_risk_request_still_takes_two_people_and_the_word_of_the_owner(tmp_path: Path) -> None:
    zone = open_with(tmp_path)
    request = zone.in_review(context="Patients of the cohort by sex, each counted once: n = 250 people in all.")
    hana = zone.checkers["hana"]
    assert zone.desk.view(hana, request.ref).tier == "ordinary"
    (grant,) = zone.house.registry.grants("gibleed")
    zone.desk.assign_policy("dataset", grant.dataset, zone.desk.policy, by=CLI, source=LOCAL)
    assert zone.desk.view(hana, request.ref).tier == "low"
    assert zone.vote("hana", request).state is State.IN_REVIEW
    assert zone.vote("duri", request).state is State.APPROVED
    said = {"title": "An error", "context": "An error in the cohort of n = 250 people, without any value of theirs."}
    for text, tier in ((redact(BROKEN), "low"), ("Something went wrong with the second file.\n", "ordinary")):
        told = zone.in_review(text, name="error.txt", **said)
        assert zone.desk.view(hana, told.ref).tier == tier


def test_weights_of_a_model_leave_with_a_report_of_attacks_and_a_senior_checker_s_reason(zone: Zone) -> None:
    zone.write("model.safetensors", tensors())
    zone.write("attacks.json", '{"tool": "sacroml", "attack": "LIRA membership inference", "AUC": 0.51}')
    alone = zone.submit(tensors(), "model.safetensors")
    assert zone.desk.act(alone.ref).state is State.BLOCKED
    draft = zone.draft("model.safetensors", supporting=("attacks.json",))
    handed_in = zone.desk.submit(zone.author, zone.workspace, draft, source=HERE)
    request = zone.desk.act(handed_in.ref)
    assert request.state is State.IN_REVIEW
    for who in ("hana", "duri"):
        zone.vote(who, request, comment="the report is sound")
    assert zone.desk.view(zone.checkers["senior"], request.ref).request.state is State.REVIEWED
    zone.vote("senior", request, comment="AUC 0.51: the attack learns nothing")
    released = zone.desk.act(request.ref)
    assert released.state is State.RELEASED
    package = zone.desk.package_of(request.ref)
    assert verify_package(package, zone.log_key).ok
    assert {path.name for path in (package / "files").iterdir()} == {"model.safetensors"}
    # What nobody can read is said not to have been compared, and holds up nothing that comes later.
    assert zone.in_review().state is State.IN_REVIEW
