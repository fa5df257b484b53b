"""Where a text has long stretches of an alphabet: found at the speed of a copy, before any pattern is tried.

A pattern that looks for eighty letters in a row tries every place of a text of millions; most texts hold no such row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

_IN, _OUT = b"a", b" "


@dataclass(frozen=True, slots=True)
class Alphabet:
    """ASCII characters as a table for `bytes.translate`."""

    table: bytes

    @classmethod
    def of(cls, letters: str) -> Alphabet:
        """The alphabet of these characters."""
        members = set(letters.encode("ascii"))
        return cls(bytes(_IN[0] if code in members else _OUT[0] for code in range(256)))


def plain(text: str) -> bytes:
    """A text with one byte for each character; what is no ASCII is a question mark."""
    return text.encode("ascii", "replace")


def stretches(data: bytes, alphabet: Alphabet, least: int) -> Iterator[tuple[int, int]]:
    """Start and end of every longest stretch of at least `least` characters of the alphabet, in order."""
    marked, sought = data.translate(alphabet.table), _IN * least
    start = marked.find(sought)
    while start >= 0:
        end = marked.find(_OUT, start)
        end = len(marked) if end < 0 else end
        yield start, end
        start = marked.find(sought, end)


def lies_within(places: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether a stretch lies in one of some places, which are in order and apart."""
    at = bisect_right(places, start, key=itemgetter(0)) - 1
    return at >= 0 and end <= places[at][1]
