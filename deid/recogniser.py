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

BEFORE = r"(?<![0-9])(?<![0-9]\.)"
"""Neither inside a longer number nor in the decimals of one."""
AFTER = r"(?![0-9])(?!\.[0-9]*[1-9])"
"""The number ends here; `.0` may follow, which is how a column with gaps is written as floats."""


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


def fixed(score: float) -> Callable[[re.Match[str]], float]:
    """The same score for every match."""
    return lambda _: score


def digits_of(match: re.Match[str]) -> str:
    """The digits of a match, in order."""
    return "".join(character for character in match[0] if character in "0123456789")
