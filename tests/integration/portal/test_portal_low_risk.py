"""The low-risk tier in the browser: what is filled in for a checker, and what nobody is spared."""

from __future__ import annotations

import re

import pytest

from egress_review.antivirus import Verdict, WithAntivirus
from egress_review.job import JobFile
from tests.integration.portal.portal_world import World

CONTEXT = "Patients of the cohort by sex, each counted once: n = 250 people in all."


class Clean:
    """A virus scanner that finds nothing."""

    def look(self, files: list[JobFile]) -> dict[object, Verdict]:
        return {file.path: Verdict("clean") for file in files}


@pytest.fixture
def low(world: World) -> str:
    """A request of the low-risk tier: every check passed, and the owner of the data allows it in the portal."""
    desk = world.zone.desk
    desk._scanner = WithAntivirus(desk._scanner, Clean)  # type: ignore[arg-type]
    (grant,) = world.zone.registry.grants("study")
    world.signed_in("sunhee").fill("/policies", target=f"dataset/{grant.dataset}", policy="kr-default")
    return world.submitted()


def test_what_was_checked_is_filled_in_and_two_people_still_choose_and_confirm(world: World, low: str) -> None:
    for handle in ("junho", "seoyeon"):
        browser = world.signed_in(handle)
        page = browser.page(f"/review/{low}")
        assert "Low risk: every check passed" in page
        assert not re.search('value="[a-z]+" required checked', page), "nobody's vote is filled in"
        assert "The comment is filled in below; the vote is yours." in page
        assert "Approval and comment" not in page
        comment = re.search(r"Low risk: \d+ rules passed, none was left out.", page)
        assert comment
        assert not re.search(r'name="confirm"[^>]*value="[^"]', page), "the confirmation is never filled in"
        (name,) = set(re.findall(r'name="(vote-[0-9a-f]{64})"', page))
        ballot = {name: "approve", "round": "1", "comment": comment[0], "unseen": "yes"}
        browser.fill(f"/review/{low}/vote", 422, **ballot, confirm="")
        browser.fill(f"/review/{low}/vote", **ballot, confirm=low[-4:])
    assert [one.body["detail"]["decision"] for one in world.entries("egress.voted")][:2] == ["approved", "open"]


def test_nothing_is_filled_in_where_a_check_did_not_pass(world: World, low: str) -> None:
    ordinary = world.submitted(other="sex,n\nF,210\nM,7\n")
    page = world.signed_in("junho").page(f"/review/{ordinary}")
    assert "Low risk" not in page
