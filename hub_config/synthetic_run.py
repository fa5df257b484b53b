"""The process that makes one synthetic extract: python -m hub_config.synthetic_run HOME JOB BYTES-OF-MEMORY."""

from __future__ import annotations

import resource
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from audit.event import Actor, Source
from deid.records.desk import Acting
from deid.records.synthetic_jobs import JobState
from hub_config.zone import Zone, open_zone

WORKER = Actor.service("worker")
TELL_SECONDS = 0.5
"""Between two words on how far it has come; each is a write to the database."""


def main(home: Path, ref: str, memory: int) -> int:
    """Make it; 0 if it was made, 1 if not, and the job says why."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    signal.signal(signal.SIGTERM, _interrupt)
    zone = open_zone(home, "worker")
    job = zone.extracts.synthetic_job(ref)
    # The person who asked made it; the worker only did the work.
    by = Acting(WORKER, job.by_ref, Source(None))
    return 0 if zone.extracts.make_synthetic_job(ref, by=by, progress=_Told(zone, ref)) is JobState.MADE else 1


class _Told:
    """Tells the zone how far a job has come, not more often than anybody looks."""

    def __init__(self, zone: Zone, ref: str) -> None:
        self._zone = zone
        self._ref = ref
        self._stage = ""
        self._told = 0.0

    def __call__(self, stage: str, done: int, total: int | None, /) -> None:
        now = time.monotonic()
        if stage == self._stage and now - self._told < TELL_SECONDS and done != total:
            return
        self._zone.extracts.tell_synthetic(self._ref, stage, done, total or 0, new=stage != self._stage)
        self._stage, self._told = stage, now


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    # An exception, so that files and announcements are ended as after any other failure.
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
