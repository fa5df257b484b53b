"""What a session prints between the lines that were typed is read as tables, whichever program prints it."""

from __future__ import annotations

import pytest

from egress_review.findings import Verdict
from tests.unit.egress_review.egress_files import look, places

CROSSED = (
    "> table(d$reason, d$wave)\n                  \n                     w5   w6   w7\n"
    "  moved             212  188  171\n  no contact        340  322  365\n  institutionalised  14 {a:>4} {b:>4}\n"
)
CURVE = (
    "> summary(fit, times = c(0, 12, 24, 36))\nCall: survfit(formula = Surv(t, d) ~ 1, data = d)\n\n"
    " time n.risk n.event survival std.err lower 95% CI upper 95% CI\n"
    "    0    148       0    1.000  0.0000        1.000        1.000\n"
    "   12    120      28    0.811  0.0394        0.780        0.855\n"
    "   24     92      24    0.648  0.0397        0.560        0.717\n"
    "   36 {a:>6} {b:>7}    0.571  0.0328        0.418        0.649\n"
)
PANDAS = ">>> pd.crosstab(d.arm, d.event)\nevent    0   1\narm           \na      120  {a:>2}\nb      131  {b:>2}\n"
STATA = (
    ". tab arm event\n\n           |         event\n       arm |         0          1 |     Total\n"
    "-----------+----------------------+----------\n"
    "         a |       120 {a:>10} | {c:>9} \n         b |       131 {b:>10} | {d:>9} \n"
)
TYPED_BELOW = {
    CROSSED: "> mean(d$attr)\n[1] 0.09087\n> proc.time()\n   user  system elapsed \n  4.812   0.402   5.301 \n",
    CURVE: "> proc.time()\n   user  system elapsed \n  1.912   0.211   2.406 \n",
    PANDAS: ">>> d.shape\n(261, 12)\n",
    STATA: ". display 1 + 1\n2\n",
}
PROGRAMS = ["a cross table of R", "a curve of R", "pandas", "Stata"]


def session(printed: str, a: int, b: int) -> str:
    return printed.format(a=a, b=b, c=120 + a, d=131 + b) + TYPED_BELOW[printed]


@pytest.mark.parametrize("printed", [*TYPED_BELOW], ids=PROGRAMS)
@pytest.mark.parametrize("name", ["a.Rout", "a.log", "a.txt"])
def test_small_counts_are_found_where_the_next_command_stands_right_below(printed: str, name: str) -> None:
    assert places(look(name, session(printed, 4, 3)), "cells.small")


@pytest.mark.parametrize("printed", [*TYPED_BELOW], ids=PROGRAMS)
def test_a_session_of_large_counts_leaves(printed: str) -> None:
    assert look("a.Rout", session(printed, 64, 43)).verdict is Verdict.PASSED


def test_few_at_risk_are_told_of_the_listing_of_a_curve() -> None:
    assert places(look("a.Rout", session(CURVE, 4, 3)), "model.survival")
