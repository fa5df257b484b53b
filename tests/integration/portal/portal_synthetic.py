"""A synthetic extract as it is asked for in the world of the portal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.integration.portal.portal_world import CLI, HERE, Browser, World

ADULT = Path("tests/data/adult/adult.parquet")
ROWS = 1_500
TERMS = """gate: {attacks: 100, membership: 0.9, singling_out: 0.9, linkability: 0.9, inference: 0.99}
targets: [sex]
columns:
  age: {kind: number, range: [17, 90]}
  wage: {kind: number}
  sex: {kind: category}
"""


def adult(world: World) -> None:
    """Register a dataset with one table that can be learnt from."""
    if any(one.id == "adult" for one in world.zone.registry.datasets()):
        return
    place = world.zone.settings.home / "datasets" / "adult"
    place.mkdir(parents=True)
    wages = pa.array(np.random.default_rng(1).permutation(ROWS * 1_000)[:ROWS])
    pq.write_table(pq.read_table(ADULT).slice(0, ROWS).append_column("wage", wages), place / "people.parquet")
    about = ("adult", "소득 조사", "Income survey", "통계청", ROWS)
    world.zone.registry.register_dataset(*about, place, sensitive=False, demo=True, by=CLI, source=HERE)


def synthetic_form(world: World, **changes: Any) -> dict[str, Any]:
    """What a steward writes."""
    adult(world)
    form = {
        "source": "adult:1",
        "files": ["people.parquet"],
        "name": "연습용",
        "terms": TERMS,
        "engine": "marginals",
        "epsilon": "",
        "delta": "",
        "rows": "",
        "id": "adult-syn",
        "title_ko": "소득 조사 (합성)",
        "title_en": "Income survey (synthetic)",
        "project": "study",
        "kind": "scientific_research",
        "purpose": "두 진통제를 비교하는 분석 코드를 미리 만들어 보는 연구",
        "basis": "제28조의2",
        "scope": "조사 대상 전체",
        "need": "코드를 시험할 세 항목",
        "target": "internal",
        "protection": "네트워크 없는 분석환경",
        "ends": f"{world.clock() + timedelta(days=10):%Y-%m-%d}",
    }
    return form | changes


def asked_job(world: World, **changes: Any) -> tuple[Browser, str]:
    """A browser of the maker, and the job that was asked for there."""
    browser = world.signed_in("nari")
    answer = browser.fill("/synthetic/new", **synthetic_form(world, **changes))
    return browser, str(answer.headers["location"]).rsplit("/", 1)[1]
