"""The page of requests that are not as the log has them: who sees it, what it says, how two people answer."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.integration.portal.portal_world import World


@pytest.fixture
def tampered(world: World) -> str:
    """A request in review whose purpose somebody rewrote in the database."""
    ref = world.submitted()
    with world.zone.db.begin() as tx:
        tx.execute(text("UPDATE egress_request SET purpose = 'For the press' WHERE ref = :ref"), {"ref": ref})
    world.zone.desk.watch_requests()
    return ref


def test_an_officer_is_told_and_says_what_they_found(world: World, tampered: str) -> None:
    officer = world.signed_in("jiwoo")
    page = officer.page("/as-recorded")
    assert tampered in page
    assert "is not what was handed in" in page
    assert tampered in officer.page("/")
    refused = officer.fill(f"/as-recorded/{tampered}", 422, reason="no").text
    assert ">no</textarea>" in refused, "what was typed stands there still"
    officer.fill(f"/as-recorded/{tampered}", reason="Compared with the backup of last night.")
    page = officer.page("/as-recorded")
    assert "jiwoo" in page
    assert f'action="/as-recorded/{tampered}"' not in page
    officer.fill(f"/as-recorded/{tampered}", 409, reason="Compared once more.")
    for handle in ("minji", "junho"):
        world.signed_in(handle).page("/as-recorded", 403)


def test_a_vote_on_it_is_refused_with_a_reason(world: World, tampered: str) -> None:
    browser = world.signed_in("junho")
    page = browser.page(f"/review/{tampered}")
    assert page
    with pytest.raises(AssertionError, match="403"):
        world.vote("junho", tampered)


def test_nothing_is_there_where_nobody_touched_anything(world: World) -> None:
    world.submitted()
    world.zone.desk.watch_requests()
    assert "No request was found" in world.signed_in("jiwoo").page("/as-recorded")
