"""Where numbers stand: each stretch of digits and marks is shown only to the rules that its shape allows.

A rule for a number reads a few characters in a thousand. So the text is searched once for stretches of digits; the
shape of a stretch, which is the stretch with every digit as 0, says which rules can match in it. Texts have few
shapes, so this is answered once for each and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Protocol

from deid.recogniser import Found, Recogniser

Rules = tuple[Recogniser, ...]

WINDOW = re.compile(r"[0-9(+](?:[-0-9 .~_/:·()*+xX○●◯■□#]|(?<=-)\r?\n){5,}")
"""Where a number in one of its usual spellings can stand."""
_TOKEN = re.compile(r"\\.|\{[0-9,]*\}|(\[[0-9-]+\]|[0-9])")
# What must not follow may name digits, which a shape does not tell apart.
_INSIDE = r"\\.|\[[^\]]*\]|[^()\\\[]"
_NOT_AHEAD = re.compile(rf"\(\?!(?:{_INSIDE}|\((?:{_INSIDE})*\))*\)")
_SHAPE = bytes.maketrans(b"123456789", b"000000000")
_LONGEST_SHAPE = 48
"""Longer stretches are rows of numbers: each has a shape of its own, so nothing would be remembered."""
_STARTS = re.compile(r"(?<![0-9])[0-9]|[^0-9]")
"""Where a match can begin in such a stretch: no number begins inside a run of digits."""
_MOST_SHAPES = 20_000
_FEWEST_DIGITS = 4
_BEYOND = 8
"""Characters behind a stretch that a rule may look at."""


NOTHING: Mapping[int, int] = MappingProxyType({})
SURE = 0.9
"""So sure by its form alone, a find needs no word of context, and its stretch is not tried as anything else."""


class Reader(Protocol):
    """Judges the matches in one text."""

    def judge(self, rule: Recogniser, match: re.Match[str]) -> Found | None:
        """Return the find, if it is one."""

    def hopeless(self, rule: Recogniser) -> bool:
        """Return whether nothing that a rule matches in this text can be reported."""


Search = Callable[[str, Reader, Mapping[int, int]], list[Found]]

_Possible = tuple[Recogniser, Callable[[str, int, int], re.Match[str] | None], tuple[int, ...] | None]
"""A rule, how to ask it, and the places in a stretch where it can begin; anywhere, if that is not known."""


def in_windows(rules: Rules, windows: re.Pattern[str] = WINDOW) -> Search:
    """Return a search for what rules that begin with digits find, in one pass over a text.

    A rule that has no hope in the text is not tried. The search also takes where finds begin and end already: a
    stretch that is a find as a whole is not read again.
    """
    remembered: dict[bytes, tuple[_Possible, ...]] = {}
    anywhere = tuple((rule, rule.pattern.match, None) for rule in rules)

    @cache
    def shapes() -> list[tuple[re.Pattern[str], Recogniser]]:
        plain = (_TOKEN.sub(_any_digit, _NOT_AHEAD.sub("", rule.pattern.pattern)) for rule in rules)
        return [(re.compile(pattern), rule) for pattern, rule in zip(plain, rules, strict=True)]

    def possible(stretch: str) -> tuple[_Possible, ...]:
        if len(stretch) > _LONGEST_SHAPE:
            return anywhere
        key = stretch.encode().translate(_SHAPE)  # bytes are mapped far quicker than characters
        found = remembered.get(key)
        if found is None:
            if len(remembered) >= _MOST_SHAPES:
                remembered.clear()
            shape = key.decode()
            enough = shape.count("0") >= _FEWEST_DIGITS
            found = tuple(_where(shape, shapes())) if enough else ()
            remembered[key] = found
        return found

    def search(text: str, reader: Reader, known: Mapping[int, int]) -> list[Found]:
        found: list[Found] = []
        judge, hopeless = reader.judge, reader.hopeless
        hopes: dict[str, bool] = {}
        for window in windows.finditer(text):
            start, end = window.span()
            if (last := known.get(start, 0)) and (last >= end or text[last] in "\r\n"):
                continue
            starts: tuple[int, ...] = ()
            for rule, matches, places in possible(window[0]):
                if rule.alone < 1.0:
                    hope = hopes.get(rule.rule)
                    if hope is None:
                        hope = hopes[rule.rule] = not hopeless(rule)
                    if not hope:
                        continue
                done = start
                if places is None:
                    starts = places = starts or tuple(at.start() - start for at in _STARTS.finditer(text, start, end))
                for place in places:
                    if start + place < done or not (match := matches(text, start + place, end + _BEYOND)):
                        continue
                    done = match.end()
                    if one := judge(rule, match):
                        found.append(one)
                if found and found[-1][3] >= SURE and found[-1][0] == start and found[-1][1] >= end:
                    break
        return found

    return search


def _where(shape: str, shapes: Iterable[tuple[re.Pattern[str], Recogniser]]) -> Iterator[_Possible]:
    """Yield the rules that can match in a shape, with the places in it where a match can begin."""
    for pattern, rule in shapes:
        if places := tuple(place for place in range(len(shape)) if pattern.match(shape, place)):
            yield rule, rule.pattern.match, places


def _any_digit(token: re.Match[str]) -> str:
    """A digit of a pattern, or a class of digits, as the digit that stands for all in a shape."""
    return "0" if token[1] else token[0]
