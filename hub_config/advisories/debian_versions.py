"""Which of two versions of a Debian package is the later one (deb-version(7), the algorithm of dpkg)."""

from __future__ import annotations

import re
from functools import total_ordering
from itertools import zip_longest

_PARTS = re.compile(r"([^0-9]*)([0-9]*)")
_FORM = re.compile(r"(?:(\d+):)?([0-9A-Za-z.+~-]+)")


@total_ordering
class DebianVersion:
    """A version that is compared as dpkg compares it."""

    __slots__ = ("_epoch", "_revision", "_upstream")

    def __init__(self, text: str) -> None:
        """Raises: ValueError — for what is no version."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"no version of Debian: {text[:60]!r}")
        self._epoch = int(found[1] or 0)
        upstream, dash, revision = found[2].rpartition("-")
        self._upstream, self._revision = (upstream, revision) if dash else (found[2], "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DebianVersion) and self._compare(other) == 0

    def __lt__(self, other: DebianVersion) -> bool:
        return self._compare(other) < 0

    __hash__ = None  # type: ignore[assignment]  # versions that are written differently can be equal

    def _compare(self, other: DebianVersion) -> int:
        if self._epoch != other._epoch:
            return self._epoch - other._epoch
        return _compare(self._upstream, other._upstream) or _compare(self._revision, other._revision)


def _compare(one: str, other: str) -> int:
    for (words, number), (other_words, other_number) in zip_longest(
        _PARTS.findall(one), _PARTS.findall(other), fillvalue=("", "")
    ):
        for letter, other_letter in zip_longest(words, other_words, fillvalue=""):
            if difference := _order(letter) - _order(other_letter):
                return difference
        if difference := int(number or 0) - int(other_number or 0):
            return difference
    return 0


def _order(letter: str) -> int:
    """Return the rank of a character: a tilde before the end, the end before letters, letters before the rest."""
    if letter == "~":
        return -1
    if not letter:
        return 0
    return ord(letter) if letter.isalpha() else ord(letter) + 256
