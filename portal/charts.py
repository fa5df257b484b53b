"""Charts as inline SVG, drawn on the server: no script, no style attribute, every number also in a table beside it.

A chart is drawn twice, for wide and for narrow screens, and the style sheet shows one: text in a picture that is
scaled down could not be read. Colours are classes of `charts.css`, so that they follow light and dark.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDE, HALF, NARROW = 1060, 480, 340
"""Widths in pixels at which letters have their own size: across the page, half of it, and a telephone."""

_ids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of numbers; `colour` is a class c1 … c6 of the style sheet."""

    name: str
    colour: str
    values: tuple[int, ...]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.values)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a label, its parts from left to right with their colours, and what stands at its end."""

    label: str
    parts: tuple[tuple[int, str], ...]
    note: str
    address: str | None = None

    @property
    def total(self) -> int:
        """The length."""
        return sum(value for value, _ in self.parts)


def both(draw: Callable[[int], Markup], width: int) -> Markup:
    """Return a chart for wide and for narrow screens."""
    wide, narrow = draw(width), draw(NARROW)
    return Markup('<div class="chart wide-chart">{}</div><div class="chart narrow-chart">{}</div>').format(wide, narrow)


def columns(
    title: str, about: str, labels: Sequence[str], series: Sequence[Series], number: Callable[[float], str]
) -> Markup:
    """Return stacked columns, one for each label, with the highest one named."""
    return both(lambda width: _columns(width, title, about, labels, series, number), WIDE)


def bars(title: str, about: str, rows: Sequence[Bar]) -> Markup:
    """Return horizontal bars, each with its label above and its number at the end."""
    return both(lambda width: _bars(width, title, about, rows), HALF)


def heat(
    title: str,
    about: str,
    rows: Sequence[str],
    counts: Mapping[tuple[int, int], int],
    usual: Callable[[int, int], bool],
    say: Callable[[int, int, int], str],
) -> Markup:
    """Return a map of rows (weekdays) by 24 hours; `usual` says which cells are expected, those are framed."""
    return both(lambda width: _heat(width, title, about, rows, counts, usual, say), HALF)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a matrix: its colour, the sign in it, and what it tells a reader who asks."""

    colour: str
    sign: str
    told: str


def tiles(title: str, about: str, rows: Sequence[tuple[str, Sequence[Tile]]]) -> Markup:
    """Return a matrix: a labelled line for each row, whose tiles run on in the next line where they do not fit."""
    return both(lambda width: _tiles(width, title, about, rows), WIDE)


def level(count: int, highest: int) -> int:
    """Return the step of a colour scale from 0 (nothing) to 5, on a square root: small numbers must not vanish."""
    return 0 if count == 0 else max(1, math.ceil(5 * math.sqrt(count / highest)))


def ticks(highest: int) -> list[int]:
    """Return round numbers for an axis from 0 to at least `highest`."""
    if highest <= 0:
        return [0, 1]
    step = 10 ** math.floor(math.log10(highest))
    size = next(step * part for part in (0.25, 0.5, 1, 2.5, 5, 10) if highest <= 4 * step * part)
    size = max(1, math.ceil(size))
    return [size * n for n in range(math.ceil(highest / size) + 1)]


def _columns(
    width: int, title: str, about: str, labels: Sequence[str], series: Sequence[Series], number: Callable[[float], str]
) -> Markup:
    height, left, bottom, top = (260 if width > HALF else 220), 44, 26, 22
    sums = [sum(one.values[n] for one in series) for n in range(len(labels))]
    marks = ticks(max(sums, default=0))
    scale = (height - top - bottom) / marks[-1]
    pitch = (width - left - 4) / max(1, len(labels))
    thick = max(1.0, pitch * 0.78)
    ground = height - bottom
    parts = [_line(left, ground - mark * scale, width, "grid") for mark in marks]
    parts += [_text(left - 6, ground - mark * scale + 4, number(mark), "axis end") for mark in marks]
    for n, label in enumerate(labels):
        x, y = left + n * pitch + (pitch - thick) / 2, float(ground)
        column = []
        for one in series:
            tall = one.values[n] * scale
            if tall:
                y -= tall
                column.append(_rect(x, y, thick, tall, one.colour))
        told = escape(f"{label}: {number(sums[n])}")
        parts.append(Markup("<g><title>{}</title>{}</g>").format(told, Markup("").join(column)))
    parts += [
        _text(left + n * pitch + pitch / 2, height - 8, labels[n], f"axis {_side(n, len(labels))}")
        for n in _some(labels, pitch)
    ]
    if any(sums):
        peak = max(range(len(sums)), key=sums.__getitem__)
        x = min(max(left + peak * pitch + pitch / 2, left + 24), width - 24)
        parts.append(_text(x, ground - sums[peak] * scale - 6, number(sums[peak]), "value middle"))
    return _svg(width, height, title, about, parts)


def _bars(width: int, title: str, about: str, rows: Sequence[Bar]) -> Markup:
    pitch, thick, reserve = 44, 14, 88
    longest = max((row.total for row in rows), default=0) or 1
    scale = (width - reserve) / longest
    parts = []
    for n, row in enumerate(rows):
        y, x = n * pitch, 0.0
        label = _text(0, y + 15, _cut(row.label, width), "label")
        parts.append(Markup('<a href="{}">{}</a>').format(row.address, label) if row.address else label)
        for value, colour in row.parts:
            if value:
                long = max(2.0, value * scale)
                parts.append(_rect(x, y + 22, long, thick, colour, round_=2))
                x += long
        parts.append(_text(x + 8, y + 22 + thick - 2, row.note, "value"))
    return _svg(width, max(1, len(rows)) * pitch, title, about, parts)


def _heat(
    width: int,
    title: str,
    about: str,
    rows: Sequence[str],
    counts: Mapping[tuple[int, int], int],
    usual: Callable[[int, int], bool],
    say: Callable[[int, int, int], str],
) -> Markup:
    left, top = 34, 20
    wide = (width - left) / 24
    tall = min(28.0, max(20.0, wide))
    highest = max(counts.values(), default=0) or 1
    parts = [_text(left + hour * wide + wide / 2, 13, f"{hour}", "axis middle") for hour in range(0, 24, 3)]
    for row, label in enumerate(rows):
        y = top + row * tall
        parts.append(_text(left - 8, y + tall / 2 + 4, label, "axis end"))
        for hour in range(24):
            count = counts.get((row, hour), 0)
            kind = f"h{level(count, highest)}" + ("" if usual(row, hour) or not count else " odd")
            told = escape(say(row, hour, count))
            cell = _rect(left + hour * wide + 1, y + 1, wide - 2, tall - 2, kind, round_=2)
            parts.append(Markup("<g><title>{}</title>{}</g>").format(told, cell))
    parts += _frames(usual, len(rows), left, top, wide, tall)
    return _svg(width, top + len(rows) * tall + 2, title, about, parts)


def _tiles(width: int, title: str, about: str, rows: Sequence[tuple[str, Sequence[Tile]]]) -> Markup:
    size, pitch, beside = 22, 26, width > HALF
    left = 190 if beside else 0
    most, parts, y = (width - left) // pitch, list[Markup](), 0
    for label, line in rows:
        parts.append(_text(0, y + 16, label, "label"))
        top = y if beside else y + 24
        for number, tile in enumerate(line):
            x, below = left + number % most * pitch, top + number // most * pitch
            drawn = _rect(x, below, size, size, tile.colour, round_=4)
            sign = _text(x + size / 2, below + 16, tile.sign, "middle")
            parts.append(Markup("<g><title>{}</title>{}{}</g>").format(tile.told, drawn, sign))
        y = top + (max(0, len(line) - 1) // most + 1) * pitch + 10
    return _svg(width, y, title, about, parts)


def _frames(
    usual: Callable[[int, int], bool], rows: int, left: float, top: float, wide: float, tall: float
) -> Iterator[Markup]:
    """Yield a frame around each run of expected hours that is the same on neighbouring days."""
    spans = [tuple(hour for hour in range(24) if usual(row, hour)) for row in range(rows)]
    first = 0
    for row in range(1, rows + 1):
        if row < rows and spans[row] == spans[first]:
            continue
        if hours := spans[first]:
            x, y = left + hours[0] * wide, top + first * tall
            yield _rect(x, y, (hours[-1] + 1 - hours[0]) * wide, (row - first) * tall, "frame", round_=3)
        first = row


def _svg(width: float, height: float, title: str, about: str, parts: Sequence[Markup]) -> Markup:
    name = f"chart-{next(_ids)}"
    return Markup(
        '<svg viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-t {n}-d" preserveAspectRatio="xMinYMin meet">'
        '<title id="{n}-t">{t}</title><desc id="{n}-d">{d}</desc>{p}</svg>'
    ).format(w=_n(width), h=_n(height), n=name, t=title, d=about, p=Markup("").join(parts))


def _rect(x: float, y: float, wide: float, tall: float, kind: str, *, round_: int = 0) -> Markup:
    corner = Markup(' rx="{}"').format(round_) if round_ else ""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"{} class="{}"/>').format(
        _n(x), _n(y), _n(wide), _n(tall), corner, kind
    )


def _line(x: float, y: float, to: float, kind: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(_n(x), _n(y), _n(to), _n(y), kind)


def _text(x: float, y: float, text: str, kind: str) -> Markup:
    return Markup('<text x="{}" y="{}" class="{}">{}</text>').format(_n(x), _n(y), kind, text)


def _some(labels: Sequence[str], pitch: float) -> list[int]:
    """Return which labels fit below an axis: evenly spaced, the last among them."""
    room = 7.5 * max((len(label) for label in labels), default=1) + 14
    every = max(1, math.ceil(room / pitch))
    last = len(labels) - 1
    return [n for n in range(len(labels)) if (last - n) % every == 0]


def _side(n: int, count: int) -> str:
    """Return how a label is anchored: the last one must not run out of the picture."""
    return "end-tick" if n == count - 1 and count > 7 else "middle"


def _cut(text: str, width: int) -> str:
    """Shorten a label that would not fit; letters of Korean take twice the room."""
    room, used = width / 7.2, 0.0
    for at, letter in enumerate(text):
        used += 1.75 if letter > "\u1100" else 1
        if used > room:
            return text[: at - 1] + "…"
    return text


def _n(value: float) -> str:
    """Write a coordinate shortly."""
    return f"{value:.1f}".rstrip("0").rstrip(".")
