"""How a single word of Hangul can be a Korean name: its surname and syllables, and what is stuck to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from deid.korean_name_words import (
    COMMON_SURNAMES,
    DOUBLE_SURNAMES,
    FIRST,
    NOT_NAMES,
    PARTICLES,
    SECOND,
    SURNAMES,
    TITLES,
    usual,
)
from deid.recogniser import NEVER

TITLE_WORDS = frozenset(TITLES.split("|"))
ENDING = "|".join(sorted(PARTICLES, key=len, reverse=True))
"""What may be stuck to a name, as a choice in a pattern."""
_TITLED_END = re.compile(f"(?P<title>{TITLES})(?:{ENDING})?")
_MEMORY = 100_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How a word can be a name: its length, what is stuck to it, and how sure the word alone makes it."""

    length: int
    rest: str
    title: str
    usual: bool
    common: bool

    long: bool
    """Whether the given name has two syllables."""
    alone: float
    """How sure the word alone makes it."""


def plausible(name: str) -> bool:
    """Return whether a word could be a name: a surname, then syllables that given names have at that place."""
    size = len(name)
    if size in (3, 4) and name[:2] in DOUBLE_SURNAMES and _given(name[2:]):
        return True
    if size not in (2, 3) or name[0] not in SURNAMES or name in NOT_NAMES or name in TITLE_WORDS:
        return False
    return _given(name[1:])


def _given(syllables: str) -> bool:
    if len(syllables) == 1:
        return syllables in FIRST or syllables in SECOND
    return syllables[0] in FIRST and syllables[1] in SECOND


@lru_cache(maxsize=_MEMORY)
def read_word(word: str) -> Reading | None:
    """Return how a word of Hangul can be a name with what is stuck to it, or None; remembered, as words repeat."""
    double = word[:2] in DOUBLE_SURNAMES
    if double and word[3:] in PARTICLES and word[4:] in PARTICLES and plausible(word[:3]) and not usual(word[2:4]):
        double = False  # 황보라예요: 황보라 and 예요, as nobody is called 라예
    for length in (4, 3) if double and len(word) > 3 else (3, 2):
        name, rest = word[:length], word[length:]
        if len(name) < length or not plausible(name):
            continue
        if length == 3 and not rest and name[2] in "은을의" and not double and not usual(name[1:]):
            continue  # 안건을, 전솔의: a word with a particle rather than a name that hardly anybody has
        titled = _TITLED_END.fullmatch(rest) if rest and rest not in PARTICLES else None
        if rest and rest not in PARTICLES and titled is None:
            continue
        title = titled["title"] if titled else rest if rest in ("님", "씨") else ""
        given = name[2:] if double and length > 2 else name[1:]
        often, common, long = usual(given), name[0] in COMMON_SURNAMES or double, length > 2
        alone = NEVER if not (long and common) else 0.55 if often else 0.3
        return Reading(length, rest, title, often, common, long, alone)
    return None
