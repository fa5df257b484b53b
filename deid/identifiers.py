"""Finding direct identifiers in text by rule: Korean numbers first, and what any country shares.

    for span in detect("연락처 010-1234-5678"):
        print(span.label, span.start, span.end)

A span says where and what, never the value: what it found must not reach a log. Standard library
only, because the same code runs in the scanner, which has nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from deid.international import INTERNATIONAL, INTERNATIONAL_NUMBERS
from deid.korean import NUMBERS, REGIONAL, TEXTS
from deid.korean_addresses import ADDRESSES, find_addresses
from deid.korean_names import CONTEXT, find_names
from deid.loose_numbers import LOOSE, WINDOW
from deid.name_fields import find_columns
from deid.names_again import REASONED, names_again
from deid.normalise import normalise
from deid.number_windows import NOTHING, SURE, Rules, in_windows
from deid.recogniser import NEARLY, NEVER, Found, Recogniser

RECOGNISERS: Rules = (*NUMBERS, *INTERNATIONAL_NUMBERS, *LOOSE, *TEXTS, *REGIONAL, *ADDRESSES, *INTERNATIONAL)
_IN_TEXT: tuple[tuple[str, re.Pattern[str] | None, Rules, bool], ...] = tuple(
    (hint, gate, several, all(rule.alone == 1.0 for rule in several))
    for (hint, gate), rules in groupby((*TEXTS, *INTERNATIONAL), key=lambda rule: (rule.hint, rule.gate))
    for several in [tuple(rules)]
)
"""Rules that are searched for in the whole text, by what a text must hold for them, and whether that is all."""
_LETTERS = re.compile("[A-Za-z@골앳一-龥]")
"""What these identifiers, and names in other letters, hold in every spelling; half of Korean texts hold none."""
_LETTERED = frozenset(("PASSPORT", "OTHER_ID", "EMAIL", "URL"))
_IN_HANGUL = tuple(group for group in _IN_TEXT if any(rule.label not in _LETTERED for rule in group[2]))
_numbers = in_windows((*NUMBERS, *INTERNATIONAL_NUMBERS))
_loose_numbers = in_windows(LOOSE, WINDOW)
_CERTAIN = 0.7
"""A number found with this score is not looked for in another spelling."""

REPORTED = 0.5
"""Spans that score below this are not reported."""

CONTEXT_AFTER = 12
"""Characters behind a find in which a context word counts."""

__all__ = ["REASONED", "RECOGNISERS", "REPORTED", "Span", "detect", "is_context"]


class Span(NamedTuple):
    """One find: code points [start, end) of the text as given, what it is, how sure, by which rule."""

    start: int
    end: int
    label: str
    score: float
    rule: str


def detect(
    text: str,
    *,
    heading: str = "",
    reported: float = REPORTED,
    more: Rules = (),
    known: frozenset[str] = frozenset(),
) -> list[Span]:
    """The direct identifiers in `text`, sorted and not overlapping.

    `heading` is what stands over the text, such as the name of a column: it counts as context. `more` are the
    recognisers of a zone beside those built in. `known` are full names that other texts of the same set have shown.
    """
    normal = normalise(text)
    plain = normal.text
    headed = normalise(heading).text.lower() if heading else ""
    found, names = _found(plain, headed, reported, more)
    for column, start, end in find_columns(plain):
        for one in _in_cell(plain[start:end], column.lower(), reported, more):
            if one[2] != "PERSON":
                found.append(_moved(one, start))
            elif one[3] >= _IN_COLUMN:
                found.append(_moved(one, start))
                names.append(_moved(one, start))
    found += names_again(plain, names, known)
    kept = _kept(found)
    if normal.starts is None:
        return [Span._make(one) for one in kept]
    return [Span(*normal.span(start, end), label, score, rule) for start, end, label, score, rule in kept]


def _found(text: str, heading: str, reported: float, more: Rules) -> tuple[list[Found], list[Found]]:
    """Return every find in a normalised text, overlapping ones too, and the candidates for names among them."""
    reader = _Reader(text, heading, reported)
    judge = reader.judge
    found = _all_numbers(text, reader)
    letters = _LETTERS.search(text) is not None
    for hint, gate, rules, sure in _IN_TEXT if letters else _IN_HANGUL:
        if hint not in text:
            continue
        hopeful = rules if sure else [rule for rule in rules if rule.alone == 1.0 or not reader.hopeless(rule)]
        if hopeful and (gate is None or gate.search(text)):
            for rule in hopeful:
                found += [one for match in rule.pattern.finditer(text) if (one := judge(rule, match))]
    for rule in more:
        found += [one for match in rule.pattern.finditer(text) if (one := judge(rule, match))]
    found += [one for rule, match in find_addresses(text) if (one := judge(rule, match))]
    names = find_names(text, heading, found, letters=letters)
    found += [one for one in names if one[3] >= reported]
    return found, names


def _all_numbers(text: str, reader: _Reader) -> list[Found]:
    found = _numbers(text, reader, NOTHING)
    sure = {one[0]: one[1] for one in found if one[3] >= _CERTAIN}
    return found + _loose_numbers(text, reader, sure)


def _in_cell(cell: str, heading: str, reported: float, more: Rules) -> list[Found]:
    """Return what the heading of a column makes of one cell; what needs none is found with the whole text."""
    lifted = _lifted(heading)
    reader = _Reader(cell, heading, reported)
    judge = reader.judge
    found = [one for one in _all_numbers(cell, reader) if one[4] in lifted.numbers] if lifted.numbers else []
    for rule in (*lifted.texts, *more):
        if rule.may_match(cell):
            found += [one for match in rule.pattern.finditer(cell) if (one := judge(rule, match))]
    if lifted.placed:
        found += [one for rule, match in find_addresses(cell) if (one := judge(rule, match))]
    if lifted.named:
        found += find_names(cell, heading, found)
    return found


class _Lifted(NamedTuple):
    """What a heading makes likely below it."""

    numbers: frozenset[str]
    texts: Rules
    placed: bool
    named: bool


@lru_cache(maxsize=1_000)
def _lifted(heading: str) -> _Lifted:
    """Return which rules know a word of a heading."""

    def known(rules: Rules) -> Rules:
        return tuple(rule for rule in rules if any(word in heading for word in rule.context))

    return _Lifted(
        frozenset(rule.rule for rule in known((*NUMBERS, *INTERNATIONAL_NUMBERS, *LOOSE))),
        known((*TEXTS, *INTERNATIONAL)),
        bool(known((*ADDRESSES, *REGIONAL))),
        any(word in heading for word in CONTEXT),
    )


_IN_COLUMN = 0.8
"""How sure a name in a cell must be: a heading alone does not make a word a name."""


def _moved(one: Found, by: int) -> Found:
    return (one[0] + by, one[1] + by, *one[2:])


def is_context(heading: str) -> bool:
    """Whether a heading contains a word that makes some identifier likely under it."""
    lowered = normalise(heading).text.lower()
    words = (word for recogniser in RECOGNISERS for word in recogniser.context)
    return any(word in lowered for word in (*words, *CONTEXT))


class _Reader:
    """Judges matches in one text; what all of them need is made once, when the first needs it."""

    __slots__ = ("_heading", "_lowered", "_reported", "_text", "_words")

    def __init__(self, text: str, heading: str, reported: float) -> None:
        self._text = text
        self._heading = heading
        self._reported = reported
        self._lowered = ""
        self._words: dict[int, Sequence[str]] = {}

    def judge(self, rule: Recogniser, match: re.Match[str]) -> Found | None:
        score = rule.score(match)
        if score == NEVER:
            return None
        if score < SURE and score < rule.with_context and self._has_context(rule, match):
            score = rule.with_context
        elif NEARLY <= score < rule.somewhere and self._context(rule):
            score = rule.somewhere
        if score < self._reported:
            return None
        start, end = match.span("value") if match.lastgroup == "value" else match.span()
        return start, end, rule.label, score, rule.rule

    def _has_context(self, rule: Recogniser, match: re.Match[str]) -> bool:
        """Whether a context word stands near the match on its line, also with a Korean particle stuck to it."""
        words = self._context(rule)
        if not words or (self._heading and self._headed(rule)):
            return bool(words)
        lowered = self._lowered
        start, end = match.span()
        before = lowered[max(0, start - rule.reach) : start]
        after = lowered[end : end + CONTEXT_AFTER]
        if "\n" in before:
            before = before.rpartition("\n")[2]
        if "\n" in after:
            after = after.partition("\n")[0]
        for word in words:  # noqa: SIM110 - a generator costs more than the search, for every number
            if word in before or word in after:
                return True
        return False

    def hopeless(self, rule: Recogniser) -> bool:
        """Whether nothing that a rule matches in this text can be reported, for want of context."""
        return (
            rule.alone < self._reported and not (rule.unless and rule.unless in self._text) and not self._context(rule)
        )

    def _context(self, rule: Recogniser) -> Sequence[str]:
        """The context words of a rule that stand anywhere in the text, or in the heading."""
        if not rule.context:
            return ()
        several = id(rule.context)  # rules of one kind share their words
        words = self._words.get(several)
        if words is None:
            lowered, heading = self._lowered or self._lower(), self._heading
            words = [word for word in rule.context if word in lowered]
            if heading:
                words = [word for word in rule.context if word in words or word in heading]
            self._words[several] = words
        return words

    def _headed(self, rule: Recogniser) -> bool:
        return any(word in self._heading for word in self._context(rule))

    def _lower(self) -> str:
        lowered = self._text.lower()
        # A few letters become two when lower; the places would no longer agree.
        self._lowered = lowered if len(lowered) == len(self._text) else _ASCII_LOWER(self._text)
        return self._lowered


_ASCII: dict[int, int] = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_ASCII_LOWER: Callable[[str], str] = lambda text: text.translate(_ASCII)  # noqa: E731


def _kept(found: list[Found]) -> list[Found]:
    """The surest finds that do not overlap, in order of position."""
    kept: list[Found] = []
    last_end = 0
    for one in sorted(found):
        if one[0] >= last_end:
            kept.append(one)
            last_end = one[1]
            continue
        # A better reading of the same place replaces what it overlaps.
        rivals = [k for k in kept[-4:] if k[1] > one[0]]
        if all(_better(one, rival) for rival in rivals):
            del kept[len(kept) - len(rivals) :]
            kept.append(one)
            last_end = one[1]
    return kept


def _better(one: Found, rival: Found) -> bool:
    if one[0] <= rival[0] and rival[1] <= one[1] and one[1] - one[0] > rival[1] - rival[0]:
        return one[3] >= rival[3] - _WHOLE
    if rival[0] <= one[0] and one[1] <= rival[1] and one[1] - one[0] < rival[1] - rival[0]:
        return one[3] > rival[3] + _WHOLE
    return (one[3], one[1] - one[0]) > (rival[3], rival[1] - rival[0])


_WHOLE = 0.06
"""So much less sure may a find be that holds another one as a part of it."""
