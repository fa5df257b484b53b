"""Points of a figure that nothing explains are single people; a series, an interval or a name explains one."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.drawing import read_drawing
from egress_review.checks.marks import FEWEST_LOOSE, Name, loose
from egress_review.findings import Verdict
from tests.benchmarks.bench_egress import look as look_at
from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_drawn import circles, even, grammar, joined, marked, matplotlib, people, whiskers
from tests.unit.egress_review.egress_files import flagged, look

PLACES = [(12.0, 40.0), (47.0, 22.0), (81.0, 75.0), (99.0, 31.0), (140.0, 66.0), (171.0, 12.0)]


def points(name: str, content: bytes) -> list[str]:
    return [rule for rule, _ in flagged(look(name, content), "figure.points")]


def test_a_dozen_single_points_fail_in_whatever_way_they_are_drawn() -> None:
    dozen = people(random.Random(1), 12, 13)
    for drawing in (matplotlib(marked("a", dozen)), grammar(circles(dozen))):
        assert points("f.svg", drawing)
        assert look("f.svg", drawing).verdict is Verdict.FLAGGED


def test_a_series_an_interval_and_an_even_step_explain_a_point() -> None:
    chance = random.Random(2)
    series = even(chance, 12)
    for groups in (
        [joined(series), marked("a", series)],
        [whiskers(PLACES), marked("a", PLACES)],
        [marked("a", series)],
    ):
        assert points("f.svg", matplotlib(*groups)) == []


def test_a_line_of_the_grid_explains_nothing() -> None:
    strip = [(80.0 + 60 * group, 40.0 + 13.7 * n + group) for group in range(3) for n in range(6)]
    grid = joined([(36, 20), (259, 20)]) + "".join(joined([(x, 20), (x, 192)]) for x in (80, 140, 200))
    assert points("f.svg", matplotlib(grid, marked("a", strip)))


def test_a_name_explains_a_point_and_a_number_does_not() -> None:
    regions = [Name((x + 3, y), f"region {chr(65 + n)}") for n, (x, y) in enumerate(PLACES)]
    numbers = [Name((x + 3, y), f"P-{10_000 + n}") for n, (x, y) in enumerate(PLACES)]
    assert loose(PLACES, names=regions) == 0
    assert loose(PLACES, names=numbers) == len(PLACES)
    assert loose(PLACES, names=regions[:2]) == len(PLACES)


def test_a_line_that_turns_back_joins_nothing() -> None:
    there_and_back = [PLACES[n] for n in (3, 0, 5, 1, 4, 2)]
    assert loose(PLACES, [there_and_back]) == len(PLACES)
    assert loose(PLACES, [PLACES]) == 0


def test_two_points_beyond_a_box_are_two_people() -> None:
    assert loose([(95.0, 31.0), (95.0, 40.2)]) == 2
    assert loose([(95.0, 31.0)]) == 0


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_no_drawing_has_more_single_points_than_points(places: list[tuple[float, float]]) -> None:
    assert 0 <= loose(places) <= len(set(places))
    assert loose(places, [sorted(places)]) == 0 or len(set(places)) < FEWEST_LOOSE or len({x for x, _ in places}) > 1


@pytest.mark.parametrize(("behind", "verdict"), [(30, Verdict.PASSED), (4, Verdict.FLAGGED)])
def test_the_people_behind_each_point_make_groups_of_them(behind: int, verdict: Verdict) -> None:
    counts = "point,n\n" + "".join(f"{n},{behind + n}\n" for n in range(12))
    drawing = matplotlib(marked("a", people(random.Random(3), 12, 13)))
    sample = Sample("f.svg", drawing, supporting=(("f.csv", counts.encode()),))
    assert look_at(sample).verdict is verdict
    too_few = Sample("f.svg", drawing, supporting=(("f.csv", b"point,n\n1,90\n2,80\n"),))
    assert look_at(too_few).verdict is Verdict.FLAGGED


def test_points_of_plotly_and_vega_are_counted_like_drawn_ones() -> None:
    xs, ys = zip(*PLACES, strict=True)
    trace = {"type": "scatter", "mode": "markers", "x": list(xs), "y": list(ys)}
    assert points("f.json", json.dumps({"data": [trace], "layout": {}}).encode())
    lines = json.dumps({"data": [trace | {"mode": "lines+markers"}], "layout": {}}).encode()
    assert points("f.json", lines) == []
    encoding = {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b", "type": "quantitative"}}
    values = [{"a": x, "b": y} for x, y in PLACES]
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "encoding": encoding,
    }
    assert points("f.json", json.dumps(chart | {"mark": "point"}).encode())
    assert points("f.json", json.dumps(chart | {"mark": "line"}).encode()) == []


def test_numbers_in_the_cells_of_a_heat_map_are_counts_and_ticks_are_none() -> None:
    def cell(n: int, x: float, y: float) -> str:
        return f'<text x="{x}" y="{y}">{n}</text>'

    table = [cell(n, 60 + 40 * (i % 3), 60 + 30 * (i // 3)) for i, n in enumerate((120, 40, 88, 91, 4, 310))]
    ticks = [cell(2 * i, 40 + 30 * i, 200) for i in range(6)] + [cell(2 * i, 20, 190 - 30 * i) for i in range(1, 6)]
    assert [n for n in read_drawing(matplotlib(*table, *ticks)).plot.written if 0 < n < 10] == [4]
    assert flagged(look("f.svg", matplotlib(*ticks)), "cells.small") == []
    assert flagged(look("f.svg", matplotlib(*table)), "cells.small")


def test_what_moves_a_drawing_moves_its_points() -> None:
    shifted = "".join(f'<g transform="translate({x},{y})"><circle r="2"/></g>' for x, y in PLACES)
    assert points("f.svg", grammar(f'<g transform="scale(1.2) translate(9 4)">{shifted}</g>'))
