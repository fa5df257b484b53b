"""The marks, lines and names of a drawing with their places, whatever moves and scales them."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from egress_review.checks.marks import Name, Place, joined, loose
from egress_review.checks.steps import stairs
from egress_review.checks.xml_tree import local

SMALLEST_LINE = 2
LARGEST_MARK = 20.0
"""Units up to which a closed curve is a mark; a bubble of a map may be larger, a pie is."""
MOST_NUMBERS = 80
"""Numbers of a path up to which it can be a mark: eight curves make a circle."""
MOST_LINES = 20_000
MOST_NAMES = 2_000

_Matrix = tuple[float, float, float, float, float, float]
_SAME: _Matrix = (1, 0, 0, 1, 0, 0)
_MOVED = re.compile(r"(translate|scale|matrix)\s{0,9}\(([^()]{0,200})\)")
_NUMBER = re.compile(r"[-+]?(?:\d*\.\d+|\d+\.?)(?:[eE][-+]?\d+)?")
_PART = re.compile(r"([A-Za-z])([^A-Za-z]*(?:[eE][-+]?\d+[^A-Za-z]*)*)")
_TAKES = {"M": 2, "L": 2, "T": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7}
_NOT_DRAWN = frozenset(("defs", "symbol", "clipPath", "mask", "marker", "pattern"))


@dataclass(frozen=True, slots=True)
class Plot:
    """What a drawing gives away of its data."""

    loose: int
    """Marks that stand for one record each."""
    joined: bool
    """Whether the most marks of one shape are those of a series."""
    steps: int
    """Steps of the longest stairs that only go up or down, at uneven places: one for each event."""
    written: tuple[int, ...]
    """Whole numbers that are written in the cells of a drawn table, as on a heat map."""


def read_plot(root: ElementTree.Element) -> Plot:
    """The marks of a drawing that nothing explains, and the numbers in its cells."""
    reader = _Reader(root)
    marks = max((loose(places, reader.lines, reader.names) for places in reader.marks.values()), default=0)
    counted = any(_SAYS_PEOPLE.search(name.text) for name in reader.names)
    series = max(reader.marks.values(), key=len, default=[])
    return Plot(
        marks,
        joined(series, reader.lines),
        max(map(stairs, reader.lines), default=0),
        (*_in_cells(reader.names), *(_by_themselves(reader.names) if counted else ())),
    )


def _by_themselves(names: Sequence[Name]) -> Iterator[int]:
    """Whole numbers that are no ticks, as they stand above bars."""
    numbers = [name for name in names if _WHOLE.fullmatch(name.text)][:MOST_WRITTEN]
    for one in numbers:
        row = [n for n in numbers if abs(n.place[1] - one.place[1]) <= LINE]
        column = [n for n in numbers if abs(n.place[0] - one.place[0]) <= TICKS]
        if not _are_ticks(row, 0) and not _are_ticks(column, 1):
            yield int(one.text.replace(",", ""))


_SAYS_PEOPLE = re.compile(
    r"\b(?:patients|people|persons|participants|subjects|cases|deaths|events|counts?|number of|frequency|n)\b"
    r"|환자|대상자|인원|명|건수|사망|빈도|도수|(?:가구|세대|신청자|근로자|학생|응답자|참여자) ?수",
    re.IGNORECASE,
)


def _in_cells(names: Sequence[Name]) -> Iterator[int]:
    """Whole numbers with others beside and below them; ticks, which go up evenly, are none."""
    numbers = [name for name in names if _WHOLE.fullmatch(name.text)][:MOST_WRITTEN]
    for one in numbers:
        (x, y), row, column = one.place, [one], [one]
        for other in numbers:
            across, down = abs(other.place[0] - x), abs(other.place[1] - y)
            if across > LETTERS and down <= LINE:
                row.append(other)
            elif across <= LETTERS and down > LINE:
                column.append(other)
        if len(row) > 1 and len(column) > 1 and not _are_ticks(row, 0) and not _are_ticks(column, 1):
            yield int(one.text.replace(",", ""))


def _are_ticks(line: Sequence[Name], axis: int) -> bool:
    """Whether numbers go up or down by one step along an axis."""
    values = [int(n.text.replace(",", "")) for n in sorted(line, key=lambda name: name.place[axis])]
    return len(values) > SMALLEST_LINE and len({b - a for a, b in pairwise(values)}) == 1


TICKS = 30.0
"""Units within which the ticks of an upright axis begin, which are set from the right."""
LETTERS, LINE = 12.0, 3.0
"""Units by which two numbers of one column, which are centred, and of one row begin apart."""
MOST_WRITTEN = 400
_WHOLE = re.compile(r"\d{1,3}(?:,\d{3}){1,5}|\d{1,9}")


class _Reader:
    """Walks a drawing once; what is only defined is looked up where it is used."""

    def __init__(self, root: ElementTree.Element) -> None:
        self.marks: dict[str, list[Place]] = defaultdict(list)
        self.lines: list[list[Place]] = []
        self.names: list[Name] = []
        self._shapes = {i: e for e in root.iter() if isinstance(e.tag, str) and (i := e.get("id"))}
        waiting = [(root, _SAME, "")]
        while waiting:
            element, outer, said = waiting.pop()
            matrix = _within(outer, element.get("transform", ""))
            self._see(element, matrix, said)
            comment, inner = "", []
            for child in element:
                if not isinstance(child.tag, str):
                    # matplotlib draws the letters of a label and says in a comment what they are.
                    comment = (child.text or "").strip()
                elif local(child.tag) not in _NOT_DRAWN:
                    inner.append((child, matrix, comment))
                    comment = ""
            waiting += reversed(inner)

    def _see(self, element: ElementTree.Element, matrix: _Matrix, said: str) -> None:
        kind = local(element.tag)
        if said and len(self.names) < MOST_NAMES:
            self.names.append(Name(_at(matrix, 0, 0), said))
        if kind == "use":
            self._use(element, matrix)
        elif kind in ("circle", "ellipse"):
            place = _at(matrix, _length(element, "cx"), _length(element, "cy"))
            self.marks[f"{kind} {element.get('class', '')}"].append(place)
        elif kind == "path":
            self._path(element, matrix)
        elif kind == "line":
            ends = ((_length(element, f"x{n}"), _length(element, f"y{n}")) for n in (1, 2))
            self._line([_at(matrix, x, y) for x, y in ends])
        elif kind == "polyline":
            numbers = list(map(float, _NUMBER.findall(element.get("points", ""))))
            self._line([_at(matrix, x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=False)])
        elif kind == "text" and len(self.names) < MOST_NAMES:
            text = " ".join("".join(element.itertext()).split())
            self.names.append(Name(_at(matrix, _length(element, "x"), _length(element, "y")), text))

    def _use(self, element: ElementTree.Element, matrix: _Matrix) -> None:
        target = next((v for k, v in element.attrib.items() if local(k) == "href"), "").removeprefix("#")
        placed = "x" in element.attrib and "y" in element.attrib
        if not placed or target.startswith("glyph"):
            return  # A letter.
        shape = self._shapes.get(target)
        if shape is not None and local(shape.tag) == "path" and len(_corners(shape.get("d", ""))) <= SMALLEST_LINE:
            return  # A tick of an axis.
        self.marks[f"use {target}"].append(_at(matrix, _length(element, "x"), _length(element, "y")))

    def _path(self, element: ElementTree.Element, matrix: _Matrix) -> None:
        drawn = element.get("d", "")
        commands = "".join(re.findall("[A-DF-Za-df-z]", drawn))
        corners = [_at(matrix, x, y) for x, y in _corners(drawn)]
        closed = commands[-1:] in ("z", "Z") or (len(corners) > SMALLEST_LINE and corners[0] == corners[-1])
        if not closed:
            self._line(corners)
        elif re.search("[CAQcaq]", commands) and len(_NUMBER.findall(drawn)) <= MOST_NUMBERS:
            xs, ys = zip(*corners, strict=True) if corners else ((0.0,), (0.0,))
            if max(max(xs) - min(xs), max(ys) - min(ys)) <= LARGEST_MARK:
                middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
                self.marks[f"{commands} {element.get('class', '')}"].append(middle)

    def _line(self, corners: list[Place]) -> None:
        if len(corners) >= SMALLEST_LINE and len(self.lines) < MOST_LINES:
            self.lines.append(corners)


def _length(element: ElementTree.Element, key: str) -> float:
    match = _NUMBER.match(element.get(key, "0").strip())
    return float(match[0]) if match else 0.0


def _at(matrix: _Matrix, x: float, y: float) -> Place:
    a, b, c, d, e, f = matrix
    place = a * x + c * y + e, b * x + d * y + f
    return place if all(map(math.isfinite, place)) else (0.0, 0.0)


def _within(outer: _Matrix, transform: str) -> _Matrix:
    """The outer matrix with the movements of an element; a rotation leaves its origin where it is."""
    for kind, said in _MOVED.findall(transform):
        n = list(map(float, _NUMBER.findall(said)))
        inner = _SAME
        if kind == "translate" and n:
            inner = (1, 0, 0, 1, n[0], n[1] if len(n) > 1 else 0)
        elif kind == "scale" and n:
            inner = (n[0], 0, 0, n[1] if len(n) > 1 else n[0], 0, 0)
        elif kind == "matrix" and len(n) == len(_SAME):
            inner = (n[0], n[1], n[2], n[3], n[4], n[5])
        (a, b, c, d, e, f), (g, h, i, j, k, m) = outer, inner
        outer = (a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f)
    return outer


def _corners(drawn: str) -> list[Place]:
    """The ends of the parts of a path; of a curve its end, of an arc its end."""
    return list(_walk(drawn))


def _walk(drawn: str) -> Iterator[Place]:
    x = y = 0.0
    for command, said in _PART.findall(drawn):
        numbers = list(map(float, _NUMBER.findall(said)))
        size = _TAKES.get(command.upper())
        if size is None:
            continue
        for at in range(0, len(numbers) - size + 1, size):
            part = numbers[at : at + size]
            left, top = (x, y) if command.islower() else (0.0, 0.0)
            if command in "Hh":
                x = left + part[0]
            elif command in "Vv":
                y = top + part[0]
            else:
                x, y = left + part[-2], top + part[-1]
            yield x, y
