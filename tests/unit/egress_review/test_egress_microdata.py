"""Tables that smell of single people are said to; tables of groups are not."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.unit.egress_review.egress_files import flagged, look

REGIONS = ("서울", "부산", "대구", "인천", "광주")


def rules(content: str) -> set[str]:
    return {rule for rule, _ in flagged(look("out.csv", content))}


def test_a_column_of_codes_that_all_differ_is_pointed_out() -> None:
    chance = random.Random(1)
    rows = "".join(f"{chance.getrandbits(48):012x},{chance.uniform(1, 9):.2f}\n" for _ in range(40))
    assert "table.unique" in rules(f"key,score\n{rows}")


@pytest.mark.parametrize(
    "content",
    [
        "month,mean\n" + "".join(f"20{y:02}-{m:02},{m + y / 10:.1f}\n" for y in range(15, 18) for m in range(1, 13)),
        "district,patients\n" + "".join(f"district {n},{n * 37 + 100}\n" for n in range(60)),
        ",mean\n" + "".join(f"{n},{n / 7:.4f}\n" for n in range(60)),
        "total,mean\n" + "".join(f"{1000000 + n * 7919},{n / 7:.4f}\n" for n in range(19)),
    ],
)
def test_labels_periods_and_measures_that_all_differ_are_none(content: str) -> None:
    assert "table.unique" not in rules(content)


def test_people_described_one_by_one_are_singled_out() -> None:
    chance = random.Random(2)
    rows = [f"{chance.choice('FM')},{chance.randrange(20, 90)},{chance.choice(REGIONS)}" for _ in range(80)]
    assert "table.singular" in rules("sex,age,region\n" + "\n".join(rows) + "\n")
    assert "table.singular" in rules("성별,나이,거주지역\n" + "\n".join(rows) + "\n")


def test_a_grid_of_groups_singles_nobody_out() -> None:
    grid = itertools.product("FM", ("0-39", "40-59", "60+"), REGIONS)
    rows = "".join(f"{sex},{age},{region},{20 + n / 9:.2f}\n" for n, (sex, age, region) in enumerate(grid))
    assert "table.singular" not in rules(f"sex,age group,region,mean\n{rows}")


def test_a_table_that_counts_its_groups_is_judged_by_the_counts() -> None:
    chance = random.Random(2)
    rows = "".join(f"{chance.choice('FM')},{n + 20},{REGIONS[n % 5]},{n + 50}\n" for n in range(60))
    assert "table.singular" not in rules(f"sex,age,region,patients\n{rows}")
