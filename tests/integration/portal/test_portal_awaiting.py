"""The first page names what needs an officer, a reviewer or an operator, and says so when nothing does."""

from __future__ import annotations

import re

import pytest

from registry.model import Role
from tests.integration.portal.portal_world import CLI, HERE, World
from tests.integration.portal.test_portal_linkages import asked

TILE = re.compile(r'<a href="(/[a-z-]+)">[^<]*</a></h3></header>\s*<p><span class="tag ([a-z]*)">')


def tiles(world: World, handle: str) -> list[tuple[str, str]]:
    """Address and tone of each tile on the first page, in their order."""
    return TILE.findall(world.signed_in(handle).page("/"))


def test_a_quiet_zone_asks_nothing_of_its_officer(world: World) -> None:
    found = dict(tiles(world, "jiwoo"))
    assert set(found) == {"/monthly-reviews", "/rechecks", "/as-recorded", "/walls", "/reidentification"}
    assert {found["/rechecks"], found["/as-recorded"], found["/reidentification"]} == {"ok"}
    assert found["/walls"] == "", "no probe has run yet, which is neither well nor wrong"


def test_what_needs_somebody_comes_first_and_leads_there(world: World) -> None:
    ref = asked(world)
    assert tiles(world, "jiwoo")[0] == ("/linkages", "warn")
    world.signed_in("jiwoo").fill(f"/linkages/{ref}/approve")
    assert ("/reidentification", "ok") in tiles(world, "jiwoo")


def test_a_release_that_was_drawn_for_a_second_look_is_counted(world: World) -> None:
    ref = world.submitted()
    for handle in ("junho", "seoyeon"):
        world.vote(handle, ref)
    world.zone.desk._draw(world.zone.desk.release(ref), 100)
    assert tiles(world, "jiwoo")[0] == ("/rechecks", "warn")


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.RESEARCHER, set()),
        (Role.CHECKER, set()),
        (Role.SENIOR_CHECKER, {"/as-recorded"}),
        (Role.OPERATOR, {"/walls"}),
        (Role.ADEQUACY_REVIEWER, {"/reidentification", "/extracts"}),
        (Role.DATA_CONTROLLER, {"/reidentification"}),
        (Role.DEID_OPERATOR, set()),
    ],
)
def test_a_role_sees_its_own_duties_and_no_others(world: World, role: Role, seen: set[str]) -> None:
    world.zone.registry.grant_role("nobody", role, by=CLI, source=HERE)
    assert {address for address, _ in tiles(world, "nobody")} == seen
