"""`make bench-synth`: measures what the zone's own engine promises beside SDV's, on the Adult data and on GiBleed.

    python -m tests.benchmarks.bench_synth [adult|gibleed|attacks|rows …] [--engine NAME[:EPOCHS]] …

Beside `gaussian_copula` the engines of SDV are measured with few epochs (`tvae:30`, `ctgan:10`), as their names say,
unless others are named: `--engine tvae --engine ctgan` takes two minutes and a quarter of an hour for all 300 epochs,
`--engine hma` learns the tables of GiBleed together. All figures are of one run; seconds are of the processor. The
environments of the peers are made on first use.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
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
from deid.synth.sdv_engine import PYTHON
from deid.synth.singling import singling_out
from deid.synth.usefulness import Usefulness, usefulness
from hub_config.errors import EnvironmentMissing
from hub_config.processes import REPOSITORY
from tests.benchmarks import bench_synth_rows, synth_attacks, synth_gibleed
from tests.benchmarks.rows import Row, table
from tests.benchmarks.synth_environments import environment

ADULT = REPOSITORY / "tests" / "data" / "adult" / "adult.parquet"
LEARNT = 24_000
TARGET = "salary-class"
ATTACKS = 10_000
"""Attacks of the bar, so many that its interval is narrow."""
FEW_EPOCHS = ("tvae:30", "ctgan:10")
RESULT = REPOSITORY / "build" / "bench-synth.json"


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything; return 1 if a bar was missed or something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_synth")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--engine", action="append", help="an engine of SDV beside the copula, NAME or NAME:EPOCHS")
    given = parser.parse_args(words)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    (REPOSITORY / "build").mkdir(exist_ok=True)
    rows: list[Row] = []
    broken: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as name:
        for part in given.parts or PARTS:
            console.print(f"[bold]{part}[/] …")
            place = Path(name) / part
            place.mkdir()
            try:
                rows += PARTS[part](place, given.engine or FEW_EPOCHS, console)
            except (EnvironmentMissing, subprocess.CalledProcessError) as error:
                broken[part] = str(error)
                console.print(f"[red]{part}: not measured[/]: {error}")
    RESULT.write_text(
        json.dumps({"rows": [row.document() for row in rows], "not_measured": broken}, indent=1) + "\n",
        encoding="utf-8",
    )
    console.print(table(rows))
    for row in rows:
        if row.passed is not None:
            console.print(f"{'met' if row.passed else 'NOT MET'}: {row.what} ({row.value:.3f}, {row.bar})")
    return 1 if broken or any(row.passed is False for row in rows) else 0


def measure_adult(directory: Path, engines: Sequence[str], console: Console) -> list[Row]:
    """Return all figures on the Adult data; the tables of the run lie in the directory."""
    source = pq.read_table(ADULT)
    order = np.random.default_rng(0).permutation(source.num_rows)
    learnt, held_out = source.take(pa.array(order[:LEARNT])), source.take(pa.array(order[LEARNT:]))
    plain, private = policy(source), policy(source, "privacy: {epsilon: 1.0, delta: 1.0e-5}\n")
    wanted = {"own": plain, "own, epsilon 1": private}
    single = [name for name in engines if name != "hma"]
    seconds = _learnt_and_drawn(directory, learnt, wanted, ["gaussian_copula", *single], console)
    found = {name: judged(name, directory, held_out, plain) for name in seconds}
    return _bars("Adult", found, seconds, {name: peer("quality", name, directory)["quality"] for name in seconds})


def measure_gibleed(directory: Path, engines: Sequence[str], console: Console) -> list[Row]:
    """Return the figures on the GiBleed extract: of one row for each person, and of its tables together."""
    source, plain = synth_gibleed.people(directory), synth_gibleed.policy()
    order = np.random.default_rng(0).permutation(source.num_rows)
    held = source.num_rows // 5
    learnt, held_out = source.take(pa.array(order[held:])), source.take(pa.array(order[:held]))
    single = [name for name in engines if name != "hma"]
    seconds = _learnt_and_drawn(directory, learnt, {"own": plain}, ["gaussian_copula", *single], console)
    found = {name: judged(name, directory, held_out, plain) for name in seconds}
    quality = {name: peer("quality", name, directory)["quality"] for name in seconds}
    rows = _bars("GiBleed", found, seconds, quality)
    rows += synth_gibleed.tables_together(directory, "marginals")
    if "hma" in engines:
        os.environ.setdefault(PYTHON, str(environment()))
        rows += synth_gibleed.tables_together(directory, "hma")
    return rows


def measure_attacks(directory: Path, _engines: Sequence[str], console: Console) -> list[Row]:
    """Return our attacks beside those of the library that their authors keep."""
    source = pq.read_table(ADULT)
    order = np.random.default_rng(0).permutation(source.num_rows)
    # As many learnt as held-out rows: then neither attack has anything to correct.
    half = source.num_rows // 2
    pq.write_table(source.take(pa.array(order[half:])), directory / "held_out.parquet")
    wanted = policy(source)
    learnt = source.take(pa.array(order[:half]))
    _learnt_and_drawn(directory, learnt, {"own": wanted}, ["gaussian_copula"], console)
    return synth_attacks.compared(directory, wanted, ("own", "gaussian_copula"))


def measure_rows(_directory: Path, _engines: Sequence[str], console: Console) -> list[Row]:
    """Return what a row costs and how much memory is held, at a million rows and at three; ten are measured apart."""
    console.print("1,000,000 and 3,000,000 rows …")
    few, many = (bench_synth_rows.apart(size) for size in (1_000_000, 3_000_000))
    cost = [found["seconds"] / found["rows"] * 1e6 for found in (few, many)]
    linear, bounded = cost[1] <= 1.2 * cost[0], many["mb"] <= 1.5 * few["mb"]
    what = ("seconds for a million rows", "most memory held")
    return [
        _row(what[0], "of three", cost[1], "s", "of one", cost[0], "<= 1.2 times", linear),
        _row(what[1], "3,000,000 rows", many["mb"], "MB", "1,000,000", few["mb"], "<= 1.5 times", bounded),
    ]


Part = Callable[[Path, Sequence[str], Console], list[Row]]
PARTS: Mapping[str, Part] = {
    "adult": measure_adult,
    "gibleed": measure_gibleed,
    "attacks": measure_attacks,
    "rows": measure_rows,
}


def _learnt_and_drawn(
    directory: Path, learnt: pa.Table, wanted: Mapping[str, SynthPolicy], engines: Sequence[str], console: Console
) -> dict[str, float]:
    """Write what each engine draws into the directory; return the seconds of the processor that it took."""
    pq.write_table(learnt, directory / "learnt.parquet")
    seconds: dict[str, float] = {}
    for name, one in wanted.items():
        console.print(f"{name} …")
        began = time.process_time()
        made = MarginalEngine().make(learnt, one, learnt.num_rows, np.random.default_rng(1), lambda _done, _all: None)
        drawn = pa.concat_tables(made.tables)
        seconds[name] = time.process_time() - began
        pq.write_table(drawn.select(learnt.column_names), directory / f"{name}.parquet")
    for name in engines:
        console.print(f"{name} …")
        seconds[name] = peer("fit", name, directory)["fit"]
    return seconds


def judged(name: str, directory: Path, held_out: pa.Table, wanted: SynthPolicy) -> tuple[Usefulness, Judged, float]:
    """Return use, risks and the upper end of singling out for one engine's rows."""
    learnt = pq.read_table(directory / "learnt.parquet")
    synthetic = pq.read_table(directory / f"{name}.parquet")
    space = Space.of(wanted.learnt, [learnt, held_out, synthetic])
    tables = Tables(space, space.values(synthetic), space.values(learnt), space.values(held_out))
    useful = usefulness(tables, list(wanted.targets), np.random.default_rng(1))
    risks = judge(tables, wanted.gate, wanted.secrets, np.random.default_rng(1))
    single = singling_out(tables, ATTACKS, np.random.default_rng(2)).interval[1]
    return useful, risks, single


def _bars(
    data: str, found: dict[str, tuple[Usefulness, Judged, float]], seconds: dict[str, float], quality: dict[str, float]
) -> list[Row]:
    beside = "gaussian_copula"
    rows = [
        _row(
            "learn and draw",
            f"own, {data}",
            seconds["own"],
            "s",
            beside,
            seconds[beside],
            "< 5 s",
            seconds["own"] < 5.0,
        )
    ]
    for name in found:
        auc = found[name][0].tasks[0].synthetic
        # The areas are promised of the Adult data; on GiBleed real rows themselves set what can be had.
        least = {"own": 0.85, "own, epsilon 1": 0.80}.get(name) if data == "Adult" else None
        bar = "" if least is None else f">= {least:g}"
        real = found[name][0].tasks[0].real
        rows.append(
            _row(
                "AUC of a model",
                f"{name}, {data}",
                auc,
                "",
                "real rows",
                real,
                bar,
                None if least is None else auc >= least,
            )
        )
        good = quality[name] >= 0.90 if name == "own" else None
        rows.append(
            _row("SDMetrics quality", f"{name}, {data}", quality[name], "", beside, quality[beside], ">= 0.90", good)
        )
        error = found[name][0].query_error
        rows.append(
            _row(
                "error of counts, median", f"{name}, {data}", error, "", beside, found[beside][0].query_error, "", None
            )
        )
        low = found[name][2] <= found[beside][2] if name == "own" else None
        rows.append(
            _row(
                "singling out, upper end",
                f"{name}, {data}",
                found[name][2],
                "",
                beside,
                found[beside][2],
                "<= peer",
                low,
            )
        )
        above = sum(1 for risk in found[name][1].risks if risk.verdict != "below")
        rows.append(
            _row("risks that fail the gate", f"{name}, {data}", above, "", "risks", len(found[name][1].risks), "", None)
        )
        if name in seconds and name != "own":
            rows.append(
                _row("learn (and draw)", f"{name}, {data}", seconds[name], "s", "own", seconds["own"], "", None)
            )
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
