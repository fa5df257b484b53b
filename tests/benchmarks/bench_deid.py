"""`make bench-deid`: measures what de-identification promises beside its peers, and says which promises were kept.

    python -m tests.benchmarks.bench_deid [name …] [--rows N]

Every figure is a ratio of processor times taken in one run; the seconds say more about the machine. The run of a
hundred million rows takes some ten minutes and 3 GB of disk: `bench_deid policy --rows 100000000`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rich.console import Console

from hub_config.processes import REPOSITORY
from tests.benchmarks import bench_deid_measures as measures
from tests.benchmarks import bench_deid_text
from tests.benchmarks.rows import Row, table

BENCHMARKS: Mapping[str, Callable[[], list[Row]]] = {
    "pseudonyms": measures.measure_pseudonyms,
    "policy": measures.measure_policy,
    "search": measures.measure_search,
    "figures": measures.measure_figures,
    "text": bench_deid_text.rows,
}
RESULT = REPOSITORY / "build" / "bench-deid.json"


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything; return 1 if a bar was missed or could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_deid")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(BENCHMARKS)}")
    parser.add_argument("--rows", type=int, default=measures.ROWS, help="rows of the policy run")
    given = parser.parse_args(words)
    if unknown := set(given.names) - BENCHMARKS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    rows: list[Row] = []
    broken: dict[str, str] = {}
    RESULT.parent.mkdir(exist_ok=True)
    runs: dict[str, Callable[[], list[Row]]] = {**BENCHMARKS, "policy": partial(measures.measure_policy, given.rows)}
    for name, run in runs.items():
        if given.names and name not in given.names:
            continue
        console.print(f"[bold]{name}[/] …")
        began = time.monotonic()
        try:
            rows += run()
        except Exception as error:  # one measure that breaks must not hide the others
            broken[name] = f"{type(error).__name__}: {error}"
            console.print_exception(max_frames=4)
        console.print(f"[dim]{name}: {time.monotonic() - began:.0f} s[/]")
        report = {"rows": [row.document() for row in rows], "not_measured": broken}
        RESULT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(table(rows))
    for row in rows:
        if row.passed is None:
            continue
        console.print(f"{'met' if row.passed else 'NOT MET'}: {row.what} ({row.ratio:.2f}x, {row.bar})")
    for name, reason in broken.items():
        console.print(f"NOT MEASURED: {name}: {reason}", markup=False)
    return 1 if broken or any(row.passed is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
