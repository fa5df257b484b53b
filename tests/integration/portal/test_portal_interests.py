"""Conflicts of interest in the browser: who declares what for whom, and what follows at the desk."""

from __future__ import annotations

from tests.integration.portal.portal_world import World

PATH = "/interests"
WHY = "My sister leads it."


def test_a_checker_declares_an_interest_and_sees_the_project_no_more(world: World) -> None:
    ref = world.submitted()
    browser = world.signed_in("junho")
    assert ref in browser.page("/review")
    assert PATH in browser.page("/review")
    assert "Nothing is declared." in browser.page(PATH)
    browser.fill(PATH, project="study", reason=WHY)
    assert "The interest is on record." in (page := browser.page(PATH))
    assert "Study" in page
    assert WHY not in page
    assert ref not in browser.page("/review")
    browser.page(f"/review/{ref}", 403)
    assert WHY not in str(world.entries("egress.interest_declared")[0].body)


def test_what_cannot_be_declared_is_said_on_the_form_that_keeps_the_words(world: World) -> None:
    browser = world.signed_in("junho")
    assert WHY in browser.fill(PATH, 422, project="nowhere", reason=WHY).text
    assert "This entry is empty: Reason" in browser.fill(PATH, 422, project="study", reason="").text
    page = browser.fill(PATH, 422, project="study", handle="seoyeon", reason=WHY).text
    assert "those of others are entered by an operator" in page
    browser.fill(PATH, project="study", reason=WHY)
    assert "That is on record already." in browser.fill(PATH, 422, project="study", reason=WHY).text


def test_an_operator_declares_for_a_checker_and_only_officers_and_operators_see_all(world: World) -> None:
    operator = world.signed_in("taeyang")
    assert PATH in operator.page("/people")
    page = operator.page(PATH)
    assert '<option value="junho"' in page
    assert '<option value="minji"' not in page
    operator.fill(PATH, handle="junho", project="study", reason=WHY)
    for handle in ("taeyang", "jiwoo"):
        assert "junho" in world.signed_in(handle).page(PATH)
    assert "Nothing is declared." in world.signed_in("seoyeon").page(PATH)
    assert "<textarea" not in world.signed_in("jiwoo").page(PATH)
    world.signed_in("jiwoo").fill(PATH, 403, project="study", reason=WHY)
    world.signed_in("minji").page(PATH, 403)


def test_a_checker_who_stepped_back_finds_that_on_the_same_page(world: World) -> None:
    ref, browser = world.submitted(), world.signed_in("junho")
    browser.fill(f"/review/{ref}/recuse", reason=WHY)
    page = browser.page(PATH)
    assert f"only request {ref}" in page
    assert "stepped back" in page
