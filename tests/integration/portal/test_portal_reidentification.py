"""Asking for a re-identification and agreeing to it in the portal; opening is not possible there."""

from __future__ import annotations

import re

import pytest

from audit.event import Event, Object, Subjects
from tests.integration.portal.portal_world import CLI, HERE, World
from tests.integration.portal.test_portal_routes import check_page

EXTRACT = "ab" * 32
TOKENS = [f"{n:032x}" for n in range(3)]
WHY = "검사 결과에 즉시 치료가 필요함"


@pytest.fixture
def world_with_extract(world: World) -> World:
    event = Event(
        "deid.extract",
        CLI,
        Object("dataset", "gibleed", project="study", sha256=EXTRACT),
        Subjects.datasets([("gibleed", 1, 2694)]),
        HERE,
        detail={"linkage_domain": "study", "key_version": 1},
    )
    world.zone.log.record(event)
    return world


def asked(world: World, handle: str = "nari", **changes: str) -> str:
    """Ask in the portal and return the reference."""
    form = {"extract": EXTRACT, "tokens": "\n".join(TOKENS), "limit": "1", "days": "7", "ground": "law", "reason": WHY}
    answer = world.signed_in(handle).fill("/reidentification", **(form | changes))
    found = re.search(r"ri_[a-z2-7]{16}", answer.headers["location"])
    assert found
    return found[0]


def test_one_asks_two_agree_and_every_step_is_recorded(world_with_extract: World) -> None:
    world = world_with_extract
    ref = asked(world)
    for handle in ("sunhee", "jiwoo"):
        browser = world.signed_in(handle)
        page = browser.page(f"/reidentification/{ref}")
        assert WHY in page
        assert "/approve" in page
        browser.fill(f"/reidentification/{ref}/approve")
        assert "/approve" not in browser.page(f"/reidentification/{ref}")
        again = browser.fill(f"/reidentification/{ref}/approve", 403)
        assert "different people" in again.text or "approved by two people" in again.text
    assert f"reidentify open {ref}" in world.signed_in("nari").page(f"/reidentification/{ref}")
    assert len(world.entries("deid.reidentify_requested")) == 1
    approvals = [entry for entry in world.entries("deid.reidentify_approved") if entry.body["outcome"] == "ok"]
    assert len(approvals) == 2


def test_who_asked_takes_it_back_and_nobody_agrees_any_more(world_with_extract: World) -> None:
    world = world_with_extract
    ref = asked(world)
    world.signed_in("nari").fill(f"/reidentification/{ref}/refuse", reason="x")
    world.signed_in("sunhee").fill(f"/reidentification/{ref}/approve", 403)
    assert len(world.entries("deid.reidentify_refused")) == 1


def test_what_cannot_be_asked_is_refused_with_a_reason_and_no_token_stands_in_a_page(
    world_with_extract: World,
) -> None:
    world = world_with_extract
    browser = world.signed_in("nari")
    form = {"extract": EXTRACT, "tokens": TOKENS[0], "limit": "1", "days": "7", "ground": "law", "reason": WHY}
    browser.fill("/reidentification", 422, **(form | {"tokens": "홍길동"}))
    browser.fill("/reidentification", 422, **(form | {"days": "99"}))
    browser.fill("/reidentification", 400, **(form | {"limit": "x"}))
    browser.fill("/reidentification", 403, **(form | {"extract": "0" * 64}))
    browser.page("/reidentification/ri_aaaaaaaaaaaaaaaa", 403)
    ref = asked(world)
    for path in ("/reidentification", f"/reidentification/{ref}"):
        page = browser.page(path)
        assert not any(token in page for token in TOKENS)
    world.signed_in("minji").page("/reidentification", 403)
    world.signed_in("junho").page(f"/reidentification/{ref}", 403)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_are_whole_in_both_languages(world_with_extract: World, language: str) -> None:
    world = world_with_extract
    ref = asked(world)
    for handle in ("nari", "sunhee"):
        browser = world.signed_in(handle)
        browser.cookies.set("ansim-language", language, domain="zone.ansim.localhost")
        for path in ("/reidentification", f"/reidentification/{ref}"):
            check_page(browser.page(path), language)
