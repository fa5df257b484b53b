"""Policies in the portal: who may set which, what a mistake is answered with, and what a trial shows."""

from __future__ import annotations

import re

from egress_review.policy import POLICIES
from tests.integration.portal.portal_world import LARGE, World

TEXT = (POLICIES / "kr-default.yaml").read_text(encoding="utf-8")


def test_a_steward_sets_the_policy_of_data_and_an_operator_that_of_a_project(world: World) -> None:
    (grant,) = world.zone.registry.grants("study")
    operator, steward = world.signed_in("taeyang"), world.signed_in("sunhee")
    operator.fill("/policies", target="project/study", policy="uk-sdap")
    refused = operator.fill("/policies", 422, target=f"dataset/{grant.dataset}", policy="uk-sdap")
    assert "The egress policy of a dataset is set by a data controller" in refused.text
    steward.fill("/policies", target=f"dataset/{grant.dataset}", policy="au-datalab")
    page = steward.page("/policies")
    assert "uk-sdap" in page
    assert "au-datalab" in page
    assert world.zone.desk.policy_for("study").name == "kr-default+au-datalab+uk-sdap"
    steward.fill("/policies", target="project/study", policy="none")
    assert world.zone.desk.policy_for("study").name == "kr-default+au-datalab"


def test_what_cannot_be_meant_is_said_and_nothing_is_set(world: World) -> None:
    steward = world.signed_in("sunhee")
    for form, said in (
        ({"target": "project/study", "policy": "../kr-default"}, "there are: au-datalab"),
        ({"target": "project/study", "policy": "/etc/passwd.yaml"}, "there are: au-datalab"),
        ({"target": "zone/study", "policy": "uk-sdap"}, "Choose a dataset or a project"),
        ({"target": "project/nothing", "policy": "uk-sdap"}, "project"),
    ):
        assert said in steward.fill("/policies", 422, **form).text
    fewer = TEXT.replace("required_votes:\n  value: 2", "required_votes:\n  value: 1")
    refused = steward.fill("/policies/trials", 422, policy="uk-sdap", terms=fewer)
    assert "no policy lets one person release data" in refused.text
    assert "required_votes" in refused.text
    assert world.zone.desk.assigned_policies() == []
    assert world.zone.desk.trials() == []


def test_a_trial_shows_its_progress_and_then_tables_and_a_chart(world: World) -> None:
    world.submitted(table=LARGE)
    steward = world.signed_in("sunhee")
    steward.fill("/policies/trials", policy="uk-sdap", terms=TEXT.replace("value: 10\n", "value: 300\n", 1))
    (trial,) = world.zone.desk.trials()
    page = steward.page(f"/policies/trials/{trial.ref}")
    assert re.search(r'<progress id="p-trial" max="\d+" value="0">', page)
    world.zone.desk.run_simulations()
    page = steward.page(f"/policies/trials/{trial.ref}")
    assert "<progress" not in page
    assert "Decisions on requests" in page
    assert "would change" in steward.page("/policies")


def test_somebody_switches_mail_off_for_themselves(world: World) -> None:
    browser = world.signed_in("minji")
    assert "Switched on" in browser.page("/account")
    browser.fill("/account/mail", mail="off")
    assert "Switched off" in browser.page("/account")
    assert not world.zone.desk.wants_mail(world.zone.registry.person("minji").ref)
