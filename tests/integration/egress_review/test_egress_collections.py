"""A release is collected so often and no more, unless an operator says why it may be collected more often."""

from __future__ import annotations

import argparse
import json
from types import SimpleNamespace
from typing import Any

import pytest

from egress_review import reading
from egress_review.collecting_cli import add_command
from egress_review.errors import Conflict, Invalid
from registry.desk import CLI
from tests.integration.egress_review.egress_house import HERE, Zone

WHY = "their line breaks off"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_COLLECTIONS", 2)


def used_up(zone: Zone) -> str:
    """The reference of a release that was collected as often as it may be."""
    ref = zone.released().ref
    for _ in range(2):
        zone.desk.collect(zone.author, ref, source=HERE)
    return ref


def command(zone: Zone, *words: str, machine: bool = True) -> None:
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    arguments = parser.parse_args(["allow-collections", *words])
    here: Any = SimpleNamespace(zone=lambda: SimpleNamespace(desk=zone.desk), json=machine)
    assert arguments.func(arguments, here) == 0


def test_who_collected_enough_is_told_what_helps_and_an_operator_can_do_it(
    each_zone: Zone, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = each_zone
    ref = used_up(zone)
    with pytest.raises(Conflict) as refused:
        zone.desk.collect(zone.author, ref, source=HERE)
    assert f"ansim egress allow-collections {ref}" in refused.value.hint.en
    assert f"ansim egress allow-collections {ref}" in refused.value.hint.ko
    command(zone, ref, "--more", "2", "--reason", WHY)
    assert json.loads(capsys.readouterr().out) == {"ref": ref, "most": 4}
    for _ in range(2):
        zone.desk.collect(zone.author, ref, source=HERE)
    with pytest.raises(Conflict):
        zone.desk.collect(zone.author, ref, source=HERE)
    standing = zone.desk.collection_of(ref)
    assert standing is not None
    assert (standing.times, standing.most) == (4, 4)
    [entry] = [body for body in zone.house.entries() if body["action"] == "egress.collections_allowed"]
    assert (entry["actor"]["ref"], entry["detail"]["more"]) == (CLI.ref, 2)
    assert WHY not in str(entry)
    [compared] = zone.desk.compare_with_log([ref])
    assert compared.holds
    command(zone, ref, "--more", "1", "--reason", WHY, machine=False)
    assert "5" in capsys.readouterr().out


def test_more_collections_take_a_reason_a_number_and_a_release(zone: Zone) -> None:
    ref = zone.released().ref
    for more, reason in ((0, WHY), (3, WHY), (1, " ")):
        with pytest.raises(Invalid):
            zone.desk.allow_collections(CLI, ref, more, reason, source=HERE)
    waiting = zone.in_review(title="Another one").ref
    with pytest.raises(Conflict):
        zone.desk.allow_collections(CLI, waiting, 1, WHY, source=HERE)
    zone.house.clock.pass_by(days=zone.desk.policy.collect_days + 1)
    with pytest.raises(Conflict):
        zone.desk.allow_collections(CLI, ref, 1, WHY, source=HERE)
    assert "egress.collections_allowed" not in zone.actions(ref)


def test_a_frozen_project_is_allowed_no_more_collections(zone: Zone) -> None:
    ref = used_up(zone)
    zone.house.registry.freeze_project("gibleed", "a leak is looked into", by=CLI, source=HERE)
    with pytest.raises(Conflict, match="frozen"):
        zone.desk.allow_collections(CLI, ref, 1, WHY, source=HERE)
