from __future__ import annotations

from datetime import timedelta

import pytest

from audit.event import Actor
from audit.retention import holding
from registry.erasure import erased_handle
from tests.integration.portal.portal_world import HERE, World

FOUR_YEARS = timedelta(days=4 * 366)


@pytest.fixture
def closed(world: World) -> str:
    """A person whose account was closed; returns the reference."""
    registry = world.zone.registry
    operator = Actor.person(registry.person("taeyang").ref)
    registry.close("nobody", by=operator, source=HERE)
    return registry.person("nobody").ref


def hold(world: World, ref: str) -> int:
    registry = world.zone.registry
    officer = Actor.person(registry.person("jiwoo").ref, ("compliance_officer",))
    operator = Actor.person(registry.person("taeyang").ref, ("operator",))
    pair = {"by": officer, "confirmed_by": operator, "source": HERE}
    return holding.set_hold(world.zone.log, "person", ref, "litigation", **pair)  # type: ignore[arg-type]


def test_the_officer_sees_periods_with_floor_and_source_in_both_languages(world: World) -> None:
    browser = world.signed_in("jiwoo")
    page = browser.page("/retention")
    for told in ("2 years", "3 years", "Safety Standards for Personal Data, art. 8(1)", "No legal hold is in force."):
        assert told in page, told
    assert "<code>ansim audit prune --before</code>" in page  # no sudo where the zone owns its tables
    assert 'href="/retention"' in browser.page("/compliance")
    browser.cookies.set("ansim-language", "ko", domain="zone.ansim.localhost")
    page = browser.page("/retention")
    for told in ("보유기간과 파기", "접속기록", "3년", "제8조제1항", "효력 있는 보존 조치가 없습니다."):
        assert told in page, told


def test_nobody_but_the_officer_sees_it(world: World) -> None:
    for handle in ("minji", "taeyang", "sunhee", "junho"):
        world.signed_in(handle).page("/retention", 403)


def test_the_operator_is_told_from_when_an_erasure_is_possible(world: World, closed: str) -> None:
    page = world.signed_in("taeyang").page("/people/nobody")
    assert "The law keeps the records of this person until" in page
    assert "Request the erasure" not in page
    answer = world.signed_in("taeyang").fill("/people/nobody/erasure", 403, reason="request_of_person")
    assert "legal retention period is not over" in answer.text


def test_an_erasure_takes_an_operator_and_an_officer(world: World, closed: str) -> None:
    world.clock.ahead = FOUR_YEARS
    operator, officer = world.signed_in("taeyang"), world.signed_in("jiwoo")
    officer.fill("/retention/erasures/nobody", 409)
    assert "Request the erasure" in operator.page("/people/nobody")
    operator.fill("/people/nobody/erasure", reason="request_of_person")
    assert "waits for a compliance officer" in operator.page("/people/nobody")
    operator.fill("/retention/erasures/nobody", 403)
    page = officer.page("/retention")
    for told in ("Nobody", "request of the person (PIPA art. 36)", "taeyang", "Erase for good"):
        assert told in page, told
    officer.fill("/retention/erasures/nobody")
    page = officer.page("/retention")
    assert closed in page
    assert "No erasure is waiting." in page
    person = world.zone.registry.person_by_ref(closed)
    assert (person.name, person.email) == (erased_handle(closed), "")
    assert "This person was erased" in operator.page(f"/people/{person.handle}")
    assert "nobody@ansim.example" not in operator.page("/people")


def test_a_hold_is_shown_to_both_and_stops_the_erasure(world: World, closed: str) -> None:
    index = hold(world, closed)
    world.clock.ahead = FOUR_YEARS
    assert "A legal hold forbids it." in world.signed_in("taeyang").page("/people/nobody")
    page = world.signed_in("jiwoo").page("/retention")
    assert f'href="/compliance/entries/{index}"' in page
    assert "litigation or dispute" in page


def test_a_reason_that_there_is_not_is_refused(world: World, closed: str) -> None:
    world.clock.ahead = FOUR_YEARS
    world.signed_in("taeyang").fill("/people/nobody/erasure", 422, reason="because")
    assert world.entries("privacy.erasure_requested") == []


def test_the_address_of_an_open_account_offers_no_erasure(world: World) -> None:
    assert "Request the erasure" not in world.signed_in("taeyang").page("/people/minji")
