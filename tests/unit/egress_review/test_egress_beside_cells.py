"""What gives a small group away from beside the cells: margins that left before, opposites, captions, listings."""

from __future__ import annotations

from time import process_time

import pytest

from egress_review.checks.differencing import released
from egress_review.checks.subject import Subject
from egress_review.checks.supporting import read_supporting
from egress_review.claims import FileClaims
from egress_review.findings import FileReport, Verdict
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, png


def subject(name: str, text: str) -> Subject:
    data = text.encode()
    return Subject(name, "0" * 64, data, DEFAULT, FileClaims(), "csv", len(data))


def after(old: str, new: str) -> FileReport:
    """The report on a table beside one that left before it."""
    return look("new.csv", new, earlier=(released(subject("old.csv", old)),))


def test_a_margin_gives_away_what_an_earlier_table_masked_whatever_its_column_is_called() -> None:
    masked = "home,light,middle,heavy\nA,38,45,*\nB,51,60,41\nC,47,52,34\n"
    assert flagged(after(masked, "home,guests\nA,87\nB,152\nC,133\n"), "cells.difference")
    assert after(masked, "home,guests\nA,187\nB,352\nC,143\n").verdict is Verdict.PASSED


def test_tables_that_show_the_same_numbers_count_the_same_people_whatever_they_are_called() -> None:
    listed = "home,level,n\nA,light,38\nA,heavy,*\nB,light,51\nB,heavy,41\nC,light,47\nC,heavy,34\n"
    assert flagged(after(listed, "home,lodgers\nA,42\nB,92\nC,81\n"), "cells.difference")
    assert after(listed, "home,lodgers\nA,142\nB,99\nC,85\n").verdict is Verdict.PASSED
    before = "home,n\nA,387\nB,252\nC,193\nD,88\n"
    assert flagged(after(before, "home,lodgers\nA,387\nB,252\nC,190\nD,88\n"), "cells.difference")


def test_a_cut_that_moved_by_a_year_is_held_to_the_one_before() -> None:
    assert flagged(after("town,commuters\nA,287\nB,242\nC,388\n", "town,commuters\nA,305\nB,246\nC,410\n"))


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("a.csv", "school,positive,negative\nA,0,25\nB,14,31\nC,22,0\n", "cells.zero"),
        ("a.csv", "trade,no injury,injury\nA,0,41\nB,31,14\nC,40,22\n", "cells.zero"),
        ("a.csv", "trade,No injury,Injury\nA,220,61\nB,45,6\n", "cells.small"),
        ("a.csv", "town,commuters\nA,305\nB,4\nC,410\n", "cells.small"),
        ("a.csv", "town,population,cases,deaths per 100k\nA,5000,<10,120.0\nB,90000,90,100.0\n", "cells.percent"),
        ("a.csv", "town,population,rate_per_1000\nA,8000,0.5\nB,52000,1.9\n", "cells.percent"),
        ("a.txt", "Obs  SEX  AGE  LOS\n\n  1    M   44   3\n  2    F   61   9\n  3    M   70   2\n", "table.singular"),
        ("a.html", "<table><caption>단위: 명</caption><tr><th>가</th><th>전원</th></tr><tr><td>나</td><td>3</td></tr>"
         "<tr><td>다</td><td>88</td></tr></table>", "cells.small"),
        ("a.md", "Table 2. Number of patients\n\n| task | left |\n|---|---|\n| A | 5 |\n| B | 81 |\n", "cells.small"),
        ("a.csv", "school,result,n\nA,yes,0\nA,no,25\nB,yes,14\nB,no,31\nC,yes,22\nC,no,30\n", "cells.zero"),
        ("a.md", "| school | N | ill, n (%) |\n|---|---|---|\n| A | 25 | 25 (100.0%) |\n| B | 45 | 14 (31.1%) |\n"
         "| C | 52 | 22 (42.3%) |\n", "cells.zero"),
        ("a.txt", "".join(f"[K{i * 7731 + 10**6} {'MF'[i % 2]} {30 + i * 7}]\n" for i in range(6)), "table.singular"),
        ("a.py", "EXCLUDE = [\n  10023411,  # F, 80\n  10123412,\n  10323499,\n]\n", "identifier.other_id"),
        ("a.do", 'drop if inlist(pid, ///\n "K1234567", ///\n "K2234599")\n', "identifier.other_id"),
        ("a.py", 'LEFT = [\n  "H0012345",  # F, 72\n  "H0012399",  # M, 35\n  "H0013333",\n]\n', "identifier.other_id"),
        ("a.txt", "".join(f"{{'pid': 'K{i * 7731:07}', 'sex': 'F', 'age': {30 + i * 7 % 40}}}\n" for i in range(7)),
         "table.singular"),
    ],
)  # fmt: skip
def test_what_stands_beside_the_cells_gives_a_group_away(name: str, text: str, rule: str) -> None:
    assert flagged(look(name, text), rule)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "school,positive,negative\nA,11,25\nB,14,31\nC,22,40\n"),
        ("a.csv", "ward,age,n\npaediatrics,<18,250\npaediatrics,65+,0\nB,<18,40\nB,65+,120\nC,<18,30\nC,65+,90\n"),
        ("a.md", "Table 1. Number of patients\n\n| ward | n |\n|---|---|\n| A | 81 |\n\nIt took:\n\nthe steps below\n\n"
         "| step | hours |\n|---|---|\n| setup | 5 |\n| run | 8 |\n"),
        ("a.py", "SEEDS = [10023411, 10123412, 10323499]\nEXCLUDE = [20210101, 20211225, 20220301]\n"),
        ("a.csv", "town,population,growth rate per 1000\nA,8000,0.5\nB,52000,1.9\n"),
        ("a.csv", "model,parameters\nA,5\nB,9\n"),
        ("a.csv", "town,population,beds per 1000\nA,8000,0.5\nB,52000,1.9\n"),
        ("a.csv", "town,population,age-adjusted rate per 1000\nA,8000,0.5\nB,52000,1.9\n"),
        ("a.txt", "Obs  SITE  MEAN   STD\n\n  1   east  41.2  3.1\n  2   west  44.0  3.9\n  3   hill  39.9  3.3\n"),
        ("a.py", 'drug_codes = [\n  "D3022003",  # tablet\n  "D3022871",\n  "D3029904",\n]\n'),
        ("a.txt", "".join(f"{{'site': 's{i}', 'n': {90 + 7 * i}, 'mean': {40 + i / 10}}}\n" for i in range(7))),
        ("e.txt", 'Traceback (most recent call last):\n  File "<env>/a.py", line 4, in f\nValueError: <removed>\n'),
    ],
)  # fmt: skip
def test_the_same_of_large_groups_of_things_and_of_gaps_passes(name: str, text: str) -> None:
    report = look(name, text)
    assert report.verdict is Verdict.PASSED, flagged(report)


def test_the_counts_behind_a_figure_may_be_named_with_a_word_for_counts() -> None:
    behind = read_supporting([subject("fig3_인원.csv", "grade,pupils\n1,133\n2,121\nspecial,3\n")])
    assert flagged(look("fig3.png", png(), supporting=behind), "figure.counts")


def test_hundreds_of_small_tables_are_held_to_each_other_in_seconds() -> None:
    """Each was taken apart anew for every other one: 400 took a quarter of a minute."""
    rows = "".join(f"| {r} | {{}} | {{}} |\n" for r in ("north", "south", "east", "west"))
    tables = (f"| area | men | women |\n|---|---|---|\n{rows}" for _ in range(200))
    counts = iter(range(10_000, 200_000, 37))
    text = "\n\n".join(f"## {n}\n\n{table.format(*(next(counts) for _ in range(8)))}" for n, table in enumerate(tables))
    begun = process_time()
    look("many.md", text)
    assert process_time() - begun < 5
