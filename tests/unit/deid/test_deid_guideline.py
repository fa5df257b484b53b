"""The worked tables of the Korean guideline on pseudonymisation, as figures.

Where the guideline's text and its numbers disagree, the numbers are followed: its housing example speaks of units
of 10,000 won but rounds to 100,000 won (its figures are in thousands of won).
"""

from __future__ import annotations

from statistics import fmean

import pytest

from deid.actions.dates import DateShift
from deid.actions.deletion import Mask
from deid.actions.generalisation import Categorize, Direction, GeneralizeLocal, Range, Round, RoundControlled
from deid.actions.randomisation import Permute
from deid.actions.statistics import Aggregate, Figure, Microaggregate
from deid.cautions import idle
from deid.policy import parse_policy
from tests.unit.deid.deid_world import changed

AGES = [33, 61, 50, 72, 43, 44, 23, 67, 68, 49]
SPENDING = [98_700, 69_400, 104_400, 954_800, 83_600]
INCOMES = [5_987_900, 28_169_700, 3_009_600, 2_000_000, 2_500_000]
REGIONS = ["서울", "서울", "서울", "부산", "대구"]
DECADES = ["30대", "30대", "30대", "20대", "40대"]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("up", [40, 70, 50, 70, 40]), ("down", [30, 60, 40, 60, 40]), ("half_up", [30, 60, 50, 70, 40])],
)
def test_rounding_to_tens_gives_the_official_figures(direction: Direction, expected: list[int]) -> None:
    assert changed(Round(to=10, direction=direction), [33, 61, 47, 66, 40]) == expected


def test_the_housing_example_gives_the_official_figures() -> None:
    assert changed(Round(to=100), [25_000, 750, 81_250, 125_000]) == [25_000, 800, 81_300, 125_000]


def test_rounding_that_leaves_every_value_alone_is_warned_of_and_coarser_rounding_is_not() -> None:
    """983,116,785 to 983,117,000 is the guideline's unsuitable example; the other four are like it."""
    wealth = [983_116_785, 984_201_330, 976_540_120, 989_770_415, 991_300_902]
    text = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: shuffled
columns:
  wealth: {{role: sensitive, action: round, params: {{to: {to}}}, reason: r}}
"""
    for to, shown, warned in (
        (1_000, [983_117_000, 984_201_000, 976_540_000, 989_770_000, 991_301_000], 1),
        (10_000_000, [980_000_000, 980_000_000, 980_000_000, 990_000_000, 990_000_000], 0),
    ):
        rounded = changed(Round(to=to), wealth)
        assert rounded == shown
        policy = parse_policy(text.format(to=to))
        found = idle(policy, {"wealth": len(set(wealth))}, {"wealth": len(set(rounded))})
        assert [one.column for one in found] == ["wealth"] * warned
        assert all("5 different values" in one.text.en and "5가지" in one.text.ko for one in found)


@pytest.mark.parametrize("action", ["rare_to_other, params: {min_count: 5}", "top_bottom_code, params: {top: 90}"])
def test_what_changes_only_the_values_at_the_edge_is_not_said_to_do_nothing(action: str) -> None:
    """One rare diagnosis that becomes 기타 leaves as many different values as there were."""
    head = "version: 1\nname: t\ndataset: d\nproject: p\npurpose: statistics\norder: shuffled\ncolumns:\n"
    policy = parse_policy(f"{head}  code: {{role: sensitive, action: {action}, reason: r}}\n")
    assert idle(policy, {"code": 6}, {"code": 6}) == []


def test_plain_rounding_loses_the_total_and_controlled_rounding_keeps_it() -> None:
    plain = changed(Round(to=10), AGES)
    controlled = changed(RoundControlled(to=10), AGES)
    assert sum(AGES) == 510
    assert sum(v for v in plain if isinstance(v, int)) == 500
    assert sum(v for v in controlled if isinstance(v, int)) == 510
    assert all(isinstance(v, int) and abs(v - age) < 10 for v, age in zip(controlled, AGES, strict=True))


@pytest.mark.parametrize(
    ("figure", "expected"), [("mean", 262_180), ("max", 954_800), ("min", 69_400), ("median", 98_700)]
)
def test_aggregation_gives_the_official_figures(figure: Figure, expected: int) -> None:
    assert changed(Aggregate(figure=figure), SPENDING) == [expected] * 5


def test_micro_aggregation_changes_one_group_and_leaves_the_others() -> None:
    action = Microaggregate(by=("region", "decade"), groups=("서울|30대",))
    assert changed(action, INCOMES, region=REGIONS, decade=DECADES) == [12_389_067] * 3 + [2_000_000, 2_500_000]


def test_local_generalisation_shows_the_span_of_the_group() -> None:
    action = GeneralizeLocal(by=("region", "decade"), groups=("서울|30대",))
    shown = changed(action, INCOMES, region=REGIONS, decade=DECADES)
    assert shown == ["3,009,600~28,169,700"] * 3 + ["2000000", "2500000"]


def test_the_range_method_shows_the_ten_million_won_that_an_income_lies_in() -> None:
    assert changed(Range(width=10_000_000), [33_000_000]) == ["30000000~40000000"]


def test_goods_become_their_category() -> None:
    goods = ["분유", "기저귀", "젖병", "샤워타올", "욕실화"]
    action = Categorize(categories=dict.fromkeys(goods, "육아용품"))
    assert changed(action, goods) == ["육아용품"] * 5


def test_masking_keeps_the_surname_and_the_unit() -> None:
    assert changed(Mask(show_first=1), ["김철수"]) == ["김**"]
    assert changed(Mask(show_first=1, show_last=1), ["41세"]) == ["4*세"]


def test_paired_dates_keep_the_length_of_stay() -> None:
    admitted, left = ["2011-12-05", "2012-01-10"], ["2011-12-09", "2012-02-01"]
    who = ["a", "b"]
    shift = DateShift(subject="who", most=10)
    shifted = zip(changed(shift, admitted, who=who), changed(shift, left, who=who), strict=True)
    stays = [(end - start).days for start, end in shifted]  # type: ignore[operator]
    assert stays == [4, 22]


def test_a_shuffle_of_the_whole_table_changes_group_means_and_one_within_classes_does_not() -> None:
    values = list(range(100))
    group = [number % 4 for number in values]

    def means(shown: list[object]) -> list[float]:
        pairs = list(zip(shown, group, strict=True))
        return [fmean(v for v, g in pairs if g == wanted and isinstance(v, int)) for wanted in range(4)]

    assert means(changed(Permute(), values, group=group)) != means(list(values))
    within = changed(Permute(by=("group",)), values, group=group)
    assert within != values
    assert means(within) == means(list(values))
