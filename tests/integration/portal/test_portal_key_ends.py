"""Ending a key before its time: one asks, another agrees, both type its name, and only the worker touches the key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from audit.canonical import JSON, encode
from audit.event import Event, Object, Source, Subjects
from deid.errors import KeyStoreError
from deid.key_ends import KeyEnds
from deid.keys import KeyStore
from deid.people import RegisteredPeople
from deid.service import DeidDesk
from tests.databases import without_guards
from tests.integration.portal.portal_world import CLI, HERE, World
from tests.integration.portal.test_portal_routes import check_page

WHY = "연구가 끝나 더는 되돌릴 일이 없음"
PAGE = "/additional-information"


@pytest.fixture
def world_with_key(world: World) -> World:
    for sha256 in ("ab" * 32, "cd" * 32):
        about = Object("dataset", "gibleed", project="study", sha256=sha256)
        facts: dict[str, JSON] = {"linkage_domain": "study", "key_version": 1}
        people = Subjects.datasets([("gibleed", 1, 2694)])
        world.zone.log.record(Event("deid.extract", CLI, about, people, HERE, detail=facts))
    return world


def asked(world: World, handle: str = "nari", status: int = 303, **changes: str) -> str:
    """Ask in the portal and return the reference."""
    form = {"key": "study v1", "reason": WHY, "confirm": "study v1", **changes}
    answer = world.signed_in(handle).fill(PAGE, status, **form)
    found = re.search(r"ke_[a-z2-7]{16}", answer.headers.get("location", ""))
    return found[0] if found else ""


def outcomes(world: World, action: str) -> list[tuple[str, str | None]]:
    return [(e.body["outcome"], e.body.get("reason")) for e in world.entries(f"deid.key_end_{action}")]


def carried_out(world: World, store: KeyStore) -> None:
    """What the worker does with what was decided."""
    people = RegisteredPeople(world.zone.registry)
    for agreed, why in KeyEnds(world.zone.log, people).due():
        DeidDesk(world.zone.log, store).destroy_key(
            agreed.domain, agreed.version, why, by=CLI, source=Source(None), agreed=agreed
        )


def test_one_asks_another_agrees_and_the_worker_destroys(world_with_key: World, tmp_path: Path) -> None:
    world, store = world_with_key, KeyStore(tmp_path / "additional")
    store.key("study", 1)
    ref = asked(world)
    carried_out(world, store)
    assert store.record_of("study", 1).destroyed_at is None, "one person alone ends no key"
    officer = world.signed_in("jiwoo")
    assert WHY in officer.page(f"{PAGE}/{ref}")
    officer.fill(f"{PAGE}/{ref}/approve", confirm="study v1")
    assert not (world.zone.settings.home / "additional").exists(), "the portal touches no key"
    carried_out(world, store)
    record = store.record_of("study", 1)
    (asker,) = (p.ref for p in world.zone.registry.people() if p.handle == "nari")
    (agreed,) = (p.ref for p in world.zone.registry.people() if p.handle == "jiwoo")
    assert (record.destroyed_by, record.destroyed_why) == (agreed, WHY)
    with pytest.raises(KeyStoreError):
        store.existing("study", 1)
    (entry,) = (one for one in world.entries("deid.key_destroyed") if one.body["outcome"] == "ok")
    detail = entry.body["detail"]
    assert (detail["request"], detail["requested_by"], detail["approved_by"]) == (ref, asker, agreed)
    page = officer.page(f"{PAGE}/{ref}")
    assert "ansim deid keys record study 1" in page
    assert not list(KeyEnds(world.zone.log, RegisteredPeople(world.zone.registry)).due()), "it is done once"
    asked(world, status=403)


def test_who_asked_does_not_agree_and_neither_does_the_project(world_with_key: World) -> None:
    world = world_with_key
    ref = asked(world, "sunhee")
    page = world.signed_in("sunhee").page(f"{PAGE}/{ref}")
    assert "/approve" not in page
    world.signed_in("sunhee").fill(f"{PAGE}/{ref}/approve", 403, confirm="study v1")
    world.signed_in("nari").fill(f"{PAGE}/{ref}/approve", 403, confirm="study v1")
    world.signed_in("minji").fill(PAGE, 403, key="study v1", reason=WHY, confirm="study v1")
    assert ("denied", "same_person") in outcomes(world, "approved")
    assert ("ok", None) not in outcomes(world, "approved")


@pytest.mark.parametrize("typed", ["", "study", "study v2", "STUDY V1"])
def test_nothing_is_asked_or_agreed_to_without_the_name_typed(world_with_key: World, typed: str) -> None:
    world = world_with_key
    asked(world, status=400, confirm=typed)
    assert world.entries("deid.key_end_requested") == []
    ref = asked(world)
    world.signed_in("jiwoo").fill(f"{PAGE}/{ref}/approve", 400, confirm=typed)
    assert world.entries("deid.key_end_approved") == []


def test_a_key_that_nobody_has_or_somebody_asked_for_is_not_asked_for_again(world_with_key: World) -> None:
    world = world_with_key
    asked(world, status=403, key="other v1", confirm="other v1")
    asked(world, status=400, key="study", confirm="study")
    ref = asked(world)
    asked(world, "sunhee", status=403)
    world.signed_in("nari").fill(f"{PAGE}/{ref}/refuse", reason="다시 생각함")
    world.signed_in("jiwoo").fill(f"{PAGE}/{ref}/approve", 403, confirm="study v1")
    assert sorted(str(reason) for _, reason in outcomes(world, "requested")) == ["None", "asked_already", "unknown_key"]
    assert asked(world, "sunhee"), "after that somebody may ask anew"


@pytest.mark.parametrize("action", ["deid.key_end_requested", "deid.key_end_approved"])
def test_a_request_whose_record_was_changed_is_not_followed(world_with_key: World, action: str) -> None:
    world = world_with_key
    ref = asked(world)
    world.signed_in("jiwoo").fill(f"{PAGE}/{ref}/approve", confirm="study v1")
    ends = KeyEnds(world.zone.log, RegisteredPeople(world.zone.registry))
    assert len(list(ends.due())) == 1
    (entry,) = world.entries(action)
    body: Any = dict(entry.body)
    body["detail"] = {**body["detail"], "forged": True}
    forged = encode(body)
    with world.zone.db.engine.begin() as tx:
        without_guards(tx)
        change = text("UPDATE audit_entry SET body = :body WHERE idx = :idx")
        tx.execute(change, {"body": forged, "idx": entry.index})
    world.signed_in("jiwoo").page(f"{PAGE}/{ref}", 403)
    assert list(ends.due()) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_are_whole_in_both_languages(world_with_key: World, language: str) -> None:
    world = world_with_key
    ref = asked(world)
    for handle in ("nari", "jiwoo"):
        browser = world.signed_in(handle)
        browser.cookies.set("ansim-language", language, domain="zone.ansim.localhost")
        for path in (PAGE, f"{PAGE}/{ref}"):
            check_page(browser.page(path), language)
