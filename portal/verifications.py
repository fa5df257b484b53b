"""The button “verify now”: one run at a time in the background, its progress and outcome for the page."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from audit.db import Database
from audit.trusted import TRUSTED_KEYS_FILE, TrustedKeys
from audit.verification import Verification
from audit.verify import verify

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One verification: under way until it has ended; one that ended without an outcome proves nothing."""

    begun_at: datetime
    done: int = 0
    total: int = 0
    ended_at: datetime | None = None
    outcome: Verification | None = None

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self.ended_at is None

    @property
    def broken(self) -> bool:
        """Whether it ended without an outcome: that is no sign that the log is whole."""
        return self.ended_at is not None and self.outcome is None


class Verifications:
    """Starts verifications and remembers the last one of this process."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Run | None = None

    @property
    def last(self) -> Run | None:
        """The run under way, or the last one."""
        return self._last

    def start(
        self, db: Database, log_dir: Path, vkey_file: Path, report: Callable[[Verification | None], object]
    ) -> None:
        """Begin a run unless one is under way.

        `report` is called with its outcome, or with None if it broke, before it counts as ended.
        Raises: AuditError — if the verifier key cannot be read.
        """
        every = vkey_file.with_name(TRUSTED_KEYS_FILE)
        verifier = TrustedKeys.load(every if every.exists() else vkey_file)
        with self._lock:
            if self._last is not None and self._last.running:
                return
            self._last = Run(self._clock())

        def progress(done: int, total: int) -> None:
            assert self._last is not None
            self._last = Run(self._last.begun_at, done, total)

        def run() -> None:
            assert self._last is not None
            outcome: Verification | None = None
            try:
                outcome = verify(db, verifier, log_dir, progress)
            except Exception:
                # The edge of a thread: without an outcome the page says that the verification did not finish.
                LOGGER.exception("the verification of the audit log did not finish")
            try:
                report(outcome)
            finally:
                self._last = Run(self._last.begun_at, self._last.done, self._last.total, self._clock(), outcome)

        threading.Thread(target=run, name="verify", daemon=True).start()
