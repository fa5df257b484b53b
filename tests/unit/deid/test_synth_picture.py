"""Privacy and usefulness on one picture, on a telephone too; a risk that was not measured is never a bar."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audit.text import Language
from deid.risk.page import RED, Cell, Chart, Grid, Line, Page, Rect, Words
from deid.risk.page_html import html
from deid.synth.picture import NARROW, pictures
from deid.synth.shape import Shape, shape_charts


def risk(name: str, verdict: str, interval: tuple[float, float] = (0.0, 0.04), limit: float | None = 0.09) -> Any:
    return {"name": name, "about": None, "interval": list(interval), "limit": limit, "verdict": verdict}


REPORT = {
    "risks": [
        risk("singling_out", "below"),
        risk("membership", "above", (0.5, 0.7), 0.55),
        risk("linkability", "not_measured", (0.0, 1.0)),
        risk("copies", "above", (0.01, 0.2), 0.0),
        {**risk("inference", "below"), "about": "병명이 아주 길게 적힌 열의 이름입니다"},
    ],
    "use": {
        "pairs": {"synthetic": 0.93, "real": 0.95},
        "tasks": [{"target": "salary", "real": 0.89, "synthetic": 0.87}],
    },
}


def drawn(language: Language) -> tuple[Chart, Chart]:
    return pictures(REPORT, language)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_both_forms_say_every_risk_and_every_use_and_nothing_stands_outside(language: Language) -> None:
    wide, narrow = drawn(language)
    assert wide.about == narrow.about
    for chart in (wide, narrow):
        words = " ".join(shape.text for shape in chart.shapes if isinstance(shape, Words))
        assert ("특정 가능성" if language == "ko" else "singling out") in words
        assert "salary" in words
        for shape in chart.shapes:
            match shape:
                case Rect():
                    assert shape.x + shape.width <= chart.width
                    assert shape.y + shape.height <= chart.height
                case Words():
                    assert shape.x + (0 if shape.anchor == "end" else 5 * len(shape.text) / 2) <= chart.width
                    assert shape.y <= chart.height
                case Line():
                    assert max(shape.x1, shape.x2) <= chart.width
    assert narrow.width == NARROW.width <= 340  # what a telephone shows without scrolling


def test_a_risk_above_its_limit_is_told_by_place_and_by_words_and_not_by_colour_alone() -> None:
    for chart in drawn("en"):
        limit = next(shape.x1 for shape in chart.shapes if isinstance(shape, Line))
        red = [shape for shape in chart.shapes if isinstance(shape, Rect) and shape.fill == RED]
        assert len(red) == 2
        assert all(shape.x + shape.width > limit for shape in red)
    assert "membership: above the limit" in drawn("en")[0].about


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_telephone_gets_drawings_and_tables_that_need_no_moving_sideways(language: Language) -> None:
    wide, narrow = drawn(language)
    shape = Shape("진료비", ("1,000,000 – 1,999,999", "가나다라마바사아자차카타파하"), (0.5, 0.5), (0.4, 0.6))
    [beside] = shape_charts([shape, shape], language)
    assert beside.narrow is not None
    grid = Grid("", ("risk", "value", "limit", "verdict"), ((Cell("a"), Cell("1"), Cell("2"), Cell("<over>")),))
    page = html(Page("t", "n", language, [replace(wide, narrow=narrow), beside, grid]))
    for width, kind in ((wide.width, "wide"), (narrow.width, "narrow"), (beside.narrow.width, "narrow")):
        assert f'<div class="scroll {kind}"><svg viewBox="0 0 {width:g} ' in page
        assert kind == "wide" or width <= 400
    assert '<td class="plain" data-of="verdict">&lt;over&gt;</td>' in page
    labels = [one for one in beside.narrow.shapes if isinstance(one, Words) and one.anchor == "end"]
    assert labels[0].text == "1,000,000 – 1,999,999"
    assert labels[1].text == "가나다라마바사아자차…"
    assert max(one.y for one in beside.narrow.shapes if isinstance(one, Words)) <= beside.narrow.height


def test_what_was_not_measured_has_no_bar_but_says_so() -> None:
    """Four risks and two measures of use have bars, and each use has one of real rows above it."""
    for chart in drawn("en"):
        assert sum(isinstance(shape, Rect) for shape in chart.shapes) == 4 + 2 * 2
        assert any(isinstance(shape, Words) and "not measured" in shape.text for shape in chart.shapes)
