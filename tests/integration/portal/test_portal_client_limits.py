"""I11: the server computes every limit; whatever a form claims beside its fields moves none of them.

Attacked with forms that claim what peers took from their callers: how many approvals are enough, how often something
was downloaded, which group the caller belongs to, in which state a request is, under which policy.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egress_review.workflow import State
from tests.integration.portal.portal_world import HERE, SMALL, World, request_form

CLAIMS = st.dictionaries(
    st.sampled_from(
        (
            *("required_votes", "required_approvals", "min_cell", "policy", "policy_digest", "max_files", "thresholds"),
            *("download_count", "collect_days", "usergroup", "role", "roles", "person", "checker", "author", "handle"),
            *("state", "decision", "verdict", "passed", "tier", "release", "approved", "packaged", "revision", "at"),
            *("context_hash", "sha256", "size", "datasets", "direction", "workspace", "budget", "confirm_code"),
        )
    ),
    st.sampled_from(("0", "1", "-1", "999999", "true", "senior_checker", "approved", "released", "low", "hana", "[]")),
    min_size=1,
    max_size=12,
)


def facts(world: World, ref: str) -> tuple[Any, ...]:
    """What holds for a request, none of it said by whoever asks."""
    with world.zone.db.read():
        view = world.zone.desk.view(world.zone.registry.person("minji"), ref)
    request, policy = view.request, world.zone.desk.policy_for("study")
    limits = (policy.digest, policy.required_votes, policy.collect_days, view.required_votes, view.tier)
    kept = (request.policy_digest, request.author_ref, request.direction, request.workspace_ref, request.round)
    return (request.state, *limits, *kept)


@pytest.mark.long
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims=CLAIMS)
def test_no_claim_of_a_form_or_an_address_moves_a_limit_or_a_state(world: World, claims: dict[str, str]) -> None:
    world.outbox(table=SMALL)
    author = world.signed_in("minji")
    wanted = {**claims, **request_form(files=["table.csv"])}
    ref = author.fill("/requests/new", **wanted).headers["location"].rsplit("/", 1)[1]
    world.zone.desk.scan(ref)
    before = facts(world, ref)
    assert (before[0], before[2], before[5]) == (State.IN_REVIEW, 2, "ordinary")
    browser = world.signed_in("junho")
    page = browser.page(f"/review/{ref}?" + "&".join(f"{key}={value}" for key, value in claims.items()))
    (name,) = set(re.findall(r'name="(vote-[0-9a-f]{64})"', page))
    ballot = {**claims, name: "approve", "round": "1", "unseen": "yes", "comment": "Approved as it is."}
    # A small count is flagged: nobody but a senior checker, with a reason, makes an exception of it.
    browser.fill(f"/review/{ref}/vote", **{**ballot, "confirm": ref[-4:]})
    assert facts(world, ref) == before
    browser.fill(f"/review/{ref}/vote", **{**ballot, "confirm": ref[-4:]})  # once more is the same vote
    author.fill(f"/requests/{ref}/collect", 409, **claims)
    assert facts(world, ref) == before
    world.zone.desk.withdraw(world.zone.registry.person("minji"), ref, source=HERE)
