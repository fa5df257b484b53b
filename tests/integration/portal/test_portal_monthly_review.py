from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from audit.event import Actor, Event, Object, Source, Subjects
from portal.formats import KOREAN_TIME
from tests.databases import without_guards
from tests.integration.portal.portal_world import Browser, World

OFFICER, OPERATOR = "jiwoo", "taeyang"


@pytest.fixture
def month(world: World) -> str:
    """A month with work in it that is over: the clock stands early in the next one."""
    minji = Actor.person(world.zone.registry.person("minji").ref, ("researcher",), "s1")
    place = Object("workspace", world.workspace().ref, "study")
    data = Subjects.datasets([("gibleed", 1, 2694)])
    for n in range(3):
        world.zone.log.record(Event("cell.sent", minji, place, data, Source("192.0.2.7"), detail={"n": n}))
    refused = {"outcome": "denied", "reason": "route.download"}
    world.zone.log.record(Event("gate.refused", minji, place, data, Source("192.0.2.7"), **refused))  # type: ignore[arg-type]
    begun = world.clock().astimezone(KOREAN_TIME)
    following = (begun.replace(day=28) + timedelta(days=4)).replace(day=3, hour=10)
    world.clock.ahead = following - datetime.now(UTC)
    return f"{begun:%Y-%m}"


def made(world: World, month: str) -> Browser:
    browser = world.signed_in(OFFICER)
    answer = browser.fill("/monthly-reviews", month=month)
    assert answer.headers["location"] == f"/monthly-reviews/{month}"
    return browser


def missing(page: str) -> list[str]:
    """The items that wait for a finding."""
    rows = re.findall(r"item=([a-z_.]+)#item.*?</li>", page, re.DOTALL)
    whole = re.findall(r"(<li><a href=\"\?item=.*?</li>)", page, re.DOTALL)
    assert rows
    return [re.search(r"item=([a-z_.]+)#", row)[1] for row in whole if "to be judged" in row]  # type: ignore[index]


def judged(world: World, month: str) -> Browser:
    browser = made(world, month)
    for item in missing(browser.page(f"/monthly-reviews/{month}")):
        browser.fill(f"/monthly-reviews/{month}/note", item=item, finding="no_concern", comment="")
    return browser


def test_an_officer_makes_judges_and_signs_a_review_in_the_portal(world: World, month: str) -> None:
    browser = judged(world, month)
    page = browser.page(f"/monthly-reviews/{month}")
    assert "Sign the review" in page
    assert "to be judged" not in page
    browser.fill(f"/monthly-reviews/{month}/sign", confirm=month)
    page = browser.page(f"/monthly-reviews/{month}")
    assert "Signed by jiwoo" in page
    assert '<form method="post" action="/monthly-reviews/' in page  # a copy can still be taken
    assert "Record the finding" not in page
    [entry] = world.entries("review.signed")
    assert entry.body["actor"]["ref"] == world.zone.registry.person(OFFICER).ref


def test_a_review_is_not_signed_without_the_month_typed_or_with_an_item_left(world: World, month: str) -> None:
    browser = made(world, month)
    assert "Sign the review" not in browser.page(f"/monthly-reviews/{month}")
    browser.fill(f"/monthly-reviews/{month}/sign", 400, confirm=month)
    browser = judged(world, month)
    browser.fill(f"/monthly-reviews/{month}/sign", 400, confirm="yes")
    assert world.entries("review.signed") == []


def test_an_incident_needs_a_note_and_the_note_is_shown_to_the_officer_alone(world: World, month: str) -> None:
    browser = made(world, month)
    address = f"/monthly-reviews/{month}/note"
    browser.fill(address, 400, item="denials", finding="incident", comment="")
    browser.fill(address, item="denials", finding="incident", comment="Minji was <b>asked</b> on Monday")
    assert "asked&lt;/b&gt; on Monday" in browser.page(f"/monthly-reviews/{month}?item=denials")
    [entry] = world.entries("review.noted")
    assert "Monday" not in str(entry.body)


def test_each_look_at_a_report_is_an_entry_and_so_is_the_opening_of_reasons(world: World, month: str) -> None:
    officer = Actor.person(world.zone.registry.person(OFFICER).ref, ("compliance_officer",))
    why = {"reason": "Asked for by the ministry"}
    ahead, world.clock.ahead = world.clock.ahead, world.clock.ahead * 0
    world.zone.log.record(
        Event("log.downloaded", officer, Object("log", "audit"), Subjects.none(), Source(None), sealed=why)
    )
    world.clock.ahead = ahead
    browser = made(world, month)
    before = len(world.entries("log.viewed"))
    browser.page(f"/monthly-reviews/{month}")
    assert world.entries("log.unsealed") == []
    assert "Asked for by the ministry" in browser.page(f"/monthly-reviews/{month}?item=downloads")
    assert len(world.entries("log.viewed")) == before + 2
    [opened] = world.entries("log.unsealed")
    assert opened.body["detail"]["fields"] == ["reason"]


def test_a_copy_needs_a_reason_which_is_recorded_before_it_is_handed_over(world: World, month: str) -> None:
    browser = made(world, month)
    browser.fill(f"/monthly-reviews/{month}/copy", 400, reason="x")
    assert world.entries("log.downloaded") == []
    answer = browser.fill(f"/monthly-reviews/{month}/copy", 200, reason="Quarterly meeting of the board")
    assert answer.headers["content-disposition"] == f'attachment; filename="ansim-review-{month}.csv"'
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0][0] == "item"
    assert "minji" in {row[3] for row in rows}
    [entry] = world.entries("log.downloaded")
    assert world.zone.log.unseal(entry.index)["reason"] == "Quarterly meeting of the board"


def test_a_copy_for_the_file_is_a_pdf_that_names_the_hash_and_the_signer(world: World, month: str) -> None:
    browser = judged(world, month)
    browser.fill(f"/monthly-reviews/{month}/sign", confirm=month)
    for language in ("ko", "en"):
        browser.cookies.set("ansim-language", language, domain="zone.ansim.localhost")
        answer = browser.fill(f"/monthly-reviews/{month}/copy", 200, **{"as": "pdf", "reason": "File of the year"})
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert b"/FontFile2" in answer.content
    assert len(world.entries("log.downloaded")) == 2


def test_an_overdue_review_is_announced_on_every_page_of_those_who_can_act(world: World, month: str) -> None:
    world.clock.ahead += timedelta(days=11)
    for handle in (OFFICER, OPERATOR):
        assert "A monthly review is overdue" in world.signed_in(handle).page("/")
    assert "A monthly review is overdue" not in world.signed_in("junho").page("/")
    page = world.signed_in(OFFICER).page("/monthly-reviews")
    assert "is overdue" in page


def test_a_report_that_somebody_altered_is_shown_as_such_and_not_as_a_report(world: World, month: str) -> None:
    browser = made(world, month)
    with world.zone.db.engine.connect() as raw:
        without_guards(raw, "audit_review_report")
        raw.execute(text("UPDATE audit_review_report SET body = :body"), {"body": b"{}"})
        raw.commit()
    page = browser.page(f"/monthly-reviews/{month}", 409)
    assert "This report was altered" in page
    assert "What happened" not in page


def test_a_month_without_a_report_offers_to_make_one_and_no_month_is_refused(world: World, month: str) -> None:
    browser = world.signed_in(OFFICER)
    assert "No report has been made of this month" in browser.page(f"/monthly-reviews/{month}")
    browser.page("/monthly-reviews/2026-13", 400)
    browser.page("/monthly-reviews/last", 400)
    browser.fill("/monthly-reviews", 400, month="2099-01")


def test_the_policy_of_a_zone_replaces_the_shipped_one_and_a_broken_one_is_explained(world: World, month: str) -> None:
    own = world.zone.settings.home / "review.yaml"
    own.write_text("name: ours\nsign_by: never\n", encoding="utf-8")
    page = world.signed_in(OFFICER).page("/monthly-reviews", 400)
    assert "review.yaml, line 2" in page
    assert world.signed_in(OFFICER).page("/")


def test_the_dashboard_draws_charts_with_a_title_a_description_and_a_table(world: World) -> None:
    world.submitted()
    for handle in (OFFICER, OPERATOR):
        page = world.signed_in(handle).page("/dashboard")
        drawings = re.findall(r"<svg viewBox=[^>]*role=\"img\".*?</svg>", page, re.DOTALL)
        assert len(drawings) >= 6
        for drawing in drawings:
            labels = re.search(r'aria-labelledby="(\S+) (\S+)"', drawing)
            assert labels is not None
            assert f'<title id="{labels[1]}">' in drawing
            assert f'<desc id="{labels[2]}">' in drawing
        assert page.count("The numbers as a table") == page.count("<details><summary>")
        assert not re.search(r"<script|\sstyle=", page)


def test_the_dashboard_shows_names_to_compliance_officers_alone(world: World) -> None:
    world.submitted()
    assert ">minji</text>" in world.signed_in(OFFICER).page("/dashboard")
    page = world.signed_in(OPERATOR).page("/dashboard")
    assert "minji" not in page
    assert world.zone.registry.person("minji").ref not in page


def test_opening_the_dashboard_is_an_entry_that_says_which_time_was_looked_at(world: World) -> None:
    world.signed_in(OFFICER).page("/dashboard?days=7")
    [entry] = world.entries("log.viewed")
    assert entry.body["detail"]["kind"] == "dashboard"
    assert set(entry.body["detail"]) == {"kind", "from", "until"}


@pytest.mark.parametrize("query", ["", "?days=7", "?days=90", "?days=0", "?days=x", "?month=1999-01", "?month=x"])
def test_a_period_that_the_dashboard_does_not_offer_is_the_usual_one(world: World, query: str) -> None:
    page = world.signed_in(OFFICER).page(f"/dashboard{query}")
    chosen = re.findall(r'<a href="/dashboard(\S+)" aria-current="true">', page)
    assert chosen == [query if query in ("?days=7", "?days=90") else "?days=30"]
