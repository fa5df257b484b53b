"""A synthetic extract and its record are one, whatever the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.db import Database
from audit.errors import AuditError
from audit.event import Actor, Source, Subjects
from audit.search import Query, search
from deid.errors import DataError, MissingExtraError
from deid.sources import open_table
from deid.synth.policy import SynthPolicy, parse_synth_policy
from deid.synth.port import Progress
from deid.synth.service import SynthDesk, SyntheticExtract
from tests.databases import refuse_entries
from tests.integration.audit.audit_world import World, new_world

ADULT = Path("tests/data/adult/adult.parquet")
MAKER = Actor.person("p_aaaaaaaaaaaaaaaa", ("deid_operator",))
POLICY = """version: 1
name: t
dataset: adult
project: practice
engine: marginals
gate: {attacks: 200, singling_out: 0.9, linkability: 0.9, inference: 0.9, membership: 0.9}
columns:
  age: {kind: number, range: [17, 90]}
  sex: {kind: category}
  education: {kind: category}
  wage: {kind: number, range: [0, 900000]}
"""


@pytest.fixture
def world(usual_url: str, tmp_path: Path) -> Iterator[World]:
    made = new_world(Database.open(usual_url), tmp_path, usual_url)
    yield made
    made.db.close()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "adult.parquet"
    # No two people earn the same, so that no row equals another by chance and the verdict is the same each time.
    wages = pa.array(np.random.default_rng(1).permutation(900_000)[:6_000])
    pq.write_table(pq.read_table(ADULT).slice(0, 6_000).append_column("wage", wages), path)
    return path


@contextmanager
def silent(_stage: str) -> Iterator[Progress]:
    yield lambda _done, _all: None


def policy(more: str = "", text: str = POLICY) -> SynthPolicy:
    return parse_synth_policy(text + more)


def make(world: World, wanted: SynthPolicy, table: Path, target: Path) -> SyntheticExtract:
    subjects = Subjects.datasets([("adult", 1, 30_162)])
    desk = SynthDesk(world.log)
    return desk.make(wanted, open_table(table), target, by=MAKER, source=Source(None), subjects=subjects, shown=silent)


def events(world: World) -> list[tuple[str, str]]:
    with world.db.read() as tx:
        found = search(tx, Query(action="deid.", newest_first=False))
    return [(entry.body["action"], entry.body["outcome"]) for entry in found]


def test_it_is_announced_made_and_reported_with_its_hash(world: World, source: Path, tmp_path: Path) -> None:
    found = make(world, policy(), source, tmp_path / "out.parquet")
    assert events(world) == [("deid.synthetic", "intent"), ("deid.synthetic", "ok")]
    with world.db.read() as tx:
        last = search(tx, Query(action="deid.synthetic", outcome="ok"))[0].body
    assert last["policy"] == policy().digest
    assert last["object"]["sha256"] == found.sha256
    assert last["detail"]["rows"] == 4_800
    assert last["detail"]["held_out"] == 1_200
    world.log.checkpoint()
    assert world.verify().ok


def test_one_that_puts_people_at_risk_is_recorded_as_denied_and_not_written(
    world: World, source: Path, tmp_path: Path
) -> None:
    strict = policy(text=POLICY.replace("membership: 0.9", "membership: 0.2"))
    assert make(world, strict, source, tmp_path / "out.parquet").sha256 is None
    assert events(world) == [("deid.synthetic", "intent"), ("deid.synthetic", "denied")]
    assert not (tmp_path / "out.parquet").exists()


def test_a_failure_is_recorded_without_a_value_of_the_data(world: World, tmp_path: Path) -> None:
    words = tmp_path / "words.parquet"
    columns = {"age": ["마흔"] * 600, "sex": ["x"] * 600, "education": ["y"] * 600, "wage": list(range(600))}
    pq.write_table(pa.table(columns), words)
    with pytest.raises(DataError, match="age"):
        make(world, policy(), words, tmp_path / "out.parquet")
    assert events(world) == [("deid.synthetic", "intent"), ("deid.synthetic", "failed")]
    assert "마흔".encode() not in b"".join(world.body(index) for index in range(world.size()))


def test_an_engine_that_is_not_installed_is_refused_before_anything_is_read_or_recorded(
    world: World, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANSIM_SDV_PYTHON", raising=False)
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(MissingExtraError):
        make(world, policy(text=POLICY.replace("marginals", "ctgan")), source, tmp_path / "out.parquet")
    assert events(world) == []


@pytest.mark.parametrize("which", ["intent", "ok"])
def test_what_cannot_be_recorded_is_not_made(world: World, source: Path, tmp_path: Path, which: str) -> None:
    with world.db.begin() as tx:
        refuse_entries(tx, f'"outcome":"{which}"')
    with pytest.raises(AuditError):
        make(world, policy(), source, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
