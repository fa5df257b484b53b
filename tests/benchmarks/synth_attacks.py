"""Our attacks beside those of the library that their authors keep (anonymeter), on the same tables.

The library lives in an environment of its own: it holds numpy below 1.27. It is given as many learnt rows as there are
held-out ones: its correction for a smaller control (1.1.0) counts all conditions, not those that fit one. That number
does not change with the rows, so that the fitted curve divides the control by four where it should raise it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from deid.synth.attacks import inference
from deid.synth.matrix import Space, Tables
from deid.synth.policy import SynthPolicy
from deid.synth.shares import Excess, Share
from deid.synth.singling import SINGLED_BY, singling_out
from tests.benchmarks.rows import Row
from tests.benchmarks.synth_environments import anonymeter_environment

SECRET = "occupation"
ATTACKS = 1_000
COMPARED = ("singling_out", "inference")
PLANTED = {"one row in ten given back": 0.1, "half of the rows given back": 0.5}


def compared(directory: Path, policy: SynthPolicy, names: tuple[str, str], attacks: int = ATTACKS) -> list[Row]:
    """Attack the tables of a directory, and two with rows of the source planted in them, by both.

    Raises: CalledProcessError — if the library cannot be had.
    """
    place = directory / "attacked"
    place.mkdir()
    learnt, held_out = (_plain(pq.read_table(directory / f"{name}.parquet"), policy) for name in ("learnt", "held_out"))
    learnt = learnt.slice(0, held_out.num_rows)
    drawn = {name: _plain(pq.read_table(directory / f"{name}.parquet"), policy) for name in names}
    for name, part in PLANTED.items():
        given = int(part * learnt.num_rows)
        rest = drawn[names[0]].slice(0, learnt.num_rows - given)
        drawn[name] = pa.concat_tables([rest, learnt.slice(0, given)])
    for name, table in {"learnt": learnt, "held_out": held_out, **drawn}.items():
        pq.write_table(table, place / f"{name}.parquet")
    theirs = _theirs(place, learnt.column_names, tuple(drawn), attacks)
    rows = []
    for name, table in drawn.items():
        space = Space.of(policy.learnt, [learnt, held_out, table])
        tables = Tables(space, space.values(table), space.values(learnt), space.values(held_out))
        ours = {
            "singling_out": singling_out(tables, attacks, np.random.default_rng(1)),
            "inference": inference(tables, [space.names.index(SECRET)], attacks, np.random.default_rng(1)),
        }
        rows += [_row(attack, name, excess, theirs[name][attack]) for attack, excess in ours.items()]
    return rows


def singled_by_library(directory: Path, names: Sequence[str], policy: SynthPolicy, attacks: int) -> dict[str, Excess]:
    """Return what the library alone finds by singling out in tables of a directory."""
    place = directory / "singled"
    place.mkdir()
    for name in ("learnt", "held_out", *names):
        pq.write_table(_plain(pq.read_table(directory / f"{name}.parquet"), policy), place / f"{name}.parquet")
    columns = [column.name for column in policy.learnt]
    found = _theirs(place, columns, tuple(names), attacks, ("singling_out",))
    singled = {name: one["singling_out"] for name, one in found.items()}
    excess = {}
    for name, one in singled.items():
        attack, control = (Share(hits, one["attacks"]) for hits in one["hits"])
        excess[name] = Excess(attack, control)
    return excess


def _row(attack: str, name: str, ours: Excess, theirs: dict[str, Any]) -> Row:
    """Hold our excess to theirs: the two intervals must have something in common."""
    low, high = ours.interval
    agree = low <= theirs["interval"][1] and theirs["interval"][0] <= high
    row = Row(benchmark="synth", what=f"{attack}, our excess: {name}", value=ours.rate, unit="", beside="anonymeter",
              reference=float(theirs["risk"]), bar="intervals meet", passed=agree)  # fmt: skip
    return replace(row, samples=(low, high, *theirs["interval"]))


def _theirs(
    place: Path, columns: list[str], names: tuple[str, ...], attacks: int, only: tuple[str, ...] = COMPARED
) -> dict[str, dict[str, dict[str, Any]]]:
    half = len(columns) // 2
    job: dict[str, Any] = {"tables": names, "attacks": attacks, "columns": SINGLED_BY, "secret": SECRET, "only": only}
    job["halves"] = [columns[:half], columns[half:]]
    script = Path(__file__).with_name("anonymeter_peer.py")
    command = [str(anonymeter_environment()), "-I", str(script), str(place), json.dumps(job)]
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return found


def _plain(table: pa.Table, policy: SynthPolicy) -> pa.Table:
    """Return the learnt columns in one order and kind, whatever made them."""
    kinds = {"number": pa.int64()}
    columns = {c.name: table.column(c.name).cast(kinds.get(c.kind, pa.string())) for c in policy.learnt}
    return pa.table(columns)
