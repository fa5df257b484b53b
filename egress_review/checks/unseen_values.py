"""Values where a drawing or a page shows none: JSON and rows in descriptions and attributes, words that are not drawn.

Programs write there who made a figure and with what: RDF, a version, a day, a sentence for those who do not see it. A
list of numbers or of records in such a place is the data behind the figure.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from egress_review.checks.xml_tree import local

FEWEST_NUMBERS, FEWEST_LISTED, FEWEST_ROWS = 6, 12, 3
"""Numbers in JSON, numbers one after another, and rows of equal width from which words are data."""
SHORTEST, LONGEST, DEEPEST = 20, 400_000, 40
BEYOND = 0.5
"""How far from the canvas, as a share of its size, a word begins that cannot be seen on it."""
LONGEST_UNKNOWN = 400
"""Characters of an attribute that no drawing needs, from which it is a place to keep something in."""

_BEGINS = re.compile(r"\s*(?:(?:var|let|const)\s{1,3})?(?:[\w.-]{1,40}\s{0,3}[=:]\s{0,3})?(?=[\[{])")
_NUMBER = re.compile(r"[-+]?\d{1,18}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,3})?%?")
_PARTS, _FIELDS, _WORDS = re.compile(r"[;\n\r|]"), re.compile(r"[,\t:=]|\s{1,8}"), re.compile(r"[\s,;|\[\](){}\"':=]+")
GEOMETRY = frozenset(
    """
    d points transform x y dx dy x1 x2 y1 y2 cx cy r rx ry width height viewBox values matrix rotate style
    gradientTransform patternTransform stroke-dasharray stdDeviation href font-family clip-path textLength
    kernelMatrix tableValues keyTimes keyPoints keySplines offset
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Attributes that hold the numbers by which something is drawn, or are read elsewhere."""
_KEPT = frozenset(("defs", "symbol"))
_MOVED = re.compile(r"(\w{1,12})\s{0,4}\(([^()]{0,200})\)")
_NOUGHT = re.compile(r"\s*[+-]?(?:0+(?:\.0*)?|\.0+)\s*(?:px|pt|em|rem|%)?\s*")
_NONE = frozenset(("none", "transparent"))


def holds_values(text: str) -> bool:
    """Whether words are JSON with numbers, rows of values or a long list of numbers."""
    said = text.strip()[:LONGEST]
    return len(said) >= SHORTEST and (is_json_of_values(said) or _is_rows(said) or _is_list(said))


def is_json_of_values(text: str) -> bool:
    """Whether words are JSON that holds several numbers, whatever name stands before it."""
    begin = _BEGINS.match(text[:LONGEST])
    if begin is None:
        return False
    try:
        value, _ = json.JSONDecoder().raw_decode(text[:LONGEST], begin.end())
    except (ValueError, RecursionError):
        return False
    return sum(1 for _ in _numbers(value, 0)) >= FEWEST_NUMBERS


def _numbers(value: Any, depth: int) -> Iterator[None]:
    if isinstance(value, dict | list) and depth < DEEPEST:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner, depth + 1)
    elif type(value) in (int, float) or (isinstance(value, str) and _NUMBER.fullmatch(value[:SHORTEST])):
        yield None


def _is_rows(text: str) -> bool:
    """Whether most parts of a text have as many fields as each other, and a number in each."""
    parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
    rows = [[field for field in _FIELDS.split(part) if field] for part in parts if len(part) <= LONGEST_UNKNOWN]
    numbered = [row for row in rows if len(row) > 1 and any(map(_NUMBER.fullmatch, row))]
    widths = Counter(map(len, numbered)).most_common(1)
    if not widths or widths[0][1] < FEWEST_ROWS or 2 * widths[0][1] < len(parts):
        return False
    cells = [field for row in numbered if len(row) == widths[0][0] for field in row]
    # A sentence has a number here and there.
    return 2 * sum(_NUMBER.fullmatch(cell) is not None for cell in cells) >= len(cells)


def _is_list(text: str) -> bool:
    words = [word for word in _WORDS.split(text) if word]
    numbers = sum(_NUMBER.fullmatch(word) is not None for word in words)
    return numbers >= FEWEST_LISTED and 2 * numbers > len(words)


def unseen_in(root: ElementTree.Element) -> Iterator[str]:
    """What a drawing keeps without showing it, by its kind: data in descriptions and attributes, unseen words."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            if holds_values(element.text or ""):
                yield "data in a comment"
            continue
        name = local(element.tag)
        if name in ("metadata", "desc", "title") and holds_values("\n".join(element.itertext())):
            yield f"data in <{name}>"
        elif name in ("text", "tspan") and is_json_of_values("".join(element.itertext())):
            yield "data in <text>"
        if any(_is_kept(local(key), value) for key, value in element.attrib.items()):
            yield "data in an attribute"
    yield from _undrawn(root)


def _is_kept(key: str, value: str) -> bool:
    return key not in GEOMETRY and len(value) >= SHORTEST and (len(value) > LONGEST_UNKNOWN or holds_values(value))


def _undrawn(root: ElementTree.Element) -> Iterator[str]:
    """Words that an attribute hides, that only stand in definitions, or that begin far beyond the canvas."""
    used = {value.removeprefix("#") for one in root.iter() for key, value in one.attrib.items() if local(key) == "href"}
    canvas = _canvas(root)
    waiting: list[tuple[ElementTree.Element, tuple[float, float] | None, bool]] = [(root, (0.0, 0.0), True)]
    while waiting:
        element, moved, drawn = waiting.pop()
        name = local(element.tag)
        if name in ("metadata", "title", "desc"):
            continue
        drawn = drawn and not (name in _KEPT and used.isdisjoint(_names(element)))
        moved = _shifted(moved, element.get("transform", "")) if element is root or name != "svg" else None
        said = name in ("text", "tspan") and any(map(str.isalnum, element.text or ""))
        if said and not drawn:
            yield "text that is not drawn"
        elif _hides(element) and any(map(str.isalnum, "".join(_said(element)))):
            yield "hidden by attribute"
        elif said and canvas and moved is not None and _is_beyond(element, moved, canvas):
            yield "text outside of the canvas"
        waiting += [(child, moved, drawn) for child in element if isinstance(child.tag, str)]


def _names(element: ElementTree.Element) -> set[str]:
    return {one.get("id", "") for one in element.iter() if isinstance(one.tag, str)} - {""}


def _said(element: ElementTree.Element) -> Iterator[str]:
    for one in element.iter():
        if isinstance(one.tag, str) and local(one.tag) in ("text", "tspan"):
            yield one.text or ""


def _hides(element: ElementTree.Element) -> bool:
    """Whether an attribute leaves nothing to be seen of an element."""
    if element.get("visibility", "").strip() in ("hidden", "collapse") or element.get("display", "").strip() == "none":
        return True
    if any(_NOUGHT.fullmatch(element.get(key, "1")) for key in ("opacity", "font-size")):
        return True
    clear = element.get("fill", "").strip() in _NONE or _NOUGHT.fullmatch(element.get("fill-opacity", "1")) is not None
    # What is drawn by its outline has no filling.
    outlined = "stroke" in element.attrib or "style" in element.attrib or "class" in element.attrib
    return clear and not outlined and local(element.tag) in ("text", "tspan")


def _canvas(root: ElementTree.Element) -> tuple[float, float, float, float] | None:
    """Left, top, width and height of what is shown; None where the drawing does not say it in numbers."""
    box = [float(one) for one in re.findall(r"[-+]?\d{1,9}(?:\.\d{0,9})?", root.get("viewBox", "")[:LONGEST_UNKNOWN])]
    if len(box) != len(("left", "top", "width", "height")):
        sizes = [re.match(r"\s*(\d{1,9}(?:\.\d{0,9})?)(?:px)?\s*$", root.get(key, "")) for key in ("width", "height")]
        box = [0.0, 0.0, *(float(size[1]) for size in sizes if size)]
    return (box[0], box[1], box[2], box[3]) if len(box) == len("ltwh") and min(box[2:]) > 0 else None


def _shifted(moved: tuple[float, float] | None, transform: str) -> tuple[float, float] | None:
    """A place moved by a translation; None beyond anything that turns or scales."""
    for kind, said in _MOVED.findall(transform[:LONGEST_UNKNOWN]) if moved is not None else ():
        numbers = [float(one[0]) for one in re.finditer(r"[-+]?\d{1,9}(?:\.\d{0,9})?", said)]
        if kind != "translate" or not numbers or moved is None:
            return None
        moved = moved[0] + numbers[0], moved[1] + (numbers[1] if len(numbers) > 1 else 0.0)
    return moved


def _is_beyond(element: ElementTree.Element, moved: tuple[float, float], canvas: Sequence[float]) -> bool:
    places = [re.match(r"\s*([-+]?\d{1,9}(?:\.\d{0,9})?)(?:px)?\s*$", element.get(key, "0")) for key in ("x", "y")]
    if not all(places):
        return False
    at = [float(place[1]) + shift for place, shift in zip(places, moved, strict=True) if place]
    return any(
        not low - BEYOND * size <= value <= low + (1 + BEYOND) * size
        for value, low, size in zip(at, canvas[:2], canvas[2:], strict=True)
    )
