"""Provinces and districts of Korea, which have the shape of a person's name."""

from __future__ import annotations

import re
from collections.abc import Collection

from deid.identifiers import Span

MOSTLY = 0.8
"""Share of the words of a column from which it is one of places."""
FEWEST = 4

_PROVINCE = re.compile(
    r"(?:전라|경상|충청)[남북]도|(?:경기|강원|제주|황해|평안[남북]?|함경[남북]?)도|(?:전북|강원|제주)특별자치도|"
    r"(?:서울|부산|대구|인천|광주|대전|울산|세종)(?:특별시|광역시|특별자치시|시)"
)
_PLACE = re.compile(r"(?:[가-힣]{2,6}(?:시|도) )?[가-힣]{1,5}(?:시|도|군|구|읍|면|동|리)(?:[1-9]가)?")
_LONGEST = 24
"""Characters of a word from which it is too long for a place."""


def is_province(text: str, start: int, end: int) -> bool:
    """Whether a word is the name of a Korean province or of a city of its rank, which looks like a person's."""
    return _PROVINCE.fullmatch(_word(text, start, end)) is not None


def without_places(found: list[Span], text: str, cells: Collection[str]) -> list[Span]:
    """Without the districts that a list of codes has under `name`; `cells` are all words of the column.

    Rows of words alone are taken for parts of the heading, so the words of that are some of them.
    """
    if not any(s.label == "PERSON" for s in found) or not _are_places(cells):
        return found
    return [s for s in found if s.label != "PERSON" or not _PLACE.fullmatch(_word(text, s.start, s.end))]


def _word(text: str, start: int, end: int) -> str:
    last = min(len(text), start + _LONGEST)
    while end < last and "가" <= text[end] <= "힣":
        end += 1
    return text[start:end].strip()


def _are_places(cells: Collection[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    return len(filled) >= FEWEST and sum(map(bool, map(_PLACE.fullmatch, filled))) >= MOSTLY * len(filled)
