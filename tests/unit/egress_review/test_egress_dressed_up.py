"""Unsafe outputs that are dressed as one of the sorts of safe ones: what looks like an exemption is judged as it is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from egress_review.checks.organisations import Named, who
from egress_review.checks.share_words import outside_shares
from egress_review.findings import Flagged
from tests.unit.egress_review.egress_files import look

TABLE = "region,n\nSeoul,120\nBusan,40\n"
DISEASES = ("HIV", "TB", "gout")
NAMES = ("홍길동", "김철수", "이영희", "박민수")


def rules(name: str, content: str) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


def words(number: int) -> list[str]:
    """Words that nobody knows, none twice."""
    chance = random.Random(number)
    syllables = [a + b for a in "bcdfghklmnprst" for b in "aeiou"]
    return ["".join(chance.sample(syllables, 3)) + syllables[n % 70] for n in range(number)]


@pytest.mark.parametrize(
    "content",
    [
        f'"# note\n900101-1234568",x\n{TABLE}',
        f'{TABLE}"# note\n900101-1234568",x\n',
        f'"note{chr(10) * 60}900101-1234568{chr(10) * 60}"\n{TABLE}',
        f'"# note{chr(10) * 60}900101-1234568{chr(10) * 60}"\n{TABLE}',
        f'"# a,7\n홍길동,900101-1234568,b"\n{TABLE}',
        "# 900101-1234568 note\nx\n1\n2\n",
        f'"Population: patients\n900101-1234568",x\n{TABLE}',
        f"#{'x' * 1_000},홍길동,900101-1234568\n{TABLE}",
    ],
)
def test_every_character_around_a_table_is_read(content: str) -> None:
    assert "identifier.rrn" in rules("a.csv", content)


@pytest.mark.parametrize("row", ["Jeju,m,3 (2.5%)", "Mapo,f,1/155", "Jeju,m,3 cases", "Jeju,m,2명"])
def test_a_row_of_a_count_with_its_share_is_no_remark(row: str) -> None:
    assert "cells.small" in rules("a.csv", f"region,sex,n\nSeoul,m,120\nBusan,m,40\nDaegu,m,88\n# {row}\n")


@pytest.mark.parametrize(
    "content",
    [
        {"n": {"controls": {"age_20_39": 3, "age_40_59": 2, "age_60_79": 40}}},
        {"n_params": {"max_depth": 3, "seoul_hiv": 1, "n_hiv": 3}},
        {"config": {"seoul_hiv": 1, "busan_hiv": 2, "n_seoul": 2}},
        {"params": {"max_depth": 3, "seed": 7, "num_hiv_busan": 3}},
        {"params": {"max_depth": 3, "seed": 7, "num_preterm": 3}},
    ],
)
def test_what_counts_people_does_so_below_a_word_for_settings(content: object) -> None:
    assert "cells.small" in rules("a.json", json.dumps(content))


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        ("dong,sampling fraction", "A,1/120\nB,1/133\nC,1/47\nD,1/52\n"),
        ("area,sampling fraction", "Seoul HIV,1/120\nBusan HIV,1/155\nDaegu,1/250\n"),
    ],
)
def test_sizes_of_groups_are_no_fractions_of_a_sample(heading: str, rows: str) -> None:
    assert "cells.small" in rules("a.csv", f"{heading}\n{rows}")


def test_a_share_of_a_number_that_nobody_chooses_is_of_so_many_people() -> None:
    assert "cells.small" in rules("a.txt", "In Mapo, 3 in 47 patients died. 2 in 8 women had HIV.\n")
    assert not outside_shares({0: 3}, "3 in 10 women had back pain.")


def works(*names: str, about: str = "폐암 3기, 서울 마포 아현동 진단 경과", year: int = 1961) -> str:
    return "".join(f"{name} ({year}). {about}. 서울: 12(3), 1-9.\n" for name in names)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", works(*NAMES) + "\nSome text.\n\nReferences\n"),
        ("a.txt", "참고문헌\n\n" + works(*NAMES)),
        ("a.txt", "참고문헌\n" + "\n" * 401 + works(*NAMES, about="주거비와 출산의 관계")),
        ("a.md", "# 참고문헌\n\n## 대상자\n\n" + works(*NAMES, about="주거비와 출산의 관계")),
        ("a.csv", "source,dx\n" + "".join(f'"{w}",HIV\n' for w in works(*NAMES, about="주거비와 출산").splitlines())),
    ],
)
def test_people_who_are_listed_as_authors_are_found_outside_a_bibliography(name: str, content: str) -> None:
    assert "identifier.person" in rules(name, content)


def test_authors_below_their_heading_may_be_named_whatever_they_wrote_about() -> None:
    entries = "".join(f'- {n} (2021). "암 환자의 삶의 질". 간호학회지, 12(3), 1-9.\n' for n in NAMES)
    assert not rules("a.md", f"# 결과\n\n본문.\n\n## 참고문헌\n\n{entries}")


def numbered(heading: str, *, each: int = 1, rows: int = 60) -> str:
    """Rows of people, each with a disease and numbers in no order."""
    chance = random.Random(rows)
    alias = words(rows)
    cells: dict[str, Callable[[int], object]] = {
        "visit": lambda n: n % each + 1,
        "alias": lambda n: alias[n],
        "district": lambda n: f"gu{n % 7}",
        "income": lambda _: chance.randrange(1_000, 9_000),
        "n": lambda _: chance.randrange(11, 90),
        "number of claims": lambda _: chance.randrange(11, 90),
    }
    names = heading.split(",")[1:]
    lines = (
        [1_000 + n // each, *(cells[name](n) if name in cells else DISEASES[n % 3] for name in names)]
        for n in range(rows)
    )
    return "\n".join([heading, *(",".join(map(str, line)) for line in lines)]) + "\n"


@pytest.mark.parametrize(
    ("heading", "each"),
    [
        ("pid,alias,dx,income", 1),
        ("pid,alias,price", 1),
        ("r_id,visit,dx,income", 2),
        ("s_id,visit,illness", 2),
        ("pid,dx,n", 1),
        ("pid,disease,district,income,number of claims", 1),
    ],
)
def test_rows_of_people_are_no_things_because_of_what_is_beside_their_numbers(heading: str, each: int) -> None:
    assert rules("a.csv", numbered(heading, each=each, rows=60 * each)) & {"table.records", "table.singular"}


@pytest.mark.parametrize(
    "content",
    [
        'diagnosis,n\nDiabetes,120\n"Suicide, average",3\n"HIV (mean)",1\n',
        'Characteristic,n\n"Income, Q1",3\n"Income, Q2",40\n',
        "Characteristic,Cases,Controls\nDeprivation: Q1,3,41\nDeprivation: Q2,40,33\n",
        "구분,환자수\n소득: 낮음,33\n소득: 평균,3\n소득: 높음,41\n",
    ],
)
def test_a_group_with_the_name_of_a_statistic_is_counted_below_a_heading_of_counts(content: str) -> None:
    assert "cells.small" in rules("a.csv", content)


def test_a_statistic_of_cases_and_controls_counts_nobody() -> None:
    assert not rules("a.csv", 'Characteristic,Cases,Controls\nPatients,120,240\n"Rooms, median",3,4\n')
    assert not rules("a.csv", 'Characteristic,n\nPatients,120\n"Rooms, median (IQR)",3 (2-4)\n')


@pytest.mark.parametrize(
    ("title", "names", "stopped"),
    [
        ("Table 2 (A)", "male,female", True),
        ("Table 3 (m)", "north,south", True),
        ("Diabetes and stroke (mg)", "male,female", True),
        ("Results (mg)", "HIV,TB", True),
        ("Results (단위: m)", "north,south", False),
        ("Mean height (cm)", "male,female", False),
    ],
)
def test_the_letter_of_a_panel_is_no_unit_and_the_sexes_are_counted(title: str, names: str, stopped: bool) -> None:
    content = f"{title}\nregion,{names}\nSeoul,1,12\nBusan,2,14\nDaegu,3,20\n"
    assert ("cells.small" in rules("a.csv", content)) is stopped


def located(heading: str, cells: list[str]) -> str:
    chance = random.Random(len(cells))
    places = (f"{cell},{37.5 + chance.random() / 10:.6f},{127 + chance.random() / 10:.6f}\n" for cell in cells)
    return f"{heading},lat,lon\n{''.join(places)}"


def test_homes_are_no_areas_by_the_heading_of_their_numbers_or_words() -> None:
    assert "table.singular" in rules("a.csv", located("region_no", [str(30_000_000 + 7_717 * n) for n in range(300)]))
    assert "table.singular" in rules("a.csv", located("dong_id", [f"{7_919 * n:08}" for n in range(99)]))
    assert "table.singular" in rules("a.csv", located("town", words(300)))
    dongs = [f"{sgg}{n:03}" for sgg in range(11_110, 11_360, 10) for n in range(510, 640, 10)]
    assert not rules("a.csv", located("dong_code", dongs))
    assert not rules("a.csv", located("town", words(200)))


@pytest.mark.parametrize(
    "heading",
    ["n heads", "num leaves", "HIV cases/100", "환자수(백명당)", "rapists", "defaulters", "arrestees", "evaders"],
)
def test_people_are_counted_whatever_a_heading_calls_them(heading: str) -> None:
    assert "cells.small" in rules("a.csv", f"region,{heading}\nSeoul,120\nBusan,3\nDaegu,88\n")


def test_a_rate_of_a_hundred_that_is_none_too_many_counts_nobody() -> None:
    assert not rules("a.csv", "region,HIV cases/100\nSeoul,12\nBusan,3\nDaegu,88\n")


@pytest.mark.parametrize("name", ["Minsu Institute Hong", "Gildong Office Hong", "홍길동위원회", "김철수은행"])
def test_a_person_is_no_house_because_of_one_word(name: str) -> None:
    assert who(name) is Named.SOMEBODY


def test_a_house_may_have_a_name_of_its_own() -> None:
    assert {who(name) for name in ("Karolinska Institute", "한국은행", "윤리위원회")} == {Named.ORGANISATION}


def test_a_mean_is_held_beside_its_own_spread_in_a_line_of_thousands_of_columns() -> None:
    names = ",".join(f"mean {n},sd {n}" for n in range(1_000))
    cells = ",".join("4.2,1.1" for _ in range(999))
    found = look("a.csv", f"region,{names}\nA,{cells},4.2,1.1\nB,{cells},3.9,\n").findings
    assert "cells.implied" in {finding.rule for finding in found}
