"""A model that an order asks for lies in the extract, is reviewed with it, and is drawn from only then."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from deid.records.errors import Conflict, Denied
from tests.integration.extracts.extract_world import World
from tests.integration.extracts.synthetic_world import POLICY, synthetic

KEPT = POLICY.replace("engine: marginals\n", "engine: marginals\nsave_model: true\n").replace(
    "  who: {kind: name}\n", ""
)


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
        # As somebody who owns the database can.
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'deid_extract_review'"
        for name in list(tx.exec_driver_sql(guards).scalars()):
            tx.exec_driver_sql(f"DROP TRIGGER {name}")
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
