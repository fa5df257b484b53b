"""`ansim egress policy` and `ansim egress replay`, as a person and as a program read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from egress_review.errors import Invalid, PolicyError
from egress_review.policy import POLICIES
from hub_config.cli import GROUPS, Context, parser
from registry.errors import NotFound
from tests.databases import without_guards
from tests.integration.egress_review.egress_house import SMALL, Zone


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command line opens of a zone."""

    desk: Any
    registry: Any


def run(zone: Zone, line: str, *, json_: bool = True) -> int:
    options = parser(GROUPS).parse_args(line.split() + (["--json"] if json_ else []))
    opened: Any = Opened(zone.desk, zone.house.registry)
    code: int = options.func(options, Context(home=zone.home, json=json_, _zone=opened))
    return code


def test_assigning_showing_and_taking_back(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(zone, "egress policy assign uk-sdap --project gibleed") == 0
    assert json.loads(capsys.readouterr().out)["policy"]["name"] == "uk-sdap"
    run(zone, "egress policy show")
    shown = json.loads(capsys.readouterr().out)
    assert [(one["scope"], one["target"], one["policy"]["name"]) for one in shown["assigned"]] == [
        ("project", "gibleed", "uk-sdap")
    ]
    assert "au-datalab" in shown["known"]
    run(zone, "egress policy show --project gibleed")
    assert json.loads(capsys.readouterr().out)["name"] == "kr-default+uk-sdap"
    run(zone, "egress policy show kr-legacy-5", json_=False)
    assert "min_cell             5" in capsys.readouterr().out
    run(zone, "egress policy assign none --project gibleed", json_=False)
    run(zone, "egress policy show", json_=False)
    assert "gibleed  uk-sdap" not in capsys.readouterr().out


def test_a_policy_of_ones_own_is_read_from_its_file_and_refused_with_its_line(zone: Zone, tmp_path: Path) -> None:
    text = (POLICIES / "kr-default.yaml").read_text(encoding="utf-8")
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("name: kr-default", "name: own"), encoding="utf-8")
    assert run(zone, f"egress policy assign {own} --project gibleed") == 0
    own.write_text(text.replace("required_votes:\n  value: 2", "required_votes:\n  value: 1"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"own.yaml, line \d+: required_votes must be at least 2"):
        run(zone, f"egress policy assign {own} --project gibleed")
    with pytest.raises(PolicyError, match="there are: au-datalab"):
        run(zone, "egress policy assign kr --project gibleed")
    with pytest.raises(NotFound):
        run(zone, "egress policy assign uk-sdap --dataset nothing")


def test_a_simulation_is_a_table_and_bars_or_a_document(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    zone.approved(content="year,n\n2020,0\n2021,16\n")
    assert run(zone, "egress policy simulate uk-sdap --since 2026-01-01") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["requests"], document["other_decisions"]) == (1, 1)
    run(zone, "egress policy simulate uk-sdap", json_=False)
    shown = capsys.readouterr().out
    assert "* approved → needs a senior checker: 1" in shown
    assert "++++" in shown
    with pytest.raises(Invalid, match="not a day"):
        run(zone, "egress policy simulate uk-sdap --since yesterday")


def test_a_replay_says_the_same_or_what_differs(zone: Zone, capsys: pytest.CaptureFixture[str]) -> None:
    request = zone.in_review(SMALL)
    assert run(zone, f"egress replay {request.ref}") == 0
    assert json.loads(capsys.readouterr().out)["same"]
    assert zone.actions(request.ref)[-1] == "egress.replayed"
    with zone.house.db.begin() as tx:
        without_guards(tx, "egress_report")
        tx.exec_driver_sql("update egress_report set content = replace(content, '\"number\": 3', '\"number\": 300')")
    assert run(zone, f"egress replay {request.ref}", json_=False) == 1
    assert "table.csv  cells.small" in capsys.readouterr().out
