"""Making the hub forget people takes a token of its own; the one that the worker holds all day removes nobody."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest

from hub_config.hub_api import HubApi

pytestmark = pytest.mark.engine


def api(world: Any, service: Any) -> HubApi:
    return HubApi(world.zone.settings.hub_url(), world.zone.keys.hub_token(service))


@pytest.mark.parametrize("service", ["worker", "portal", "gate"])
def test_no_other_token_makes_the_hub_forget_a_person(hub: Any, world: Any, service: str, person: str) -> None:
    with api(world, service) as other, pytest.raises(httpx.HTTPStatusError) as refused:
        other.remove_user(person)
    # A name that a token may not even read is no name for the hub; neither answer removes anybody.
    assert refused.value.response.status_code == httpx.codes.FORBIDDEN
    with api(world, "eraser") as eraser:
        assert person in eraser.users()


def test_the_token_of_erasure_forgets_a_person_and_can_do_nothing_else(hub: Any, world: Any, person: str) -> None:
    with api(world, "eraser") as eraser:
        eraser.remove_user(person)
        assert person not in eraser.users()
    client = hub.api("eraser")
    assert client.post("/users/new-person").status_code == httpx.codes.FORBIDDEN
    assert client.post(f"/users/{person}/tokens").status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)
    assert client.post(f"/users/{person}/servers/any").status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)


@pytest.fixture
def person(hub: Any, world: Any) -> str:
    """Somebody whom the hub knows because they signed in once."""
    handle = str(world.person())
    with hub.browser() as browser:
        hub.sign_in(browser, handle)
    return handle
