"""One spelling for text that is written in many: full-width digits, every dash, odd spaces, split Hangul.

A recogniser reads the normalised text; a reader needs positions in the text as given. `Normalised`
carries both.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

DASHES = "\u00ad\u058a\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d\u30fc\u3161"
"""Everything typed or pasted where a hyphen-minus is meant; the last two look like one in Korean fonts."""

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u3164\uffa0"
INVISIBLE = (
    "\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Characters without width: joiners, marks of direction, byte order marks inside a text."""

_ONE_TO_ONE = str.maketrans(dict.fromkeys(DASHES, "-") | dict.fromkeys(SPACES, " "))
_DROPPED = str.maketrans(dict.fromkeys(INVISIBLE))
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_DIGITS = re.compile(r"[^\D\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text in one spelling, and where each of its characters stood in the text as given."""

    text: str
    starts: array[int] | None
    """Position in the given text of each character; None when positions did not change."""
    ends: array[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Positions in the given text of the normalised stretch [start, end)."""
        if self.starts is None or self.ends is None or start == end:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """`text` in NFKC, with plain dashes, plain spaces, ASCII digits and nothing invisible."""
    if text.isascii():
        return Normalised(text, None, None)
    if unicodedata.is_normalized("NFKC", text) and not _INVISIBLE.search(text):
        return Normalised(_plain_digits(text.translate(_ONE_TO_ONE)), None, None)
    characters: list[str] = []
    starts: array[int] = array("L")
    ends: array[int] = array("L")
    for start, end in _segments(text):
        piece = unicodedata.normalize("NFKC", text[start:end].translate(_ONE_TO_ONE).translate(_DROPPED))
        piece = piece.translate(_ONE_TO_ONE)
        characters.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
    return Normalised(_plain_digits("".join(characters)), starts, ends)


def _plain_digits(text: str) -> str:
    """`text` with the decimal digits of every script as ASCII; NFKC leaves Arabic-Indic ones as they are."""
    return _DIGITS.sub(_plain_digit, text)


def _plain_digit(match: re.Match[str]) -> str:
    value = unicodedata.decimal(match[0], -1)
    return match[0] if value < 0 else str(value)


def _segments(text: str) -> Iterator[tuple[int, int]]:
    """Stretches that can be normalised alone: a starter with everything that combines with it.

    Hangul vowels and finals compose with the jamo before them, so they stay in its stretch.
    """
    start = 0
    for position in range(1, len(text)):
        character = text[position]
        joins = not character.isascii() and (
            bool(unicodedata.combining(character)) or "\u1160" <= character <= "\u11ff"
        )
        if not joins:
            yield start, position
            start = position
    if text:
        yield start, len(text)
