"""One recogniser: what an identifier looks like, when it counts, and which words around it matter.

Scores are judgements on one scale: 0.9 and above is certain from its form (a check digit, a label),
0.5 to 0.8 is the right shape in a plausible spelling, below 0.5 is not reported. A word nearby raises
the score to `with_context`. A failed check digit lowers a score and never removes a find: numbers are
mistyped, invented, and since October 2020 random.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

NEVER = 0.0

Found = tuple[int, int, str, float, str]
"""A find in the normalised text: start, end, label, score, rule."""

BEFORE = r"(?<![0-9])(?<![0-9]\.)"
"""Neither inside a longer number nor in the decimals of one."""
AFTER = r"(?![0-9])(?!\.[0-9]*[1-9])"
"""The number ends here; `.0` may follow, which is how a column with gaps is written as floats."""
JOIN = r"(?: {0,2}[-.~_/:·] {0,2}| |-\r?\n {0,2}|)"
"""What stands between two groups of one number, in every spelling: a mark, a space, a dash at the end of a line."""
_APART = r"-.~_/:·,;|\t()\[\]{}<>\"'*+\\=^ "
ANYTHING = rf"[{_APART}\r\n]{{0,12}}"
"""What two digits of one number may have between them at most; quick to look for."""
GLUE = rf"(?:[{_APART}]{{0,5}}|[ \t|,-]{{0,3}}\r?\n(?:(?<=-\n)\n|(?<=-\r\n)\r\n|)[ \t|,]{{0,8}})"
"""What may stand between two digits of one number where something else says that they are one number."""
MASKS = "*xX○●◯■□#·"
"""What is written over digits that are not to be read."""
REACH = 40
"""Characters before a find in which a context word counts; Korean puts the label before its value."""

NEARLY = 0.45
"""The score of a form that only lacks a word anywhere in the text, as a check digit across two cells of a table."""

_NOT_DIGITS = {code: None for code in range(128) if not chr(code).isdigit()} | dict.fromkeys(map(ord, "·○●◯■□"))


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One way to write one kind of identifier."""

    rule: str
    label: str
    pattern: re.Pattern[str]
    """Read on normalised text; a group `value` marks the identifier where it is not the whole match."""
    score: Callable[[re.Match[str]], float]
    context: tuple[str, ...] = ()
    """Words, lower case; one of them nearby, or as the heading of the column, lifts the score."""
    with_context: float = NEVER
    hint: str = ""
    """A string without which the pattern cannot match; saves reading large texts for nothing."""
    reach: int = REACH
    """Characters before a find in which a context word counts."""
    gate: re.Pattern[str] | None = None
    """What must be somewhere in a text, where no plain string says so."""
    alone: float = 1.0
    """The most that its form can score without a word of context."""
    unless: str = ""
    """What a text must hold for the form to score more than that all the same."""

    somewhere: float = NEVER
    """The score of what nearly is one by its form alone, where a word of context stands anywhere in the text."""

    def may_match(self, text: str) -> bool:
        """Return whether a text holds what every match holds."""
        return self.hint in text and (self.gate is None or self.gate.search(text) is not None)


def fixed(score: float) -> Callable[[re.Match[str]], float]:
    """The same score for every match."""
    return lambda _: score


def digits_of(match: re.Match[str]) -> str:
    """The digits of a match, in order."""
    usual = match[0].replace("-", "").replace(" ", "")
    return usual if usual.isdigit() else usual.translate(_NOT_DIGITS)
