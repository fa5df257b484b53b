"""The worker makes synthetic extracts in processes of their own: bounded, ended at will, and nothing stays of one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.event import Source
from audit.search import Query, search
from audit.text import Text
from deid.records.desk import Acting
from deid.records.model import Draft, Kind
from deid.records.synthetic_jobs import OUT_OF_MEMORY, JobState
from hub_config.synthetic_making import PLACE, make_waiting
from hub_config.zone import Zone, open_zone
from registry.desk import as_actor
from registry.model import Role
from tests.integration.house.house_people import join, make_zone, project
from tests.patience import PATIENCE

ROWS = 1_500
POLICY = """version: 1
name: practice
dataset: wages-syn
project: study
engine: marginals
gate: {attacks: 100, membership: 0.9, singling_out: 0.9, linkability: 0.9, inference: 0.9}
columns:
  wage: {kind: number}
  age: {kind: number}
"""


@pytest.fixture
def zone(usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    home = tmp_path / "home"
    make_zone(home)
    zone = open_zone(home, "worker")
    project(zone, days=60)
    join(zone, "nari", Role.DEID_OPERATOR)
    random = np.random.default_rng(1)
    wages = pa.array(random.permutation(ROWS * 1_000)[:ROWS])
    pq.write_table(pa.table({"wage": wages, "age": pa.array(random.integers(20, 80, ROWS))}), home / "wages.parquet")
    yield zone
    zone.db.close()


def asked(zone: Zone, policy: str = POLICY) -> str:
    """A job that waits."""
    nari = as_actor(zone.registry.person("nari"))
    by = Acting(nari, nari.ref, Source("192.0.2.9"))
    draft = Draft(
        dataset="wages-syn",
        project="study",
        title=Text("임금", "Wages"),
        owner="통계청",
        people=ROWS,
        sensitive=False,
        kind=Kind.RESEARCH,
        purpose="임금 분석 코드를 자료가 열리기 전에 만들어 보는 연구",
        basis="제28조의2",
        scope="조사 대상 전체",
        need="코드를 시험할 두 항목",
        use="internal",
        recipients=(),
        environment="네트워크 없는 분석환경",
        ends_at=datetime.now(UTC) + timedelta(days=30),
    )
    ref = zone.extracts.draft(draft, by=by).ref
    return zone.extracts.ask_synthetic(ref, policy, {"people": zone.home / "wages.parquet"}, by=by).ref


def nothing_left(zone: Zone) -> bool:
    """Whether no file of a making stays."""
    place = zone.home / PLACE
    left = [*place.iterdir()] if place.exists() else []
    return not left and not [p for p in (zone.home / "datasets").rglob("*") if p.is_file()]


def test_what_waits_is_made_in_the_name_of_who_asked(zone: Zone) -> None:
    job = zone.extracts.synthetic_job(asked(zone))
    make_waiting(zone, lambda: False)
    done = zone.extracts.synthetic_job(job.ref)
    assert (done.state, done.reason) == (JobState.MADE, None)
    extract = zone.extracts.get(job.extract)
    assert extract.run is not None
    assert extract.run.by_ref == job.by_ref
    zone.log.settle()
    with zone.db.read() as tx:
        [entry] = search(tx, Query(action="extract.processed"))
    assert entry.body["actor"]["ref"] == "worker"
    assert entry.body["on_behalf_of"] == job.by_ref
    assert list((zone.home / PLACE).iterdir()) == []


def test_a_limit_of_memory_ends_the_work_and_not_the_zone(zone: Zone) -> None:
    ref = asked(zone)
    make_waiting(zone, lambda: False, memory=48 << 20)
    job = zone.extracts.synthetic_job(ref)
    assert (job.state, job.reason) == (JobState.FAILED, OUT_OF_MEMORY)
    assert nothing_left(zone)


def test_cancelling_ends_the_process_and_leaves_nothing(zone: Zone) -> None:
    ref = asked(zone, POLICY.replace("attacks: 100", "attacks: 100000"))
    by = Acting(as_actor(zone.registry.person("nari")), zone.registry.person("nari").ref, Source("192.0.2.9"))
    working = threading.Thread(target=make_waiting, args=(zone, lambda: False))
    working.start()
    deadline = time.monotonic() + PATIENCE
    while zone.extracts.synthetic_job(ref).stage is None and time.monotonic() < deadline:
        time.sleep(0.2)
    zone.extracts.cancel_synthetic(ref, by=by)
    working.join(PATIENCE)
    assert not working.is_alive()
    assert zone.extracts.synthetic_job(ref).state is JobState.CANCELLED
    assert nothing_left(zone)


def test_what_a_crash_cut_short_is_said_to_be_interrupted_and_may_be_asked_for_again(zone: Zone) -> None:
    ref = asked(zone)
    zone.extracts.begin_synthetic(ref)
    left = zone.home / "datasets" / "wages-syn" / f".{zone.extracts.synthetic_job(ref).extract}.1.new"
    left.mkdir(parents=True)
    (left / "people.parquet").write_bytes(b"half")
    make_waiting(zone, lambda: True)
    job = zone.extracts.synthetic_job(ref)
    assert job.state is JobState.FAILED
    assert job.reason != OUT_OF_MEMORY
    assert nothing_left(zone)
