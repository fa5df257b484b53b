"""Numbers that are read out in English, or in Korean with Latin letters: zero one zero, double three, gong il gong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from deid.spelt_numbers import Edit

_ENGLISH: Mapping[str, str] = {
    **{"zero": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3", "four": "4"},
    **{"five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"},
}
_KOREAN: Mapping[str, str] = {
    **{"gong": "0", "young": "0", "yeong": "0", "ryeong": "0", "il": "1", "i": "2", "ee": "2", "sam": "3", "sa": "4"},
    **{"o": "5", "oh": "5", "yuk": "6", "ryuk": "6", "chil": "7", "pal": "8", "gu": "9", "goo": "9"},
}
_TIMES = {"": 1, "double": 2, "triple": 3}
FEWEST, MOST = 9, 24
"""Words of the shortest and the longest number; fewer in a row are counted out, as in one two three."""
_SIGNS = ("ero", "hree", "ight", "oh", "ong ")
"""Parts of words of which nearly every number has one; a number without any is not read."""


def _read_with(words: Mapping[str, str]) -> Callable[[], tuple[re.Pattern[str], re.Pattern[str]]]:
    """Return the patterns of a number and of one word in it, compiled when the first text needs them."""

    @cache
    def patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
        longest = "|".join(sorted(words, key=len, reverse=True))
        word = f"(?:(?:double|triple) )?(?:{longest})(?![A-Za-z])"
        between = "(?:[ ,.-]{1,2}|,? ?(?:dash|hyphen),? ?|\\r?\\n)"
        number = re.compile(f"(?<![A-Za-z]){word}(?:{between}{word}){{{FEWEST - 1},{MOST}}}", re.IGNORECASE)
        return number, re.compile(f"(?:(?P<times>double|triple) )?(?P<word>{longest})(?![A-Za-z])", re.IGNORECASE)

    return patterns


_READERS = tuple((words, _read_with(words)) for words in (_ENGLISH, _KOREAN))


def spoken(text: str) -> list[Edit]:
    """Return the edits, in order and apart, that give a number in words its digits without anything between them."""
    if ("e" not in text and "o" not in text) or not any(sign in text for sign in _SIGNS):
        return []
    edits: list[Edit] = []
    for words, patterns in _READERS:
        number, one = patterns()
        for match in number.finditer(text):
            place = match.start()
            for word in one.finditer(text, *match.span()):
                if word.start() > place:
                    edits.append((place, word.start(), ""))
                edits.append((*word.span(), words[word["word"].lower()] * _TIMES[(word["times"] or "").lower()]))
                place = word.end()
    return sorted(edits)
