"""Counts that add up over time, against their release of an earlier date: 134 to June less 131 to May are 3 in June.

Headings and labels are compared without the dates in them. Only words that say so, and numbers that nowhere fall, make
two tables two states of one count; in all other tables `differencing` compares what is of the same name.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from egress_review.checks.amounts import amount_of
from egress_review.checks.cells import mend
from egress_review.checks.complements import columns_of
from egress_review.checks.listing import Listing
from egress_review.checks.shown import FEWEST_SHOWN, Shown
from egress_review.checks.subject import Subject
from egress_review.claims import spelling
from egress_review.findings import Where
from registry.text import Text

RULE = "cells.difference"

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_SAYS_SO = re.compile(
    r"cumulative|cumulated|accumulat|running total|to[ _-]date|\bytd\b|\bsince\b|\bas[ _]of\b|\buntil\b|"
    rf"(?<![a-z])(?:to|up to|through|thru|by end of|end of)[ _-]{_MONTH}(?![a-z])|"
    r"누적|누계|기준일|현재까지|[월일말년]까지|[월일말](?:\s?\d{0,2}일?)?\s?(?:현재|기준)",
    re.IGNORECASE,
)
_TIME = re.compile(
    rf"(?:19|20)\d\d[-./년 ]{{0,2}}(?:\d{{1,2}}[-./월 ]{{0,2}}(?:\d{{1,2}}일?)?)?(?:말|까지|현재|기준){{0,3}}(?!\d)"
    r"|(?<!\d)\d{1,2}월(?:\s?\d{1,2}일)?(?:말|까지|현재|기준){0,3}|(?<!\d)[1-4]분기|(?<![a-z])q[1-4](?![a-z\d])"
    rf"|(?<![a-z])(?:(?:up )?to |until |through |since |as of |by |end of |"
    rf"in ){{0,3}}(?:\d{{1,2}} )?{_MONTH}(?![a-z])(?: \d{{1,2}}(?!\d))?"
)
"""A point in time in a heading or a label; two releases differ in it."""
_MEASURED = re.compile(
    r"\b(?:[kMG]?Wh|mm|km|kg|tonnes?|tons?|litres?|won|krw|usd|hours|doses)\b|㎜|킬로|[백천만억]\s?원|\(원\)|톤|"
    r"강수|일조|시간\)"
)
"""Units of what counts nobody."""

_MESSAGE = Text(
    ko="누적 수에서 이전에 반출된 누적 수({name})를 빼면 그 사이의 {value}명(건)이 드러납니다(최소 {least}).",
    en="Less the cumulative count that was released before ({name}), {value} are left of the time between, fewer than "
    "{least}.",
)


def check_accumulated(subject: Subject, earlier: Iterable[Shown], told: Collection[Where], listing: Listing) -> None:
    """Hold every count that adds up over time to its earlier states."""
    before = [one for one in earlier if len(one.values) >= FEWEST_SHOWN]
    if not before:
        return
    names = [spelling(subject.name), *(spelling(one.file) for one in before)]
    said = unicodedata.normalize("NFKC", " ".join((subject.said, *names)))
    if not _SAYS_SO.search(said.replace("_", " ")):
        return
    new = [one for one in columns_of(subject) if not amount_of(one.name) and not _MEASURED.search(one.name)]
    known, least = set(told), subject.policy.min_cell
    for column in new:
        if len(new) == 1 and _MEASURED.search(said):
            return
        for old in before:
            if not _same_name(column, old, new, before):
                continue
            for where, value in _since(column, old, least):
                if where not in known:
                    known.add(where)
                    message = _MESSAGE.fill(name=old.file[:60], value=value, least=least)
                    listing.flag(RULE, message, mend(subject.policy), where=where, number=value)


def _same_name(column: Shown, old: Shown, new: Collection[Shown], before: Collection[Shown]) -> bool:
    """Whether two columns are called the same but for a date; one alone in its table may be called anything."""
    if _timeless(column.name) == _timeless(old.name):
        return True
    return sum(one.table is column.table for one in new) == 1 == sum(one.table is old.table for one in before)


def _since(column: Shown, old: Shown, least: int) -> Iterator[tuple[Where, int]]:
    """Where fewer than `least` came in since an earlier state, and how many; nothing where it is no such state."""
    now, then = _by_label(column), _by_label(old)
    both = [label for label in now if label in then]
    rises = [column.values[now[label]] - old.values[then[label]] for label in both]
    if len(both) < max(FEWEST_SHOWN, math.ceil(len(then) / 2)) or min(rises) < 0 or not any(rises):
        return
    rounded = math.gcd(*column.values.values(), *old.values.values())
    if rounded >= FEWEST_ROUNDED:
        return
    for label, rise in zip(both, rises, strict=True):
        if 0 < rise < least:
            yield column.places[now[label]], rise


FEWEST_ROUNDED = 5
"""Base of rounding from which a difference of two counts is no number of people."""


def _by_label(column: Shown) -> dict[str, str]:
    """The labels of a column without their dates; none where two then are the same."""
    plain = {_timeless(label): label for label in column.values}
    return plain if len(plain) == len(column.values) else {label: label for label in column.values}


def _timeless(name: str) -> str:
    plain = _TIME.sub(" ", unicodedata.normalize("NFKC", name).replace("_", " ").lower())
    return re.sub(r"[\W_]+", " ", plain).strip()
