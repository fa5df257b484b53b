"""A page as values: headings, tables and drawings, which HTML and PDF show alike."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal
from unicodedata import east_asian_width

Tone = Literal["plain", "met", "failed", "unknown"]
"""How a reader should take it; each tone also says so in words, never by colour alone."""
Anchor = Literal["start", "middle", "end"]

RED, BLUE, GREY, INK, MUTED = "#b3261e", "#2f6db5", "#b9c2cf", "#1c2430", "#556070"


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table."""

    text: str
    tone: Tone = "plain"
    number: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a heading for each column and each row; `caption` says what it holds."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle; y grows downwards."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; y is its base line."""

    x: float
    y: float
    text: str
    size: float = 12
    anchor: Anchor = "start"
    fill: str = INK


@dataclass(frozen=True, slots=True)
class Line:
    """A thin line."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing; `about` says in words what it shows."""

    about: str
    width: float
    height: float
    shapes: tuple[Rect | Words | Line, ...]
    narrow: Chart | None = None
    """The same for a telephone; a drawing without it is moved sideways there, by itself."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph."""

    text: str
    tone: Tone = "plain"


Block = Heading | Note | Grid | Chart


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page."""

    title: str
    name: str
    language: str
    blocks: Sequence[Block]


def short(text: str, most: int) -> str:
    """Return a text that fits, with a sign where it was cut; a letter as wide as those of Korean counts twice."""
    widths = list(accumulate(2 if east_asian_width(letter) in "WF" else 1 for letter in text))
    if not widths or widths[-1] <= most:
        return text
    return text[: bisect_right(widths, most - 1)] + "…"
