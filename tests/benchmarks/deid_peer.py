"""What the peers do with the same tables; runs in an environment of its own and answers in JSON.

python deid_peer.py anjana ADULT_DIRECTORY
python deid_peer.py pycanon TABLES_DIRECTORY
python deid_peer.py pycanon-k TABLES_DIRECTORY
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

QUASI = (
    *("sex", "age", "race", "marital-status", "education"),
    *("native-country", "workclass", "occupation", "salary-class"),
)


def anjana(directory: Path) -> dict[str, Any]:
    """Search Adult for k = 5 with four percent left out."""
    from anjana.anonymity import k_anonymity

    data = pd.read_parquet(directory / "adult.parquet").astype(str)
    hierarchies: dict[str, dict[int, Any]] = {}
    for name in QUASI:
        table = pd.read_csv(directory / f"{name}.csv", sep=";", header=None, dtype=str)
        hierarchies[name] = {level: table[level].to_numpy() for level in table.columns}
    began = time.process_time()
    made = k_anonymity(data, [], list(QUASI), 5, 4, hierarchies)
    return {"cpu": time.process_time() - began, "rows": len(made)}


def pycanon(directory: Path) -> dict[str, Any]:
    """Measure k, l and t of every table in a directory."""
    from pycanon import anonymity

    found = []
    for path in sorted(directory.glob("*.parquet")):
        data = pd.read_parquet(path)
        quasi = [name for name in data.columns if name.startswith("q")]
        row: dict[str, Any] = {"name": path.name, "k": int(anonymity.k_anonymity(data, quasi))}
        for name in ("word", "number"):
            row[f"l {name}"] = int(anonymity.l_diversity(data, quasi, [name]))
            row[f"t {name}"] = float(anonymity.t_closeness(data, quasi, [name]))
        found.append(row)
    return {"tables": found}


def pycanon_k(directory: Path) -> dict[str, Any]:
    """Measure the processor time of k alone; the first table is read once before, for what is made on first use."""
    from pycanon import anonymity

    tables = [pd.read_parquet(path) for path in sorted(directory.glob("*.parquet"))]
    cpu = 0.0
    for place, data in enumerate([tables[0], *tables]):
        quasi = [name for name in data.columns if name.startswith("q")]
        began = time.process_time()
        anonymity.k_anonymity(data, quasi)
        cpu += time.process_time() - began if place else 0.0
    return {"cpu": cpu}


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):  # they talk while they work
        answer = {"anjana": anjana, "pycanon": pycanon, "pycanon-k": pycanon_k}[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(answer))
