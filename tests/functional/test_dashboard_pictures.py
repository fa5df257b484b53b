"""The dashboard as a compliance officer sees it in a browser, with the pictures that the documentation shows."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_ref
from hub_config.processes import REPOSITORY
from portal.pages import LANGUAGE_COOKIE
from tests.functional.test_first_release import PICTURES
from tests.integration.portal.portal_world import World, clock, first_world, world
from tests.patience import PATIENCE

pytestmark = pytest.mark.browser

__all__ = ["clock", "first_world", "world"]

KST = timedelta(hours=9)
DAYS = 30
#: A working month of four people: the share of each in the cells, and how late they like to work.
HABITS = {"minji": (0.5, 0.02), "haneul": (0.3, 0.3), "junho": (0.12, 0.05), "seoyeon": (0.08, 0.0)}
REFUSALS = (("gate.refused", "download_refused"), ("gate.refused", "message_too_large"), ("egress.blocked", "rrn"))
#: Which part of the page becomes which picture; the names are those of the figures.
FIGURES = {
    "refusals": "dashboard-refusals",
    "hours": "dashboard-hours",
    "people": "dashboard-people",
}


class Past:
    """A clock that runs through the days that have been."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def live_through(world: World) -> None:
    """Let a month pass in the record: cells, refusals and releases, most of them in working hours."""
    zone, past, dice = world.zone, Past(), random.Random(2026)
    log = AuditLog(
        zone.db, zone.log._keys, component="gate", origin=zone.log.origin, log_dir=zone.log.directory, clock=past
    )
    people = {handle: Actor.person(zone.registry.person(handle).ref, ["researcher"]) for handle in HABITS}
    data, here = Subjects.datasets([("gibleed", 1, 2694)]), Source("203.0.113.7")
    workspace = Object("workspace", new_ref("ws"), "study")
    midnight = past.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(DAYS, 0, -1):
        today = midnight - timedelta(days=day)
        busy = 0.1 if today.weekday() >= 5 else 1.0
        moments: list[tuple[datetime, str]] = []
        for handle, (share, late) in HABITS.items():
            for _ in range(int(dice.uniform(60, 110) * share * busy)):
                hour = dice.uniform(20, 23.5) if dice.random() < late else dice.gauss(13.5, 2.2)
                moments.append((today + timedelta(hours=min(23.9, max(0.0, hour))) - KST, handle))
        for past.now, handle in sorted(moments):
            log.record(Event("cell.sent", people[handle], workspace, data, here), wait="durable")
            if dice.random() < 0.04:
                action, reason = dice.choice(REFUSALS)
                about = workspace if action.startswith("gate") else Object("request", new_ref("er"), "study")
                log.record(Event(action, people[handle], about, data, here, "denied", reason=reason), wait="durable")
    log.checkpoint()


@pytest.fixture
def page(world: World) -> Iterator[Page]:
    """A browser of the compliance officer's, in Korean, whose requests the portal answers in this process."""
    live_through(world)
    portal = world.signed_in("jiwoo")
    portal.cookies.set(LANGUAGE_COOKIE, "ko")

    def answer(route: Route) -> None:
        found = portal.get(route.request.url.removeprefix(world.zone.settings.origin("zone")))
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        made = browser.new_page(locale="ko-KR", viewport={"width": 1280, "height": 1000})
        made.set_default_timeout(PATIENCE * 1000)
        made.route("**/*", answer)
        yield made
        browser.close()


def test_the_dashboard_shows_a_month_as_charts_that_a_browser_draws(page: Page, world: World, tmp_path: Path) -> None:
    pictures = REPOSITORY / PICTURES if PICTURES.name else tmp_path
    page.goto(world.zone.settings.origin("zone") + "/dashboard")
    page.screenshot(path=pictures / "dashboard.png")
    for figure, name in FIGURES.items():
        card = page.locator(f"section[aria-labelledby=t-{figure}]")
        expect(card.locator("svg[role=img]").first).to_be_visible()
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1280
        card.screenshot(path=pictures / f"{name}.png")
    page.set_viewport_size({"width": 400, "height": 900})
    page.screenshot(path=tmp_path / "narrow.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
