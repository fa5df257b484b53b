"""Requests of a frozen project are held: whatever is tried, they stand where they stood, and go on afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from egress_review.errors import Conflict
from egress_review.workflow import State
from registry.desk import CLI
from tests.integration.egress_review.egress_house import HERE, Zone


def freeze(zone: Zone) -> None:
    zone.house.registry.freeze_project("gibleed", "a leak is suspected", by=CLI, source=HERE)


def unfreeze(zone: Zone) -> None:
    zone.house.registry.unfreeze_project("gibleed", "it was a mistake", by=CLI, source=HERE)


def held(act: Callable[[], object]) -> None:
    with pytest.raises(Conflict) as refusal:
        act()
    assert refusal.value.code == "project_frozen"
    assert "동결" in refusal.value.text("ko")


def test_nobody_votes_looks_withdraws_or_returns_while_the_project_is_frozen(zone: Zone) -> None:
    request = zone.in_review()
    hana = zone.checkers["hana"]
    freeze(zone)
    before = zone.actions(request.ref)
    held(lambda: zone.vote("hana", request))
    held(lambda: zone.desk.preview(hana, request.ref, request.files[0].sha256, source=HERE))
    held(lambda: zone.desk.withdraw(zone.author, request.ref, source=HERE))
    held(lambda: zone.desk.return_to_author(hana, request.ref, "please round", source=HERE))
    assert zone.actions(request.ref) == before
    unfreeze(zone)
    zone.vote("hana", request)
    assert zone.vote("duri", request).state is State.APPROVED


def test_an_approved_request_is_not_released_before_the_freeze_is_lifted(zone: Zone) -> None:
    request = zone.approved()
    freeze(zone)
    assert request.ref not in zone.desk.pending()
    held(lambda: zone.desk.release(request.ref))
    assert "egress.released" not in zone.actions(request.ref)
    unfreeze(zone)
    assert request.ref in zone.desk.pending()
    assert zone.desk.release(request.ref).state is State.RELEASED


def test_a_released_package_is_not_collected_and_can_still_be_revoked(zone: Zone) -> None:
    first, second = zone.released(), zone.released(content="year,n\n2020,500\n")
    freeze(zone)
    held(lambda: zone.desk.collect(zone.author, first.ref, source=HERE))
    zone.desk.revoke(zone.checkers["hana"], second.ref, "it should not have left", second.confirm_code, source=HERE)
    unfreeze(zone)
    assert zone.desk.collect(zone.author, first.ref, source=HERE).is_file()


def test_the_machine_gives_nothing_up_and_removes_nothing_of_a_frozen_project(zone: Zone) -> None:
    request = zone.in_review()
    freeze(zone)
    zone.house.clock.pass_by(days=400)
    before = zone.actions(request.ref)
    zone.desk.tidy()
    zone.house.clock.pass_by(days=30)
    zone.desk.tidy()
    assert zone.actions(request.ref) == before
