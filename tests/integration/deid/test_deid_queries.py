"""Answers with noise cost a budget that stands in the log; when it is spent, nothing more is answered."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.search import Query, search
from deid.errors import Refused
from deid.queries import BUDGET, QueryDesk, Question
from deid.sources import Table, open_table
from tests.integration.deid.reidentification_world import HERE, World, actor, open_world

DATASET = ("hospital", 1, 100)


@pytest.fixture
def world(usual_database: None, tmp_path: Path) -> Iterator[World]:
    made = open_world(tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def table(tmp_path: Path) -> Table:
    pq.write_table(pa.table({"who": [f"p{n}" for n in range(100)]}), tmp_path / "t.parquet")
    return open_table(tmp_path / "t.parquet")


def ask(desk: QueryDesk, table: Table, epsilon: Fraction, version: int = 1) -> int:
    question = Question(epsilon=epsilon, where={}, person="who")
    dataset = (DATASET[0], version, DATASET[2])
    below = random.Random(3).randrange
    return desk.ask(question, table, dataset, by=actor("data"), source=HERE, below=below)["*"]


def test_a_budget_is_spent_question_by_question_and_then_refused(world: World, table: Table) -> None:
    desk = QueryDesk(world.log, world.keys)
    answers = [ask(desk, table, Fraction(1)) for _ in range(int(BUDGET))]
    assert all(abs(answer - 100) < 40 for answer in answers)
    assert desk.spent("hospital", 1) == BUDGET
    with pytest.raises(Refused, match="budget left"):
        ask(desk, table, Fraction(1, 100))
    assert world.events()[-3:] == [("query_answered", "intent"), ("query_answered", "ok"), ("query_answered", "denied")]
    assert ask(desk, table, Fraction(1), version=2)


def test_no_answer_stands_in_the_log(world: World, table: Table) -> None:
    ask(QueryDesk(world.log, world.keys), table, Fraction(1))
    with world.db.read() as tx:
        bodies = [entry.body for entry in search(tx, Query(action="deid.query_answered"))]
    assert [set(body["detail"]) for body in bodies] == [{"version", "cost", "sensitivity"}] * 2
    assert not any("c" in body for body in bodies)


def test_a_question_that_fails_is_paid_for_too(world: World, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("who,cost\na,1\nb,x\n", encoding="utf-8")
    desk = QueryDesk(world.log, world.keys)
    question = Question(epsilon=Fraction(1), where={}, total="cost", high=10, person="who")
    with pytest.raises(Exception, match="row 2"):
        desk.ask(question, open_table(path), DATASET, by=actor("data"), source=HERE)
    assert desk.spent("hospital", 1) == 1
    assert world.events()[-1] == ("query_answered", "failed")
