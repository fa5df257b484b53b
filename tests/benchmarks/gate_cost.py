"""Runs the gate's own measurement and puts its figures into the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub_config.processes import REPOSITORY
from tests.benchmarks import gate, gate_idle
from tests.benchmarks.bench_zone import BenchZone
from tests.benchmarks.rows import Row
from tests.integration.gate.jupyter_of_image import installed

ROUNDS = 200


def measure(_: BenchZone) -> list[Row]:
    """Measure in a process of its own, with its own hub, gate and Jupyter."""
    return alone(ROUNDS)


def alone(rounds: int) -> list[Row]:
    """Measure with so many round trips; no zone is needed beside it."""
    script = Path(gate.__file__)
    done = subprocess.run(
        [sys.executable, str(script), str(jupyter()), str(rounds)], cwd=REPOSITORY, capture_output=True, text=True
    )
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"{script.name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return rows(json.loads(done.stdout))


def rows(found: dict[str, Any]) -> list[Row]:
    """Return the promises about the gate alone."""
    limit = gate.P95_BAR_MS + found["append_p95_ms"]
    return [
        Row(
            benchmark="gate",
            what="added to a kernel round trip, median",
            value=found["added_median_ms"],
            unit="ms",
            beside="the round trip itself, direct",
            reference=found["direct_median_ms"],
            bar=f"< {gate.MEDIAN_BAR_MS:g} ms",
            passed=found["passed"]["added_median"],
        ),
        Row(
            benchmark="gate",
            what="added to a kernel round trip, p95",
            value=found["added_p95_ms"],
            unit="ms",
            beside="one durable append, p95",
            reference=found["append_p95_ms"],
            bar=f"≤ {limit:.1f} ms (10 ms + that append)",
            passed=found["passed"]["added_p95"],
        ),
        Row(
            benchmark="gate",
            what=f"throughput of a {gate.MEGABYTES} MB answer",
            value=found["throughput_ratio"],
            unit="x",
            beside="direct",
            reference=1.0,
            bar=f"≥ {gate.THROUGHPUT_BAR:g} x",
            passed=found["passed"]["throughput"],
        ),
        Row(
            benchmark="gate",
            what=f"the gate with {gate_idle.SOCKETS} idle WebSockets",
            value=found["idle_mb"],
            unit="MB",
            beside="the gate without them",
            reference=found["without_mb"],
            bar=f"< {gate_idle.BAR_MB:g} MB",
            passed=found["passed"]["idle"],
        ),
    ]


def jupyter() -> Path:
    """Return a JupyterLab of this machine's own, as the gate's tests use; made if it is not there."""
    named = os.environ.get("ANSIM_TEST_JUPYTER")
    return Path(named) if named else installed()
