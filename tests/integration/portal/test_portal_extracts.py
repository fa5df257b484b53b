"""The pages of extracts: each sees what they need, decides only what is theirs, and nothing is decided by a click."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deid.records.rules import CHECKLIST
from portal.extract_desk import desk_of
from tests.integration.portal.portal_extracts import portal_extract
from tests.integration.portal.portal_world import World


def form_of(page: str, **changes: object) -> dict[str, object]:
    """The review form as a browser would send it."""
    found = re.search(r'name="binding" value="([0-9a-f]{64})"', page)
    assert found
    given = {
        "binding": found[1],
        "verdict": "adequate",
        "reason": "기준을 모두 지켰습니다.",
        "checked": list(CHECKLIST),
        "confirm": "",
    }
    return given | changes


def test_the_reviewer_sees_everything_on_one_page_and_decides_there(world: World) -> None:
    ref = portal_extract(world, until="in_review").ref
    browser = world.signed_in("dohyun")
    page = browser.page(f"/extracts/{ref}")
    for wanted in ("고혈압 환자의 재입원", "phone", "One-way encryption", "Risk before and after", "<svg viewBox"):
        assert wanted in page
    assert "style=" not in page
    assert "010-1234" not in page
    sent = form_of(page, confirm=ref[-4:])
    browser.fill(f"/extracts/{ref}/review", **sent)
    assert desk_of(world.zone).get(ref).state == "adequate"
    world.signed_in("sunhee").fill(f"/extracts/{ref}/register")
    assert 'href="/extracts/' in world.signed_in("jiwoo").page("/extracts")
    assert world.zone.registry.version("hospital", 1).files


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"confirm": "0000"}, 400),
        ({"verdict": "maybe"}, 400),
        ({"reason": ""}, 400),
        ({"checked": ["purpose"]}, 422),
        ({"binding": "0" * 64}, 409),
    ],
)
def test_a_review_that_is_not_meant_is_not_taken(world: World, changes: dict[str, Any], status: int) -> None:
    ref = portal_extract(world, until="in_review").ref
    browser = world.signed_in("dohyun")
    sent = form_of(browser.page(f"/extracts/{ref}"), confirm=ref[-4:])
    answer = browser.fill(f"/extracts/{ref}/review", status, **{**sent, **changes})
    assert desk_of(world.zone).get(ref).state == "in_review"
    kept = {**sent, **changes}
    assert f">{kept['reason']}</textarea>" in answer.text, "what was typed is not lost"
    ticked = set(re.findall(r'name="checked" value="(\w+)" checked', answer.text))
    wanted = {"purpose"} if "checked" in changes else set(CHECKLIST)
    assert ticked == (set() if "binding" in changes else wanted), "what changed is looked at anew"


def test_the_maker_is_told_why_they_cannot_review_and_no_form_is_shown(world: World) -> None:
    ref = portal_extract(world, until="in_review").ref
    page = world.signed_in("nari").page(f"/extracts/{ref}")
    assert f"/extracts/{ref}/review" not in page
    assert "You cannot review this extract" in page
    world.signed_in("nari").fill(f"/extracts/{ref}/review", 403, confirm=ref[-4:])


def test_researchers_and_checkers_see_no_extract(world: World) -> None:
    ref = portal_extract(world, until="processed").ref
    for handle in ("minji", "junho"):
        for path in ("/extracts", f"/extracts/{ref}", f"/extracts/{ref}/form/record"):
            world.signed_in(handle).page(path, 403)


def test_files_that_changed_are_shown_at_once(world: World) -> None:
    extract = portal_extract(world, until="in_review")
    assert extract.run is not None
    (extract.run.directory / "more.txt").write_text("x", encoding="utf-8")
    page = world.signed_in("dohyun").page(f"/extracts/{extract.ref}")
    assert "The files changed since they were made" in page


@pytest.mark.parametrize("kind", ["record", "review"])
def test_the_forms_are_pages_in_both_languages_and_files(world: World, kind: str) -> None:
    ref = portal_extract(world, until="adequate").ref
    browser = world.signed_in("dohyun")
    address = f"/extracts/{ref}/form/{kind}"
    assert "<table>" in browser.page(address)
    pdf = browser.get(f"{address}?as=pdf")
    assert pdf.content.startswith(b"%PDF")
    assert "attachment" in pdf.headers["content-disposition"]
    browser.fill("/language", language="ko", next="/")
    title = {"record": "가명정보 처리 기록", "review": "적정성 검토 결과서"}[kind]
    assert title in browser.page(address)
    browser.page(f"/extracts/{ref}/form/other", 404)
    browser.page("/extracts/x_aaaaaaaaaaaaaaaa", 404)
