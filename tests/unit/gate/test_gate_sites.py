"""A page of another origin can neither read nor write; links and the zone's own frames work."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from hub_config.gate.errors import Refused
from hub_config.gate.sites import FRAME, SANDBOXED_PART, Initiator, SitePolicy, check_initiator

OWN = "http://zone.example"
STRICT = SitePolicy(OWN)
FRAMED = SitePolicy(OWN, {"iframe": FRAME, "image": SANDBOXED_PART})


def initiator(method: str = "GET", **fields: Any) -> Initiator:
    values: dict[str, Any] = {
        "origin": None,
        "site": None,
        "mode": None,
        "dest": None,
        "has_cookie": True,
        "websocket": False,
    }
    return Initiator(method, **{**values, **fields})


def passes(policy: SitePolicy, request: Initiator) -> bool:
    try:
        check_initiator(policy, request)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("mode", ["cors", "no-cors", "navigate", "same-origin", "websocket"])
@pytest.mark.parametrize("dest", ["empty", "image", "script", "style", "iframe", "object", "embed", "worker"])
def test_no_page_of_another_origin_reads_or_frames_the_portal(site: str, mode: str, dest: str) -> None:
    assert not passes(STRICT, initiator(site=site, mode=mode, dest=dest))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
def test_a_person_can_follow_a_link_from_anywhere(site: str) -> None:
    assert passes(STRICT, initiator(site=site, mode="navigate", dest="document"))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X-NEW"])
def test_nothing_is_written_from_another_origin(method: str) -> None:
    for site, origin, mode, dest in itertools.product(
        ["cross-site", "same-site", "none"],
        [None, OWN, "null", "http://work.example"],
        ["navigate", "cors"],
        ["document", "empty"],
    ):
        assert not passes(STRICT, initiator(method, site=site, origin=origin, mode=mode, dest=dest))


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"site": "same-origin", "origin": OWN}, True),
        ({"site": "same-origin", "origin": "null"}, True),  # a form of a page with no-referrer
        ({"site": "same-origin"}, True),
        ({"origin": OWN}, True),
        ({"origin": "null"}, False),
        ({"origin": "http://work.example"}, False),
        ({"site": "same-origin", "origin": "http://work.example"}, False),
        ({}, False),
        ({"has_cookie": False}, True),
    ],
)
def test_writing_needs_the_own_origin(fields: dict[str, Any], good: bool) -> None:
    assert passes(STRICT, initiator("POST", **fields)) is good


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"origin": OWN}, True),
        ({"origin": OWN, "site": "same-origin"}, True),
        ({"origin": "null", "site": "same-origin"}, False),
        ({"origin": "http://zone.example.evil"}, False),
        ({"origin": "http://work.example", "site": "same-site"}, False),
        ({}, False),
    ],
)
def test_a_websocket_needs_the_own_origin(fields: dict[str, Any], good: bool) -> None:
    assert passes(STRICT, initiator(websocket=True, **fields)) is good


def test_only_listed_parts_may_be_embedded_and_only_from_listed_sites() -> None:
    assert passes(FRAMED, initiator(site="same-site", mode="navigate", dest="iframe"))
    assert not passes(FRAMED, initiator(site="cross-site", mode="navigate", dest="iframe"))
    assert passes(FRAMED, initiator(site="cross-site", mode="no-cors", dest="image"))
    assert not passes(FRAMED, initiator(site="cross-site", mode="cors", dest="image"))
    assert not passes(FRAMED, initiator(site="same-site", mode="no-cors", dest="script"))


def test_a_service_worker_is_never_served() -> None:
    assert not passes(STRICT, initiator(site="same-origin", mode="same-origin", dest="serviceworker"))
