"""Second looks in the browser: who sees which, how they are answered, what the officer reads."""

from __future__ import annotations

import re

import pytest

from registry.model import Role
from tests.integration.portal.portal_world import CLI, HERE, World


@pytest.fixture
def drawn(world: World) -> str:
    """A release that was drawn, and somebody who may look at it again."""
    ref = world.submitted()
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk._draw(world.zone.desk.release(ref), 100)
    world.zone.registry.grant_role("nobody", Role.CHECKER, by=CLI, source=HERE)
    return ref


def test_a_checker_who_had_no_part_is_asked_and_others_are_not(world: World, drawn: str) -> None:
    page = world.signed_in("nobody").page("/rechecks")
    assert f'action="/rechecks/{drawn}"' in page
    assert f'href="/review/{drawn}"' in page
    for handle in ("junho", "haneul", "jiwoo"):
        assert f'action="/rechecks/{drawn}"' not in world.signed_in(handle).page("/rechecks")
    world.signed_in("minji").page("/rechecks", 403)


def test_a_disagreement_needs_a_reason_which_the_officer_reads(world: World, drawn: str) -> None:
    browser, path = world.signed_in("nobody"), f"/rechecks/{drawn}"
    refused = browser.fill(path, 422, answer="disagree", reason="").text
    assert re.search('value="disagree" required checked', refused), "the form stands there as it was filled in"
    assert ">which?</textarea>" in browser.fill(path, 400, reason="which?").text
    assert drawn not in world.signed_in("jiwoo").page("/")
    browser.fill(path, answer="disagree", reason="it names <b>one clinic</b>")
    assert f"Request {drawn}: whoever looked again disagrees" in world.signed_in("jiwoo").page("/")
    assert drawn in browser.page("/rechecks")
    assert "one clinic" not in browser.page("/rechecks")
    officer = world.signed_in("jiwoo").page("/rechecks")
    assert "it names &lt;b&gt;one clinic&lt;/b&gt;" in officer
    assert "nobody" in officer


def test_nobody_answers_twice_or_for_what_they_voted_on(world: World, drawn: str) -> None:
    browser = world.signed_in("nobody")
    world.signed_in("junho").fill(f"/rechecks/{drawn}", 403, answer="agree", reason="")
    browser.fill(f"/rechecks/{drawn}", answer="agree", reason="")
    browser.fill(f"/rechecks/{drawn}", 409, answer="agree", reason="")
    browser.fill("/rechecks/er_0000000000000000", 404, answer="agree", reason="")
