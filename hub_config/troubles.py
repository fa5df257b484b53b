"""What a loop says while something fails again and again: at once, then once a minute, and when it works again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AGAIN_SECONDS = 60.0
"""How long the same trouble is not said again: a loop may try four times a second, for as long as an outage lasts."""


@dataclass(slots=True)
class _Trouble:
    """One thing that fails: with which error, since when, when that was last said, and how often it was tried."""

    error: type[Exception]
    since: float
    said: float
    tries: int = 1


class Troubles:
    """What fails now, by name; each name belongs to one thread."""

    def __init__(self, log: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._log: logging.Logger = log
        self._clock = clock
        self._now: dict[str, _Trouble] = {}

    def away(self, name: str, error: Exception) -> None:
        """Say that somebody does not answer: which error it was, and not from where it came."""
        if self._fresh(name, error):
            self._log.warning("%s: no answer (%s); tried again", name, type(error).__name__)

    def failed(self, name: str, error: Exception) -> None:
        """Say that something failed, and from where that came."""
        if self._fresh(name, error):
            self._log.error("%s failed; tried again", name, exc_info=error)

    def worked(self, name: str) -> None:
        """Say that something works again, if it did not."""
        trouble = self._now.pop(name, None)
        if trouble is not None:
            self._log.warning("%s: works again after %.0f s", name, self._clock() - trouble.since)

    def _fresh(self, name: str, error: Exception) -> bool:
        """Say whether this is news; what is not is summed up once a minute."""
        now, trouble = self._clock(), self._now.get(name)
        if trouble is None or trouble.error is not type(error):
            self._now[name] = _Trouble(type(error), now if trouble is None else trouble.since, now)
            return True
        trouble.tries += 1
        if now - trouble.said >= AGAIN_SECONDS:
            trouble.said = now
            told = (name, now - trouble.since, trouble.error.__name__, trouble.tries)
            self._log.warning("%s: still failing after %.0f s (%s, %d times); tried again", *told)
        return False
