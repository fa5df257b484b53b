"""Numbers of which optical recognition or a hurried hand has made letters that are rarely digits: 0Q0-334s-90b7.

The letters that are drawn just like digits are read in `spelt_numbers`. These here stand in codes as often, so few of
them may stand in a number, and its joints become semicolons: a word of context or a check digit must then agree.
"""

from __future__ import annotations

import re

from deid.spelt_numbers import Edit

_RARE = "DQizEAsbGTgq"
_READ = {**dict(zip(_RARE, "001234566799", strict=True)), **dict(zip("OoIlSZB", "0011528", strict=True))}
HINT = f"-?[{_RARE}][-0-9]"
"""What follows a digit in every text that holds such a number, as a pattern."""
_PART = f"[0-9{_RARE}OoIlSZB]{{1,14}}"
_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z])[0-9](?:{_PART})?(?P<joint>[-. ]){_PART}(?:(?P=joint){_PART}){{0,4}}(?![0-9A-Za-z])"
)
_LETTER = re.compile(f"[{_RARE}OoIlSZB]")
FEWEST, MOST = 9, 16
"""Digits of the shortest and the longest number."""
_MOST_LETTERS = 3


def misread(text: str) -> list[Edit]:
    """Return the edits, in order and apart, that give a number with such letters its digits; mostly none."""
    edits: list[Edit] = []
    for match in _NUMBER.finditer(text):
        written = match[0]
        joint = match["joint"]
        letters = len(_LETTER.findall(written))
        digits = len(written) - written.count(joint) - letters
        if not (0 < letters <= _MOST_LETTERS and FEWEST <= digits + letters <= MOST and digits > 2 * letters):
            continue
        for place, character in enumerate(written, match.start()):
            if character == joint:
                edits.append((place, place + 1, ";"))
            elif not character.isdigit():
                edits.append((place, place + 1, _READ[character]))
    return edits
