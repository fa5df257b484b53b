"""Curves with a step for each person, parts released one after another, and what a README says of other files."""

from __future__ import annotations

import random
from collections.abc import Iterable

from egress_review.checks.differencing import released
from egress_review.checks.kinds import promised_type
from egress_review.checks.subject import Subject
from egress_review.claims import FileClaims
from egress_review.engine import InputFile, Request, check_file
from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import DEFAULT, look

CITIES = ("Busan", "Ulsan", "Daegu", "Jeju")
MEN, WOMEN, OTHERS = (811, 402, 977, 301), (432, 228, 800, 240), (11, 3, 14, 25)


def deciding(findings: Iterable[object]) -> set[str]:
    """The rules of findings that decide against a file."""
    return {f.rule for f in findings if isinstance(f, Flagged) and f.severity.decides}


def rules(name: str, content: str) -> set[str]:
    """The rules that decide against a file."""
    return deciding(look(name, content).findings)


def curve(head: str, rows: Iterable[Iterable[float]]) -> str:
    """A curve as a delimited file."""
    return "\n".join([head, *(",".join(f"{value:.6f}" for value in row) for row in rows)]) + "\n"


def test_a_curve_that_rises_by_one_person_in_each_row_does_not_leave() -> None:
    chance = random.Random(11)
    scored = sorted(((0.5 * chance.random() + 0.3 * (n < 60), n < 60) for n in range(200)), reverse=True)
    roc, hit, false = [], 0, 0
    for score, positive in scored:
        hit, false = hit + positive, false + (not positive)
        roc.append((score, false / 140, hit / 60))
    assert "table.singular" in rules("roc.csv", curve("threshold,fpr,tpr", roc))
    values = sorted(chance.lognormvariate(8, 0.6) for _ in range(137))
    assert "table.singular" in rules("ecdf.csv", curve("value,ecdf", ((v, n / 137) for n, v in enumerate(values, 1))))
    total, lorenz = 0.0, []
    for n, value in enumerate(values, 1):
        total += value
        lorenz.append((n / 137, total / sum(values)))
    assert "table.singular" in rules("lorenz.csv", curve("인구누적비율,소득누적비율", lorenz))


def test_curves_at_even_thresholds_and_quantiles_pass() -> None:
    roc = "threshold,fpr,tpr\n" + "".join(
        f"{t / 50:.2f},{(1 - t / 50) ** 2:.3f},{1 - (t / 50) ** 2:.3f}\n" for t in range(51)
    )
    rounded = "threshold,fpr,tpr\n" + "".join(
        f"{t / 200:.3f},{(1 - t / 200) ** 2:.2f},{1 - (t / 200) ** 3:.2f}\n" for t in range(201)
    )
    assert not rules("a.csv", roc)
    assert not rules("b.csv", rounded)
    assert not rules(
        "c.csv", "pop_share,income_share\n" + "".join(f"{p / 20:.2f},{(p / 20) ** 1.8:.3f}\n" for p in range(21))
    )


def column(name: str, numbers: Iterable[int]) -> str:
    """A count of each city."""
    return f"city,{name}\n" + "".join(f"{city},{n}\n" for city, n in zip(CITIES, numbers, strict=True))


def after(content: str, *before: str) -> set[str]:
    """The rules that decide against a file that leaves after others."""
    data = [one.encode() for one in before]
    files = [
        Subject(f"{at}.csv", "0" * 64, one, DEFAULT, FileClaims(), promised_type("a.csv"), len(one))
        for at, one in enumerate(data)
    ]
    return deciding(look("new.csv", content, earlier=tuple(map(released, files))).findings)


def test_all_less_what_several_files_told_before_are_few() -> None:
    everybody = [sum(of) for of in zip(MEN, WOMEN, OTHERS, strict=True)]
    men, women = column("men", MEN), column("women", WOMEN)
    assert "cells.difference" in after(column("users", everybody), men, women)
    assert "cells.difference" in after(women, column("users", everybody), men)
    assert not after(column("users", [a + b for a, b in zip(MEN, WOMEN, strict=True)]), men, women)
    assert not after(column("users", [n + 60 for n in everybody]), men, women)
    assert not after(
        column("y2023", [n + n // 30 for n in MEN]), column("y2022", MEN), column("y2021", [n - 9 for n in MEN])
    )


def together(*files: tuple[str, str]) -> set[str]:
    """The rules that decide against the last of files that leave together."""
    request, found = Request(), set[str]()
    for name, content in files:
        found = deciding(check_file(InputFile.of(name, content.encode()), DEFAULT, request).findings)
    return found


DISTRICTS = "시군구,이용자\n달서구,4120\n수성구,3377\n유성구,1904\n"


def test_what_a_readme_says_of_the_other_files_is_held_to_them() -> None:
    readme = ("README.md", "산출물은 시도 단위 집계만 포함한다.\n")
    assert "request.claim" in together(readme, ("a.csv", DISTRICTS))
    assert "request.claim" in together(("a.csv", DISTRICTS), readme)
    whole = ("README.md", "Percentages are rounded to whole numbers.\n")
    assert "request.claim" in together(whole, ("s.json", '{"base": 18210, "share_by": {"a": 61.37, "b": 38.63}}'))
    everybody = ("README.md", "Table covers all 9,000 respondents of the wave.\n")
    table = ("t.csv", "housing,respondents\nA,3931\nB,1586\nC,1579\nTotal,7096\n")
    assert "request.claim" in together(everybody, table)


def test_what_a_readme_says_of_one_file_is_not_held_to_another() -> None:
    readme = ("README.md", "b.csv: 시도 단위 집계만 포함.\na.csv: 시군구별 이용자 수.\n")
    assert not together(readme, ("a.csv", DISTRICTS))
    assert not together(
        ("README.md", "Covers all 7,096 respondents.\n"), ("t.csv", "h,respondents\nA,5517\nB,1579\nTotal,7096\n")
    )


def test_counts_that_are_said_to_be_rounded_to_thousands_are_so_or_are_in_thousands() -> None:
    exact, said = (
        "| 상품 | 가입 건수 |\n|---|---|\n| 실손 | 182,417 |\n| 종신 | 96,203 |\n",
        "모든 건수는 천 건 단위로 반올림하였다",
    )
    assert "request.claim" in rules("a.md", f"{said}.\n\n{exact}")
    assert not rules("b.md", f"{said}.\n\n" + exact.replace("417", "000").replace("203", "000"))
    assert not rules("c.md", f"{said} (단위: 천 건).\n\n" + exact.replace("182,417", "182").replace("96,203", "961"))
