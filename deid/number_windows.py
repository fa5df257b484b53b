"""Where numbers stand: each stretch of digits and marks is shown only to the rules that its shape allows.

A rule for a number reads a few characters in a thousand. So the text is searched once for stretches of digits; the
shape of a stretch, which is the stretch with every digit as 0, says which rules can match in it. Texts have few
shapes, so this is answered once for each and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from deid.recogniser import Recogniser

Rules = tuple[Recogniser, ...]

_WINDOW = re.compile(r"[0-9(+](?:[-0-9 .~_/:·()*+xX○●◯■□]|(?<=-)\r?\n){5,}")
_TOKEN = re.compile(r"\\.|\{[0-9,]*\}|(\[[0-9-]+\]|[0-9])")
# What must not follow may name digits, which a shape does not tell apart.
_NOT_AHEAD = re.compile(r"\(\?!(?:\\.|[^()\\])*\)")
_SHAPE = str.maketrans("123456789", "000000000")
_LONGEST_SHAPE = 48
"""Longer stretches are rows of numbers: each has a shape of its own, so nothing would be remembered."""
_MOST_SHAPES = 20_000
_FEWEST_DIGITS = 4
_BEYOND = 8
"""Characters behind a stretch that a rule may look at."""


Matches = Iterator[tuple[Recogniser, re.Match[str]]]


def in_windows(rules: Rules) -> Callable[[str, Callable[[Recogniser], bool]], Matches]:
    """Return a search for all matches of rules that begin with digits, in one pass over a text.

    The search also takes what says that a rule has no hope in this text: it is not tried then.
    """
    shapes = [(re.compile(_TOKEN.sub(_any_digit, _NOT_AHEAD.sub("", rule.pattern.pattern))), rule) for rule in rules]
    remembered: dict[str, Rules] = {}

    def possible(stretch: str) -> Rules:
        shape = stretch.translate(_SHAPE)
        if len(shape) > _LONGEST_SHAPE:
            return rules
        found = remembered.get(shape)
        if found is None:
            if len(remembered) >= _MOST_SHAPES:
                remembered.clear()
            enough = shape.count("0") >= _FEWEST_DIGITS
            found = tuple(rule for pattern, rule in shapes if pattern.search(shape)) if enough else ()
            remembered[shape] = found
        return found

    def search(text: str, hopeless: Callable[[Recogniser], bool]) -> Matches:
        for window in _WINDOW.finditer(text):
            for rule in possible(window[0]):
                if rule.alone < 1.0 and hopeless(rule):
                    continue
                for match in rule.pattern.finditer(text, window.start(), window.end() + _BEYOND):
                    yield rule, match

    return search


def _any_digit(token: re.Match[str]) -> str:
    """A digit of a pattern, or a class of digits, as the digit that stands for all in a shape."""
    return "0" if token[1] else token[0]
