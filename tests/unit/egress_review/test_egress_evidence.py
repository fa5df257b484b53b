"""Evidence behind a table is written in the notebook, read strictly, and decides what the table alone cannot."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from egress_review.checks.amounts import Amount, amount_of
from egress_review.checks.evidence import EvidenceError, read_evidence
from egress_review.checks.subject import Subject
from egress_review.checks.supporting import Supporting, read_supporting
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Flagged, Verdict
from egress_review.policy import load_policy
from images.notebook.ansim_evidence import Unsuitable, write
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, places

STRICT = load_policy("au-datalab")


def frame(seed: int = 5) -> pd.DataFrame:
    """A thousand visits of some hundred people in two regions."""
    chance = random.Random(seed)
    rows = [
        (chance.choice(("Seoul", "Busan")), chance.choice("FM"), f"p{chance.randrange(300)}", chance.uniform(1, 9))
        for _ in range(1000)
    ]
    return pd.DataFrame(rows, columns=["region", "sex", "person_id", "income"])


def as_supporting(path: Path) -> Supporting:
    """The evidence at a path as the scanner reads it."""
    data = path.read_bytes()
    return read_supporting([Subject(path.name, "0" * 64, data, DEFAULT, FileClaims(), "json", len(data))])


def as_csv(*rows: tuple[object, ...]) -> str:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()


def by_region(df: pd.DataFrame) -> str:
    """Number and mean income by region, as people publish it."""
    groups = [(name, len(part), round(part.income.mean(), 3)) for name, part in df.groupby("region")]
    return as_csv(("region", "n", "mean income"), *groups, ("total", len(df), round(df.income.mean(), 3)))


def held(df: pd.DataFrame, text: str, folder: Path, *, by: tuple[str, ...] = ("region",), **more: Any) -> FileReport:
    """The report on a table under a policy that asks for evidence, with the evidence of its frame."""
    path, _ = write(df, folder / "table.csv", by=by, value="income", unit="person_id")
    return look("table.csv", text, policy=STRICT, supporting=as_supporting(path), **more)


def test_a_true_table_passes_with_its_evidence_and_not_without(tmp_path: Path) -> None:
    df = frame()
    assert held(df, by_region(df), tmp_path).verdict is Verdict.PASSED
    bare = look("table.csv", by_region(df), policy=STRICT)
    assert places(bare, "evidence.missing") == [(2, 3)]
    assert bare.verdict is Verdict.FLAGGED


def test_evidence_that_no_policy_asks_for_is_only_recommended() -> None:
    report = look("table.csv", by_region(frame()))
    assert places(report, "evidence.missing") == [(2, 3)]
    assert report.verdict is Verdict.PASSED


def test_a_group_that_one_contributor_dominates_is_found(tmp_path: Path) -> None:
    df = frame()
    df.loc[0, ["region", "income"]] = ["Seoul", 1_000_000.0]
    report = held(df, by_region(df), tmp_path)
    found = {rule for rule, _ in flagged(report, "evidence.")}
    assert {"evidence.dominance", "evidence.p_percent"} <= found
    row = 2 + sorted(df.region.unique()).index("Seoul")
    assert (row, 3) in places(report, "evidence.dominance")


def test_dominance_counts_the_visits_of_a_person_together(tmp_path: Path) -> None:
    df = frame()
    df.loc[df.index[:200], "person_id"] = "p1"
    df.loc[df.index[:200], "income"] = 50_000.0
    assert places(held(df, by_region(df), tmp_path), "evidence.dominance")


def test_negative_contributions_are_left_to_a_person(tmp_path: Path) -> None:
    df = frame()
    df.loc[0, "income"] = -3.0
    report = held(df, by_region(df), tmp_path)
    flags = [f for f in report.findings if isinstance(f, Flagged) and f.rule == "evidence.dominance"]
    assert {f.severity.value for f in flags} == {"warn"}
    assert report.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("shown", "right"), [(lambda n: n, True), (lambda n: 10 * round(n / 10), True), (lambda n: n + 40, False)]
)
def test_a_count_must_be_the_one_of_the_evidence_or_that_one_rounded(shown: Any, right: bool, tmp_path: Path) -> None:
    df = frame()
    groups = [(name, shown(len(part))) for name, part in df.groupby("region")]
    path, _ = write(df, tmp_path / "table.csv", by=["region"], unit="person_id")
    controls = {"counts": ["n"], "rounded_to": 10} if shown(7) == 10 else {"counts": ["n"]}
    report = look("table.csv", as_csv(("region", "n"), *groups), controls, supporting=as_supporting(path))
    assert (places(report, "evidence.counts") == []) is right


def test_few_people_behind_many_rows_are_found(tmp_path: Path) -> None:
    df = frame()
    busan = df.region == "Busan"
    df.loc[busan, "person_id"] = [f"q{i % 4}" for i in range(busan.sum())]
    path, _ = write(df, tmp_path / "table.csv", by=["region"], unit="person_id")
    groups = [(name, len(part)) for name, part in df.groupby("region")]
    report = look("table.csv", as_csv(("region", "n"), *groups), supporting=as_supporting(path))
    assert places(report, "evidence.small") == [(2, 2)]
    assert report.verdict is Verdict.FLAGGED


def test_a_cross_table_is_aligned_with_its_evidence(tmp_path: Path) -> None:
    df = frame()
    table = df.pivot_table(values="income", index="region", columns="sex", aggfunc="sum")
    rows = [(name, *(round(v, 2) for v in line)) for name, line in zip(table.index, table.to_numpy(), strict=True)]
    df.loc[(df.region == "Busan") & (df.sex == "F"), "person_id"] = "one"
    report = held(df, as_csv(("region", "F", "M"), *rows), tmp_path, by=("region", "sex"))
    assert places(report, "evidence.dominance") == [(2, 2)]


def test_evidence_of_several_breakdowns_lies_in_one_file_and_replaces_itself(tmp_path: Path) -> None:
    df = frame()
    for by in (["region"], ["sex"], ["region"]):
        path, _ = write(df, tmp_path / "t.csv", by=by, value="income", unit="person_id")
    assert [one.by for one in read_evidence(path.read_bytes())] == [("sex",), ("region",)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv.evidence.json"]


def test_missing_values_are_left_out_and_counted(tmp_path: Path) -> None:
    df = pd.DataFrame({"g": ["a", "a", None, "b"], "v": [1.0, float("nan"), 2.0, 3.0]})
    path, cells = write(df, tmp_path / "t.csv", by=["g"], value="v")
    part = json.loads(path.read_text())["parts"][0]
    assert (part["missing"], cells) == (2, 3)
    assert next(cell for cell in part["cells"] if cell["of"] == [None])["total"] == 4.0


@pytest.mark.parametrize("by", [[], ["none"], ["a", "b", "c", "d", "e"]])
def test_a_frame_that_cannot_give_evidence_is_refused_in_words(by: list[str], tmp_path: Path) -> None:
    with pytest.raises(Unsuitable) as caught:
        write({"a": [1]}, tmp_path / "t.csv", by=by)
    assert len(caught.value.args) == 2


GOOD: dict[str, Any] = {
    "ansim_evidence": 1,
    "table": "t.csv",
    "parts": [
        {
            "by": ["g"],
            "value": "v",
            "unit": None,
            "missing": 0,
            "cells": [
                {"of": ["a"], "rows": 3, "units": 2, "total": 6.0, "largest": [4.0, 2.0], "negative": False},
                {"of": [None], "rows": 3, "units": 2, "total": 6.0, "largest": [4.0, 2.0], "negative": False},
            ],
        }
    ],
}


def test_good_evidence_is_read() -> None:
    assert read_evidence(json.dumps(GOOD).encode())[0].values_of(0) == {"a"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("ansim_evidence",), 2),
        (("parts",), []),
        (("more",), 1),
        (("parts", 0, "by"), ["g", "h"]),
        (("parts", 0, "cells", 0, "rows"), 2.5),
        (("parts", 0, "cells", 0, "rows"), 2),
        (("parts", 0, "cells", 0, "units"), 4),
        (("parts", 0, "cells", 0, "largest"), [2.0, 4.0]),
        (("parts", 0, "cells", 0, "largest"), [40.0, 2.0]),
        (("parts", 0, "cells", 0, "largest"), []),
        (("parts", 0, "cells", 0, "total"), "6"),
        (("parts", 0, "cells", 0, "total"), float("nan")),
        (("parts", 0, "cells", 0, "negative"), 0),
        (("parts", 0, "cells", 0, "of"), [None]),
        (("parts", 0, "cells", 0, "of"), [7]),
        (("table",), ""),
    ],
)
def test_evidence_that_differs_from_its_format_is_refused(path: tuple[Any, ...], value: Any) -> None:
    content = json.loads(json.dumps(GOOD))
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(EvidenceError):
        read_evidence(json.dumps(content).encode())


def test_broken_evidence_stops_the_file_that_it_is_about(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.evidence.json"
    path.write_text('{"ansim_evidence": 1}')
    report = look("table.csv", "g,n\na,25\n", supporting=as_supporting(path))
    assert flagged(report, "evidence.format")
    assert report.verdict is Verdict.FLAGGED


@pytest.mark.parametrize(
    ("heading", "amount"),
    [
        ("mean income", Amount.MEAN),
        ("total_cost", Amount.SUM),
        ("평균 소득", Amount.MEAN),
        ("진료비 합계(원)", Amount.SUM),
        ("매출액", Amount.UNSAID),
        ("income", Amount.UNSAID),
        *(("mean age", None), ("평균연령", None), ("income quintile", None), ("소득분위", None), ("log income", None)),
        *(("income coef", None), ("cost-effectiveness", None), ("비율(%)", None), ("sum", None), ("p-value", None)),
        *(("sd of income", None), ("won matches", None)),
    ],
)
def test_money_is_told_from_what_only_speaks_of_it(heading: str, amount: Amount | None) -> None:
    assert amount_of(heading) is amount
