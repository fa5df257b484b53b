"""Synthetic extracts in the portal: chosen, watched without any script, reported, and handed to the review."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from deid.records.desk import Acting
from deid.records.synthetic_jobs import JobState
from portal.extract_desk import desk_of
from registry.desk import as_actor
from tests.integration.portal.portal_synthetic import adult, asked_job, synthetic_form
from tests.integration.portal.portal_world import HERE, World


def made(world: World, job: str) -> JobState:
    """Do what the worker does."""
    desk = desk_of(world.zone, world.clock)
    desk.begin_synthetic(job)
    nari = as_actor(world.zone.registry.person("nari"))
    return desk.make_synthetic_job(job, by=Acting(nari, nari.ref, HERE), progress=lambda *_: None)


def test_a_steward_chooses_a_table_and_finds_a_policy_to_begin_with(world: World) -> None:
    adult(world)
    browser = world.signed_in("nari")
    assert "people.parquet" in browser.page("/synthetic/new")
    page = browser.page("/synthetic/new?source=adult%3A1&file=people.parquet")
    assert "age: {kind: number}" in page
    assert "sex: {kind: category}" in page
    assert "style=" not in page
    for name in ("terms", "engine", "epsilon", "purpose", "ends"):
        assert f'<label for="f-{name}">' in page


def test_what_was_asked_for_is_watched_reported_and_handed_to_the_review(world: World) -> None:
    browser, job = asked_job(world)
    waiting = browser.page(f"/synthetic/{job}")
    assert '<meta http-equiv="refresh"' in waiting
    assert "<progress" in waiting
    desk = desk_of(world.zone, world.clock)
    desk.begin_synthetic(job)
    desk.tell_synthetic(job, "draw", 500, 1_200, new=True)
    world.clock.ahead += timedelta(seconds=20)
    half = browser.page(f"/synthetic/{job}")
    assert "500 of 1,200" in half
    assert "seconds left" in half
    assert made(world, job) is JobState.MADE
    page = browser.page(f"/synthetic/{job}")
    assert "http-equiv" not in page
    for wanted in (
        "<svg viewBox",
        "singling out",
        "below the limit",
        "model: sex (AUC)",
        "Ask for the adequacy review",
        "source of the limit: ",
    ):
        assert wanted in page
    assert "style=" not in page
    ref = re.search(r"/extracts/(x_[a-z0-9]+)/submit", page)
    assert ref
    browser.fill(f"/extracts/{ref[1]}/submit")
    seen = world.signed_in("dohyun").page(f"/extracts/{ref[1]}")
    assert "singling out" in seen
    assert "<svg viewBox" in seen


def test_a_refusal_shows_which_risk_and_offers_another_policy(world: World) -> None:
    strict = str(synthetic_form(world)["terms"]).replace("membership: 0.9", "membership: 0.2")
    browser, job = asked_job(world, terms=strict)
    assert made(world, job) is JobState.REFUSED
    page = browser.page(f"/synthetic/{job}")
    assert "above the limit" in page
    assert "Ask for the adequacy review" not in page
    changing = browser.page(f"/synthetic/{job}/again")
    assert "membership: 0.2" in changing
    assert "engine: marginals" not in changing.partition("<textarea")[2].partition("</textarea>")[0]


def test_a_wrong_policy_comes_back_with_its_line_and_everything_that_was_written(world: World) -> None:
    wrong = str(synthetic_form(world)["terms"]).replace("kind: number}", "kind: numbr}")
    browser = world.signed_in("nari")
    answer = browser.fill("/synthetic/new", 422, **synthetic_form(world, terms=wrong))
    assert ":5" in answer.text or "line 5" in answer.text
    assert "kind: numbr" in answer.text
    assert desk_of(world.zone, world.clock).every() == []


def test_a_budget_without_values_is_refused_on_the_form(world: World) -> None:
    answer = world.signed_in("nari").fill("/synthetic/new", 422, **synthetic_form(world, epsilon="1"))
    assert "must give its values or range" in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"files": ["../../../keys/log.key"]},
        {"files": []},
        {"source": "adult:99"},
        {"source": "nowhere:1"},
        {"engine": "evil\nrows: 5"},
        {"epsilon": "1}\nengine: ctgan"},
        {"rows": "-1"},
        {"id": "Adult Syn"},
    ],
)
def test_a_hostile_form_is_refused_and_makes_nothing(world: World, changes: dict[str, object]) -> None:
    answer = world.signed_in("nari").post(
        "/synthetic/new", data=synthetic_form(world, **changes), follow_redirects=False
    )
    assert answer.status_code in (400, 404, 422), answer.status_code
    assert desk_of(world.zone, world.clock).synthetic_jobs() == []


def test_only_who_makes_extracts_sees_these_pages(world: World) -> None:
    _, job = asked_job(world)
    for handle in ("minji", "dohyun", "jiwoo"):
        browser = world.signed_in(handle)
        for path in ("/synthetic", "/synthetic/new", f"/synthetic/{job}"):
            assert browser.get(path, follow_redirects=False).status_code == 403


def test_the_pages_are_korean_where_korean_is_chosen(world: World) -> None:
    browser, job = asked_job(world)
    made(world, job)
    browser.fill("/language", language="ko", back="/synthetic")
    page = browser.page(f"/synthetic/{job}")
    for wanted in ("위험과 쓸모", "특정 가능성", "한도 이하", "적정성 검토"):
        assert wanted in page
