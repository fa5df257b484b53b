"""Linking projects in the portal: one asks, another decides, and only the worker touches the key store."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.canonical import JSON
from audit.event import Event, Object, Subjects
from deid.keys import KeyStore
from deid.linkage.service import LinkageDesk
from deid.linkage.telling import Preview
from deid.people import RegisteredPeople
from tests.databases import without_guards
from tests.integration.portal.portal_world import CLI, HERE, World
from tests.integration.portal.test_portal_routes import check_page

WHY = "두 과제의 공동 연구"
PAGE = "/linkages"


def asked(world: World, handle: str = "nari", status: int = 303, **changes: str) -> str:
    """Ask in the portal and return the reference."""
    form = {"domain": "registry-study", "project": "study", "reason": WHY, **changes}
    answer = world.signed_in(handle).fill(PAGE, status, **form)
    found = re.search(r"li_[a-z2-7]{16}", answer.headers.get("location", ""))
    return found[0] if found else ""


def outcomes(world: World, action: str) -> list[tuple[str, str | None]]:
    return [(e.body["outcome"], e.body.get("reason")) for e in world.entries(action)]


def the_workers(world: World, directory: Path) -> tuple[LinkageDesk, KeyStore]:
    store = KeyStore(directory)
    return LinkageDesk(world.zone.log, RegisteredPeople(world.zone.registry), store), store


def test_one_asks_another_agrees_and_the_worker_lets_the_project_in(world: World, tmp_path: Path) -> None:
    ref = asked(world)
    desk, store = the_workers(world, tmp_path / "additional")
    desk.carry_out()
    assert store.linkages() == [], "one person alone links nothing"
    officer = world.signed_in("jiwoo")
    assert WHY in officer.page(f"{PAGE}/{ref}")
    officer.fill(f"{PAGE}/{ref}/approve")
    assert outcomes(world, "deid.linkage_requested") == [("ok", None)]
    assert outcomes(world, "deid.linkage_approved") == [("ok", None)]
    assert not (world.zone.settings.home / "additional").exists(), "the portal touches no key"
    assert desk.linkage(ref).state == "approved"
    desk.carry_out()
    assert store.linkages() == [("registry-study", "study")]
    assert "linkage_domain: registry-study" in officer.page(f"{PAGE}/{ref}")
    officer.fill(f"{PAGE}/{ref}/end", reason="연구가 끝남")
    assert outcomes(world, "deid.linkage_ended") == [("ok", None)]
    desk.carry_out()
    assert store.linkages() == []
    desk.carry_out()
    assert asked(world), "after that somebody may ask anew"


def test_who_asked_does_not_agree_nor_does_the_project_and_no_stranger_asks(world: World) -> None:
    ref = asked(world, "sunhee")
    assert "/approve" not in world.signed_in("sunhee").page(f"{PAGE}/{ref}")
    world.signed_in("sunhee").fill(f"{PAGE}/{ref}/approve", 403)
    world.signed_in("nari").fill(f"{PAGE}/{ref}/approve", 403)
    asked(world, "minji", status=403)
    asked(world, status=404, project="nowhere")
    for changes in ({"domain": "study"}, {"domain": "No"}):
        asked(world, status=422, **changes)
    for changes in ({"reason": " "}, {"project": ""}):
        asked(world, status=400, **changes)
    answer = world.signed_in("nari").fill(PAGE, 422, domain="No", project="study", reason=WHY)
    assert WHY in answer.text, "what was typed is not lost"
    assert ("denied", "same_person") in outcomes(world, "deid.linkage_approved")
    world.signed_in("sunhee").fill(f"{PAGE}/{ref}/refuse", reason="다시 생각함")
    assert outcomes(world, "deid.linkage_refused") == [("ok", None)]
    world.signed_in("jiwoo").fill(f"{PAGE}/{ref}/approve", 403)


def test_an_approval_that_was_forged_in_the_database_lets_nobody_in(world: World, tmp_path: Path) -> None:
    ref = asked(world)
    (question,) = world.entries("deid.linkage_requested")
    with world.zone.db.engine.begin() as tx:
        without_guards(tx)
    world.signed_in("jiwoo").fill(f"{PAGE}/{ref}/approve")
    (approval,) = world.entries("deid.linkage_approved")
    with world.zone.db.engine.begin() as tx:
        for index in (question.index, approval.index):
            body = tx.execute(text("SELECT body FROM audit_entry WHERE idx = :idx"), {"idx": index}).scalar_one()
            forged = bytes(body).replace(b"registry-study", b"evil-study")
            tx.execute(text("UPDATE audit_entry SET body = :body WHERE idx = :idx"), {"body": forged, "idx": index})
    desk, store = the_workers(world, tmp_path / "additional")
    desk.carry_out()
    assert store.linkages() == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_are_whole_in_both_languages_and_show_what_a_preview_told(world: World, language: str) -> None:
    ref = asked(world)
    told = Preview(300, 400, "some", 100, 33, 10)
    detail: dict[str, JSON] = {"linkage_domain": "registry-study", **asdict(told)}
    about = Object("project", "study")
    world.zone.log.record(Event("deid.linkage_previewed", CLI, about, Subjects.none(), HERE, detail=detail))
    for handle in ("nari", "jiwoo"):
        browser = world.signed_in(handle)
        browser.cookies.set("ansim-language", language, domain="zone.ansim.localhost")
        for path in (PAGE, f"{PAGE}/{ref}"):
            check_page(browser.page(path), language)
        assert told.say().say("ko" if language == "ko" else "en") in browser.page(f"{PAGE}/{ref}")
