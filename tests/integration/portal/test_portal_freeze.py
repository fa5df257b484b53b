"""Freezing a project in the portal: who may, what everybody then reads, and what is left when it is lifted."""

from __future__ import annotations

import pytest

from registry.access_policy import PROFILES
from registry.errors import Denied
from registry.model import Role
from tests.integration.portal.portal_world import PEOPLE, World


def somebody(role: Role) -> str:
    return next(handle for handle, roles in sorted(PEOPLE.items()) if role in roles)


def test_an_operator_freezes_says_why_and_lifts(world: World) -> None:
    browser = world.signed_in(somebody(Role.OPERATOR))
    assert "Freeze the project now" in browser.page("/projects/study")
    browser.fill("/projects/study/freeze", why="a leak is suspected")
    page = browser.page("/projects/study")
    assert "This project is frozen" in page
    assert "a leak is suspected" in page
    with pytest.raises(Denied) as refusal:
        world.zone.registry.may_work("minji", "study")
    assert refusal.value.code == "project_frozen"
    browser.fill("/projects/study/unfreeze", why="it was a mistake")
    assert "This project is frozen" not in browser.page("/projects/study")
    world.zone.registry.may_work("minji", "study")


def test_the_project_page_says_how_people_come_in_and_what_that_cannot_stop(world: World) -> None:
    page = world.signed_in(somebody(Role.OPERATOR)).page("/projects/study")
    for risk in PROFILES["direct"].residual:
        assert risk.en.split(".")[0] in page
    assert "Watermark" in page
