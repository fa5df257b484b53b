"""Drawings as plotting programs write them: single people as points, and aggregates as bars, lines and intervals."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_documents import page
from tests.benchmarks.egress_files import notebook

Points = Sequence[tuple[float, float]]
Maker = Callable[[random.Random], Sample]
RULES = ("figure.points", "notebook.live", "markup.hidden")

_DOT = "M 0 3 C 0.795609 3 1.55874 2.683901 2.12132 2.12132 C 2.683901 1.55874 3 0.795609 3 0 z"
_HEAD = (
    '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n<svg xmlns="http://www.w3.org/2000/svg" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" width="288pt" height="216pt" viewBox="0 0 288 216" version="1.1">\n'
)


def people(chance: random.Random, least: int = 10, most: int = 30) -> list[tuple[float, float]]:
    """Places of a few people on a drawing: two measures that hang together."""
    found = []
    for _ in range(chance.randrange(least, most)):
        x = chance.gauss(145, 50)
        found.append((min(256.0, max(38.0, x)), min(190.0, max(28.0, 0.4 * x + chance.gauss(50, 25)))))
    return found


def matplotlib(*groups: str, labels: Sequence[str] = ("age", "systolic pressure")) -> bytes:
    """Axes with six ticks each way and these groups."""
    across = [(46.1 + 40.6 * i, 192.24) for i in range(6)]
    ticks = marked("xt", across, "M 0 0 L 0 3.5") + marked(
        "yt", [(36.0, 190 - 31 * i) for i in range(6)], "M 0 0 L -3.5 0"
    )
    said = "".join(
        f'<g id="text_{i}"><!-- {t} --><text x="120" y="{205 + i}">{t}</text></g>' for i, t in enumerate(labels)
    )
    frame = (
        '<g id="patch_2"><path d="M 36 192.24 L 259.2 192.24 L 259.2 25.92 L 36 25.92 z" style="fill: #ffffff"/></g>'
    )
    return f'{_HEAD}<g id="figure_1"><g id="axes_1">{frame}{ticks}{"".join(groups)}{said}</g></g></svg>\n'.encode()


def marked(name: str, points: Points, shape: str = _DOT) -> str:
    """One shape, used at places."""
    uses = "".join(f'<use xlink:href="#m{name}" x="{x:.6f}" y="{y:.6f}" style="fill: #1f77b4"/>\n' for x, y in points)
    return f'<g id="PathCollection_{name}"><defs><path id="m{name}" d="{shape}" style="stroke: #1f77b4"/></defs><g clip-path="url(#p1)">{uses}</g></g>'  # noqa: E501 - as a program writes it


def joined(points: Points) -> str:
    """A line through places."""
    way = " L ".join(f"{x:.6f} {y:.6f}" for x, y in points)
    return f'<g id="line2d_9"><path d="M {way}" clip-path="url(#p1)" style="fill: none; stroke: #1f77b4"/></g>'


def boxes(points: Points) -> str:
    """Bars from the ground to places."""
    return "".join(
        f'<g id="patch_{i}"><path d="M {x:.2f} 192.24 L {x + 18:.2f} 192.24 L {x + 18:.2f} {y:.2f} L {x:.2f} {y:.2f} z" style="fill: #1f77b4"/></g>'  # noqa: E501 - as a program writes it
        for i, (x, y) in enumerate(points, 3)
    )


def whiskers(points: Points) -> str:
    """An upright line through every place."""
    return "".join(
        f'<g id="LineCollection_{i}"><path d="M {x:.6f} {y - 9:.6f} L {x:.6f} {y + 8:.6f}" style="fill: none; stroke: #1f77b4"/></g>'  # noqa: E501 - as a program writes it
        for i, (x, y) in enumerate(points)
    )


def sized(points: Points) -> str:
    """Every place a path of its own, as a scatter with sizes is written."""
    return "".join(
        f'<path d="M {x:.6f} {y + 4:.6f} C {x + 1.15:.6f} {y + 4:.6f} {x + 2.26:.6f} {y + 3.5:.6f} {x + 3:.6f} {y + 3:.6f} C {x + 3.9:.6f} {y + 2:.6f} {x + 4:.6f} {y + 1:.6f} {x + 4:.6f} {y:.6f} C {x + 4:.6f} {y - 4:.6f} {x - 4:.6f} {y - 4:.6f} {x - 4:.6f} {y:.6f} z" clip-path="url(#p1)" style="fill: #35b779"/>'  # noqa: E501 - as a program writes it
        for x, y in points
    )


def grammar(body: str) -> bytes:
    """A drawing of ggplot2 through svglite."""
    head = "<?xml version='1.0' encoding='UTF-8' ?>\n<svg xmlns='http://www.w3.org/2000/svg' class='svglite' width='504.00pt' height='360.00pt' viewBox='0 0 504.00 360.00'>\n"  # noqa: E501 - as a program writes it
    frame = "<rect x='39.31' y='5.48' width='459.21' height='320.64' style='fill: #EBEBEB;' />\n"
    ticks = "".join(
        f"<polyline points='{50 + 80 * i:.2f},328.86 {50 + 80 * i:.2f},326.12 ' style='stroke: #333333;' />\n"
        for i in range(6)
    )
    return f"{head}<g class='svglite'>{frame}{body}{ticks}<text x='268.91' y='352.47'>age</text></g></svg>\n".encode()


def circles(points: Points) -> str:
    return "".join(
        f"<circle cx='{x:.2f}' cy='{y:.2f}' r='1.95' style='stroke-width: 0.71; fill: #000000;' />\n" for x, y in points
    )


def even(chance: random.Random, count: int) -> list[tuple[float, float]]:
    """Values at even steps: a series."""
    return [(46 + 210 * i / (count - 1), chance.uniform(40, 180)) for i in range(count)]


# -- planted ----------------------------------------------------------------------------------------------------------


def _single(name: str, data: bytes) -> Sample:
    return Sample(name, data, "points of single people", RULES)


def scatter(chance: random.Random) -> Sample:
    return _single("scatter.svg", matplotlib(marked("a", people(chance))))


def scatter_with_a_line(chance: random.Random) -> Sample:
    return _single("fit.svg", matplotlib(marked("a", people(chance)), joined([(38, 60), (256, 160)])))


def scatter_of_two_arms(chance: random.Random) -> Sample:
    return _single(
        "arms.svg",
        matplotlib(
            marked("a", people(chance, 8, 14)),
            marked("b", people(chance, 8, 14)),
            labels=("age", "eGFR", "arm A", "arm B"),
        ),
    )


def scatter_with_sizes(chance: random.Random) -> Sample:
    return _single("sized.svg", matplotlib(f'<g id="PathCollection_1">{sized(people(chance))}</g>'))


def scatter_of_ggplot(chance: random.Random) -> Sample:
    return _single("plot.svg", grammar(circles(people(chance))))


def strip(chance: random.Random) -> Sample:
    """People of three groups, scattered a little about each group's place."""
    return _single(
        "strip.svg",
        matplotlib(
            marked(
                "a", [(80 + 60 * g + chance.uniform(-9, 9), chance.gauss(110, 30)) for g in range(3) for _ in range(6)]
            )
        ),
    )


def beyond_a_box(chance: random.Random) -> Sample:
    """The single people beyond the whiskers of a box plot."""
    box = '<g id="line2d_11"><path d="M 80 120 L 110 120 L 110 90 L 80 90 L 80 120" style="fill: none"/></g>'
    fliers = [(95.0, 60 - chance.uniform(2, 30)) for _ in range(chance.randrange(2, 7))]
    return _single("box.svg", matplotlib(box, marked("f", fliers)))


def scatter_on_a_page(chance: random.Random) -> Sample:
    return _single(
        "report.html", page(body=f"<h2>Figure 1</h2>{grammar(circles(people(chance))).decode().split('?>')[1]}")
    )


def scatter_in_a_notebook(chance: random.Random) -> Sample:
    return _single(
        "fig.ipynb",
        notebook(["ax.scatter(d.age, d.sbp)"], [{"image/svg+xml": matplotlib(marked("a", people(chance))).decode()}]),
    )


def scatter_in_vega(chance: random.Random) -> Sample:
    values = [{"age": round(x / 3, 1), "sbp": round(y, 1)} for x, y in people(chance)]
    content = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": chance.choice(("point", {"type": "circle"})),
        "data": {"values": values},
        "encoding": {"x": {"field": "age", "type": "quantitative"}, "y": {"field": "sbp", "type": "quantitative"}},
    }
    return _single("chart.json", json.dumps(content).encode())


def scatter_in_plotly(chance: random.Random) -> Sample:
    xs, ys = zip(*people(chance), strict=True)
    content = {
        "data": [{"type": "scatter", "mode": "markers", "x": [round(x / 3) for x in xs], "y": [round(y) for y in ys]}],
        "layout": {"title": {"text": "HbA1c by age"}},
    }
    return _single("fig.json", json.dumps(content).encode())


# -- safe ----------------------------------------------------------------------------------------------------------


def line_with_marks(chance: random.Random) -> Sample:
    points = even(chance, chance.randrange(6, 25))
    return Sample("trend.svg", matplotlib(joined(points), marked("a", points), labels=("month", "visits per 1,000")))


def lines_of_three(chance: random.Random) -> Sample:
    series = [even(chance, 12) for _ in range(3)]
    return Sample(
        "trends.svg",
        matplotlib(
            *map(joined, series),
            *(marked(str(i), one) for i, one in enumerate(series)),
            labels=("month", "admissions", "male", "female", "all"),
        ),
    )


def bars(chance: random.Random) -> Sample:
    return Sample(
        "bars.svg",
        matplotlib(boxes([(45 + 26 * i, chance.uniform(40, 150)) for i in range(8)]), labels=("region", "patients")),
    )


def intervals(chance: random.Random) -> Sample:
    points = [(46 + 26 * i, chance.uniform(60, 150)) for i in range(8)]
    return Sample("means.svg", matplotlib(whiskers(points), marked("a", points), labels=("ward", "mean stay, 95% CI")))


def forest(chance: random.Random) -> Sample:
    """Odds ratios below each other, a line across each."""
    points = [(chance.uniform(90, 220), 40 + 16 * i) for i in range(9)]
    across = "".join(
        f'<g id="LineCollection_{i}"><path d="M {x - 15:.4f} {y:.4f} L {x + 17:.4f} {y:.4f}" style="fill: none"/></g>'
        for i, (x, y) in enumerate(points)
    )
    return Sample("forest.svg", matplotlib(across, marked("a", points), labels=("odds ratio", "age", "sex", "smoking")))


def calibration(chance: random.Random) -> Sample:
    """Ten points of deciles beside a diagonal, joined."""
    points = [(50 + 20 * i + chance.uniform(-2, 2), 180 - 15 * i + chance.uniform(-4, 4)) for i in range(10)]
    return Sample(
        "calibration.svg",
        matplotlib(
            joined([(46, 188), (250, 30)]), joined(points), marked("a", points), labels=("predicted", "observed")
        ),
    )


def survival_curve(chance: random.Random) -> Sample:
    y, points = 40.0, []
    for i in range(13):
        points += [(46 + 16 * i, y), (46 + 16 * i, y := y + chance.uniform(2, 9))]
    return Sample("km.svg", matplotlib(joined(points), labels=("months", "survival")))


def bars_of_ggplot(chance: random.Random) -> Sample:
    rects = "".join(
        f"<rect x='{60 + 50 * i:.2f}' y='{300 - (h := chance.uniform(20, 250)):.2f}' width='40.00' height='{h:.2f}' style='fill: #595959;' />\n"  # noqa: E501 - as a program writes it
        for i in range(8)
    )
    return Sample("bars.svg", grammar(rects))


def line_of_ggplot(chance: random.Random) -> Sample:
    points = [(60 + 36 * i, chance.uniform(60, 300)) for i in range(12)]
    way = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    return Sample("line.svg", grammar(f"<polyline points='{way}' style='stroke-width: 1.07;' />\n{circles(points)}"))


def places_with_names(chance: random.Random) -> Sample:
    """Seventeen regions by two rates, each with its name beside."""
    points = people(chance, 16, 18)
    names = "".join(
        f'<g id="text_{i + 20}"><!-- region {i} --><text x="{x + 3:.3f}" y="{y - 2:.3f}">R{i}</text></g>'
        for i, (x, y) in enumerate(points)
    )
    return Sample("regions.svg", matplotlib(marked("a", points), names, labels=("smoking rate", "COPD rate")))


def bars_in_plotly(chance: random.Random) -> Sample:
    content: dict[str, Any] = {
        "data": [
            {"type": "bar", "x": ["Seoul", "Busan", "Daegu"], "y": [chance.randrange(100, 900) for _ in range(3)]}
        ],
        "layout": {"title": {"text": "patients by region"}},
    }
    return Sample("bars.json", json.dumps(content).encode())


def line_in_vega(chance: random.Random) -> Sample:
    values = [{"month": f"2023-{m:02}", "rate": round(chance.uniform(3, 9), 2)} for m in range(1, 13)]
    content = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "mark": {"type": "line", "point": True},
        "data": {"values": values},
        "encoding": {"x": {"field": "month", "type": "temporal"}, "y": {"field": "rate", "type": "quantitative"}},
    }
    return Sample("line.json", json.dumps(content).encode())


def _named(*makers: Maker) -> dict[str, Maker]:
    return {f"drawn {maker.__name__.replace('_', ' ')}": maker for maker in makers}


PLANTED_DRAWN: Mapping[str, Maker] = _named(
    scatter, scatter_with_a_line, scatter_of_two_arms, scatter_with_sizes, scatter_of_ggplot, strip, beyond_a_box,
    scatter_on_a_page, scatter_in_a_notebook, scatter_in_vega, scatter_in_plotly,
)  # fmt: skip
SAFE_DRAWN: Mapping[str, Maker] = _named(
    line_with_marks, lines_of_three, bars, intervals, forest, calibration, survival_curve, bars_of_ggplot,
    line_of_ggplot, places_with_names, bars_in_plotly, line_in_vega,
)  # fmt: skip
