"""A preview cut into numbered pages, the unit of which it is known who was shown it; pure.

pages = pages_of(preview)
pages[2].pieces[0].rows
unseen(len(pages), {1, 2})          # "3-7"

A page is what a person can read in a few screens. Every page has a number, also across the sheets of a workbook and the
cells of a notebook, so that "was not shown pages 3-7" has one meaning for the screen, the vote and the release record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from egress_review.findings import Where
from egress_review.previews import HIDDEN, NONE, Preview

PAGE = 500
"""Rows of a table, or lines of a text, on one page."""
WIDE = 20
"""Columns that weigh as much as one more row."""
CELL = 2000
"""Characters of a cell that take the place of one row; a longer cell weighs as many rows as it fills."""
LINE = 200
"""Characters of a text that count as a line."""
PICTURE = 100
"""Rows that a picture takes the place of."""

_CELL = re.compile(r"cell\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is shown of one part of a file on one page."""

    part: int
    """Number of the part, from 1; a file that has no parts is one."""
    heading: str
    preview: Preview
    """What is shown: of a table or text only the rows or lines of this page."""
    first: int = 1
    """Number of the first row or line shown."""
    whole: int = 0
    """Rows or lines of the whole part."""

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.preview.rows) - 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a file."""

    number: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a finding stands in the pages of a preview; row and column are 0 where the finding has none."""

    page: int
    part: int
    row: int = 0
    column: int = 0


def pages_of(preview: Preview) -> tuple[Page, ...]:
    """The pages of a preview, one at least: a file that cannot be shown is one page that says so."""
    pages: list[Page] = []
    held: list[Piece] = []
    weight = 0
    for part, (heading, one) in enumerate(parts_of(preview), 1):
        for piece, weighs in _pieces(part, heading, one):
            if held and weight + weighs > PAGE:
                pages.append(Page(len(pages) + 1, tuple(held)))
                held, weight = [], 0
            held.append(piece)
            weight += weighs
    if held or not pages:
        pages.append(Page(len(pages) + 1, tuple(held)))
    return tuple(pages)


def parts_of(preview: Preview) -> tuple[tuple[str, Preview], ...]:
    """The parts of a file with their headings; a file without parts is one without a heading."""
    return preview.parts if preview.kind == "parts" else (("", preview),)


def _pieces(part: int, heading: str, preview: Preview) -> Iterator[tuple[Piece, int]]:
    match preview.kind:
        case "table":
            yield from _rows(part, heading, preview)
        case "text":
            yield from _lines(part, heading, preview.text)
        case _:
            yield Piece(part, heading, preview), PICTURE if preview.kind == "image" else 1


def _rows(part: int, heading: str, preview: Preview) -> Iterator[tuple[Piece, int]]:
    rows = preview.rows
    widest = max((len(row) for row in rows), default=1)
    step = max(1, PAGE // (1 + widest // WIDE))
    stretches = list(_stretches(rows, step))
    for first, shown, used in stretches:
        weighs = PAGE if len(stretches) > 1 else used * PAGE // step
        yield Piece(part, heading, Preview("table", rows=shown), first, len(rows)), weighs


def _stretches(rows: Sequence[tuple[str, ...]], step: int) -> Iterator[tuple[int, tuple[tuple[str, ...], ...], int]]:
    """What stands on one page after the other: the number of the first row, the rows, and how many they weigh.

    A row that no page holds goes on on the next pages, under its number, so that all of it is shown.
    """
    held: list[tuple[str, ...]] = []
    first, left = 1, step
    for number, row in enumerate(rows, 1):
        weighs = max(1, -(-max(map(len, row), default=0) // CELL))
        start = 0
        while weighs > start:
            if not left or left < weighs <= step:
                yield first, tuple(held), step - left
                held, first, left = [], number, step
            end = min(weighs, start + left)
            held.append(row if end - start == weighs else tuple(cell[start * CELL : end * CELL] for cell in row))
            left -= end - start
            start = end
    yield first, tuple(held), step - left


def _lines(part: int, heading: str, text: str) -> Iterator[tuple[Piece, int]]:
    lines = text.split("\n")
    held: list[str] = []
    first, weight = 1, 0
    for number, line in enumerate(lines, 1):
        # A line of a megabyte is cut too: nobody reads it on one screen.
        for chunk in _chunks(line):
            weighs = 1 + len(chunk) // LINE
            if held and weight + weighs > PAGE:
                yield Piece(part, heading, Preview("text", text="\n".join(held)), first, len(lines)), PAGE
                held, first, weight = [], number, 0
            held.append(chunk)
            weight += weighs
    yield Piece(part, heading, Preview("text", text="\n".join(held)), first, len(lines)), weight


def _chunks(line: str) -> Iterator[str]:
    longest = LINE * (PAGE - 1)
    yield from (line[start : start + longest] for start in range(0, max(1, len(line)), longest))


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows or lines of one part that stand on one page."""

    page: int
    part: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What is where in the pages of a preview, without what stands there: small enough to be kept."""

    pages: int
    parts: tuple[tuple[str, str], ...]
    """Heading and kind of each part."""
    stretches: tuple[Stretch, ...]
    blank: frozenset[int]
    """Pages that hold a part without a safe preview: whoever was served one did not see that part."""


def outline_of(preview: Preview) -> Outline:
    """The outline of a preview."""
    pages = pages_of(preview)
    parts = tuple((heading, one.kind) for heading, one in parts_of(preview))
    stretches = tuple(Stretch(page.number, p.part, p.first, _last(p)) for page in pages for p in page.pieces)
    blank = (page.number for page in pages if not page.pieces or any(p.preview.kind == "none" for p in page.pieces))
    return Outline(len(pages), parts, stretches, frozenset(blank))


def _last(piece: Piece) -> int:
    return piece.last if piece.preview.kind == "table" else piece.first + piece.preview.text.count("\n")


UNKNOWN = outline_of(NONE)
"""The outline of a file that has no preview: one page that nobody can be shown."""


def spot_of(where: Where, outline: Outline) -> Spot | None:
    """Where a finding stands; None for one about the whole file."""
    part = _part(where, outline.parts)
    if part is None or (not where.row and len(outline.parts) == 1):
        return None
    for stretch in outline.stretches:
        if stretch.part == part and (not where.row or stretch.first <= where.row <= stretch.last):
            return Spot(stretch.page, part, where.row, where.column)
    return None


def _part(where: Where, parts: Sequence[tuple[str, str]]) -> int | None:
    """The number of the part that a finding is about: by sheet, by page, by cell of a notebook, or the only one."""
    if where.sheet:
        found = (n for n, (heading, _) in enumerate(parts, 1) if where.sheet in (heading.removesuffix(HIDDEN), f"#{n}"))
        return next(found, None)
    if where.page:
        return where.page if where.page <= len(parts) else None
    if cell := _CELL.match(where.path):
        of_cell = [n for n, (heading, _) in enumerate(parts, 1) if heading == f"[{cell[1]}]"]
        # A row is one of a table where the cell shows a table beside its text.
        tables = [n for n in of_cell if where.row and parts[n - 1][1] == "table"]
        return next(iter([*tables, *of_cell]), None)
    return 1 if len(parts) == 1 else None


def unseen(pages: int, seen: Collection[int]) -> str:
    """The pages that were not shown, as people write them: "3-7, 9"; empty if all were."""
    missing = [number for number in range(1, pages + 1) if number not in seen]
    spans: list[list[int]] = []
    for number in missing:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)
