from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import charts
from portal.charts import Bar, Series
from portal.render import HERE
from tests.unit.portal.test_portal_colours import contrast

STYLE = (HERE / "static" / "charts.css").read_text(encoding="utf-8")
SHEET = (HERE / "static" / "ansim.css").read_text(encoding="utf-8")
WORDS = st.text(max_size=40)
COUNTS = st.integers(0, 10**9)


def drawings(markup: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", markup, re.DOTALL)]


def visible(text: str) -> str:
    """Only what XML can carry: a control character cannot stand in a page."""
    return "".join(letter for letter in text if letter.isprintable())


def check(markup: str) -> None:
    found = drawings(markup)
    assert len(found) == 2
    for drawing in found:
        _, _, width, height = map(float, drawing.attrib["viewBox"].split())
        for rect in drawing.iter("rect"):
            x, y, wide, tall = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert x + wide <= width + 1
            assert y + tall <= height + 1
        assert "style" not in {name for element in drawing.iter() for name in element.attrib}


@given(WORDS, st.lists(st.tuples(WORDS, COUNTS, COUNTS), max_size=8))
def test_bars_stay_in_their_picture_and_text_is_never_markup(title: str, rows: list[tuple[str, int, int]]) -> None:
    bars = [Bar(visible(name), ((one, "c1"), (two, "c2")), str(one + two)) for name, one, two in rows]
    check(charts.bars(visible(title), "about", bars))


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=90))
def test_columns_stay_in_their_picture_whatever_the_numbers(values: list[tuple[int, int]]) -> None:
    series = [Series("a", "c1", tuple(v[0] for v in values)), Series("b", "c2", tuple(v[1] for v in values))]
    check(charts.columns("t", "d", [str(n) for n in range(len(values))], series, str))


@given(st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 23)), COUNTS))
def test_a_heat_map_colours_every_hour_that_has_something(counts: dict[tuple[int, int], int]) -> None:
    markup = charts.heat("t", "d", list("월화수목금토일"), counts, lambda d, h: d < 5 and 8 <= h < 20, lambda *_: "x")
    check(markup)
    coloured = [r for r in drawings(markup)[0].iter("rect") if re.match(r"h[1-5]", r.attrib["class"])]
    assert len(coloured) == sum(count > 0 for count in counts.values())


def test_a_label_that_would_break_the_markup_is_written_as_text() -> None:
    evil = '"><script>alert(1)</script>'
    markup = charts.bars(evil, evil, [Bar(evil, ((1, "c1"),), evil, f"/x?{evil}")])
    assert "<script" not in markup
    assert len(drawings(markup)) == 2


def test_two_charts_of_a_page_have_names_of_their_own() -> None:
    names = re.findall(r'id="([^"]+)"', charts.bars("a", "b", []) + charts.bars("a", "b", []))
    assert len(names) == len(set(names)) == 8


@given(st.integers(0, 10**12))
def test_an_axis_reaches_the_highest_value_in_a_few_round_steps(highest: int) -> None:
    marks = charts.ticks(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest
    assert 2 <= len(marks) <= 6


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_the_colour_scale_has_five_steps_and_shows_the_smallest_number(count: int, highest: int) -> None:
    level = charts.level(min(count, highest), highest)
    assert 0 <= level <= 5
    assert (level == 0) == (min(count, highest) == 0)


@pytest.mark.parametrize("name", ["c1", "c2", "c3", "c4", "c5", "c6"])
def test_the_colours_of_series_stand_out_from_their_ground(name: str) -> None:
    light, dark = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part)) for part in STYLE.split("@media", 1))
    grounds = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part)) for part in SHEET.split("@media (prefers", 1)]
    assert contrast(light[name], grounds[0]["surface"]) >= 3
    assert contrast(dark[name], grounds[1]["surface"]) >= 3


def test_the_style_sheet_of_charts_loads_nothing() -> None:
    assert "@import" not in STYLE
    assert "url(" not in STYLE
