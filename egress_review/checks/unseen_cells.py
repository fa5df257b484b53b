"""Styles of a workbook under which a cell shows nothing: a format without signs, white letters on no ground."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_WHITE = re.compile(r"(?:[0-9A-F]{2})?F[A-F][0-9A-F]?F[A-F][0-9A-F]?F[A-F][0-9A-F]?", re.IGNORECASE)
_NOTHING = re.compile(r'[;\s"]*')
"""A format of numbers of which every section is empty, such as `;;;`."""
_GENERAL = "General"
_WHITE_NUMBERS = frozenset((1, 9, 65))
"""White twice in the palette, and the ground of the window."""
_WHITE_OF_THEME = 0
DARK, LIGHT = -0.1, 0.95
"""Tints from which white is a grey that shows, and from which every colour is white."""


def unseen_styles(root: ElementTree.Element) -> frozenset[int]:
    """Indexes of the cell styles whose values do not show: ECMA-376 part 1, 18.8."""
    codes = {int(f.get("numFmtId", "0")): str(f.get("formatCode", _GENERAL)) for f in root.iter(f"{_MAIN}numFmt")}
    blank = {number for number, code in codes.items() if ";" in code and _NOTHING.fullmatch(code)}
    white = {index for index, font in enumerate(_children(root, "fonts")) if _is_white(font)}
    bare = {index for index, fill in enumerate(_children(root, "fills")) if not _has_ground(fill)}
    found = set()
    for index, style in enumerate(_children(root, "cellXfs")):
        number, font, fill = (int(style.get(key, "0")) for key in ("numFmtId", "fontId", "fillId"))
        if number in blank or (font in white and fill in bare):
            found.add(index)
    return frozenset(found)


def _children(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    parent = root.find(f"{_MAIN}{name}")
    return [] if parent is None else list(parent)


def _is_white(font: ElementTree.Element) -> bool:
    colour = font.find(f"{_MAIN}color")
    return colour is not None and _shows_white(colour)


def _has_ground(fill: ElementTree.Element) -> bool:
    """Whether a fill is drawn at all, and not in white."""
    pattern = fill.find(f"{_MAIN}patternFill")
    if pattern is None:
        return fill.find(f"{_MAIN}gradientFill") is not None
    if pattern.get("patternType", "none") == "none":
        return False
    front = pattern.find(f"{_MAIN}fgColor")
    return front is None or not _shows_white(front)


def _shows_white(colour: ElementTree.Element) -> bool:
    """Whether a colour is white by its value, its number or its place in the theme: ECMA-376 part 1, 18.8.19."""
    tint = float(colour.get("tint", "0"))
    said = _WHITE.fullmatch(colour.get("rgb", "")) or int(colour.get("indexed", "-1")) in _WHITE_NUMBERS
    white = said or int(colour.get("theme", "-1")) == _WHITE_OF_THEME
    return tint >= LIGHT or (bool(white) and not tint < DARK)
