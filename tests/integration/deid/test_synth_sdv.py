"""SDV's engines behind the port, in an environment of their own: nothing of the model stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from deid.sources import open_table
from deid.synth.coding import OTHER
from deid.synth.making import learn_and_draw
from deid.synth.policy import parse_synth_policy
from deid.synth.related_making import RelatedMaking
from deid.synth.relations import RelatedPolicy, parse_extract_policy
from deid.synth.sdv_engine import PYTHON
from tests.benchmarks.synth_environments import environment
from tests.patience import PATIENCE

pytestmark = pytest.mark.long
HEAD = "version: 1\nname: t\ndataset: d\nproject: p\n"
TABLES = """tables:
  person:
    columns:
      person_id: {kind: key}
      sex: {kind: category}
      born: {kind: number}
  visit:
    columns:
      visit_id: {kind: key}
      person_id: {kind: reference, table: person}
      ward: {kind: category}
      begin: {kind: date}
"""
PEOPLE = 600


@pytest.fixture(scope="module")
def python() -> str:
    """The Python that has SDV, made as the benchmark makes it."""
    return os.environ.get(PYTHON) or str(environment())


@pytest.fixture(autouse=True)
def _sdv(python: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    monkeypatch.setenv(PYTHON, python)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "aside"))


def test_a_table_of_texts_is_learnt_by_its_kinds_and_no_model_stays(tmp_path: Path) -> None:
    """A CSV holds texts only; what SDV gets are numbers, days and categories, and none of few people."""
    random = np.random.default_rng(1)
    ages, sexes = [str(n) for n in random.integers(20, 80, PEOPLE)], random.choice(["F", "M"], PEOPLE).tolist()
    wards = [f"{sex}{random.integers(2)}" for sex in sexes]
    ages[:3], sexes[:3], wards[:3] = ["119"] * 3, ["X"] * 3, ["X0"] * 3
    table = pa.table({"age": ages, "sex": sexes, "ward": wards})
    wanted = parse_synth_policy(
        HEAD + "engine: gaussian_copula\nrows: 50\nconstraints: {together: [[sex, ward]]}\n"
        "columns:\n  age: {kind: number}\n  sex: {kind: category}\n  ward: {kind: category}\n"
    )
    drawn = pa.concat_tables(learn_and_draw(table, wanted, random).drawn.tables)
    assert pa.types.is_int64(drawn.schema.field("age").type)
    assert max(drawn.column("age").to_pylist()) < 119
    pairs = {tuple(row.values()) for row in drawn.select(["sex", "ward"]).to_pylist()}
    assert pairs <= {("F", "F0"), ("F", "F1"), ("M", "M0"), ("M", "M1"), (OTHER, OTHER)}
    assert drawn.num_rows == 50
    assert list((tmp_path / "aside").iterdir()) == []


def test_an_engine_that_learns_by_epochs_says_how_far_it_is_and_is_ended_with_what_it_holds(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    table = pa.table({"age": random.integers(20, 80, 8_000), "sex": random.choice(["F", "M"], 8_000)})
    wanted = parse_synth_policy(
        HEAD + "engine: tvae\nrows: 1000\ncolumns:\n  age: {kind: number}\n  sex: {kind: category}\n"
    )
    told: list[int] = []

    def progress(done: int, _all: int | None) -> None:
        told.append(done)
        if done > 10:  # of 300 epochs a few
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_and_draw(table, wanted, random, progress)
    assert told == sorted(told)
    assert 10 < told[-1] < 1_000
    assert list((tmp_path / "aside").iterdir()) == []


LEARNS = """
import numpy as np, pyarrow as pa
from deid.synth.sdv_engine import run_sdv
rows = {"rows": pa.table({"age": np.arange(8_000) % 60})}
run_sdv({"engine": "tvae", "kinds": {"rows": {"age": "number"}}, "rows": 10, "seed": 1}, rows)
"""


def test_one_that_is_killed_takes_the_process_of_sdv_with_it_and_no_row_stays(tmp_path: Path) -> None:
    """Not even a file with a name is there while it learns."""
    place = tmp_path / "aside"
    command = [sys.executable, "-c", LEARNS]
    process = subprocess.Popen(command, env={**os.environ, "TMPDIR": str(place)})
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        until(lambda: bool(children.read_text(encoding="ascii").split()))
        [child] = [Path("/proc") / number for number in children.read_text(encoding="ascii").split()]
        until(lambda: b"libtorch" in (child / "maps").read_bytes())  # so that it has begun and reads its rows
        assert list(place.iterdir()) == []
    finally:
        process.kill()
        process.wait()
    until(lambda: not (child / "maps").exists() or not (child / "maps").read_bytes())
    assert list(place.iterdir()) == []


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_hma_keeps_every_reference_makes_its_keys_anew_and_says_how_far_it_is(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    visits = random.integers(0, PEOPLE, 900)
    days = random.integers(15_000, 16_000, 900).astype(np.int32)
    tables = {
        "person": pa.table(
            {
                "person_id": np.arange(PEOPLE),
                "sex": random.choice(["F", "M"], PEOPLE),
                "born": random.integers(1930, 2000, PEOPLE),
            }
        ),
        "visit": pa.table(
            {
                "visit_id": np.arange(900),
                "person_id": visits,
                "ward": random.choice(["A", "B"], 900),
                "begin": pa.array(days).cast(pa.date32()),
            }
        ),
    }
    for name, table in tables.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    policy = parse_extract_policy(HEAD + "engine: hma\n" + TABLES)
    assert isinstance(policy, RelatedPolicy)
    making = RelatedMaking(policy, {name: open_table(tmp_path / f"{name}.parquet") for name in tables}, random)
    made: dict[str, pa.Table] = {}
    told: list[tuple[int, int | None]] = []
    making.read(lambda _done, _all: None)
    making.draw(lambda name, rows: made.__setitem__(name, rows), lambda *reached: told.append(reached))
    people = made["person"].column("person_id")
    assert pc.all(pc.is_in(made["visit"].column("person_id"), people)).as_py()
    assert all(key.startswith("S") for key in people.to_pylist())
    done = [reached for reached, _every in told]
    assert done == sorted(done)
    assert len({every for _reached, every in told}) == 1
    assert len({reached for reached in done if 0 < reached < done[-1]}) > 3  # it says how far it is while it learns
    assert list((tmp_path / "aside").iterdir()) == []
