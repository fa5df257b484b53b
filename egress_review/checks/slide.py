"""Where the shapes of a slide stand, and what of them nobody sees: ECMA-376 part 1, 20.1.7."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from xml.etree import ElementTree

from egress_review.checks.document import Rows
from egress_review.checks.xml_tree import local

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_TINY = 200
"""Font size in hundredths of a point up to which nobody reads a text."""
_FAINT = 10_000
"""Opacity in thousandths of a percent up to which nobody sees a text."""
_LETTER = re.compile(r"[^\W\d_]")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_LONGEST_CELL = 60
"""Characters up to which the words of a box may be a cell."""
_MOST_BOXES = 2_000
_STANDARD_SIZE = (9_144_000.0, 6_858_000.0)
"""Width and height of a slide in EMU where the deck does not say."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where something stands on a slide, in EMU from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def within(self, outer: Frame, inner: Frame) -> Frame:
        """This frame, given in the coordinates `inner` of a group that stands at `outer`."""
        across = outer.width / inner.width if inner.width else 1.0
        down = outer.height / inner.height if inner.height else 1.0
        x, y = outer.x + (self.x - inner.x) * across, outer.y + (self.y - inner.y) * down
        return Frame(x, y, self.width * across, self.height * down)


def size_of(presentation: ElementTree.Element) -> tuple[float, float]:
    """Width and height of the slides of a deck in EMU."""
    size = presentation.find(f"{_P}sldSz")
    numbers = None if size is None else (_number(size, "cx"), _number(size, "cy"))
    return numbers if numbers and all(numbers) else _STANDARD_SIZE


def unseen_on(slide: ElementTree.Element, size: tuple[float, float]) -> int:
    """How many texts of a slide are off it, hidden, too small or too faint to read."""
    found = sum(_is_off(frame, size) or _is_hidden(shape) for shape, frame in _placed(slide, None) if _speaks(shape))
    runs = (run for run in slide.iter() if local(run.tag) in ("r", "fld") and _speaks(run))
    return found + sum(map(_is_unreadable, runs)) + sum(map(_is_merged_away, slide.iter(f"{_A}tc")))


def laid_out(slide: ElementTree.Element) -> Iterator[Rows]:
    """Tables that are drawn as boxes of words side by side: rows of as many boxes, one below the other."""
    placed = ((frame, _words(shape)) for shape, frame in _placed(slide, None) if frame and local(shape.tag) == "sp")
    boxes = sorted(
        ((frame, text) for frame, text in placed if 0 < len(text) <= _LONGEST_CELL), key=lambda one: one[0].y
    )
    rows: list[list[tuple[Frame, str]]] = []
    for frame, text in boxes[:_MOST_BOXES]:
        if not rows or frame.y > rows[-1][0][0].y + min(frame.height, rows[-1][0][0].height) / 2:
            rows.append([])
        rows[-1].append((frame, text))
    for width, group in groupby(rows, len):
        grid = tuple(tuple(text for _, text in sorted(row, key=lambda one: one[0].x)) for row in group)
        # Ticks of an axis beside those of another are numbers alone, and no table has none but those.
        if width > 1 and len(grid) > 1 and any(map(_LETTER.search, chain(*grid))):
            yield grid


def marks_on(slide: ElementTree.Element) -> int:
    """The most shapes of one form and size on a slide that say nothing: points of a plot that was drawn as shapes."""
    forms = Counter(_form(shape) for shape in slide.iter(f"{_P}sp") if not _speaks(shape))
    return max(forms.values(), default=0)


def longest_line(slide: ElementTree.Element) -> int:
    """The points of the longest path on a slide."""
    return max((sum(1 for _ in path.iter(f"{_A}pt")) for path in slide.iter(f"{_A}path")), default=0)


def _placed(
    parent: ElementTree.Element, group: tuple[Frame, Frame] | None
) -> Iterator[tuple[ElementTree.Element, Frame | None]]:
    """Every shape below an element with its place on the slide; None where the layout has it."""
    for element in parent:
        match local(element.tag):
            case "grpSp":
                outer, inner = _frame(element, "off", "ext"), _frame(element, "chOff", "chExt")
                outer = outer.within(*group) if outer and group else outer
                yield from _placed(element, (outer, inner) if outer and inner else group)
            case "sp" | "graphicFrame" | "pic" | "cxnSp":
                frame = _frame(element, "off", "ext")
                yield element, frame.within(*group) if frame and group else frame
            case "cSld" | "spTree" | "AlternateContent" | "Choice" | "Fallback":
                yield from _placed(element, group)


def _frame(shape: ElementTree.Element, corner: str, extent: str) -> Frame | None:
    """The frame of a shape or group in the coordinates around it."""
    form = next((one for part in shape for one in (part, *part) if local(one.tag) == "xfrm"), None)
    off, ext = (None, None) if form is None else (form.find(f"{_A}{corner}"), form.find(f"{_A}{extent}"))
    if off is None or ext is None:
        return None
    return Frame(_number(off, "x"), _number(off, "y"), _number(ext, "cx"), _number(ext, "cy"))


def _number(element: ElementTree.Element, key: str) -> float:
    value = element.get(key, "")
    return float(value) if _WHOLE.fullmatch(value) else 0.0


def _is_off(frame: Frame | None, size: tuple[float, float]) -> bool:
    """Whether a frame does not touch the slide at all."""
    if frame is None:
        return False
    right, bottom = frame.x + frame.width, frame.y + frame.height
    return right <= 0 or bottom <= 0 or frame.x >= size[0] or frame.y >= size[1]


def _is_hidden(shape: ElementTree.Element) -> bool:
    """Whether a shape is switched off in the list of what is on the slide."""
    return any(one.get("hidden") in ("1", "true") for one in shape.iter() if local(one.tag) == "cNvPr")


def _speaks(element: ElementTree.Element) -> bool:
    return bool(_words(element))


def _words(element: ElementTree.Element) -> str:
    return " ".join(" ".join(one.text or "" for one in element.iter() if local(one.tag) == "t").split())


def _is_unreadable(run: ElementTree.Element) -> bool:
    """Whether a run of text is tiny, without a colour or all but clear."""
    look = run.find(f"{_A}rPr")
    if look is None:
        return False
    if 0 < _number(look, "sz") <= _TINY or look.find(f"{_A}noFill") is not None:
        return True
    clear = (one.get("val", "") for one in look.iterfind(f"{_A}solidFill/*/{_A}alpha"))
    return any(_WHOLE.fullmatch(value) is not None and int(value) <= _FAINT for value in clear)


def _is_merged_away(cell: ElementTree.Element) -> bool:
    """Whether a cell says something although another was merged over it."""
    return any(cell.get(key) in ("1", "true") for key in ("hMerge", "vMerge")) and _speaks(cell)


def _form(shape: ElementTree.Element) -> tuple[str, ...]:
    """The form of a shape and its size: the geometry's name, or the number of points of its paths."""
    ready = next((one.get("prst", "") for one in shape.iter(f"{_A}prstGeom")), None)
    frame = _frame(shape, "off", "ext")
    form = f"{longest_line(shape)}" if ready is None else ready
    return (form, *((f"{frame.width:.0f}", f"{frame.height:.0f}") if frame else ()))
