"""Single people in what programs print beside their results, and ordinary results that only look like it."""

from __future__ import annotations

import json

import pytest

from egress_review.checks.supporting import read_supporting
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import Verdict
from egress_review.scan_main import _subject
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, places

EFFECTS = "Linear mixed model fit by REML\n\n${name}\n            (Intercept)\n" + "".join(
    f"{27_113 + 1_877 * n}   {(-1) ** n * (0.21 + n / 7):.6f}\n" for n in range(9)
)
KEPT = "svm_type c_svc\nkernel_type rbf\nSV\n" + "".join(f"0.5 1:{31 + 3 * n} 2:{6.1 + n / 5:.1f}\n" for n in range(8))


@pytest.mark.parametrize(
    "said",
    [
        "{'age': 71, 'sex': 'F', 'residence': 'Suncheon', 'admit_date': '2024-10-02', 'hba1c': 6.1}",
        "{'연령': 38, '성별': '남', '거주지': '제천시', '초진일': '2023-03-05', '당화혈색소': 7.2}",
    ],
)
def test_the_record_of_one_person_is_found_where_a_program_prints_it(said: str) -> None:
    assert places(look("run.log", f"fitting\n{said}\ndone\n"), "table.records") == [(2, 0)]


@pytest.mark.parametrize(
    "said", ["{'age': 'continuous', 'sex': 'binary', 'bmi': 'continuous'}", "{'auc': 0.81, 'n': 4120}", "{a, b: c}"]
)
def test_settings_and_scores_are_no_record(said: str) -> None:
    assert not flagged(look("run.log", f"fitting\n{said}\ndone\n"), "table.records")


def test_effects_by_person_and_rows_that_a_model_keeps_are_found() -> None:
    assert places(look("fit.txt", EFFECTS.replace("{name}", "patient_id")), "table.records") == [(3, 0)]
    assert not flagged(look("fit.txt", EFFECTS.replace("{name}", "hospital")), "table.records")
    assert places(look("model.txt", KEPT), "table.records") == [(4, 0)]


def test_people_side_by_side_and_deep_within_json_are_rows_of_people() -> None:
    wide = "item,subject 1,subject 2,subject 3,subject 4,subject 5,subject 6\nage,61,47,55,70,39,58\nsex,F,M,M,F,F,M\n"
    assert flagged(look("t.csv", wide), "table.singular")
    assert not flagged(look("t.csv", wide.replace("subject ", "wave ")), "table.singular")
    rows = [[40 + 7 * n % 31, "FM"[n % 2], ("A", "B", "C")[n % 3], 5.1 + (n * 13) % 17 / 10] for n in range(24)]
    text = str({"model": "gbm", "examples": rows}).replace("'", '"')
    assert flagged(look("card.json", text), "table.singular")


def test_a_column_of_names_is_one_and_a_column_of_words_is_none() -> None:
    named = "ward,n,longest\n1F,53,오영숙\n2F,44,이은주\n3F,77,권태호\n4F,63,한상철\n"
    assert ("identifier.person", 3) in {(rule, where.column) for rule, where in flagged(look("t.csv", named))}
    words = "지역,n\n강남구,53\n송파구,44\n서초구,77\n마포구,63\n"
    assert look("t.csv", words).verdict is Verdict.PASSED


def test_a_quotation_with_sex_age_and_a_mark_of_ones_own_is_about_one_person() -> None:
    told = '"I was the only midwife of Wando Island until 2018, everybody knows." (female, 58)\n'
    assert flagged(look("notes.txt", told), "table.singular")
    assert not flagged(look("notes.txt", '"The cost was the main problem for us." (female, 50s)\n'), "table.singular")


def test_what_stata_leaves_out_because_all_had_the_outcome_counts_people() -> None:
    said = (
        "note: dx7 != 0 predicts success perfectly;\n      dx7 omitted and {n} obs not used.\n\nNumber of obs = 4,221\n"
    )
    assert flagged(look("a.log", said.format(n=3)), "cells.small")
    assert not flagged(look("a.log", said.format(n=31)), "cells.small")


@pytest.mark.parametrize(
    "text",
    [
        "post-warmup draws=4000\n\nDivergences: 3 of 4000 (0.1%)\n",
        "2026-09-11 10:37:23,857 INFO epoch 15/15 val_auc=0.8800\nINFO early stopping: patience 5 not reached\n",
        "Model Information\n\nNumber of Response Levels     2\nModel                 binary logit\n",
        "SELECT person_id FROM t WHERE condition_concept_id IN (320128, 4028741, 312327);\n",
        "\\begin{table}\\caption{Participants by age}\\label{tab:1}\\end{table}\n",
    ],
)
def test_what_a_program_says_of_its_own_work_counts_nobody(text: str) -> None:
    assert look("q.sql" if "SELECT" in text else "t.tex" if "\\" in text else "a.txt", text).verdict is Verdict.PASSED


def test_curves_of_two_strata_are_not_two_counts_of_one_group() -> None:
    head = " time n.risk n.event survival\n"
    strata = [
        (
            [(6, 3506, 61, 0.983), (12, 3330, 58, 0.965), (18, 3141, 48, 0.951), (24, 2941, 33, 0.940)],
            [(6, 3496, 51, 0.985), (12, 3316, 40, 0.974), (18, 3168, 39, 0.962), (24, 2957, 58, 0.946)],
        )
    ][0]
    text = "\n".join(head + "".join(f"{t:5} {r:6} {e:7} {s:8.3f}\n" for t, r, e, s in rows) for rows in strata)
    assert not flagged(look("km.txt", text), "cells.linked")


def test_evidence_in_json_of_another_program_is_read_for_what_dominates() -> None:
    shares = (("X", 500), ("Y", 8300), ("Z", 450))
    cells = [{"cell": name, "n": 30, "total": 9000, "top1": top, "top2": 400} for name, top in shares]
    data = json.dumps({"variable": "sales", "cells": cells}).encode()
    beside = read_supporting([_subject(InputFile.of("dominance.json", data), DEFAULT, Claims())])
    output = "trade,firms,sales_krw\nX,30,9000\nY,30,9000\nZ,30,9000\n"
    assert set(places(look("t.csv", output, supporting=beside), "evidence.dominance")) == {(3, 3)}
