"""What fewer than ten people have is never drawn, in one table or in several, however many rows they have."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from deid.errors import DataError, DeidError, PolicyError
from deid.synth.coding import LEAST_ROWS, Numbers, learn_coding
from deid.synth.engine import MOST_NOISE, NOISE, noise_of
from deid.synth.making import learn_and_draw
from deid.synth.policy import ColumnKind, parse_synth_policy
from deid.synth.related import draw_related, learn_related
from deid.synth.related_source import Rows
from deid.synth.relations import RelatedPolicy, parse_extract_policy

PEOPLE = 600
RELATED = """version: 1
name: t
dataset: d
project: p
engine: marginals
tables:
  person:
    columns:
      id: {kind: key}
      sex: {kind: category, values: [F, M, X]}
  visit:
    columns:
      person: {kind: reference, table: person}
      code: {kind: category}
      named: {kind: category, values: [I10, E11, Z99]}
      weight: {kind: number}
"""


def quiet(_done: int, _all: int | None) -> None:
    return


def drawn(seed: int) -> dict[str, pa.Table]:
    """One person comes sixty times, with a code, a named code and a weight that nobody else has."""
    policy, random = parse_extract_policy(RELATED), np.random.default_rng(seed)
    assert isinstance(policy, RelatedPolicy)
    alone = np.arange(PEOPLE)
    sex = random.choice(["F", "M"], PEOPLE).astype(object)
    sex[:4] = "X"
    owners = np.concatenate([np.repeat(alone, 3), np.zeros(60, dtype=np.int64)])
    code = random.choice(["A", "B"], len(owners)).astype(object)
    named = random.choice(["I10", "E11"], len(owners)).astype(object)
    weight = random.integers(40, 100, len(owners))
    code[-60:], named[-60:], weight[-60:] = "SECRET", "Z99", 312
    visits = pa.table({"code": code, "named": named, "weight": weight})
    related = {
        "person": Rows(pa.table({"sex": sex}), alone, alone, {}),
        "visit": Rows(visits, owners, owners, {}),
    }
    models = learn_related(policy, related, random)
    parts = list(draw_related(policy, models, PEOPLE, random, quiet))
    return {name: pa.concat_tables([part[name].table for part in parts]) for name in related}


@pytest.mark.parametrize("seed", [1, 2])
def test_what_one_person_has_in_sixty_rows_is_not_drawn_in_several_tables(seed: int) -> None:
    tables = drawn(seed)
    assert "X" not in tables["person"].column("sex").to_pylist()
    assert "SECRET" not in tables["visit"].column("code").to_pylist()
    assert "Z99" not in tables["visit"].column("named").to_pylist()
    assert max(n for n in tables["visit"].column("weight").to_pylist() if n is not None) < 150


def test_the_ends_of_bins_are_those_of_people_and_never_of_one_persons_many_rows() -> None:
    numbers = np.concatenate([np.arange(300) % 60, np.full(50, 900)])
    owners = np.concatenate([np.arange(300), np.zeros(50, dtype=np.int64)])
    table = pa.table({"n": numbers})
    [by_people] = learn_coding(table, [ColumnKind("n", "number")], public_only=False, people=owners).coders
    [by_rows] = learn_coding(table, [ColumnKind("n", "number")], public_only=False).coders
    assert isinstance(by_people, Numbers)
    assert isinstance(by_rows, Numbers)
    assert by_people.edges[-1] < 100 < by_rows.edges[-1]


def test_who_stands_in_neighbouring_bins_is_one_person_when_they_are_joined() -> None:
    """Five people come every day of a stretch in which nobody else does: joining its days never makes ten of them."""
    usual, often = np.arange(400), np.arange(1_000) % 5
    days = np.concatenate(
        [np.where(usual % 2, usual % 50, 150 + usual % 50), 60 + np.repeat(np.arange(80), 12), [60] * 40]
    )
    owners = np.concatenate([usual, often])
    [coder] = learn_coding(pa.table({"n": days}), [ColumnKind("n", "number")], public_only=False, people=owners).coders
    assert isinstance(coder, Numbers)
    assert len(coder.edges) > 5
    bins = coder.encode(pa.array(days))
    assert min(len(np.unique(owners[bins == n])) for n in range(coder.size)) >= LEAST_ROWS


def test_a_value_with_ten_rows_but_no_combination_of_enough_leads_to_no_rare_value() -> None:
    """A line without counts is drawn by the column alone; evenly, it would draw what nobody has."""
    random = np.random.default_rng(1)
    table = pa.table(
        {"a": ["x"] * 600 + ["y"] * LEAST_ROWS, "b": [*random.choice(["p", "q"], 600), *"abcdefghij"[:LEAST_ROWS]]}
    )
    text = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\ncolumns:\n  a: {kind: category}\n"
    policy = parse_synth_policy(text + f"  b: {{kind: category, values: [p, q, {', '.join('abcdefghij')}]}}\n")
    made = pa.concat_tables(learn_and_draw(table, policy, random).drawn.tables)
    assert set(made.column("b").to_pylist()) <= {"p", "q"}


def test_the_noise_grows_with_the_table_between_two_ends() -> None:
    assert [noise_of(rows) for rows in (20, 14_400, 10**9)] == [NOISE, 30.0, MOST_NOISE]


HEAD = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\ncolumns:\n"
BASE = ["a", "b"] * 400
STRANGE = {
    "empty": (pa.table({"a": pa.array([], pa.string())}), "  a: {kind: category}\n"),
    "one row": (pa.table({"a": ["x"]}), "  a: {kind: category}\n"),
    "no column": (pa.table({"b": BASE}), "  a: {kind: category}\n"),
    "nothing in a number": (pa.table({"a": pa.nulls(800), "b": BASE}), "  a: {kind: number}\n"),
    "lists": (pa.table({"a": [[1]] * 800}), "  a: {kind: category}\n"),
    "bytes": (pa.table({"a": [b"\xff"] * 800}), "  a: {kind: category}\n"),
    "two of a name": (pa.table([pa.array(BASE)] * 2, names=["a", "a"]), "  a: {kind: category}\n"),
}
PLAIN = {
    "nothing in a category": (pa.table({"a": pa.nulls(800), "b": BASE}), "category"),
    "nothing in a given range": (pa.table({"a": pa.nulls(800), "b": BASE}), "number, range: [0, 9]"),
    "one number": (pa.table({"a": [7] * 800, "b": BASE}), "number"),
    "one word": (pa.table({"a": ["k"] * 800, "b": BASE}), "category"),
    "a word for each row": (pa.table({"a": [f"v{n}" for n in range(800)], "b": BASE}), "category"),
    "numbers without end": (pa.table({"a": [float("inf")] * 3 + [1.5, 2.5] * 398 + [0.0], "b": BASE}), "number"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_table_that_cannot_be_learnt_ends_in_one_sentence(name: str) -> None:
    table, columns = STRANGE[name]
    with pytest.raises(DataError):
        list(learn_and_draw(table, parse_synth_policy(HEAD + columns), np.random.default_rng(1)).drawn.tables)


@pytest.mark.parametrize("name", PLAIN)
def test_a_table_with_a_column_that_says_nothing_is_drawn_all_the_same(name: str) -> None:
    table, kind = PLAIN[name]
    policy = parse_synth_policy(f"{HEAD}  a: {{kind: {kind}}}\n  b: {{kind: category}}\n")
    try:
        made = pa.concat_tables(learn_and_draw(table, policy, np.random.default_rng(1)).drawn.tables)
    except DeidError:
        pytest.fail("nothing is wrong with it")
    assert made.num_rows == 640
    assert not {f"v{n}" for n in range(800)} & set(made.column("a").to_pylist())


def test_where_a_column_says_whose_a_row_is_people_are_held_out_whole_and_counted() -> None:
    """Half of a person's rows on each side would hide memory; sixty rows of one are one person's."""
    whose = np.concatenate([np.repeat(np.arange(600), 2), np.zeros(60, dtype=np.int64)])
    source = pa.table(
        {
            "who": pa.array(whose, mask=whose == 599),
            "ward": ["A", "B"] * 600 + ["VIP"] * 60,
            "wage": [*range(1_200), *[900_000] * 60],
        }
    )
    head = HEAD.replace("columns:\n", "person: who\ncolumns:\n")
    policy = parse_synth_policy(f"{head}  ward: {{kind: category}}\n  wage: {{kind: number}}\n")
    for seed in range(3):
        parts = learn_and_draw(source, policy, np.random.default_rng(seed))
        sides = [set(part.column("who").drop_null().to_pylist()) for part in (parts.learnt, parts.held_out)]
        assert not sides[0] & sides[1]
        assert 100 <= len(sides[1]) <= 121
        drawn = pa.concat_tables(parts.drawn.tables)
        assert drawn.column_names == ["ward", "wage"]
        assert "VIP" not in set(drawn.column("ward").to_pylist())
        assert max(drawn.column("wage").to_pylist()) < 100_000  # the mean of ten people, of whom one is the rich one
    few = source.filter(pa.array(whose < 90))
    with pytest.raises(DataError, match="90 people"):
        learn_and_draw(few, policy, np.random.default_rng(1))


@pytest.mark.parametrize("more", ["person: ward\n", "person: who\nprivacy: {epsilon: 1.0, delta: 1.0e-5}\n"])
def test_a_person_is_no_column_of_the_extract_and_a_budget_is_of_one_row_each(more: str) -> None:
    with pytest.raises(PolicyError, match="budget"):
        parse_synth_policy(HEAD.replace("columns:\n", f"{more}columns:\n") + "  ward: {kind: category, values: [A]}\n")
