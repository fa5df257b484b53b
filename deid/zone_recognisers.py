"""Recognisers that a zone adds to those built in: a label, a pattern in a safe part of regular expressions, words.

A pattern that a person writes must not be able to stop the zone. So only what can be searched in time proportional
to the text is accepted: every repetition has an upper bound, none stands inside another, and the ways in which one
place can be read are counted before the first text is. Standard library only: the scanner runs the same code.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from types import MappingProxyType
from typing import Any

from deid.korean_numbers import business_check, corporate_check, foreigner_check, luhn_check, resident_check
from deid.recogniser import NEVER, Recogniser, digits_of

LABELS = (
    *("PERSON", "ADDRESS", "PHONE", "EMAIL", "URL", "IP", "RRN", "FRN", "PASSPORT", "DRIVER_LICENSE"),
    *("HEALTH_INSURANCE", "BUSINESS_REG", "CORPORATE_REG", "ACCOUNT", "CARD", "VEHICLE", "BIRTH_DATE", "OTHER_ID"),
)
"""What a find can be called; the same labels as those of the recognisers built in."""

LONGEST_PATTERN = 500
MOST_REPEATS = 64
MOST_READINGS = 2_000
"""Ways in which one place of a text can be read; each costs a step of the search."""
MOST_RECOGNISERS = 100
_SECONDS = 0.5
"""Processor time for the trial of one pattern on 20,000 characters written to slow it down."""
_TRIAL = 20_000

_VALIDATORS: dict[str, tuple[int, Callable[[str], bool]]] = {
    "luhn": (0, luhn_check),
    "resident": (13, resident_check),
    "foreigner": (13, foreigner_check),
    "business": (10, business_check),
    "corporate": (13, corporate_check),
}
VALIDATORS: Mapping[str, tuple[int, Callable[[str], bool]]] = MappingProxyType(_VALIDATORS)
"""Checks of digits by name: how many digits each takes (0 for any number), and the check."""

_CHARACTERS = {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY, op.AT}
_GROUPS = {op.SUBPATTERN, op.ASSERT, op.ASSERT_NOT}


class UnsafePatternError(ValueError):
    """A pattern that is not accepted; the code says why, `REASONS` in the reader of files says it in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRecogniser:
    """One recogniser of a zone, as its file says it."""

    rule: str
    label: str
    pattern: str
    score: float
    context: tuple[str, ...] = ()
    with_context: float = NEVER
    validator: str | None = None

    def compiled(self) -> Recogniser:
        """Return it as the search runs it.

        Raises: UnsafePatternError.
        """
        pattern = safe_pattern(self.pattern)
        return Recogniser(f"zone.{self.rule}", self.label, pattern, _scored(self), self.context, self.with_context)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> ZoneRecogniser:
        """Return the recogniser that `as_json` wrote."""
        return cls(**{**content, "context": tuple(content["context"])})

    def as_json(self) -> dict[str, Any]:
        """Return it for a scanner in a container."""
        return {
            "rule": self.rule,
            "label": self.label,
            "pattern": self.pattern,
            "score": self.score,
            "context": list(self.context),
            "with_context": self.with_context,
            "validator": self.validator,
        }


@lru_cache(maxsize=8)
def compiled(recognisers: tuple[ZoneRecogniser, ...]) -> tuple[Recogniser, ...]:
    """Return recognisers as the search runs them; made once for each set.

    Raises: UnsafePatternError.
    """
    return tuple(recogniser.compiled() for recogniser in recognisers)


def safe_pattern(written: str) -> re.Pattern[str]:
    """Return a pattern that is searched in time proportional to the text.

    Raises: UnsafePatternError.
    """
    if len(written) > LONGEST_PATTERN:
        raise UnsafePatternError("long")
    tree, pattern = _read(written)
    if pattern.flags & ~re.UNICODE:
        raise UnsafePatternError("construct")
    if tree.getwidth()[0] < 2:
        raise UnsafePatternError("short")
    if _readings(tree, inside=False) > MOST_READINGS:
        raise UnsafePatternError("ways")
    _try(pattern, tree)
    return pattern


def _read(written: str) -> tuple[Any, re.Pattern[str]]:
    """Return a pattern as a tree and compiled.

    What Python only warns of, as `[[`, is refused: it would mean something else under the next Python, and a warning
    at the start of a zone helps nobody. Raises: UnsafePatternError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return _parser.parse(written), re.compile(written)
        except (FutureWarning, DeprecationWarning):
            raise UnsafePatternError("set") from None
        except (re.error, RecursionError, OverflowError):
            raise UnsafePatternError("malformed") from None


def _readings(tree: Any, *, inside: bool) -> int:
    """Return in how many ways a pattern can read one place; `inside` says that a repetition surrounds it."""
    ways = 1
    for kind, value in tree:
        if kind in _CHARACTERS:
            continue
        if kind is op.MAX_REPEAT or kind is op.MIN_REPEAT:
            ways *= _repeated(*value, inside=inside)
        elif kind is op.BRANCH:
            ways *= sum(_readings(branch, inside=inside) for branch in value[1])
        elif kind in _GROUPS:
            ways *= _readings(value[-1], inside=inside)
        else:
            raise UnsafePatternError("construct")
        if ways > MOST_READINGS:
            raise UnsafePatternError("ways")
    return ways


def _repeated(least: int, most: Any, tree: Any, *, inside: bool) -> int:
    if most is op.MAXREPEAT or most > MOST_REPEATS:
        raise UnsafePatternError("unbounded")
    choices = int(most) - least + 1
    if choices > 1 and inside:
        raise UnsafePatternError("nested")
    within = _readings(tree, inside=inside or most > 1)
    if within > 1 and most > 1:
        raise UnsafePatternError("nested")
    return choices * within


def _try(pattern: re.Pattern[str], tree: Any) -> None:
    """Search in texts made of the pattern's own characters; the count above bounds it, this measures it."""
    characters = sorted(set(_literals(tree)) | {"0", "a", "가", " ", "-"})[:40]
    began = time.process_time()
    for character in characters:
        for _ in pattern.finditer(character * (_TRIAL // len(characters))):
            if time.process_time() - began > _SECONDS:
                raise UnsafePatternError("slow")
        if time.process_time() - began > _SECONDS:
            raise UnsafePatternError("slow")


def _literals(tree: Any) -> Iterable[str]:
    for kind, value in tree:
        if kind is op.LITERAL:
            yield chr(value)
        elif kind is op.IN:
            yield from (chr(item[1] if item[0] is op.LITERAL else item[1][0]) for item in value if item[0] in _PLAIN)
        elif kind is op.MAX_REPEAT or kind is op.MIN_REPEAT:
            yield from _literals(value[2])
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _literals(branch)
        elif kind in _GROUPS:
            yield from _literals(value[-1])


_PLAIN = (op.LITERAL, op.RANGE)


def _scored(recogniser: ZoneRecogniser) -> Callable[[re.Match[str]], float]:
    if recogniser.validator is None:
        return lambda _: recogniser.score
    length, check = VALIDATORS[recogniser.validator]

    def score(match: re.Match[str]) -> float:
        digits = digits_of(match)
        fits = bool(digits) and length in (0, len(digits)) and check(digits)
        return recogniser.score if fits else NEVER

    return score
