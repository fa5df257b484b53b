"""Categories that are made of others: `0-39` of `0-19` and `20-39`, `Seoul + Busan` of the two."""

from __future__ import annotations

import datetime as dt
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
_AGES = re.compile(
    r"(?:만 ?)?(\d{1,3})(?: ?세)? ?(?:-|–|~| ) ?(\d{1,3}) ?세(?! ?(?:이상|미만|이하))|(?:만 ?)?(\d{1,3}) ?세 ?이상|"
    r"(?:만 ?)?(\d{1,3}) ?세 ?미만|"
    r"(?:aged? |age )?(\d{1,3})(?: years)? (?:and|or) (?:over|older|above|more)|(?:aged? |age )?(?:under|below) "
    r"(\d{1,3})"
)
_AGED = re.compile(
    r"(?:(?<=[a-z가-힣]{2})(?<!item)(?<!question)(?<!문항)[ _]?|(?<![a-z\d])n[ _]?|^)"
    r"(?:(\d{1,2}) ?(?:[-–~]|to) ?(\d{2,3})|(\d\d)(?:_|(?<!^\d\d) )(\d\d)|"
    r"(\d\d) ?(?:\+|plus)|[ _]?(?:under|below|lt|u)[ _]?(\d\d))(?![\d.])"
)
"""Ages in a name: `claimants_18_64`, `patients aged 18-64`, `n_65plus`; two numbers without a word are codes."""
OLDEST, NARROWEST = 120, 2
_DAYS = re.compile(r"(?<!\d)((?:19|20)\d\d-\d\d-\d\d) ?(?:-|–|~|∼|to|/) ?((?:19|20)\d\d-\d\d-\d\d)(?!\d)")
_MONTHS = re.compile(r"(?<!\d)(\d{1,2})월? (\d{1,2})월")
LONGEST = 80
"""Characters of a label that is read for a range."""


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


@lru_cache(maxsize=4096)
def span_in(text: str) -> tuple[str, Span] | None:
    """The ages, months or days that words hold, and what is left of the words; None for words without."""
    if len(text) > LONGEST or not any(map(str.isdigit, text)):
        return None
    if span := span_of(text):
        return text.partition("=")[0] if "=" in text else "", span
    if (match := _DAYS.search(text)) and (days := _days(match)):
        return f"{text[: match.start()]}#{text[match.end() :]}", days
    if match := _AGES.search(text):
        low, high, over, under, older, below = match.groups()
        first = int(low or over or older or 0)
        last = int(high) if high else int(under or below) - 1 if under or below else NO_END
        return (f"{text[: match.start()]}#{text[match.end() :]}", Span(first, last)) if first <= last else None
    if match := _MONTHS.search(text):
        return f"{text[: match.start()]}#{text[match.end() :]}", Span(int(match[1]), int(match[2]))
    if (match := _AGED.search(text)) and (ages := _ages(match)):
        return f"{text[: match.start()]}#{text[match.end() :]}", ages
    return None


def _ages(match: re.Match[str]) -> Span | None:
    dashed, until, spaced, end, over, under = match.groups()
    low, high = dashed or spaced, until or end
    first, last = int(low or over or 0), int(high) if high else int(under) - 1 if under else NO_END
    return Span(first, last) if first + NARROWEST <= last and (last <= OLDEST or last == NO_END) else None


def _days(match: re.Match[str]) -> Span | None:
    try:
        first, last = (dt.date.fromisoformat(day).toordinal() for day in match.groups())
    except ValueError:
        return None
    return Span(first, last) if first <= last else None


def parts_of(label: str, others: Collection[str]) -> tuple[str, ...]:
    """The categories among the others that together are this one; empty if they are not."""
    whole = span_of(label)
    if whole is None:
        words = _joined(label)
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


def may_be_made(label: str) -> bool:
    """Whether a category may be made of others: a range, or several words that are joined."""
    return span_of(label) is not None or len(_joined(label)) > 1


@lru_cache(maxsize=4096)
def _joined(label: str) -> tuple[str, ...]:
    return tuple(_JOINED.split(label))


def _inside(span: Span, whole: Span) -> bool:
    return whole.first <= span.first and span.last <= whole.last and span != whole
