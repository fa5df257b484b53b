"""Checks runs of entries in several processes, and hands the results on in order.

Each process is a fresh interpreter that imports no more than it needs, and takes every n-th run; what it is given and
what it answers are pickles on its own pipes. A process that waits for its reader holds one result, so memory is flat.
"""

from __future__ import annotations

import gc
import os
import pickle  # between a process and its own child, on pipes that nobody else has
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from audit.errors import DatabaseUnusable
from audit.verifying.chunk import CHUNK, Chunk

_PIPE_BYTES = 1 << 20  # several results, so that the process need not wait for its reader
# Every run needs the same memory as the one before: a process that keeps it, in large pages where there are such, need
# not be given each page anew. Where the C library is another one, this says nothing to it.
_MEMORY = "glibc.malloc.hugetlb=1:glibc.malloc.trim_threshold=268435456:glibc.malloc.mmap_threshold=268435456"


class Opened(Protocol):
    """Runs of entries that can be checked."""

    def chunk(self, start: int, end: int) -> Chunk:
        """Return the entries of a range, checked."""

    def close(self) -> None:
        """Let go of what they are read from."""


class Place(Protocol):
    """Where entries are; another process opens the same for itself."""

    def open(self) -> Opened:
        """Open it for reading."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does: of the runs up to `size`, every `step`-th from the `first`."""

    place: Place
    size: int
    first: int
    step: int
    length: int
    """Entries in one run."""

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield start and end of each run."""
        starts = range(self.first * self.length, self.size, self.step * self.length)
        return ((start, min(start + self.length, self.size)) for start in starts)


def chunks(place: Place, size: int, processes: int) -> Iterator[Chunk]:
    """Yield the entries of a log of `size`, checked, run by run.

    Raises: DatabaseUnusable — if a process ends before its work does.
    """
    if processes == 1 or size <= CHUNK * processes:
        yield from _checked(Job(place, size, 0, 1, CHUNK))
        return
    with ExitStack() as stack:
        started = [stack.enter_context(_started(Job(place, size, n, processes, CHUNK))) for n in range(processes)]
        for process in started:
            stack.callback(process.kill)
        for run in range(-(-size // CHUNK)):
            output = started[run % processes].stdout
            assert output is not None
            try:
                yield pickle.load(output)  # noqa: S301
            except (EOFError, pickle.UnpicklingError):
                raise DatabaseUnusable("a process that checked a part of the log ended early") from None


def work(source: BinaryIO, target: BinaryIO) -> None:
    """Do the job that `source` says and write each result to `target`."""
    gc.disable()  # what is made here has no cycles, and looking for them takes a tenth of the time
    for chunk in _checked(pickle.load(source)):  # noqa: S301
        pickle.dump(chunk, target, pickle.HIGHEST_PROTOCOL)
        target.flush()


def _checked(job: Job) -> Iterator[Chunk]:
    opened = job.place.open()
    try:
        for start, end in job.runs():
            yield opened.chunk(start, end)
    finally:
        opened.close()


def _started(job: Job) -> subprocess.Popen[bytes]:
    home = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(home), "GLIBC_TUNABLES": _MEMORY}
    command = [sys.executable, "-m", "audit.verifying"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, pipesize=_PIPE_BYTES
    )
    assert process.stdin is not None
    with process.stdin:
        pickle.dump(job, process.stdin, pickle.HIGHEST_PROTOCOL)
    return process
