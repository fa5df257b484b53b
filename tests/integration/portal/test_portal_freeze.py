"""Freezing a project in the portal: who may, what everybody then reads, and what is left when it is lifted."""

from __future__ import annotations

from typing import Any

import pytest

from audit.event import Actor, Event, Object, Source, Subjects
from registry.access_policy import PROFILES
from registry.errors import Denied
from registry.model import Role
from tests.integration.portal.portal_world import CLI, HERE, PEOPLE, World


def somebody(role: Role) -> str:
    return next(handle for handle, roles in sorted(PEOPLE.items()) if role in roles)


def test_an_operator_freezes_says_why_and_lifts(world: World) -> None:
    browser = world.signed_in(somebody(Role.OPERATOR))
    assert "Freeze the project now" in browser.page("/projects/study")
    browser.fill("/projects/study/freeze", why="a leak is suspected")
    page = browser.page("/projects/study")
    assert "This project is frozen" in page
    assert "a leak is suspected" in page
    assert "does not say yet" in page  # what nobody has carried out is not said to be
    for outcome, words in (("failed", "Not everything of it was ended"), ("ok", "workspaces were ended")):
        done: Any = {"outcome": outcome, "detail": {"workspaces": 0, "connections_ms": 1, "containers_ms": 1}}
        study = Object("project", "study", "study")
        event = Event("project.cut_off", Actor.service("worker"), study, Subjects.none(), Source(None), **done)
        world.zone.log.record(event, wait="durable")
        world.zone.log.settle()
        assert words in browser.page("/projects/study")
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
    assert "runsc" not in page
    world.zone.settings.gvisor_projects = ("study",)
    assert "runsc" in world.signed_in(somebody(Role.OPERATOR)).page("/projects/study")


def test_a_researcher_reads_how_the_own_project_is_accessed_and_nothing_that_is_others_to_know(world: World) -> None:
    operator, browser = world.signed_in(somebody(Role.OPERATOR)), world.signed_in("minji")
    assert 'href="/projects/study"' in browser.page("/projects/study/workspace")
    operator.fill("/projects/study/freeze", why="minji is suspected")
    page = browser.page("/projects/study")
    for risk in PROFILES["direct"].residual:
        assert risk.en.split(".")[0] in page
    assert "suspected" not in page
    assert "sunhee" not in page, "who granted the data"
    assert "haneul" not in page, "who else takes part"
    assert 'action="/projects/' not in page
    for act in ("freeze", "unfreeze", "close", "extend", "members", "members/remove", "grants", "bundle"):
        browser.fill(f"/projects/study/{act}", 403, why="mine")


def test_a_researcher_does_not_learn_of_a_project_of_others_nor_of_one_that_was_left(world: World) -> None:
    registry = world.zone.registry
    now, ends = world.clock(), registry.project("study").ends_at
    for name in ("other", "left"):
        registry.add_project(name, name, name, "Another.", now, ends, by=CLI, source=HERE)
    registry.add_member("left", "minji", Role.RESEARCHER, now, ends, by=CLI, source=HERE)
    browser = world.signed_in("minji")
    browser.page("/projects/left")
    registry.remove_member("left", "minji", by=CLI, source=HERE)
    nowhere = browser.page("/projects/no", 404)
    for name in ("other", "left"):
        assert browser.page(f"/projects/{name}", 404).replace(name, "no") == nowhere
    browser.page("/projects", 403)
