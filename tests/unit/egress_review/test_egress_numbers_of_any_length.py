"""Whatever stands where a number is looked for, every rule is applied: no digits, dots or signs stop a check."""

from __future__ import annotations

import pytest

from egress_review.findings import NotChecked
from tests.unit.egress_review.egress_files import flagged, look

LONG = "9" * 5000
DRAWN = '{"data": [{"type": "scatter", "mode": "markers", "x": [1, 2, 3, 4, 5], "y": [1, 2, 3.5, 4, '


def unchecked(name: str, content: str) -> list[str]:
    return [f.rule for f in look(name, content).findings if isinstance(f, NotChecked) and f.severity.decides]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("numpy.txt", "[0.1 0.2 ... 0.9]\n[0.1 0.2 ... 0.9]"),
        ("letters.txt", "[e][e]"),
        ("signs.txt", "[1 2 3]\n[- -- 1e 1..2]"),
        ("words.txt", f"(n={LONG})"),
        ("fit.txt", f"No. Observations: {LONG}\nDf Residuals: {LONG}"),
        ("matrix.txt", f"Confusion matrix\n[[{LONG} 7]\n [35 667]]"),
        ("report.txt", f"precision recall f1-score support\n a 0.50 0.50 0.50 {LONG}"),
        ("heading.md", f"| | Treated (N={LONG}) |\n|---|---|\n| died | 1.2% |\n| lived | 98.8% |"),
        ("labels.csv", f"sector,agrees (%)\nA (n={LONG}),46\nB (n=300),33"),
        ("profile.txt", f"Frequency\n\n   1   0   {LONG}\n  12  30   40"),
        (
            "ages.csv",
            "subject,age,score\n" + "".join(f"S-{i},{LONG if i == 9 else 20 + i * 7},{i}\n" for i in range(10)),
        ),
        ("fit.json", '{"df_resid": -1e999}'),
        ("report.json", '{"precision": 0.5, "recall": 0.5, "support": 1e999}'),
        ("figure.json", DRAWN + "9" * 400 + "]}]}"),
    ],
)
def test_what_is_no_number_of_people_leaves_no_rule_unapplied(name: str, content: str) -> None:
    assert unchecked(name, content) == []


@pytest.mark.parametrize("beside", ["", "[e][e]\n", "[0.1 0.2 ... 0.9]\n[...]\n", "[- - -]\n"])
def test_a_histogram_is_read_whatever_stands_in_brackets_beside_it(beside: str) -> None:
    report = look("hist.txt", f"{beside}[120 340 77 3]\n[20. 30. 4e+01 50. 60.]")
    assert "cells.small" in {rule for rule, _ in flagged(report)}
