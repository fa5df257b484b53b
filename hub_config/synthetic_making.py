"""The worker's making of synthetic extracts: one at a time, in a process of its own that has a limit of memory.

A process can be ended whatever it does, so that cancelling leaves nothing; and one that needs too much memory fails by
itself and not the zone. What it writes aside has no name or lies in a directory that goes with it.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from deid.records.synthetic_jobs import INTERRUPTED, OUT_OF_MEMORY, Job, JobState

if TYPE_CHECKING:
    from hub_config.zone import Zone

log = logging.getLogger("ansim.worker")
SECONDS = 2.0
MEMORY = 4 << 30
"""Bytes of data that a making may hold; a million rows of nine columns took 0.7 GB."""
GRACE = 10.0
"""Seconds from asking a process to end until it is ended: long enough to say in the log that it was interrupted."""
POLL = 0.5
PLACE = "synthetic"
"""The directory below ANSIM_HOME for what processes put aside."""


def make_waiting(zone: Zone, stopping: Callable[[], bool], memory: int = MEMORY) -> None:
    """Make what waits, the oldest first; what a crash left half done is said to be interrupted."""
    _end_lost(zone)
    for job in reversed(zone.extracts.synthetic_jobs()):
        if stopping():
            return
        if job.state is JobState.WAITING and zone.extracts.begin_synthetic(job.ref):
            _make(zone, job, stopping, memory)


def _make(zone: Zone, job: Job, stopping: Callable[[], bool], memory: int) -> None:
    place = zone.home / PLACE / job.ref
    place.mkdir(parents=True, mode=0o700)
    try:
        process = _start(zone.home, job, place, memory)
        while process.poll() is None:
            if stopping() or not zone.extracts.synthetic_job(job.ref).open:
                _end(process)
            time.sleep(POLL)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if zone.extracts.synthetic_job(job.ref).open:
        # It said nothing of its end: for want of memory even for that, or because the zone stops.
        zone.extracts.end_synthetic(job.ref, JobState.FAILED, INTERRUPTED if stopping() else OUT_OF_MEMORY)
    _tidy(zone, job)


def _start(home: Path, job: Job, place: Path, memory: int) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TMPDIR": str(place), "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}

    command = [sys.executable, "-m", "hub_config.synthetic_run", str(home), job.ref, str(memory)]
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started: asked first, so that it can say so, then not asked."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=GRACE)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _tidy(zone: Zone, job: Job) -> None:
    """Remove the directory of a run that was cut short: it has its name only when it is whole."""
    extract = zone.extracts.get(job.extract)
    below = zone.home / "datasets" / extract.draft.dataset
    for left in below.glob(f".{extract.ref}.*.new"):
        shutil.rmtree(left, ignore_errors=True)


def _end_lost(zone: Zone) -> None:
    """Say of each job that no process works on any more that it was interrupted; only this worker makes any."""
    for job in zone.extracts.synthetic_jobs():
        if job.state is JobState.RUNNING:
            log.warning("%s was cut short", job.ref)
            zone.extracts.end_synthetic(job.ref, JobState.FAILED, INTERRUPTED)
            shutil.rmtree(zone.home / PLACE / job.ref, ignore_errors=True)
            _tidy(zone, job)
