"""Where people who were found with a reason are named once more, also by a part of their name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deid.korean_name_words import SURNAMES
from deid.korean_words import ENDING
from deid.recogniser import Found

REASONED = 0.75
"""A name found with this score or more stands for itself wherever it stands again in the text."""


def names_again(text: str, names: Sequence[Found], others: frozenset[str] = frozenset()) -> list[Found]:
    """Return where names that were found with a reason stand once more.

    So do their given names and surnames with what people are called by behind them: 철수야, 김 씨. `others` are names
    that the rest of a set of documents has shown.
    """
    shown = {
        name
        for start, end, _, score, _ in names
        # One word in Latin letters is also the beginning of others.
        if score >= REASONED and end - start > 2 and (not (name := text[start:end]).isascii() or " " in name)
    }
    if not shown and not others:
        return []
    again: list[Found] = []
    for surname in {name[0] for name in shown if name[0] in SURNAMES} if "씨" in text else ():
        again += [(*place, "PERSON", 0.7, "name-surname") for place in _places(text, surname, _MISTER, whole=True)]
    for name in shown | others:
        count = text.count(name)
        if count > 1 or name in others:
            again += [(*place, "PERSON", REASONED, "name-again") for place in _places(text, name, _ENDS)]
        if len(name) == 3 and text.count(name[1:]) > count:
            again += [(*place, "PERSON", 0.7, "name-given") for place in _places(text, name[1:], _CALLED)]
    return again


_ENDS = re.compile(rf"(?:님|씨)?(?:{ENDING})?(?![가-힣])")
_CALLED = re.compile(rf"(?:아|야|이| ?씨| ?군| ?양| ?님)(?:{ENDING})?(?![가-힣])")


_MISTER = re.compile(rf" ?씨(?=(?:{ENDING})?(?![가-힣]))")


def _places(text: str, name: str, behind: re.Pattern[str], *, whole: bool = False) -> list[tuple[int, int]]:
    """Return where a name stands with a pattern behind it; `whole` counts what the pattern matched as part of it."""
    places: list[tuple[int, int]] = []
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not (start and "가" <= text[start - 1] <= "힣") and (found := behind.match(text, end)):
            places.append((start, found.end() if whole else end))
        start = text.find(name, end)
    return places
