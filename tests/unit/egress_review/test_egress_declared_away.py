"""No declaration takes a count out of the checks without a trace, whatever made it a count."""

from __future__ import annotations

import json
from typing import Any

import pytest

from egress_review.findings import Flagged, Severity, Verdict
from tests.unit.egress_review.egress_files import flagged, look, places

CROSS = "sex,young,old\nF,120,4\nM,98,77\n"
TOTAL = "group,a,score\nA,30,1.5\nB,4,2.5\nTotal,34,2.0\n"
BOTH = {"other": ["young", "old"]}


@pytest.mark.parametrize("kind", ["other", "means", "percentages", "estimates"])
def test_a_column_that_is_a_count_by_its_form_is_pointed_out_when_it_is_declared_away(kind: str) -> None:
    assert places(look("t.csv", CROSS), "cells.small") == [(2, 3)]
    report = look("t.csv", CROSS, {kind: ["young", "old"]})
    assert places(report, "cells.small") == []
    assert places(report, "cells.unclear") == [(2, 2), (2, 3)]


def test_so_is_one_that_adds_up_and_one_whose_neighbour_was_declared_away() -> None:
    assert places(look("t.csv", TOTAL, {"other": ["a"]}), "cells.unclear") == [(2, 2)]
    assert places(look("t.csv", CROSS, {"other": ["young"]}), "cells.unclear") == [(2, 2), (2, 3)]
    in_rows = "variable,all,a\nN,200,5\nage,54.1,52.2\n"
    assert places(look("t.csv", in_rows, {"other": ["a"]}), "cells.unclear") == [(2, 3)]
    in_pairs = "group,smokers\nA,25 (62.5%)\nB,6 (15.0%)\n"
    assert places(look("t.csv", in_pairs, {"means": ["smokers"]}), "cells.unclear") == [(2, 2)]


@pytest.mark.parametrize("name", ["t.md", "t.txt"])
def test_so_is_one_in_a_text(name: str) -> None:
    table = "| sex | young | old |\n|---|---|---|\n| F | 120 | 4 |\n| M | 98 | 77 |\n"
    assert len(places(look(name, table, BOTH), "cells.unclear")) == 2


@pytest.mark.parametrize(
    ("content", "controls", "paths"),
    [
        ({"n_patients": 4}, {"other": ["n_patients"]}, ["$.n_patients"]),
        ({"counts": {"F": 120, "M": 4}}, {"other": ["counts"]}, ["$.counts.F", "$.counts.M"]),
        ({"F": 120, "M": 4}, {"other": ["M"]}, ["$.M"]),
        ([{"sex": "F", "n": 120}, {"sex": "M", "n": 4}], {"other": ["n"]}, ["$[1].n"]),
        (
            [{"sex": "F", "young": 120, "old": 4}, {"sex": "M", "young": 98, "old": 77}],
            BOTH,
            ["$[1].young", "$[1].old"],
        ),
    ],
)
def test_so_is_a_key_of_json(content: Any, controls: dict[str, Any], paths: list[str]) -> None:
    report = look("t.json", json.dumps(content), controls)
    assert sorted(where.path for _, where in flagged(report, "cells.unclear")) == sorted(paths)
    assert flagged(look("t.json", json.dumps(content)), "cells.unclear") == []


def test_what_is_honestly_declared_is_a_warning_at_most() -> None:
    ages = "group,age,visits\nA,54,3\nB,61,4\n"
    assert look("t.csv", ages, {"other": ["age", "visits"]}).verdict is Verdict.PASSED
    means = "group,n,score\nA,54,3\nB,61,4\n"
    assert flagged(look("t.csv", means, {"means": ["score"]})) == []
    shares = "group,n,smokers (%)\nA,540,30\nB,610,40\n"
    assert flagged(look("t.csv", shares, {"counts": ["n"], "percentages": ["smokers (%)"]})) == []


def test_reviewers_and_the_author_read_why_in_both_languages() -> None:
    [first, _] = [
        one for one in look("t.csv", CROSS, BOTH).findings if isinstance(one, Flagged) and one.rule == "cells.unclear"
    ]
    assert first.severity is Severity.WARN
    assert "declarations" in first.message.en
    assert "선언" in first.message.ko
    assert "controls" in first.fix.en
    assert "controls" in first.fix.ko
