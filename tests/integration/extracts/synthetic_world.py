"""A synthetic extract in the world of extracts: its source, its policy and its order."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.text import Text
from deid.records.model import Draft, Extract, Kind
from deid.records.order import Item, Order
from tests.integration.extracts.extract_world import World

ADULT = Path("tests/data/adult/adult.parquet")
ROWS = 1_500
POLICY = """version: 1
name: 합성 연습
dataset: hospital-syn
project: cardio
engine: marginals
gate: {attacks: 100, membership: 0.9, singling_out: 0.9, linkability: 0.9, inference: 0.9}
columns:
  number: {kind: key}
  who: {kind: name}
  age: {kind: number, range: [17, 90]}
  wage: {kind: number}
  sex: {kind: category}
  education: {kind: category}
"""


def source(world: World) -> Path:
    """The file that is learnt from: made of public data, with a column of names."""
    path = world.home / "adult.parquet"
    if not path.exists():
        table = pq.read_table(ADULT).slice(0, ROWS)
        names = pa.array(["홍길동" if n % 2 else "김민준" for n in range(ROWS)])
        # No two people earn the same, so that no row equals another by chance and the verdict is the same each time.
        wages = pa.array(np.random.default_rng(1).permutation(ROWS * 1_000)[:ROWS])
        pq.write_table(table.append_column("who", names).append_column("wage", wages), path)
    return path


def draft(world: World) -> Draft:
    return Draft(
        dataset="hospital-syn",
        project="cardio",
        title=Text("합성 입원 기록", "Synthetic admissions"),
        owner="병원",
        people=ROWS,
        sensitive=True,
        kind=Kind.RESEARCH,
        purpose="고혈압 환자의 재입원을 비교하는 분석 코드를 미리 만들어 보는 연구",
        basis="제28조의2",
        scope="2025년 입원 환자",
        need="코드를 시험할 네 항목",
        use="internal",
        recipients=(),
        environment="네트워크 없는 분석환경",
        ends_at=world.now[0] + timedelta(days=30),
    )


def order(world: World, policy: str = POLICY) -> Order:
    path = world.home / "synthetic.yaml"
    path.write_text(policy, encoding="utf-8")
    return Order(draft(world), {"people": Item(path, source(world))}, path)


def synthetic(world: World, policy: str = POLICY) -> Extract:
    """A synthetic extract that is made."""
    wanted = order(world, policy)
    ref = world.desk.draft(wanted.draft, by=world.by("nari")).ref
    return world.desk.process(ref, wanted, by=world.by("nari"))
