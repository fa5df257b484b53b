"""Asking for a package and deciding: in the notebook, on the page, and what the log keeps of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.package_desk import packages_of
from registry.errors import Denied
from registry.packages.desk import OPEN_REQUESTS
from registry.packages.model import State
from tests.integration.packages.wheel_maker import make_wheel, put_on_shelf
from tests.integration.portal.portal_world import HERE, World

WHY = "Survival curves for table 3 of the paper"
PATH = "/packages"


def asked(world: World, name: str = "lifelines") -> str:
    answer = world.workspace_client(world.workspace().ref).post(PATH_OF_CALL, json={"package": name, "reason": WHY})
    assert answer.status_code == 200, answer.text
    return str(next(one["ref"] for one in answer.json()["requests"] if one["package"] == name))


PATH_OF_CALL = "/workspace/packages"


def test_a_researcher_asks_in_the_notebook_and_an_operator_allows(world: World, tmp_path: Path) -> None:
    ref = asked(world)
    operator = world.signed_in("taeyang")
    page = operator.page(PATH)
    assert "lifelines" in page
    assert WHY in page
    assert "ansim packages add lifelines" in page
    operator.fill(f"{PATH}/{ref}/decide", decision="approve", answer="for this project")
    document = world.workspace_client(world.workspace().ref).get(PATH_OF_CALL).json()
    assert document["requests"][0]["state"] == "approved"
    assert document["requests"][0]["note"] == "for this project"
    assert document["not_here_yet"] == ["lifelines"]
    put_on_shelf(packages_of(world.zone).shelf, [make_wheel(tmp_path, "lifelines")])
    document = world.workspace_client(world.workspace().ref).get(PATH_OF_CALL).json()
    assert document["packages"] == [{"package": "lifelines", "version": "1.0"}]
    assert "%pip install lifelines" in world.signed_in("minji").page(PATH)
    told = [one.content.en for one in world.zone.registry.messages(world.zone.registry.person("minji").ref)]
    assert any("lifelines" in one for one in told)


def test_names_and_reasons_are_sealed_and_every_step_is_recorded(world: World) -> None:
    ref = asked(world)
    world.signed_in("taeyang").fill(f"{PATH}/{ref}/decide", decision="refuse", answer="use the image's")
    steps = [world.entries(f"package.{step}")[0] for step in ("asked", "refused")]
    for entry in steps:
        assert "lifelines" not in str(entry.body)
        assert WHY not in str(entry.body)
        assert world.zone.log.unseal(entry.index)["package"] == "lifelines"
        assert entry.body["object"] == {"kind": "project", "ref": "study", "project": "study"}
    assert world.zone.log.unseal(steps[0].index)["why"] == WHY


def test_an_allowance_is_taken_back_once(world: World) -> None:
    ref, operator = asked(world), world.signed_in("taeyang")
    operator.fill(f"{PATH}/{ref}/decide", decision="approve")
    assert "decided already" in operator.fill(f"{PATH}/{ref}/decide", 422, decision="refuse").text
    operator.fill(f"{PATH}/{ref}/decide", decision="revoke")
    assert packages_of(world.zone).allowance("study").packages == frozenset()
    assert "not an allowance in force" in operator.fill(f"{PATH}/{ref}/decide", 422, decision="revoke").text
    assert asked(world) != ref  # what was taken back may be asked for anew


def test_only_operators_decide_and_only_members_ask(world: World) -> None:
    ref = asked(world)
    for handle in ("minji", "junho", "jiwoo", "sunhee"):
        world.signed_in(handle).fill(f"{PATH}/{ref}/decide", 403, decision="approve")
    world.signed_in("taeyang").fill(PATH, 403, project="study", package="x", reason=WHY)
    world.signed_in("junho").page(PATH, 403)
    desk, outsider = packages_of(world.zone), world.zone.registry.person("nobody")
    with pytest.raises(Denied):
        desk.ask(outsider, "study", "polars", WHY, source=HERE)
    assert world.entries("package.asked")[0].body["outcome"] == "denied"


def test_what_cannot_be_asked_for_is_said_on_the_page_that_keeps_the_words(world: World) -> None:
    browser = world.signed_in("minji")
    assert "Not the name of a package" in browser.fill(PATH, 422, project="study", package="a b", reason=WHY).text
    page = browser.fill(PATH, 422, project="study", package="polars", reason="").text
    assert 'value="polars"' in page
    browser.fill(PATH, project="study", package="Polars", reason=WHY)
    assert "asked for already" in browser.fill(PATH, 422, project="study", package="polars", reason=WHY).text


def test_no_project_has_more_undecided_requests_than_a_person_reads(world: World) -> None:
    for number in range(OPEN_REQUESTS):
        asked(world, f"package-{number}")
    client = world.workspace_client(world.workspace().ref)
    refused = client.post(PATH_OF_CALL, json={"package": "one-more", "reason": WHY})
    assert refused.status_code == 403
    assert "wait for a decision" in refused.json()["error"]["message"]["en"]
    desk = packages_of(world.zone)
    assert len([one for one in desk.requests("study") if one.state is State.ASKED]) == OPEN_REQUESTS


def test_the_policy_allows_by_tier_without_asking(world: World) -> None:
    home = world.zone.settings.home
    (home / "packages.yaml").write_text("default: a\ntiers: {a: {packages: [polars]}, b: {}}\nprojects: {study: b}\n")
    assert packages_of(world.zone).allowance("study").packages == frozenset()
    (home / "packages.yaml").write_text("default: a\ntiers: {a: {packages: [polars]}}\n")
    assert packages_of(world.zone).allowance("study").packages == {"polars"}
    refused = world.workspace_client(world.workspace().ref).post(
        PATH_OF_CALL, json={"package": "polars", "reason": WHY}
    )
    assert refused.status_code == 409
