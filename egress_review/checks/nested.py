"""Counts of which one group holds the other: all and men, 60 or older and 61 or older, to November and to December.

What the larger count has more is a group that neither cell names, and that two cells give away by subtraction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from egress_review.checks.cuts import Cut, Fact, Key
from egress_review.checks.linked import Disclosure, is_small
from egress_review.checks.ranges import NO_END, Span, span_of

FEWEST_ROWS = 3
"""Groups in each of which the part must be no more than the whole."""
MOST_FACTS = 5_000
"""Counts of a table up to which their groups are held to each other."""
LONGEST, MOST_SPANS = 80, 100
"""Characters of a label that is read for a range, and ranges that one is held to."""

_AGES = re.compile(
    r"(?:만 ?)?(\d{1,3})(?: ?세)? ?(?:-|–|~| ) ?(\d{1,3}) ?세(?! ?(?:이상|미만|이하))|(?:만 ?)?(\d{1,3}) ?세 ?이상|"
    r"(?:만 ?)?(\d{1,3}) ?세 ?미만|"
    r"(?:aged? |age )?(\d{1,3})(?: years)? (?:and|or) (?:over|older|above|more)|(?:aged? |age )?(?:under|below) "
    r"(\d{1,3})"
)
_MONTHS = re.compile(r"(?<!\d)(\d{1,2})월? (\d{1,2})월")
_SINCE = re.compile(r"누적|누계|cumul|\bytd\b|to date|까지|as of|since|through|이래|up to")
_DATE = re.compile(
    r"\d+(?:년|월|일|분기|q)?|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\b|\bq[1-4]\b|상반기|"
    r"하반기"
)
_ALL = re.compile(r"전체|모든|\ball\b|\btotal\b|\boverall\b|\bany\b|전국|총")
_LESS = re.compile(r"제외|미포함|뺀|excl|without|except|\bother than\b|\bnon\b|only\b")
_YEAR = re.compile(r"(?:19|20)\d\d")


def compare_nested(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Small groups by which a count of one table is more than a count of the other of a part of the same people."""
    if max(len(new.facts), len(old.facts)) > MOST_FACTS:
        return
    yield from _by_span(new, old, least)
    yield from _by_measure(new, old, least)
    yield from _by_label(new, old, least)


def _direct(cut: Cut) -> Iterator[tuple[Key, Fact]]:
    return ((key, fact) for key, fact in cut.facts.items() if fact.direct)


def _differs(ours: Fact, theirs: Fact, least: int) -> Disclosure | None:
    if not is_small(ours.value - theirs.value, ours.slack + theirs.slack, least):
        return None
    return Disclosure("nested", ours.where, theirs.where, sure=True)


def _by_span(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Two ranges of ages or months with one end in common."""
    theirs: dict[tuple[Key, str], list[tuple[Span, Fact]]] = {}
    for key, fact in _direct(old):
        for outer, words, span in _spans(key):
            theirs.setdefault((outer, words), []).append((span, fact))
    for key, fact in _direct(new):
        for outer, words, span in _spans(key):
            for other, beside in theirs.get((outer, words), ())[:MOST_SPANS]:
                if _nested(span, other) and (found := _differs(fact, beside, least)):
                    yield found


def _spans(key: Key) -> Iterator[tuple[Key, str, Span]]:
    """The ranges that a count is restricted to, each with what is left of its words and with the rest of the key."""
    measure, labels = key
    if found := _span_in(measure):
        yield ("", labels), f"measure {found[0]}", found[1]
    for label in labels:
        if found := _span_in(label):
            yield (measure, labels - {label}), found[0], found[1]


@lru_cache(maxsize=4096)
def _span_in(text: str) -> tuple[str, Span] | None:
    if len(text) > LONGEST or not any(map(str.isdigit, text)):
        return None
    if span := span_of(text):
        return text.partition("=")[0] if "=" in text else "", span
    if match := _AGES.search(text):
        low, high, over, under, older, below = match.groups()
        first = int(low or over or older or 0)
        last = int(high) if high else int(under or below) - 1 if under or below else NO_END
        return (f"{text[: match.start()]}#{text[match.end() :]}", Span(first, last)) if first <= last else None
    if match := _MONTHS.search(text):
        return f"{text[: match.start()]}#{text[match.end() :]}", Span(int(match[1]), int(match[2]))
    return None


def _nested(one: Span, other: Span) -> bool:
    return one != other and (one.first == other.first or one.last == other.last)


def _by_measure(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Columns of which one counts some of those of the other, in every row."""
    ours, theirs = _measures(new), _measures(old)
    for mine, cells in ours.items():
        for other, beside in theirs.items():
            if mine == other or not (_holds(mine, other) or _holds(other, mine) or _goes_on(mine, other)):
                continue
            pairs = [(fact, beside[labels]) for labels, fact in cells.items() if labels in beside]
            more = sum(a.value > b.value for a, b in pairs)
            fewer = sum(a.value < b.value for a, b in pairs)
            if len(pairs) < FEWEST_ROWS or (more and fewer):
                continue
            if (more and _holds(other, mine)) or (fewer and _holds(mine, other)):
                continue
            for a, b in pairs:
                if found := _differs(a, b, least):
                    yield found


def _measures(cut: Cut) -> Mapping[str, dict[frozenset[str], Fact]]:
    found: dict[str, dict[frozenset[str], Fact]] = {}
    for (measure, labels), fact in _direct(cut):
        if labels:
            found.setdefault(measure, {})[labels] = fact
    return found


def _holds(whole: str, part: str) -> bool:
    """Whether one heading says all of what the other says some of."""
    if not part or _YEAR.findall(whole) != _YEAR.findall(part):
        return False
    if not whole or _ALL.search(whole) or _LESS.search(part):
        return not _ALL.search(part)
    return set(whole.split()) < set(part.split())


def _goes_on(one: str, other: str) -> bool:
    """Whether two headings count from one day on, to different days."""
    both = _SINCE.search(one) and _SINCE.search(other)
    return bool(both) and _DATE.sub("#", one) == _DATE.sub("#", other)


def _by_label(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """A group, whatever its heading, and the same but for those who are left out."""
    children: dict[frozenset[str], list[Fact]] = {}
    for (_, labels), fact in _direct(old):
        for label in labels:
            if len(labels) > 1 and _LESS.search(label):
                children.setdefault(labels - {label}, []).append(fact)
    for (_, labels), fact in _direct(new):
        for part in children.get(labels, ()):
            if part.value < fact.value and (found := _differs(fact, part, least)):
                yield found
