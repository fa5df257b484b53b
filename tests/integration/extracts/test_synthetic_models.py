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


def test_an_extract_without_a_model_says_how_to_have_one(world: World, tmp_path: Path) -> None:
    extract = synthetic(world)
    assert extract.run is not None
    assert not list(extract.run.directory.glob("*.model.json"))
    with pytest.raises(Conflict, match="save_model"):
        world.desk.draw_again(extract.ref, tmp_path / "more.parquet", 10, by=world.by("nari"))
