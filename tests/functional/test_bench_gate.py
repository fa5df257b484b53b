"""The measurement of the gate itself, small: every part of it still runs to its end and says all of its figures.

The real one is `make bench-gate`, on a machine that does nothing else: here no bar is held to.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub_config.processes import REPOSITORY
from tests.rights import as_root

pytestmark = [pytest.mark.long, pytest.mark.engine, as_root]


def measured(out: Path, *words: str) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "tests.benchmarks.bench_gate", *words, "--out", str(out)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    report = json.loads(out.read_text(encoding="utf-8"))
    assert report["not_measured"] == {}, done.stdout[-3000:]
    return {row["what"]: row for row in report["rows"]}


def test_what_the_gate_adds_is_measured(tmp_path: Path) -> None:
    rows = measured(tmp_path / "gate.json", "gate", "--rounds", "20")
    assert {(row["bar"][0], row["unit"]) for row in rows.values()} == {
        ("<", "ms"),
        ("≤", "ms"),
        ("≥", "x"),
        ("<", "MB"),
    }
    assert all(row["value"] > 0 and row["passed"] in (True, False) for row in rows.values())


def test_a_crowd_starts_and_is_frozen(tmp_path: Path) -> None:
    rows = measured(tmp_path / "crowd.json", "runc", "--people", "2")
    assert rows["runc: 2 starts at once that succeed"]["value"] == 2
    for what, bar in (("last connection of 2 cut", "< 2 s"), ("last container of 2 gone", "< 15 s")):
        row = rows[f"runc: {what}"]
        assert (row["bar"], row["passed"]) in {(bar, True), (bar, False)}
        assert row["value"] > 0
        assert row["reference"] > 0, "what the log says of the same freeze"
