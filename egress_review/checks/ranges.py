"""Categories that are made of others: `0-39` of `0-19` and `20-39`, `Seoul + Busan` of the two."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

NO_END = 1 << 30
_UNIT = r"\s*(?:(?:세|살|년|개월|원|만원|점|years?|yrs?|y)\s*)?"
_BETWEEN = re.compile(rf"[(\[]?\s*(\d{{1,7}}){_UNIT}(?:-|–|~|to|,)\s*(\d{{1,7}}){_UNIT}([)\]]?)(?:미만)?")
_FROM = re.compile(rf"(?:>=|≥)\s*(\d{{1,7}}){_UNIT}|(\d{{1,7}}){_UNIT}(?:\+|이상|and over|or more|and older)")
_BELOW = re.compile(rf"(?:<|under|below|less than)\s*(\d{{1,7}}){_UNIT}|(\d{{1,7}}){_UNIT}미만")
_JOINED = re.compile(r"(?:(?<!\s)\s+)?(?:\+|/|,|&|·|∪|\band\b|(?<=\s)및(?=\s))\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from `first` to `last`, both in."""

    first: int
    last: int


@lru_cache(maxsize=4096)
def span_of(label: str) -> Span | None:
    """The numbers that a category stands for; None for one of words."""
    plain = label.rpartition("=")[2].strip()
    if match := _BETWEEN.fullmatch(plain):
        first, last = int(match[1]), int(match[2])
        half_open = match[3] == ")" or plain.endswith("미만")
        return Span(first + plain.startswith("("), last - half_open) if first < last else None
    if match := _FROM.fullmatch(plain):
        return Span(int(match[1] or match[2]), NO_END)
    if match := _BELOW.fullmatch(plain):
        return Span(0, int(match[1] or match[2]) - 1)
    return None


def parts_of(label: str, others: Collection[str]) -> tuple[str, ...]:
    """The categories among the others that together are this one; empty if they are not."""
    whole = span_of(label)
    if whole is None:
        words = tuple(_JOINED.split(label))
        return words if len(words) > 1 and set(words) <= set(others) else ()
    inside = sorted(
        ((span.first, span.last, one) for one in others if (span := span_of(one)) and _inside(span, whole)),
    )
    at = whole.first
    for first, last, _ in inside:
        if first != at:
            return ()
        at = last + 1
    return tuple(one for _, _, one in inside) if len(inside) > 1 and at - 1 == whole.last else ()


def _inside(span: Span, whole: Span) -> bool:
    return whole.first <= span.first and span.last <= whole.last and span != whole
