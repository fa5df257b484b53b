"""A model that is kept: it draws as before, says nothing of few people, and nobody rebuilds them from it."""

from __future__ import annotations

import json
from functools import cache

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings

from deid.errors import DataError, PolicyError
from deid.synth.coding import LEAST_ROWS
from deid.synth.engine import MarginalEngine, learn
from deid.synth.kept import drawn_again
from deid.synth.marginals import Rule, measure
from deid.synth.model import read_model
from deid.synth.policy import SynthPolicy, parse_synth_policy

POLICY = """version: 1
name: t
dataset: d
project: p
engine: marginals
save_model: true
columns:
  id: {kind: key}
  call: {kind: phone}
  ward: {kind: category}
  code: {kind: category, values: [A, B, C, D, E, F, G, H, LONELY]}
  age: {kind: number, range: [0, 100], bins: 10}
  wage: {kind: number}
"""
ROWS = 3_000


def policy(text: str = POLICY) -> SynthPolicy:
    return parse_synth_policy(text)


@cache
def source() -> pa.Table:
    """People of wards and codes, some combinations of which few have; one code and one ward are of very few people."""
    random = np.random.default_rng(3)
    ward = random.choice(["east", "west", "north", "south"], ROWS, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
    code = random.choice(list("ABCDEFGH"), ROWS, p=[0.4, 0.25, 0.15, 0.1, 0.05, 0.03, 0.01, 0.01]).astype(object)
    ward[:3], code[3:7] = "secret clinic", "LONELY"
    wage = random.permutation(10_000_000)[:ROWS] + 1_234
    return pa.table({"ward": ward, "code": code, "age": random.integers(0, 100, ROWS), "wage": wage})


@cache
def kept(text: str = POLICY) -> bytes:
    made = MarginalEngine().make(source(), policy(text), 10, np.random.default_rng(1), lambda _done, _all: None)
    assert made.model is not None
    return made.model


def test_nothing_is_kept_unless_the_policy_asks_for_it() -> None:
    plain = policy(POLICY.replace("save_model: true\n", ""))
    made = MarginalEngine().make(source(), plain, 10, np.random.default_rng(1), lambda _done, _all: None)
    assert made.model is None


def test_rows_drawn_again_are_the_rows_that_the_gate_judged_by_the_same_seed() -> None:
    random = np.random.default_rng(1)
    made = MarginalEngine().make(source(), policy(), 500, random, lambda _done, _all: None)
    state = random.bit_generator.state
    first = pa.concat_tables(made.tables)
    assert made.model is not None
    again = np.random.default_rng()
    again.bit_generator.state = state
    second = pa.concat_tables(read_model(made.model).draw(500, again, lambda _done, _all: None))
    assert first.equals(second)


def test_every_column_of_the_policy_is_drawn_again_with_new_keys_and_without_a_source() -> None:
    batches = drawn_again(read_model(kept()), 400, np.random.default_rng(2), lambda _done, _all: None)
    table = pa.Table.from_batches(batches)
    assert table.column_names == ["id", "call", "ward", "code", "age", "wage"]
    assert table.num_rows == len(table.column("id").unique()) == 400
    assert "LONELY" not in table.column("code").to_pylist()


def test_no_rare_value_and_nobodys_wage_stands_in_the_file() -> None:
    text = kept().decode()
    assert "secret clinic" not in text
    numbers = {float(n) for column in json.loads(text)["columns"] for n in column.get("edges", ())}
    assert not numbers & {float(n) for n in source().column("wage").to_pylist()}


def test_no_count_of_fewer_than_ten_is_kept() -> None:
    found = json.loads(kept())
    counts = [n for one in found["ones"] for n in one] + [c for pair in found["pairs"] for *_, c in pair[2]]
    assert all(count == 0.0 or count >= LEAST_ROWS - 0.05 for count in counts)
    assert len(found["pairs"]) > 0


def worked_out(ones: np.ndarray, pair: np.ndarray) -> np.ndarray:
    """What an attacker makes of a table: cells as they are, and one that is missing in its line from the line's sum."""
    guess = pair.copy()
    for n, line in enumerate(pair):
        missing = np.flatnonzero(line == 0.0)
        if len(missing):
            guess[n, missing] = max(0.0, ones[n] - line.sum()) / len(missing)
    return np.round(guess)


def test_few_people_cannot_be_worked_out_from_the_sums_though_they_could_from_exact_counts() -> None:
    """Each line leaves out one combination of few people: exact counts tell it by its sum."""
    random = np.random.default_rng(5)
    lines = 60
    truth = random.integers(40, 200, (lines, 6)).astype(np.float64)
    few = random.integers(3, 10, lines)
    truth[:, 5] = few
    codes = np.repeat(np.argwhere(truth > 0.0), truth.astype(int).reshape(-1), axis=0).astype(np.int32)
    hits = {}
    for name, rule in {"exact": Rule(1, 1, 0.0), "kept": Rule(LEAST_ROWS, 3, 3.0, float(LEAST_ROWS))}.items():
        found = measure(codes, (lines, 6), rule, random)
        pair = found.pairs[0, 1].copy()
        if name == "exact":
            pair[pair < LEAST_ROWS] = 0.0
        hits[name] = float((worked_out(found.ones[0], pair)[:, 5] == few).mean())
    assert hits["exact"] == 1.0
    assert hits["kept"] < 0.3  # seven numbers are possible: one in seven is a guess


def test_rows_cannot_be_rebuilt_from_the_file() -> None:
    """The best an attacker has is to draw as many rows as there were: people come back no more than by chance."""
    random = np.random.default_rng(9)
    columns = ["ward", "code", "age"]
    drawn = pa.concat_tables(read_model(kept()).draw(ROWS, random, lambda _done, _all: None)).select(columns)
    strangers = pa.table({n: source().column(n).take(pa.array(random.permutation(ROWS))) for n in columns})
    people = {tuple(row.values()) for row in source().select(columns).to_pylist()}

    def part(table: pa.Table) -> float:
        return float(np.mean([tuple(row.values()) in people for row in table.to_pylist()]))

    assert part(drawn) <= part(strangers) + 0.03
    assert not set(drawn.column("ward").to_pylist()) & {"secret clinic"}


def test_a_model_under_a_budget_is_the_noisy_counts_and_says_the_budget() -> None:
    text = POLICY.replace("ward: {kind: category}", "ward: {kind: category, values: [east, west, north, south]}")
    text = text.replace("wage: {kind: number}", "wage: {kind: number, range: [0, 11000000]}")
    found = read_model(kept(text.replace("columns:", "privacy: {epsilon: 1.0, delta: 1.0e-5}\ncolumns:", 1)))
    assert (found.said["epsilon"], found.said["delta"]) == (1.0, 1e-5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("engine: marginals", "engine: ctgan"),
        ("engine: marginals", "engine: gaussian_copula"),
        ("id: {kind: key}", "id: {kind: name}"),
        ("save_model: true", "save_model: 3"),
    ],
)
def test_a_model_that_would_carry_more_than_its_rows_is_refused_with_the_reason(old: str, new: str) -> None:
    with pytest.raises(PolicyError, match=r"synthetic\.yaml, line 6"):
        policy(POLICY.replace(old, new))


def test_a_model_is_learnt_with_noise_on_every_single_count() -> None:
    exact = pc.value_counts(source().column("ward")).to_pylist()
    model = learn(source(), policy(), np.random.default_rng(4))
    told = {round(count) for count in model.marginals.ones[0]}
    assert len(told & {row["counts"] for row in exact}) < len(exact) - 1


@settings(max_examples=20, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4)
    ),
    st.data(),
)
def test_whatever_is_changed_in_the_file_it_is_read_or_refused_in_one_error(
    strange: object, data: st.DataObject
) -> None:
    found = json.loads(kept())
    part = data.draw(st.sampled_from(sorted(found)))
    inner = found[part]
    if isinstance(inner, list) and inner and data.draw(st.booleans()):
        inner[data.draw(st.integers(0, len(inner) - 1))] = strange
    else:
        found[part] = strange
    try:
        model = read_model(json.dumps(found).encode())
    except DataError:
        return
    assert pa.concat_tables(model.draw(20, np.random.default_rng(1), lambda _done, _all: None)).num_rows == 20


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\x80\x04pickle", b"null", b"{" * 10_000])
def test_what_is_no_model_is_refused(text: bytes) -> None:
    with pytest.raises(DataError):
        read_model(text)
