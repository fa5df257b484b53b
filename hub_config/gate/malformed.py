"""What is no HTTP at all: whoever sends it, a browser or a workspace, may not fill the disk with lines about it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from aiohttp.http_exceptions import HttpProcessingError

EVERY_SECONDS = 60.0


class OneLineAMinute(logging.Filter):
    """Passes one line a minute about requests that cannot be read, with their number; all other lines pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._until = 0.0
        self._held = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is written; one about what cannot be read is made shorter."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        self._held += 1
        now = self._clock()
        if now < self._until:
            return False
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        record.msg, record.args = "%d requests were no HTTP, the last %s", (self._held, type(error).__name__)
        self._until, self._held = now + EVERY_SECONDS, 0
        return True
