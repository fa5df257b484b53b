"""Numbers that a picture writes at the height of their value, from the places at which they were read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from egress_review.checks.listing import Listing
from egress_review.checks.ocr import Label, _labels
from egress_review.checks.pictured import check_pictured
from egress_review.checks.subject import Subject
from egress_review.claims import parse_claims
from egress_review.findings import Flagged, Number
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look, png

BASE, TALL = 450.0, 380.0
COUNTED, MEANS, BOXES = "Number of patients", "Mean stay (days)", "NSTEMI (n=118)"


def at(text: str, x: float, y: float) -> Label:
    """A label with its middle at a place."""
    return Label(text, x - 4 * len(text), y - 5, x + 4 * len(text), y + 5)


def axis(*ticks: float) -> list[Label]:
    """The ticks of an upright axis, which end in line."""
    place = [(f"{tick:g}", BASE - TALL * tick / max(ticks)) for tick in ticks]
    return [Label(text, 80 - 8 * len(text), y - 5, 80, y + 5) for text, y in place]


def bars(values: Sequence[int], top: float) -> list[Label]:
    return [at(str(v), 150 + 80 * n, BASE - TALL * v / top - 12) for n, v in enumerate(values)]


def points(columns: Sequence[Sequence[float]], top: float) -> list[Label]:
    """Values behind the marks of points, in columns."""
    return [
        Label(f"© {v:g}", 200.0 + 90 * n, (y := BASE - TALL * v / top) - 5, 240.0 + 90 * n, y + 5)
        for n, column in enumerate(columns)
        for v in column
    ]


def found(*labels: Label) -> list[tuple[str, Number | None]]:
    listing = Listing(DEFAULT)
    data = png()
    subject = Subject("a.png", "", data, DEFAULT, parse_claims(None).of("a.png"), "png", len(data))
    check_pictured(labels, subject, listing)
    return [(f.rule, f.number) for f in listing.close(()) if isinstance(f, Flagged)]


@pytest.mark.parametrize("title", [COUNTED, "연령별 환자 수", "신청가구 수", "Frequency", "인원(명)"])
def test_a_small_count_above_a_bar_is_one(title: str) -> None:
    labels = [at(title, 300, 20), *axis(0, 40, 80, 120), *bars((62, 118, 97, 28, 3), 120)]
    assert found(*labels) == [("cells.small", 3)]


def test_a_small_count_behind_a_bar_that_lies_is_one() -> None:
    ticks = [at(str(v), 100 + 4 * v, 460) for v in (0, 50, 100, 150)]
    behind = [
        Label(str(v), 106.0 + 4 * v, 50.0 + 60 * n, 124.0 + 4 * v, 60.0 + 60 * n) for n, v in enumerate((121, 64, 4))
    ]
    assert found(at("No. of cases", 300, 20), *ticks, *behind) == [("cells.small", 4)]


def test_the_line_of_an_axis_that_was_read_as_a_digit_is_taken_off() -> None:
    ticks = [at(str(v), 100 + 0.3 * v, 460) for v in (0, 200, 400, 600)]
    behind = [
        Label(f"{v}", 106 + 0.3 * v, y, 130 + 0.3 * v, y + 11) for v, y in ((510, 50.0), (390, 110.0), (214, 170.0))
    ]
    narrow = Label("43", 106, 230, 113, 241)
    assert found(at("Compensated workers", 300, 490), *ticks, *behind, narrow) == [("cells.small", 3)]


@pytest.mark.parametrize(
    "labels",
    [
        [at(COUNTED, 300, 20), *axis(0, 40, 80, 120), *bars((62, 118, 97, 28, 13), 120)],
        [at(COUNTED, 300, 20), *axis(0, 5, 10, 15, 20), *bars((14, 18, 12, 11), 20)],
        [at(COUNTED, 300, 20), *[t for t in axis(0, 5, 10, 15, 20) if t.text != "10"], *bars((14, 18, 12, 11), 20)],
        [at(MEANS, 300, 20), *axis(0, 5, 10, 15), *bars((6, 9, 12, 3), 15)],
        [at("Length of stay of patients", 300, 20), *axis(0, 5, 10, 15), *bars((6, 9, 12, 3), 15)],
        [at("사망률(%)", 300, 20), at("환자 수", 300, 40), *axis(0, 5, 10, 15), *bars((6, 9, 12, 3), 15)],
        [
            at(COUNTED, 300, 20),
            *axis(0, 40, 80, 120),
            *bars((62, 118, 97), 120),
            *[at(str(n), 80 + 80 * n, 470) for n in (1, 2, 3)],
        ],
        [at(COUNTED, 300, 20), at("3", 500, 77), at("7", 420, 301), *axis(0, 40, 80, 120)],
    ],
)
def test_ticks_means_and_large_counts_are_none(labels: list[Label]) -> None:
    assert found(*labels) == []


def test_values_beside_the_points_of_a_box_plot_are_of_single_people() -> None:
    outliers = points([(3875, 3480, 3310), (655, 420)], 4000)
    groups = [at(BOXES, 220, 470), at("UA (n=134)", 300, 470)]
    assert found(*groups, *axis(0, 1000, 2000, 3000, 4000), *outliers) == [("figure.points", 5)]
    one = points([(3875, 3480, 3310)], 4000)
    assert found(at("상자그림", 220, 20), *axis(0, 1000, 2000, 4000), *one) == [("figure.points", 3)]


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ("Three groups, n = 812", [(3875, 3480, 3310)]),
        ("Troponin by month", [(3875, 3480, 3310), (655, 420)]),
        ("Box plot", [(3875, 3480, 3310), (3655, 3420, 3100), (3011, 2750, 2600)]),
        ("Box plot", [(900,), (40,), (310,)]),
        ("Box plot, n = 812", []),
    ],
)
def test_series_and_means_beside_their_marks_are_not(said: str, columns: list[tuple[float, ...]]) -> None:
    assert found(at(said, 520, 20), at(BOXES, 900, 470), *axis(0, 1000, 2000, 3000, 4000), *points(columns, 4000)) == []


def test_a_legend_of_years_is_no_column_of_values() -> None:
    legend = [Label(f"© {year}", 500, y - 5, 540, y + 5) for year, y in ((2019, 60.0), (2020, 80.0), (2021, 100.0))]
    assert found(at(BOXES, 220, 470), *axis(0, 1000, 2000, 3000, 4000), *legend) == []


def test_words_of_a_line_are_one_label_and_those_far_apart_are_two() -> None:
    page = [*"11000000", "1600", "1000", "-1", "-"]
    words = ["5 1 1 1 1 1 100 20 40 20 96 Number", "5 1 1 1 1 2 150 20 20 20 96 of", "5 1 1 1 1 3 400 20 30 20 96 118"]
    labels = list(_labels([page, *(word.split() for word in words)], 800))
    assert [label.text for label in labels] == ["Number of", "118"]
    assert labels[1] == Label("118", 200, 10, 215, 20)


def test_a_drawing_says_households_as_it_says_people() -> None:
    def drawn(last: int) -> str:
        counts = "".join(
            f'<text x="{150 + 85 * n}" y="{450 - 3 * v}">{v}</text>' for n, v in enumerate((62, 118, 97, last))
        )
        return f'<svg xmlns="http://www.w3.org/2000/svg"><text x="300" y="20">신청가구 수</text>{counts}</svg>'

    assert flagged(look("f.svg", drawn(3)), "cells.small")
    assert not flagged(look("f.svg", drawn(31)), "cells.small")
