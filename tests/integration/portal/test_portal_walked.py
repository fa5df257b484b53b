"""What a person finds who presses every button: words that are kept, budgets that are seen, times that fit."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tests.integration.portal.portal_world import CONTEXT, LARGE, SMALL, World, request_form


def test_a_vote_that_is_refused_stays_on_the_screen_with_everything_that_was_typed(world: World) -> None:
    ref, browser = world.submitted(), world.signed_in("junho")
    name = re.search(r'name="(vote-[0-9a-f]{64})"', browser.page(f"/review/{ref}"))
    assert name
    fields = {"round": "1", name[1]: "approve", "comment": "All <b>counts</b> seen.", "preset": "rounding"}
    page = browser.fill(f"/review/{ref}/vote", 422, **fields).text
    assert "You were not shown every page (table.csv: 1)" in page
    assert "Nothing was recorded. What you typed stands below." in page
    assert "All &lt;b&gt;counts&lt;/b&gt; seen." in page
    assert re.search(rf'name="{name[1]}" value="approve" required checked', page)
    page = browser.fill(f"/review/{ref}/vote", 422, **fields, unseen="yes", confirm="nope").text
    assert 'name="unseen" value="yes" checked' in page
    assert "nope" not in page
    assert f'href="/review/{ref}?file=' in page
    assert f'name="next" value="/review/{ref}"' in page
    assert not world.entries("egress.voted")


def test_a_decision_or_remark_that_is_refused_is_not_lost_either(world: World) -> None:
    ref, browser = world.submitted(), world.signed_in("junho")
    long = "x" * 10_001
    assert "What you typed stands below." in browser.fill(f"/review/{ref}/remark", 400, remark=long).text
    why = "It names a clinic."
    assert why in browser.fill(f"/review/{ref}/decide", 403, decision="reject", reason=why).text
    world.signed_in("haneul").fill(f"/review/{ref}/decide", 403, decision="return", reason="mine")


def test_author_and_checker_see_what_is_left_of_the_budget(world: World) -> None:
    ref = world.submitted()
    form = world.signed_in("minji").page("/requests/new?project=study")
    assert "1 of 250" in form
    assert "249 left" in form
    assert "249 left" in world.signed_in("junho").page(f"/review/{ref}")


def test_an_author_is_told_that_an_exception_is_needed_and_until_when_a_release_can_be_collected(world: World) -> None:
    browser = world.signed_in("minji")
    assert "quicker to withdraw it" in browser.page(f"/requests/{world.submitted(small=SMALL)}")
    ref = world.submitted()
    assert "quicker to withdraw it" not in browser.page(f"/requests/{ref}")
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk.release(ref)
    assert "Collected 0 of 20 times" in browser.page(f"/requests/{ref}")
    browser.fill(f"/requests/{ref}/collect", 200)
    assert "Collected 1 of 20 times" in browser.page(f"/requests/{ref}")


def test_a_checker_is_told_what_follows_their_vote(world: World) -> None:
    ref = world.submitted()
    world.vote("junho", ref)
    assert "When 2 people have" in world.signed_in("junho").page(f"/review/{ref}")
    world.vote("seoyeon", ref, "changes", "Round it.")
    assert "You have to come to one view" in world.signed_in("junho").page(f"/review/{ref}")


def test_a_draft_says_when_it_was_saved_and_not_that_it_was_submitted(world: World) -> None:
    world.outbox(table=LARGE)
    browser = world.signed_in("minji")
    answer = browser.fill("/requests/new", **request_form(do="save", purpose="", context=""))
    page = browser.page(answer.headers["location"])
    assert "<dt>Saved</dt>" in page
    assert "<dt>Submitted</dt>" not in page
    assert "<dt>Policy</dt>" not in page


def test_pages_show_the_time_of_the_zone_with_its_name_and_read_days_by_its_clocks(world: World) -> None:
    assert "Times: Korean Time (Asia/Seoul)" in world.signed_in("minji").page("/requests")
    world.zone.settings.zone.time_zone = "America/New_York"
    operator = world.signed_in("taeyang")
    assert "Times: Eastern Time (America/New_York)" in operator.page("/projects")
    given = {"id": "ward", "title_ko": "병동", "title_en": "Ward", "purpose": CONTEXT}
    operator.fill("/projects", **given, starts="2026-07-01", ends="2026-07-31")
    project = world.zone.registry.project("ward")
    assert project.starts_at == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert project.ends_at == datetime(2026, 8, 1, 4, tzinfo=UTC)
    query = "/compliance/search?since=2026-07-01&until=2026-07-01"
    assert "From day (Eastern Time (America/New_York))" in world.signed_in("jiwoo").page(query)
