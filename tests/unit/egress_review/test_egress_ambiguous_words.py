"""Names and words that mean two things: what stands around them says which, and results that only share them leave."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import look

TOWNS = [f"{a}{b}" for a in ("Lark", "Penn", "Sal", "Thorn", "Umber") for b in ("moor", "wick", "low", "by", "ley")]
ITEMS = [f"{a} {b}" for a in ("Trust in", "Use of", "Cost of", "View of", "Need of") for b in TOWNS[::5]]
DAYS = [f"2021-03-{day:02}" for day in range(1, 29)]


def rules(name: str, content: str) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


def table(head: str, rows: Iterable[Iterable[object]]) -> str:
    """Lines of a delimited file."""
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"


def across(*columns: Iterable[object]) -> Iterator[tuple[Any, ...]]:
    """Rows of columns, as many as the shortest has."""
    return zip(*columns, strict=False)


def counts(number: int) -> list[int]:
    """Counts of groups of every size, none small, in no order."""
    chance = random.Random(number)
    return [round(10 ** chance.uniform(1.4, 4.2)) for _ in range(number)]


def shares(number: int) -> list[str]:
    """Decimal numbers in no order."""
    chance = random.Random(number)
    return [f"{chance.uniform(11, 60):.2f}" for _ in range(number)]


def keys(number: int) -> list[int]:
    """Numbers of units as a survey gives them: none twice, in no order, of any length."""
    return random.Random(number).sample(range(1, 9_999), number)


AGGREGATES = {
    "households of a town": lambda: table("region,household_number,mean_income", across(TOWNS, counts(25), shares(25))),
    "households by code": lambda: table("sgg_code,household_number", across(range(11110, 11360, 10), counts(25))),
    "firms of an industry": lambda: table("industry,firm_num,sales_mean", across(TOWNS, counts(25), shares(25))),
    "many firms": lambda: table("industry,firm_num", [(t, n * 1_000) for t, n in across(TOWNS, counts(25))]),
    "firms by year": lambda: table(
        "industry,year,company_no", [(TOWNS[i % 25], 2019 + i // 25, n) for i, n in enumerate(counts(50))]
    ),
    "cases of a day": lambda: table("date,case_no", across(DAYS, counts(28))),
    "users, as pandas counts them": lambda: table("region,user_id", across(TOWNS, counts(25))),
    "loans": lambda: table("area,loan_no,mean_amount", across(TOWNS, counts(25), shares(25))),
    "questions": lambda: table("qid,question,n,mean", across(range(1, 26), ITEMS, counts(25), shares(25))),
    "questions by number": lambda: table("qid,mean,sd", across(range(101, 126), shares(25), shares(25))),
    "questions by sex": lambda: table(
        "qid,sex,n,mean", [(1 + i // 2, "MF"[i % 2], n, "3.20") for i, n in enumerate(counts(50))]
    ),
    "stations": lambda: table("sid,station,rain_mm", across(range(101, 126), TOWNS, shares(25))),
    "stations by year": lambda: table(
        "sid,year,rain_mm", [(101 + i // 4, 2019 + i % 4, n) for i, n in enumerate(shares(100))]
    ),
    "products": lambda: table("pid,product,price_mean,n", across(range(1, 26), TOWNS, shares(25), counts(25))),
    "products by number": lambda: table("pid,n,price_mean", across(range(1, 26), counts(25), shares(25))),
    "regions": lambda: table("rid,region_name,unemployment_rate", across(range(1, 26), TOWNS, shares(25))),
    "accounts of a ledger": lambda: table(
        "account_code,account,total_mkrw", across(range(4010, 4260, 10), TOWNS, counts(25))
    ),
}
REGIONS = ("East", "West", "North")


def units(head: str, number: int, *beside: Callable[[int], object]) -> str:
    """Rows of units that nothing names but their numbers."""
    return table(head, [(key, *(of(i * 7919 + key) for of in beside)) for i, key in enumerate(keys(number))])


def region(n: int) -> str:
    """One of three regions."""
    return REGIONS[n % 3]


def income(n: int) -> int:
    """An amount of money that hardly two have."""
    return 9_000 + n * 7 % 40_000


RECORDS = {
    "households": lambda: units("household_number,region,tenure,income", 60, region, lambda n: n % 4, income),
    "households behind their region": lambda: table(
        "region,household_number,income", [(region(n), n, income(n)) for n in keys(60)]
    ),
    "firms and their workers": lambda: units("firm_num,employees,turnover", 40, lambda n: 10 + n % 300, income),
    "cases of a clinic": lambda: units(
        "case_no,age,sex,los", 40, lambda n: 20 + n % 70, lambda n: "MF"[n % 2], lambda n: n % 9
    ),
    "a frame with its index": lambda: table(
        "idx,account_no,balance", [(i, n, income(n)) for i, n in enumerate(keys(40))]
    ),
    "one case of each town": lambda: table(
        "town,case_no,age,sex", [(t, n, 20 + n % 70, "MF"[n % 2]) for t, n in across(TOWNS, keys(25))]
    ),
    "users by name": lambda: table("name,user_id,spend", [(t, n, income(n)) for t, n in across(TOWNS, keys(25))]),
    "firms by name": lambda: table("업체명,firm_no,매출액", [(t, n, income(n)) for t, n in across(TOWNS, keys(25))]),
    "a panel": lambda: table("pid,wave,income", [(n, w, income(n * w)) for n in keys(30) for w in (1, 2, 3)]),
    "a household file": lambda: units("hid,region,size,income", 60, region, lambda n: 1 + n % 5, income),
    "people of a survey": lambda: units(
        "pid,age,sex,mean_bp", 60, lambda n: 20 + n % 70, lambda n: "MF"[n % 2], income
    ),
    "firms of a survey": lambda: units("serial,employees,turnover", 40, lambda n: 10 + n % 300, income),
    "what respondents wrote": lambda: units(
        "rid,comment,income,region", 40, lambda n: f"was told to wait {n} days", income, region
    ),
    "respondents": lambda: units("rid,gender,region,income", 60, lambda n: "MF"[n % 2], region, income),
}


@pytest.mark.parametrize("kind", AGGREGATES)
def test_numbers_of_units_and_numbers_of_things_are_no_keys_of_units(kind: str) -> None:
    assert not rules("t.csv", AGGREGATES[kind]()) & {"table.singular", "table.records"}


@pytest.mark.parametrize("kind", RECORDS)
def test_what_alone_names_its_rows_is_a_key_of_units(kind: str) -> None:
    assert rules("t.csv", RECORDS[kind]()) & {"table.singular", "table.records"}


WARNED = (
    *("Watts", "Inches", "Lessons", "Bottles", "Recipes", "Sessions", "Windows", "Photos", "Calories_burnt", "Chairs"),
    *(
        "Playlists",
        "Boilers",
        "Decoders",
        "Coffees",
        "Albums",
        "Rockets",
        "Polygons",
        "Bandwidths",
        "Decibels",
        "Turbines",
    ),
)
COUNTED = (
    *("layoffs", "Fatalities", "first_doses", "subscriptions", "convictions", "pregnancies", "companies", "referrals"),
    *(
        "homeowners",
        "ex_smokers",
        "trainees",
        "cyclists",
        "relapses",
        "enrolments",
        "late_payments_defaults",
        "신규 접수",
        "폐업",
    ),
)


@pytest.mark.parametrize("heading", [*WARNED, *COUNTED])
def test_a_plural_counts_people_or_firms_only_where_it_is_known_to(heading: str) -> None:
    content = table(f"area,{heading}", across(TOWNS, (120, 4, 98, 77, 51)))
    assert ("cells.small" in rules("t.csv", content)) is (heading in COUNTED)
    assert {f.rule for f in look("t.csv", content).findings if isinstance(f, Flagged)} & {
        "cells.small",
        "cells.unclear",
    }


@pytest.mark.parametrize(
    ("heading", "counted"),
    [
        ("uptake", True),
        ("vaccinated", True),
        ("in_arrears", True),
        ("positive", True),
        ("미납", True),
        ("독거", True),
        ("흡연군", True),
        ("wattage", False),
        ("speed", False),
        ("floor", False),
        ("expected", False),
        ("교실", False),
        ("장비", False),
    ],
)
def test_what_is_nowhere_above_the_people_beside_it_is_a_part_of_them_by_its_name_too(
    heading: str, counted: bool
) -> None:
    content = table(f"area,patients,{heading}", across(TOWNS, (400, 300, 200, 350, 90), (120, 4, 90, 77, 51)))
    assert ("cells.small" in rules("t.csv", content)) is counted


@pytest.mark.parametrize(
    "line",
    [
        "The two largest firms account for less than 85 % of the £4.1bn that the sector turns over.",
        "Cells are shown where the two biggest companies hold under 85 % of sales of £30m.",
        "At most two firms may hold more than £4m each.",
        "Up to three companies can be named where sales are above £4m.",
        "No two firms share a contract above £4m.",
        "If two firms make up a total of £4.1m it is not shown.",
        "Two firms may not be shown together with a turnover of £4.1m.",
        "The rule needs a minimum of three firms behind £4.1m.",
        "One firm in five turned over £4.1m.",
        "이동통신 3사의 매출은 41.2조원이다.",
        "정유 4사 영업이익 3조 1,204억원",
        "상위 2개 기업의 비중이 85% 미만인 업종의 매출은 41.2조원이다.",
        "최대 2개사까지 410억원을 지원한다.",
        "2개사 이내로 410억원을 넘지 못한다.",
        "매출 410억원 이상은 3개 기업까지만 표시할 수 있다.",
    ],
)
def test_limits_the_largest_and_whole_markets_are_no_sums_of_a_few_firms(line: str) -> None:
    assert "cells.small" not in rules("memo.md", f"# Turnover\n\n- {line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "Marine engines (2 firms): £120m",
        "Two small firms turned over £4.1m in 2021.",
        "선박용엔진(2사): 3조 1,204억원",
        "두 기업의 매출은 410억원이다.",
        "2개 기업 당기순이익은 410억원이다.",
        "In 2021, when two firms merged, their sales were £4.1m.",
        "Two firms in three regions turned over £4.1m.",
        "Two major firms turned over £4.1m.",
        "Shipbuilding: three manufacturers, £85m",
    ],
)
def test_sums_of_a_few_firms_stay_small_cells(line: str) -> None:
    assert "cells.small" in rules("memo.md", f"# Turnover\n\n- {line}\n")


def chances(number: int) -> list[str]:
    """Chances of something, to five places."""
    chance = random.Random(number)
    return [f"{chance.uniform(0.01, 0.4):.5f}" for _ in range(number)]


BITS = [int(n % 7 < 2) for n in range(40)]
RISKS = {
    "a register of risks": lambda: table("risk,event", across(TOWNS, BITS)),
    "risks as likelihood by impact": lambda: table("hazard,event,risk", across(TOWNS, BITS, counts(25))),
    "risks of towns": lambda: table("town,event,risk", across(TOWNS, BITS, chances(25))),
    "risks by age and outcome": lambda: table(
        "age,outcome,risk", [(20 + 5 * (i // 2), i % 2, p) for i, p in enumerate(chances(24))]
    ),
    "risks by sex, age and outcome": lambda: table(
        "sex,age_group,outcome,risk",
        [("MF"[i % 2], ("20s", "40s", "60s")[i // 2 % 3], i // 6, p) for i, p in enumerate(chances(12))],
    ),
    "risks of groups with their sizes": lambda: table("case,n,risk", across(BITS, counts(20), chances(20))),
    "an empty column": lambda: table("event,risk", [("", p) for p in chances(20)]),
}
SCORES = {
    "a truth beside a prediction": lambda: table("y_true,y_prob", across(BITS, chances(30))),
    "a risk of each person": lambda: table("event,risk", across(BITS, chances(30))),
    "with their index": lambda: table(
        "idx,outcome,risk", [(i, *one) for i, one in enumerate(across(BITS, chances(30)))]
    ),
    "with what they are": lambda: table(
        "sex,smoker,died,score", [("MF"[n % 2], n % 3 % 2, b, p) for n, (b, p) in enumerate(across(BITS, chances(30)))]
    ),
    "with their ages": lambda: table(
        "age,event,risk", [(20 + n * 37 % 61, b, p) for n, (b, p) in enumerate(across(BITS, chances(12)))]
    ),
    "by their codes": lambda: table(
        "pt,event,lp", [(f"P{n:03}", b, p) for n, (b, p) in enumerate(across(BITS, chances(30)))]
    ),
}


@pytest.mark.parametrize("kind", RISKS)
def test_risks_of_groups_and_of_things_are_no_scores_of_people(kind: str) -> None:
    assert "table.records" not in rules("t.csv", RISKS[kind]())


@pytest.mark.parametrize("kind", SCORES)
def test_scores_beside_what_befell_each_are_rows_of_people(kind: str) -> None:
    assert "table.records" in rules("t.csv", SCORES[kind]())
