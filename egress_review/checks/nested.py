"""Counts of which one group holds the other: all and men, 60 or older and 61 or older, to November and to December.

What the larger count has more is a group that neither cell names, and that two cells give away by subtraction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from egress_review.checks.cuts import Cut, Fact, Key
from egress_review.checks.linked import Disclosure, is_small
from egress_review.checks.ranges import Span

FEWEST_ROWS = 3
"""Groups in each of which the part must be no more than the whole."""
MOST_FACTS = 5_000
"""Counts of a table up to which their groups are held to each other."""
MOST_SPANS = 100
"""Ranges that one is held to."""

_SINCE = re.compile(r"누적|누계|cumul|\bytd\b|to date|까지|as of|since|through|이래|up to")
_DATE = re.compile(
    r"\d+(?:년|월|일|분기|q)?|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\b|\bq[1-4]\b|상반기|"
    r"하반기"
)
_ALL = re.compile(r"전체|모든|(?<![미불])(?<!미 )포함|\ball\b|\btotal\b|\boverall\b|\bany\b|\bincl(?:\b|ud)|전국|총")
_LESS = re.compile(r"제외|미포함|뺀|미 포함|불포함|not incl|excl|without|except|\bother than\b|\bnon\b|only\b")
_YEAR = re.compile(r"(?:19|20)\d\d")


def compare_nested(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Small groups by which a count of one table is more than a count of the other of a part of the same people."""
    if max(len(new.facts), len(old.facts)) > MOST_FACTS:
        return
    yield from _by_span(new, old, least)
    yield from _by_measure(new, old, least)
    yield from _by_label(new, old, least)
    yield from _by_rest(new, old, least)


def _differs(ours: Fact, theirs: Fact, least: int) -> Disclosure | None:
    if not is_small(ours.value - theirs.value, ours.slack + theirs.slack, least):
        return None
    return Disclosure("nested", ours.where, theirs.where, sure=True)


def _by_span(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Two ranges of ages or months with one end in common."""
    for of, ranges in new.spans.items():
        beside_them = old.spans.get(of, ())[:MOST_SPANS]
        for span, fact in ranges:
            for other, beside in beside_them:
                if _nested(span, other) and (found := _differs(fact, beside, least)):
                    yield found


def _nested(one: Span, other: Span) -> bool:
    return one != other and (one.first == other.first or one.last == other.last)


def _by_measure(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """Columns of which one counts some of those of the other, in every row."""
    for mine, cells in new.measures.items():
        for other, beside in old.measures.items():
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


@lru_cache(maxsize=1 << 14)
def _holds(whole: str, part: str) -> bool:
    """Whether one heading says all of what the other says some of."""
    if not part or _YEAR.findall(whole) != _YEAR.findall(part):
        return False
    if not whole or _ALL.search(whole) or _LESS.search(part):
        return not _ALL.search(part)
    return set(whole.split()) < set(part.split())


@lru_cache(maxsize=1 << 14)
def _goes_on(one: str, other: str) -> bool:
    """Whether two headings count from one day on, to different days."""
    both = _SINCE.search(one) and _SINCE.search(other)
    return bool(both) and _DATE.sub("#", one) == _DATE.sub("#", other)


def _by_label(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """A group, whatever its heading, and the same but for those who are left out."""
    left_out = _left_out(old.labels)
    children: dict[frozenset[str], list[Fact]] = {}
    for (_, labels), fact in old.direct.items() if left_out else ():
        for label in labels & left_out if len(labels) > 1 else ():
            children.setdefault(labels - {label}, []).append(fact)
    for (_, labels), fact in new.direct.items() if children else ():
        for part in children.get(labels, ()):
            if part.value < fact.value and (found := _differs(fact, part, least)):
                yield found


@lru_cache(maxsize=4096)
def _left_out(labels: frozenset[str]) -> frozenset[str]:
    return frozenset(label for label in labels if _LESS.search(label))


_LEFT_OUT = re.compile(
    r"\b(?:excl(?:uding|udes)?|without|except(?: for)?|other than|not including)\b[^,;:()\[\]]*"
    r"|(?<![^\s,;:()\[\]])[^\s,;:()\[\]]{1,40} (?:cases |patients |people )?(?:excluded|removed|omitted|left out)\b"
    r"|(?<![^\s,;:()\[\]])[^\s,;:()\[\]]{1,40} ?(?:(?:환자|사례|대상자) ?)?(?<!미)(?:제외|미포함|불포함)[^\s,;:()\[\]]*"
)
"""What a label says of those who are left out of its group."""
_NO_GROUP = """
    all total overall everybody full main primary base basic analysis analyses sensitivity set sample cohort population
    patients people persons participants subjects 전체 모든 전국 총 합계 계 주분석 기본 분석 민감도 환자 대상자 인원
"""
_SAYS_NOTHING = frozenset(_NO_GROUP.split())
_WORDS = re.compile(r"[^\W_]+")


@lru_cache(maxsize=4096)
def _rest(label: str) -> tuple[str, bool]:
    """The words of a label without those of who is left out, or that it is of all; and whether somebody is."""
    kept, left_out = _LEFT_OUT.subn(" ", label)
    return " ".join(word for word in _WORDS.findall(kept) if word not in _SAYS_NOTHING), left_out > 0


def _by_rest(new: Cut, old: Cut, least: int) -> Iterator[Disclosure]:
    """A group and the same but for those who are left out, as words in one label: `shock, all`, `shock (DNR excluded)`.

    The part must nowhere be more than the whole; where the labels name no group, two counts must tell so.
    """
    for whole, part in ((new, old), (old, new)) if new is not old else ((new, old),):
        parts = _without_some(part)
        everybody = _with_all(whole) if parts else {}
        for left in parts.values():
            pairs = [(everybody[key], fact, bool(key[1])) for key, fact in left.items() if key in everybody]
            if any(fact.value > all_of.value for all_of, fact, _ in pairs):
                continue
            for all_of, fact, _ in pairs if len(pairs) > 1 or all(named for _, _, named in pairs) else ():
                mine, other = (all_of, fact) if whole is new else (fact, all_of)
                if found := _differs(mine, other, least):
                    yield found


def _without_some(cut: Cut) -> Mapping[str, Mapping[Key, Fact]]:
    """The counts of groups without some of their people, by the label that says so."""
    found: dict[str, dict[Key, Fact]] = {}
    for (measure, labels), fact in cut.direct.items() if _leaves_out(cut.labels) else ():
        if len(left := [label for label in labels if _rest(label)[1]]) == 1:
            found.setdefault(left[0], {})[measure, _rests(labels)] = fact
    return found


@lru_cache(maxsize=4096)
def _leaves_out(labels: frozenset[str]) -> bool:
    return any(_rest(label)[1] for label in labels)


def _with_all(cut: Cut) -> Mapping[Key, Fact]:
    """The counts of groups of which nobody is left out; none where two groups come to the same words."""
    found: dict[Key, list[Fact]] = {}
    for (measure, labels), fact in cut.direct.items():
        if not any(_rest(label)[1] for label in labels):
            found.setdefault((measure, _rests(labels)), []).append(fact)
    return {key: facts[0] for key, facts in found.items() if len(facts) == 1}


def _rests(labels: frozenset[str]) -> frozenset[str]:
    return frozenset(filter(None, (_rest(label)[0] for label in labels if not _A_NUMBER.search(label))))


_A_NUMBER = re.compile(r"=\d\d+$")
"""A number of a table of a row or two, which is no code."""
