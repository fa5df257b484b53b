"""`make bench-synth`: measures what the zone's own engine promises beside SDV's, on the Adult data.

    python -m tests.benchmarks.bench_synth [engine …]

Engines of SDV beside `gaussian_copula` are measured where they are named: `tvae` takes minutes, `ctgan` a quarter of
an hour. All figures are of one run; seconds are of the processor. The environment of SDV is made on first use.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from deid.synth.engine import MarginalEngine
from deid.synth.gate import Judged, judge
from deid.synth.matrix import Space, Tables
from deid.synth.policy import SynthPolicy, parse_synth_policy
from deid.synth.singling import singling_out
from deid.synth.usefulness import Usefulness, usefulness
from hub_config.processes import REPOSITORY
from tests.benchmarks.rows import Row, table

ADULT = REPOSITORY / "tests" / "data" / "adult" / "adult.parquet"
LEARNT = 24_000
TARGET = "salary-class"
PACKAGES = ("torch==2.13.0", "sdv==2.0.0", "sdmetrics==0.32.0", "pyarrow==26.0.1")
RESULT = REPOSITORY / "build" / "bench-synth.json"


def main(engines: Sequence[str]) -> int:
    """Measure; return 1 if a bar was missed."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as name:
        rows = measure(Path(name), ["gaussian_copula", *engines], console)
    RESULT.write_text(json.dumps([row.document() for row in rows], indent=1) + "\n", encoding="utf-8")
    console.print(table(rows))
    for row in rows:
        if row.passed is not None:
            console.print(f"{'met' if row.passed else 'NOT MET'}: {row.what} ({row.value:.3f}, {row.bar})")
    return 1 if any(row.passed is False for row in rows) else 0


def measure(directory: Path, engines: Sequence[str], console: Console) -> list[Row]:
    """Return all figures; the tables of the run lie in the directory."""
    source = pq.read_table(ADULT)
    order = np.random.default_rng(0).permutation(source.num_rows)
    learnt, held_out = source.take(pa.array(order[:LEARNT])), source.take(pa.array(order[LEARNT:]))
    pq.write_table(learnt, directory / "learnt.parquet")
    plain, private = policy(source), policy(source, "privacy: {epsilon: 1.0, delta: 1.0e-5}\n")
    seconds: dict[str, float] = {}
    for name, wanted in (("own", plain), ("own, epsilon 1", private)):
        console.print(f"{name} …")
        began = time.process_time()
        made = MarginalEngine().make(learnt, wanted, LEARNT, np.random.default_rng(1), lambda _done, _all: None)
        drawn = pa.concat_tables(made.tables)
        seconds[name] = time.process_time() - began
        pq.write_table(drawn, directory / f"{name}.parquet")
    for name in engines:
        console.print(f"{name} …")
        seconds[name] = peer("fit", name, directory)["fit"]
    found = {name: judged(name, directory, held_out, plain) for name in seconds}
    return [
        *_bars(found, seconds, {name: peer("quality", name, directory)["quality"] for name in seconds}),
    ]


def judged(name: str, directory: Path, held_out: pa.Table, wanted: SynthPolicy) -> tuple[Usefulness, Judged, float]:
    """Return use, risks and the upper end of singling out for one engine's rows."""
    learnt = pq.read_table(directory / "learnt.parquet")
    synthetic = pq.read_table(directory / f"{name}.parquet")
    space = Space.of(wanted.learnt, [learnt, held_out, synthetic])
    tables = Tables(space, space.values(synthetic), space.values(learnt), space.values(held_out))
    useful = usefulness(tables, [TARGET], np.random.default_rng(1))
    risks = judge(tables, wanted.gate, (TARGET,), np.random.default_rng(1))
    single = singling_out(tables, wanted.gate.attacks, np.random.default_rng(2)).interval[1]
    return useful, risks, single


def _bars(
    found: dict[str, tuple[Usefulness, Judged, float]], seconds: dict[str, float], quality: dict[str, float]
) -> list[Row]:
    beside = "gaussian_copula"
    rows = [_row("learn and draw", "own", seconds["own"], "s", beside, seconds[beside], "< 5 s", seconds["own"] < 5.0)]
    for name in found:
        auc = found[name][0].tasks[0].synthetic
        least = {"own": 0.85, "own, epsilon 1": 0.80}.get(name)
        bar = "" if least is None else f">= {least:g}"
        real = found[name][0].tasks[0].real
        rows.append(
            _row("AUC of a model", name, auc, "", "real rows", real, bar, None if least is None else auc >= least)
        )
        good = quality[name] >= 0.90 if name == "own" else None
        rows.append(_row("SDMetrics quality", name, quality[name], "", beside, quality[beside], ">= 0.90", good))
        error = found[name][0].query_error
        rows.append(_row("error of counts, median", name, error, "", beside, found[beside][0].query_error, "", None))
        low = found[name][2] <= found[beside][2] if name == "own" else None
        rows.append(_row("singling out, upper end", name, found[name][2], "", beside, found[beside][2], "<= peer", low))
        above = sum(1 for risk in found[name][1].risks if risk.verdict != "below")
        rows.append(_row("risks that fail the gate", name, above, "", "risks", len(found[name][1].risks), "", None))
        if name in seconds and name != "own":
            rows.append(_row("learn (and draw)", name, seconds[name], "s", "own", seconds["own"], "", None))
    return rows


def _row(
    what: str, engine: str, value: float, unit: str, beside: str, reference: float, bar: str, passed: bool | None
) -> Row:
    return Row(
        benchmark="synth",
        what=f"{what}: {engine}",
        value=float(value),
        unit=unit,
        beside=beside,
        reference=float(reference),
        bar=bar if passed is not None else "",
        passed=passed,
    )


def policy(source: pa.Table, more: str = "") -> SynthPolicy:
    """Return a policy that names all values, as a budget demands."""
    lines = []
    for name in source.column_names:
        if pa.types.is_integer(source.schema.field(name).type):
            lines.append(f"  {name}: {{kind: number, range: [17, 90], bins: 37}}")
        else:
            values = json.dumps(sorted(source.column(name).unique().to_pylist()))
            lines.append(f"  {name}: {{kind: category, values: {values}}}")
    head = f"version: 1\nname: adult\ndataset: adult\nproject: bench\nengine: marginals\ntargets: [{TARGET}]\n"
    return parse_synth_policy(head + more + "columns:\n" + "\n".join(lines) + "\n")


def peer(what: str, name: str, directory: Path) -> dict[str, Any]:
    """Return what SDV's environment answers."""
    script = Path(__file__).with_name("synth_peer.py")
    command = [str(environment()), "-I", str(script), what, name, str(directory)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


def environment() -> Path:
    """Return the Python of SDV's environment, made on first use.

    Raises: CalledProcessError — if the packages cannot be had.
    """
    name = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:12]
    home = REPOSITORY / ".cache" / f"bench-synth-{name}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        for packages in (PACKAGES[:1], PACKAGES[1:]):  # torch first: the others would take a larger build of it
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        (home / "complete").touch()
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
