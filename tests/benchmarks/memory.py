"""What the zone and a workspace hold in memory while nobody does anything."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from hub_config import engine
from hub_config.status import status
from hub_config.workspace_container import container_name
from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person
from tests.benchmarks.rows import Row

ZONE_BAR_MB = 600.0
WORKSPACE_BAR_MB = 200.0
SETTLE_SECONDS = 5.0
MB = 1_000_000


def measure(bench: BenchZone) -> list[Row]:
    """Look at the zone and at one workspace, both idle."""
    (person,) = bench.people_known(1)
    bench.start(person)
    time.sleep(SETTLE_SECONDS)
    rows = [
        zone_row(bench, "the zone's processes with one idle workspace"),
        *process_rows(bench),
        workspace_row(bench, person),
    ]
    bench.stop(person)
    return rows


def zone_row(bench: BenchZone, what: str) -> Row:
    """Return the sum over all processes of the zone, the audit writer among them."""
    return Row(
        benchmark="memory",
        what=what,
        value=sum(by_process(bench).values()),
        unit="MB",
        beside="limit",
        reference=ZONE_BAR_MB,
        bar=f"< {ZONE_BAR_MB:g} MB",
        passed=sum(by_process(bench).values()) < ZONE_BAR_MB,
    )


def process_rows(bench: BenchZone) -> list[Row]:
    """Return each process of the zone beside the sum."""
    each = by_process(bench)
    return [
        Row(
            benchmark="memory",
            what=f"  of it {name}",
            value=megabytes,
            unit="MB",
            beside="all",
            reference=sum(each.values()),
            bar="–",
            passed=None,
        )
        for name, megabytes in each.items()
    ]


def workspace_row(bench: BenchZone, person: Person) -> Row:
    """Return what one workspace without a kernel holds: its cgroup without the pages that are only cache."""
    ref = bench.zone.registry.may_work(person.handle, PROJECT).workspace.ref
    client = engine.connect()
    megabytes = held_mb(client.containers.get(container_name(ref)).stats(stream=False))
    return Row(
        benchmark="memory",
        what=f"one idle workspace in project {PROJECT}",
        value=megabytes,
        unit="MB",
        beside="limit",
        reference=WORKSPACE_BAR_MB,
        bar=f"< {WORKSPACE_BAR_MB:g} MB",
        passed=megabytes < WORKSPACE_BAR_MB,
    )


def held_mb(stats: Any) -> float:
    """Return what a container holds as `docker stats` counts it: without inactive file pages, of either cgroups."""
    held = stats["memory_stats"]
    cache = held["stats"].get("inactive_file", held["stats"].get("total_inactive_file", 0))
    return float(held["usage"] - cache) / MB


def by_process(bench: BenchZone) -> dict[str, float]:
    """Return proportional set sizes in MB, each process with its descendants."""
    children = parents()
    found = {}
    for process in status(bench.home).processes:
        assert process.pid is not None, f"{process.name} does not run"
        found[process.name] = sum(pss(pid) for pid in family(process.pid, children)) / MB
    return found


def parents() -> dict[int, list[int]]:
    """Return who started whom, of every process of this machine."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended since
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    return children


def family(pid: int, children: dict[int, list[int]]) -> list[int]:
    """Return a process and all its descendants."""
    return [pid, *(d for child in children.get(pid, []) for d in family(child, children))]


def pss(pid: int) -> int:
    """Return a process's proportional set size in bytes; 0 if it has ended (proc_pid_smaps(5))."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found.group(1)) * 1024 if found else 0
