"""What every process of the zone holds while it works: a sample every few seconds, and whether it only grows."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub_config import engine
from hub_config.status import status
from tests.benchmarks.bench_zone import BenchZone
from tests.benchmarks.memory import MB, family, held_mb, parents

EVERY_SECONDS = 5.0
GROWTH_BAR = 1.15
"""The last quarter of a run may hold this much of what its second quarter held (what is warm by then), and a little."""
SLACK_MB = 15.0
PAGE_BYTES = 4096
TICKS_PER_SECOND = 100.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at a process with its descendants."""

    seconds: float
    mb: float
    """Resident, of the family as a whole."""


@dataclass(slots=True)
class Watch:
    """Looks from a thread, until told to stop; `samples` are by process."""

    bench: BenchZone
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds of the processor that a process and its living children took while it was watched."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _began: float = 0.0
    _cpu_began: dict[str, float] = field(default_factory=dict)

    def __enter__(self) -> Watch:
        self._began = time.monotonic()
        self._cpu_began = {name: sum(map(cpu_seconds, pids)) for name, pids in self._pids().items()}
        self._look()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
        self._look()
        now = {name: sum(map(cpu_seconds, pids)) for name, pids in self._pids().items()}
        self.cpu = {name: now[name] - self._cpu_began.get(name, 0.0) for name in now}

    def _run(self) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        at = time.monotonic() - self._began
        for name, pids in self._pids().items():
            self.samples.setdefault(name, []).append(Sample(at, sum(map(resident, pids)) / MB))

    def _pids(self) -> dict[str, list[int]]:
        children = parents()
        return {
            process.name: family(process.pid, children)
            for process in status(self.bench.home).processes
            if process.pid is not None
        }


def resident(pid: int) -> int:
    """Return the resident bytes of a process; 0 if it has ended (proc_pid_statm(5))."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0


def cpu_seconds(pid: int) -> float:
    """Return what a process and its ended children took of the processor (proc_pid_stat(5), fields 14 to 17)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(value) for value in fields[11:15]) / TICKS_PER_SECOND


def slope(samples: Sequence[Sample]) -> float:
    """Return MB per minute over the second half: the line of least squares."""
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return 0.0
    line = statistics.linear_regression([s.seconds for s in half], [s.mb for s in half])
    return line.slope * 60


def bounded(samples: Sequence[Sample]) -> bool:
    """Say whether the last quarter holds hardly more than the second; medians, so that one peak does not decide."""
    quarter = len(samples) // 4
    if quarter < 2:
        return True
    early = statistics.median(s.mb for s in samples[quarter : 2 * quarter])
    late = statistics.median(s.mb for s in samples[-quarter:])
    return late <= early * GROWTH_BAR + SLACK_MB


def containers_mb(zone_id: str) -> list[float]:
    """Return what each workspace of a zone holds without the pages that are only cache."""
    client = engine.connect()
    try:
        found = client.containers.list(filters={"label": [f"ansim.zone={zone_id}", "ansim.workspace"]})
        return [held_mb(container.stats(stream=False, one_shot=True)) for container in found]
    finally:
        client.close()
