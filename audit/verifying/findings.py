"""Problems as they are met, each place reported once per code."""

from __future__ import annotations

from collections import Counter

from audit.verification import Problem
from audit.verifying.chunk import MAX_PER_CODE


class Findings:
    """What a verification has found so far."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Problem] = {}
        self._counts: Counter[str] = Counter()

    def at(self, code: str, index: int, last: int | None = None) -> None:
        """Note a problem."""
        # Counted by code: many harmless problems must never crowd out a grave one.
        if self._counts[code] < MAX_PER_CODE and (code, index) not in self._found:
            self._counts[code] += 1
            self._found[code, index] = Problem(code, index, index if last is None else last)

    def at_checkpoint(self, code: str, size: int) -> None:
        """Note a problem with the checkpoint of a size."""
        self.at(code, size)

    def drop(self, code: str, index: int) -> None:
        """Forget a problem that turned out to be none."""
        self._found.pop((code, index), None)

    def sorted(self) -> tuple[Problem, ...]:
        """Return the problems by their place."""
        return tuple(sorted(self._found.values(), key=lambda problem: problem.place))
