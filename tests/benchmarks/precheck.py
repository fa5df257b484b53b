"""The check of twenty ordinary files from a notebook, as long as its author waits for it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hub_config.story import steps
from hub_config.story.visitor import Visitor
from tests.benchmarks.bench_zone import PROJECT, BenchZone, sign_in
from tests.benchmarks.rows import Row

BAR_SECONDS = 5.0
FILES = 20

#: Twelve tables, three texts, three figures and two documents: what a study's first request looks like.
MAKE = """
import json, pathlib
import numpy as np, pandas as pd
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt
chance, out = np.random.default_rng(7), pathlib.Path("/outbox")
for i in range(12):
    ages = [f"{a}-{a + 9}" for a in range(0, 90, 10)]
    table = pd.DataFrame({"age": ages * 4, "sex": ["F", "M"] * 18, "n": chance.integers(20, 900, 36)})
    table["share"] = (table.n / table.n.sum()).round(3)
    table.to_csv(out / f"table_{i:02}.csv", index=False)
for i in range(3):
    (out / f"model_{i}.txt").write_text("\\n".join(f"x{k} {v:.4f}" for k, v in enumerate(chance.normal(size=60))))
    plt.figure(); plt.plot(chance.integers(20, 900, 40)); plt.savefig(out / f"figure_{i}.png"); plt.close()
(out / "readme.md").write_text("# Results\\n\\nCounts by age and sex; figures show totals.\\n" * 10)
(out / "results.json").write_text(json.dumps({"n": 2694, "groups": chance.integers(20, 900, 50).tolist()}))
"""
CHECK = """
import contextlib, io, json, os, time
import ansim_client
def seconds(names):
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        report = ansim_client.check(*names)
    assert len(report.document["files"]) == len(names)
    return time.perf_counter() - began
names = [f"/outbox/{n}" for n in sorted(os.listdir("/outbox"))]
seconds(names[:1])
print("SECONDS " + json.dumps({"all": [seconds(names) for _ in range(%d)], "one": seconds(names[:1]),
                              "files": len(names)}))
"""


def measure(bench: BenchZone) -> list[Row]:
    """Make the files in a workspace and check them from its notebook."""
    found = asyncio.run(from_notebook(bench))
    assert found["files"] == FILES, found
    slowest = max(found["all"])
    return [
        Row(
            benchmark="precheck",
            what=f"pre-check of {FILES} ordinary files from a notebook, slowest of {len(found['all'])}",
            value=slowest,
            unit="s",
            beside="one file",
            reference=found["one"],
            bar=f"< {BAR_SECONDS:g} s",
            passed=slowest < BAR_SECONDS,
            samples=tuple(found["all"]),
        )
    ]


async def from_notebook(bench: BenchZone) -> dict[str, Any]:
    """Return what the notebook measured."""
    (person,) = await asyncio.to_thread(bench.people, 1)
    async with Visitor(bench.settings) as visitor:
        await sign_in(visitor, person)
        workspace = await steps.start_workspace(visitor, person.handle, PROJECT)
        results = await workspace.run("bench.ipynb", [MAKE, CHECK % bench.runs])
    await asyncio.to_thread(bench.stop, person)
    line = next(line for line in results[-1].text.splitlines() if line.startswith("SECONDS "))
    found: dict[str, Any] = json.loads(line.removeprefix("SECONDS "))
    return found
