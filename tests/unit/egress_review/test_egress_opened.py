"""What one table masks and another gives away: by its totals, by its shares, and by whom it leaves out."""

from __future__ import annotations

import pytest

from egress_review.checks.differencing import released
from egress_review.checks.subject import Subject
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Verdict
from tests.benchmarks.egress_files import workbook
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look


def after(old: str, new: str) -> FileReport:
    """The report on a table beside one that left before it."""
    earlier = Subject("old.csv", "0" * 64, old.encode(), DEFAULT, FileClaims(), "csv", len(old.encode()))
    return look("new.csv", new, earlier=(released(earlier),))


MASKED = "region,weekly,monthly\nnorth,1320,810\nsouth,*,*\n"
OPENED = {
    "a total of another name": (MASKED, "who,weekly,monthly\nall regions total,1327,814\n"),
    "a total in Korean": ("권역,보통,심각\n동,412,380\n서,비공개,비공개\n", "구분,보통,심각\n합계(동+서),418,389\n"),
    "the masks come later": ("who,weekly,monthly\ntotal,1327,814\n", MASKED),
    "three groups of which one is masked": (
        "region,weekly,monthly\nnorth,1320,810\neast,400,210\nsouth,<10,<10\n",
        "who,weekly,monthly\ntotal,1726,1024\n",
    ),
    "one column among others that agree": (
        "region,weekly,monthly\nnorth,1320,810\nsouth,55,<10\n",
        "who,weekly,monthly\ntotal,1375,816\n",
    ),
}
CLOSED = {
    "a total far above": (MASKED, "who,weekly,monthly\ntotal,2320,1290\n"),
    "two masks": (
        "region,weekly,monthly\nnorth,1320,810\neast,*,*\nsouth,*,*\n",
        "who,weekly,monthly\ntotal,1332,825\n",
    ),
    "a total below": (MASKED, "who,weekly,monthly\ntotal,1290,790\n"),
    "other headings": (MASKED, "who,daily,yearly\ntotal,1327,814\n"),
}


@pytest.mark.parametrize("kind", [*OPENED])
def test_a_total_in_another_release_opens_a_mask(kind: str) -> None:
    assert flagged(after(*OPENED[kind]), "cells.difference")


@pytest.mark.parametrize("kind", [*CLOSED])
def test_masks_that_stay_masked_pass(kind: str) -> None:
    assert after(*CLOSED[kind]).verdict is Verdict.PASSED, flagged(after(*CLOSED[kind]))


TOLD_APART = {
    "including and domestic": (
        "업종,외국계 포함 업체수\n가구,288\n섬유,412\n식품,1304\n",
        "업종,국내 업체수 (외국계 제외)\n가구,283\n섬유,380\n식품,1188\n",
    ),
    "including in English": (
        "industry,firms incl. foreign\nfood,288\ntextile,412\npaper,1304\n",
        "industry,domestic firms\nfood,283\ntextile,380\npaper,1188\n",
    ),
}
OF_THEIR_OWN = {
    "other counts": (
        "업종,외국계 포함 업체수\n가구,288\n섬유,412\n식품,1304\n",
        "업종,국내 업체수 (외국계 제외)\n가구,183\n섬유,380\n식품,1188\n",
    ),
    "another year": (
        "업종,2019년 외국계 포함 업체수\n가구,288\n섬유,412\n식품,1304\n",
        "업종,2022년 국내 업체수\n가구,283\n섬유,380\n식품,1188\n",
    ),
    "neither holds the other": (
        "업종,외국계 미포함 업체수\n가구,288\n섬유,412\n식품,1304\n",
        "업종,수출 업체수\n가구,283\n섬유,480\n식품,1188\n",
    ),
}


@pytest.mark.parametrize("kind", [*TOLD_APART])
def test_all_less_those_of_one_kind_are_few(kind: str) -> None:
    assert flagged(after(*TOLD_APART[kind]), "cells.difference")


@pytest.mark.parametrize("kind", [*OF_THEIR_OWN])
def test_counts_of_others_pass(kind: str) -> None:
    assert after(*OF_THEIR_OWN[kind]).verdict is Verdict.PASSED, flagged(after(*OF_THEIR_OWN[kind]))


def sheet(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.split()]


SEX = sheet("area,men,women A,312,288 B,141,120 C,88,79 D,*,*")


@pytest.mark.parametrize(
    ("shares", "stopped"),
    [
        ("area,all,men(%) A,600,52.0 B,261,54.0 C,167,52.7 D,41,82.9", True),
        ("area,all,women(%) A,600,48.0 B,261,46.0 C,167,47.3 D,41,17.1", True),
        # As a computer writes a fraction.
        ("area,all,men(%) A,600,52.0 B,261,54.0 C,167,52.7 D,41,82.90000000000001", True),
        ("area,all,men(%) A,600,52.0 B,261,54.0 C,167,52.7 D,181,60.2", False),
        ("area,all,smokers(%) A,600,21.0 B,261,24.1 C,167,19.2", False),
    ],
)
def test_a_share_on_another_sheet_opens_a_mask(shares: str, stopped: bool) -> None:
    report = look("a.xlsx", workbook({"sex": SEX, "all": sheet(shares)}))
    assert bool(flagged(report, "cells.linked")) is stopped
