"""A model that an order asks for lies in the extract, is reviewed with it, and is drawn from only then."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deid.errors import DataError
from deid.records.errors import Conflict, Denied
from deid.records.order import Item, Order
from tests.databases import without_guards
from tests.integration.extracts.extract_world import World
from tests.integration.extracts.synthetic_world import POLICY, draft, synthetic

KEPT = POLICY.replace("engine: marginals\n", "engine: marginals\nsave_model: true\n").replace(
    "  who: {kind: name}\n", ""
)

SEVERAL = """version: 1
name: 표 둘
dataset: hospital-syn
project: cardio
engine: marginals
save_model: true
gate: {attacks: 100, membership: 1.0, singling_out: 1.0, linkability: 1.0, inference: 1.0}
tables:
  person:
    columns:
      id: {kind: key}
      born: {kind: number}
      wage: {kind: number}
  visit:
    columns:
      person: {kind: reference, table: person}
      cost: {kind: number}
"""


def test_a_reviewed_model_is_drawn_from_and_every_drawing_is_recorded(world: World, tmp_path: Path) -> None:
    extract = synthetic(world, KEPT)
    run = extract.run
    assert run is not None
    assert run.synthetic is not None
    [model] = run.directory.glob("*.model.json")
    assert run.synthetic["model"] == hashlib.sha256(model.read_bytes()).hexdigest()
    target = tmp_path / "more.parquet"
    with pytest.raises(Conflict) as refused:
        world.desk.draw_again(extract.ref, target, 700, by=world.by("nari"))
    assert refused.value.code == "not_reviewed"
    world.review(world.desk.submit(extract.ref, by=world.by("nari")))
    with pytest.raises(Denied):
        world.desk.draw_again(extract.ref, target, 700, by=world.by("minji"))
    assert not target.exists()
    digest = world.desk.draw_again(extract.ref, target, 700, by=world.by("nari"))
    assert digest == hashlib.sha256(target.read_bytes()).hexdigest()
    assert pq.read_table(target).num_rows == 700
    assert world.outcomes("deid.")[-3:] == [
        ("deid.synthetic", "denied"),
        ("deid.synthetic", "intent"),
        ("deid.synthetic", "ok"),
    ]
    model.chmod(0o644)
    model.write_bytes(model.read_bytes().replace(b'"total":', b'"total": '))
    with pytest.raises(Conflict):
        world.desk.draw_again(extract.ref, tmp_path / "changed.parquet", 10, by=world.by("nari"))
    assert not (tmp_path / "changed.parquet").exists()


def test_a_model_is_not_used_after_its_period_nor_by_a_review_that_the_log_does_not_have(
    world: World, tmp_path: Path
) -> None:
    extract = synthetic(world, KEPT)
    world.review(world.desk.submit(extract.ref, by=world.by("nari")))
    extract = world.desk.get(extract.ref)
    before, world.now[0] = world.now[0], extract.draft.ends_at
    with pytest.raises(Conflict) as late:
        world.desk.draw_again(extract.ref, tmp_path / "late.parquet", 10, by=world.by("nari"))
    assert late.value.code == "extract_ended"
    world.now[0] = before
    with world.db.begin() as tx:
        without_guards(tx, "deid_extract_review")
        tx.exec_driver_sql("UPDATE deid_extract_review SET by_ref = 'p_bbbbbbbbbbbbbbbb'")
    with pytest.raises(Conflict) as forged:
        world.desk.draw_again(extract.ref, tmp_path / "forged.parquet", 10, by=world.by("nari"))
    assert forged.value.code == "not_reviewed"


def test_an_extract_without_a_model_says_how_to_have_one(world: World, tmp_path: Path) -> None:
    extract = synthetic(world)
    assert extract.run is not None
    assert not list(extract.run.directory.glob("*.model.json"))
    with pytest.raises(Conflict, match="save_model"):
        world.desk.draw_again(extract.ref, tmp_path / "more.parquet", 10, by=world.by("nari"))


def several(world: World) -> Order:
    """An order of people and their visits; no two earn or pay the same, so that none equals another by chance."""
    random, people = np.random.default_rng(1), 600
    owners = random.integers(0, people, 1_200)
    tables = {
        "person": {"id": np.arange(people), "born": random.integers(1930, 2000, people)},
        "visit": {"person": owners, "cost": random.permutation(10**6)[: len(owners)]},
    }
    tables["person"]["wage"] = random.permutation(10**6)[:people]
    policy = world.home / "several.yaml"
    policy.write_text(SEVERAL, encoding="utf-8")
    items = {}
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), world.home / f"{name}.parquet")
        items[name] = Item(policy, world.home / f"{name}.parquet")
    return Order(draft(world), items, policy)


def test_tables_are_drawn_again_from_their_reviewed_model_into_a_folder(world: World, tmp_path: Path) -> None:
    wanted = several(world)
    extract = world.desk.process(world.desk.draft(wanted.draft, by=world.by("nari")).ref, wanted, by=world.by("nari"))
    assert extract.run is not None
    assert extract.run.synthetic is not None
    [model] = extract.run.directory.glob("*.model.json")
    assert extract.run.synthetic["model"] == hashlib.sha256(model.read_bytes()).hexdigest()
    world.review(world.desk.submit(extract.ref, by=world.by("nari")))
    with pytest.raises(DataError, match="new folder"):
        world.desk.draw_again(extract.ref, tmp_path / "more.parquet", 40, by=world.by("nari"))
    world.desk.draw_again(extract.ref, tmp_path / "more", 40, by=world.by("nari"))
    made = {path.stem: pq.read_table(path) for path in (tmp_path / "more").iterdir()}
    assert made["person"].num_rows == 40
    assert set(made["visit"].column("person").to_pylist()) <= set(made["person"].column("id").to_pylist())
    assert world.outcomes("deid.")[-2:] == [("deid.synthetic", "intent"), ("deid.synthetic", "ok")]
