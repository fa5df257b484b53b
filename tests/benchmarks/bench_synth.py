"""`make bench-synth`: measures what the zone's own engine promises beside SDV's, on the Adult data and on GiBleed.

    python -m tests.benchmarks.bench_synth [PART …] [--quick] [--all] [--engine NAME[:EPOCHS]] …

Beside the zone's own engine, without and with a budget, stand the Gaussian copula and TVAE of SDV. `--all` adds CTGAN,
which takes a quarter of an hour, and HMA for the tables of GiBleed together; `--engine` names others, with fewer epochs
where the name says so (`ctgan:10`). `--quick` shows in minutes that everything runs; its figures mean nothing. All
figures are of one run; seconds are of the processor, so that a busy machine changes them little. Both data sets are in
the repository and the development environment; the environments of the peers are made on first use.
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from deid.synth.engine import MarginalEngine
from deid.synth.gate import Verdict, judge
from deid.synth.matrix import Space, Tables
from deid.synth.policy import SynthPolicy, parse_synth_policy
from deid.synth.sdv_engine import PYTHON
from deid.synth.singling import singling_out
from deid.synth.usefulness import usefulness
from hub_config.errors import EnvironmentMissing
from hub_config.processes import REPOSITORY
from tests.benchmarks import bench_synth_rows, synth_attacks, synth_gibleed, synth_measures, synth_singling
from tests.benchmarks.rows import Row, table
from tests.benchmarks.synth_environments import environment
from tests.benchmarks.synth_measures import BESIDE, OWN, PRIVATE, Measured, rows_of, side_by_side

ADULT = REPOSITORY / "tests" / "data" / "adult" / "adult.parquet"
LEARNT = 24_000
TARGET = "salary-class"
BUDGET = "privacy: {epsilon: 1.0, delta: 1.0e-5}\n"
ATTACKS = 10_000
"""Attacks of the bar, so many that its interval is narrow."""
RESULT = REPOSITORY / "build" / "bench-synth.json"


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    learnt: int = LEARNT
    attacks: int = ATTACKS
    against_library: int = synth_attacks.ATTACKS
    splits: int = 5
    engines: tuple[str, ...] = ("tvae",)
    rows: tuple[int, int] = (1_000_000, 10_000_000)


QUICK = Scale(3_000, 500, 200, 2, ("tvae:2",), (100_000, 300_000))
EVERY = ("tvae", "ctgan", "hma")


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything; return 1 if a bar was missed or something could not be measured."""
    options = _options(words)
    scale = QUICK if options.quick else Scale()
    scale = replace(scale, engines=tuple(options.engine or (EVERY if options.all else scale.engines)))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    (REPOSITORY / "build").mkdir(exist_ok=True)
    rows: list[Row] = []
    broken: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "build") as name:
        for part in options.parts or PARTS:
            console.print(f"[bold]{part}[/] …")
            place = Path(name) / part
            place.mkdir()
            began = time.monotonic()
            try:
                rows += PARTS[part](place, scale, console)
            except (EnvironmentMissing, subprocess.CalledProcessError) as error:
                broken[part] = str(error)
                console.print(f"[red]{part}: not measured[/]: {error}")
            console.print(f"[dim]{part}: {time.monotonic() - began:.0f} s[/]")
            _keep(rows, broken, quick=options.quick)  # a run that is stopped half-way has measured half
    console.print(table(rows))
    for row in rows:
        if row.passed is not None:
            console.print(f"{'met' if row.passed else 'NOT MET'}: {row.what} ({row.value:.3f}, {row.bar})")
    if options.quick:
        console.print("A quick run shows that everything runs. Its figures are of few rows and few epochs.")
        return 1 if broken else 0
    return 1 if broken or any(row.passed is False for row in rows) else 0


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_synth")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--engine", action="append", help="an engine of SDV beside the copula, NAME or NAME:EPOCHS")
    parser.add_argument("--all", action="store_true", help="CTGAN and HMA too: half an hour more")
    parser.add_argument("--quick", action="store_true", help="few rows and epochs: does it run?")
    given = parser.parse_args(words)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return given


def _keep(rows: Sequence[Row], broken: Mapping[str, str], *, quick: bool) -> None:
    document = {"quick": quick, "rows": [row.document() for row in rows], "not_measured": dict(broken)}
    RESULT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def measure_adult(directory: Path, scale: Scale, console: Console) -> list[Row]:
    """Return all figures on the Adult data; the tables of the run lie in the directory."""
    source = pq.read_table(ADULT)
    order = np.random.default_rng(0).permutation(source.num_rows)
    learnt = source.take(pa.array(order[: scale.learnt]))
    held_out = source.take(pa.array(order[LEARNT : LEARNT + max(1_000, scale.learnt)]))
    wanted = {OWN: policy(source), PRIVATE: policy(source, BUDGET)}
    found = _compared(directory, learnt, held_out, wanted, scale, console)
    console.print(side_by_side("Adult", synth_measures.ADULT, found))
    return rows_of("Adult", synth_measures.ADULT, found)


def measure_singling(directory: Path, scale: Scale, console: Console) -> list[Row]:
    """Return singling out on the Adult data over several splits: as the bar says it, and with nothing to correct.

    Where fewer are held out than learnt from, the control is raised by an estimate, and that of engines without any
    memory comes out too low; with as many held out as learnt from, nothing is estimated.
    """
    source = pq.read_table(ADULT)
    plain, budget = policy(source), policy(source, BUDGET)
    half = min(scale.learnt, source.num_rows // 2)
    places: dict[str, list[Path]] = {"bar": [], "even": []}
    for seed in range(scale.splits):
        console.print(f"split {seed + 1} of {scale.splits}: own and {BESIDE} …")
        for kind, learnt, others in (("bar", scale.learnt, source.num_rows - LEARNT), ("even", half, half)):
            place = directory / f"{kind}-{seed}"
            place.mkdir()
            rows, held_out = synth_singling.halves(source, learnt, others, seed)
            pq.write_table(held_out, place / "held_out.parquet")
            _learnt_and_drawn(place, rows, {OWN: plain, PRIVATE: budget}, [BESIDE], seed=seed)
            places[kind].append(place)
    rows_found = []
    for kind, said in (("bar", "singling out, Adult"), ("even", "the same, as many held out as learnt from")):
        found = {n: synth_singling.found_in(places[kind], n, plain, scale.attacks) for n in (OWN, PRIVATE, BESIDE)}
        rows_found += synth_singling.rows_of(said, found, synth_singling.BAR if kind == "bar" else "")
    console.print("the published attack …")
    theirs = synth_singling.found_by_library(places["even"], (OWN, BESIDE), plain, scale.against_library)
    return rows_found + synth_singling.rows_of("singling out by anonymeter", theirs)


def measure_gibleed(directory: Path, scale: Scale, console: Console) -> list[Row]:
    """Return the figures on the GiBleed extract: of one row for each person, and of its tables together."""
    source = synth_gibleed.people(directory)
    order = np.random.default_rng(0).permutation(source.num_rows)
    held = source.num_rows // 5
    learnt, held_out = source.take(pa.array(order[held:])), source.take(pa.array(order[:held]))
    wanted = {OWN: synth_gibleed.policy(), PRIVATE: synth_gibleed.policy(BUDGET)}
    found = _compared(directory, learnt, held_out, wanted, scale, console)
    console.print(side_by_side("GiBleed", synth_measures.GENERAL, found))
    rows = rows_of("GiBleed", synth_measures.GENERAL, found)
    rows += synth_gibleed.tables_together(directory, "marginals")
    if "hma" in scale.engines:
        os.environ.setdefault(PYTHON, str(environment()))
        rows += synth_gibleed.tables_together(directory, "hma")
    return rows


def measure_attacks(directory: Path, scale: Scale, _console: Console) -> list[Row]:
    """Return our attacks beside those of the library that their authors keep."""
    source = pq.read_table(ADULT)
    order = np.random.default_rng(0).permutation(source.num_rows)
    # As many learnt as held-out rows: then neither attack has anything to correct.
    half = min(scale.learnt, source.num_rows // 2)
    pq.write_table(source.take(pa.array(order[half : 2 * half])), directory / "held_out.parquet")
    wanted = policy(source)
    learnt = source.take(pa.array(order[:half]))
    _learnt_and_drawn(directory, learnt, {OWN: wanted}, [BESIDE])
    return synth_attacks.compared(directory, wanted, (OWN, BESIDE), scale.against_library)


def measure_rows(_directory: Path, scale: Scale, console: Console) -> list[Row]:
    """Return what a row costs and how much memory is held, at a million rows and at ten."""
    console.print(" and ".join(f"{size:,}" for size in scale.rows) + " rows …")
    few, many = (bench_synth_rows.apart(size) for size in scale.rows)
    cost = [found["seconds"] / found["rows"] * 1e6 for found in (few, many)]
    small, large = (f"{size:,} rows" for size in scale.rows)
    plain = Row(benchmark="synth", what=f"seconds for a million of {large}", value=cost[1], unit="s", beside=small,
                reference=cost[0], bar="<= 1.2 times", passed=cost[1] <= 1.2 * cost[0])  # fmt: skip
    memory = replace(plain, what=f"most memory held, {large}", value=many["mb"], unit="MB", reference=few["mb"],
                     bar="<= 1.5 times", passed=many["mb"] <= 1.5 * few["mb"])  # fmt: skip
    lost = many["rows"] - many["drawn"]
    drawn = replace(plain, what=f"rows of {large} that were not written", value=lost, unit="", beside="rows",
                    reference=many["rows"], bar="0", passed=lost == 0)  # fmt: skip
    return [plain, memory, drawn]


Part = Callable[[Path, Scale, Console], list[Row]]
PARTS: Mapping[str, Part] = {
    "adult": measure_adult,
    "singling": measure_singling,
    "gibleed": measure_gibleed,
    "attacks": measure_attacks,
    "rows": measure_rows,
}


def _compared(
    directory: Path,
    learnt: pa.Table,
    held_out: pa.Table,
    wanted: Mapping[str, SynthPolicy],
    scale: Scale,
    console: Console,
) -> dict[str, Measured]:
    """Have every engine learn and draw, and measure all in the same way; tables are judged by the first policy."""
    engines = [BESIDE, *(name for name in scale.engines if name != "hma")]
    seconds = _learnt_and_drawn(directory, learnt, wanted, engines, console)
    found = {}
    for name, spent in seconds.items():
        console.print(f"{name}: attacks and measures …")
        found[name] = _judged(name, directory, held_out, next(iter(wanted.values())), scale.attacks, spent)
    return found


def _learnt_and_drawn(
    directory: Path,
    learnt: pa.Table,
    wanted: Mapping[str, SynthPolicy],
    engines: Sequence[str],
    console: Console | None = None,
    seed: int = 1,
) -> dict[str, float]:
    """Write what each engine draws into the directory; return the seconds of the processor that it took."""
    say = (console or Console(quiet=True)).print
    pq.write_table(learnt, directory / "learnt.parquet")
    seconds: dict[str, float] = {}
    for name, one in wanted.items():
        say(f"{name} …")
        began = time.process_time()
        made = MarginalEngine().make(
            learnt, one, learnt.num_rows, np.random.default_rng(seed), lambda _done, _all: None
        )
        drawn = pa.concat_tables(made.tables)
        seconds[name] = time.process_time() - began
        pq.write_table(drawn.select(learnt.column_names), directory / f"{name}.parquet")
    for name in engines:
        say(f"{name} …")
        seconds[name] = peer("fit", name, directory)["fit"]
    return seconds


def _judged(
    name: str, directory: Path, held_out: pa.Table, wanted: SynthPolicy, attacks: int, seconds: float
) -> Measured:
    """Return use, risks and the upper end of singling out for one engine's rows."""
    learnt = pq.read_table(directory / "learnt.parquet")
    synthetic = pq.read_table(directory / f"{name}.parquet")
    space = Space.of(wanted.learnt, [learnt, held_out, synthetic])
    tables = Tables(space, space.values(synthetic), space.values(learnt), space.values(held_out))
    useful = usefulness(tables, list(wanted.targets), np.random.default_rng(1))
    gate = replace(wanted.gate, attacks=min(wanted.gate.attacks, attacks))
    risks = judge(tables, gate, wanted.secrets, np.random.default_rng(1)).risks
    return Measured(
        seconds=seconds,
        quality=peer("quality", name, directory)["quality"],
        area=useful.tasks[0].synthetic,
        area_real=useful.tasks[0].real,
        query_error=useful.query_error,
        single=singling_out(tables, attacks, np.random.default_rng(2)).interval[1],
        above=sum(1 for risk in risks if risk.verdict is not Verdict.BELOW),
        risks=len(risks),
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
    # One thread, as our own: several that wait for each other on a busy machine count their waiting as work.
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, check=True, capture_output=True, text=True, env=one)
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
