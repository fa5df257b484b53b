"""Columns of Korea come out plausible and never real, constraints hold in every row, and dummy rows see no data."""

from __future__ import annotations

import builtins
import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.errors import DataError, PolicyError, SynthPolicyError
from deid.sources import open_table
from deid.synth import dummy
from deid.synth.coding import OTHER, learn_coding
from deid.synth.dummy import dummy_rows, parse_schema
from deid.synth.limits import LIMITED
from deid.synth.made import every_name, makers_of
from deid.synth.making import learn_and_draw
from deid.synth.ordering import ordered
from deid.synth.policy import (
    _ALLOWED,
    ENGINES,
    OF_TABLE,
    ColumnKind,
    Kind,
    Order,
    SynthPolicy,
    parse_synth_policy,
)
from deid.synth.policy import (
    HEAD as HEAD_KEYS,
)
from deid.synth.regions import is_region

HEAD = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\n"
MADE = HEAD + (
    "columns:\n  age: {kind: number}\n  who: {kind: name}\n  tel: {kind: phone}\n  home: {kind: address}\n"
    "  rrn: {kind: resident_number}\n"
)


def made(tmp_path: Path, rows: int = 300) -> tuple[pa.Table, set[str]]:
    """Made columns beside a source whose people are called by every second name of the list."""
    real = list(every_name()[::2])
    ages = pa.array(range(len(real)))
    path = tmp_path / "source.parquet"
    pq.write_table(pa.table({"age": ages, "who": [f" {name[0]} {name[1:]}" for name in real]}), path)
    wanted = parse_synth_policy(MADE)
    makers = makers_of(wanted, open_table(path), np.random.default_rng(1))
    return makers.complete(pa.table({"age": ages.slice(0, rows)}), 1), set(real)


def test_no_made_name_is_that_of_anybody_in_the_source_however_it_is_spaced(tmp_path: Path) -> None:
    table, real = made(tmp_path)
    names = set(table.column("who").to_pylist())
    assert names <= set(every_name())
    assert not names & real
    assert len(names) > 200


def test_where_every_name_is_somebodys_there_is_an_error_and_no_real_name(tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    pq.write_table(pa.table({"age": list(range(len(every_name()))), "who": list(every_name())}), path)
    with pytest.raises(DataError, match="no name is left"):
        makers_of(parse_synth_policy(MADE), open_table(path), np.random.default_rng(1))


def test_telephone_numbers_and_addresses_cannot_be_given_to_anybody(tmp_path: Path) -> None:
    table, _ = made(tmp_path)
    for number in table.column("tel").to_pylist():
        # 전기통신번호관리세칙: the digit after 010 is 2 to 9 in a number that is given out.
        assert re.fullmatch("010-0[0-9]{3}-[0-9]{4}", number)
    for place in table.column("home").to_pylist():
        assert is_region(place.rsplit(" ", 2)[0])
        assert int(place.rsplit(" ", 1)[1]) >= 90_000


def test_resident_numbers_have_a_day_that_never_was_and_a_wrong_check_digit(tmp_path: Path) -> None:
    table, _ = made(tmp_path)
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    for number in table.column("rrn").to_pylist():
        assert re.fullmatch("[0-9]{6}-[1-4][0-9]{6}", number)
        with pytest.raises(ValueError, match="month"):
            date(1900 + int(number[:2]), int(number[2:4]), int(number[4:6]))
        digits = number.replace("-", "")
        total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
        assert (11 - total % 11) % 10 != int(digits[-1])


def test_regions_are_those_that_exist_and_the_rest_is_missing() -> None:
    codes = ["11110"] * 40 + ["26350"] * 40 + ["99999"] * 40 + ["11"] * 3
    column = ColumnKind("place", "region")
    coding = learn_coding(pa.table({"place": codes}), (column,), public_only=False)
    drawn = coding.decode(coding.encode(pa.table({"place": codes})), np.random.default_rng(1)).column("place")
    assert set(drawn.to_pylist()) == {"11110", "26350", None}
    assert OTHER not in drawn.to_pylist()


@pytest.mark.parametrize(
    ("value", "exists"),
    [
        ("11", True), ("11110", True), ("1111010100", True), ("99", False), ("13110", False), ("111", False),
        ("서울특별시 종로구", True), ("경기도 수원시 팔달구", True), ("종로구", True), ("고담시티", False), ("", False),
    ],
)  # fmt: skip
def test_what_a_region_can_be(value: str, exists: bool) -> None:
    assert is_region(value) is exists


def test_whole_numbers_that_stand_for_categories_stay_whole_numbers() -> None:
    codes = pa.table({"concept": pa.array([8507] * 50 + [8532] * 50 + [1] * 2)})
    coding = learn_coding(codes, (ColumnKind("concept", "category"),), public_only=False)
    drawn = coding.decode(coding.encode(codes), np.random.default_rng(1)).column("concept")
    assert pa.types.is_int64(drawn.type)
    assert set(drawn.to_pylist()) == {8507, 8532, None}


NAMES = ("a", "b", "c", "d")


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(st.tuples(*(st.none() | st.integers(0, 20) for _ in NAMES)), min_size=1, max_size=30),
    pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=6),
    ranges=st.lists(st.none() | st.tuples(st.integers(0, 8), st.integers(9, 20)), min_size=4, max_size=4),
)
def test_every_order_and_every_range_holds_in_every_row(
    rows: list[tuple[int | None, ...]], pairs: list[tuple[int, int]], ranges: list[tuple[int, int] | None]
) -> None:
    orders = tuple(Order(NAMES[a], NAMES[b]) for a, b in pairs if a < b)
    columns = tuple(
        ColumnKind(name, "number", range=None if span is None else (float(span[0]), float(span[1])))
        for name, span in zip(NAMES, ranges, strict=True)
    )
    table = pa.table({name: pa.array([row[n] for row in rows], pa.int64()) for n, name in enumerate(NAMES)})
    found = ordered(table, _policy(columns, orders))
    for order in orders:
        wrong = pc.greater(found.column(order.low), found.column(order.high))
        assert not pc.any(pc.fill_null(wrong, False)).as_py()
    named = {end for order in orders for end in (order.low, order.high)}
    for column in columns:
        values = [value for value in found.column(column.name).to_pylist() if value is not None]
        if column.name in named and column.range is not None:
            assert all(column.range[0] <= value <= column.range[1] for value in values)
        assert len(values) == sum(value is not None for value in table.column(column.name).to_pylist())


def _policy(columns: tuple[ColumnKind, ...], orders: tuple[Order, ...]) -> SynthPolicy:
    from dataclasses import replace

    base = parse_synth_policy(HEAD + "columns:\n  a: {kind: number}\n")
    return replace(base, columns=columns, orders=orders)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_constraints_of_the_policy_hold_in_what_the_engine_draws(seed: int) -> None:
    random = np.random.default_rng(seed)
    days = random.integers(15_000, 16_000, 800)
    table = pa.table(
        {
            "in": pa.array(days.astype(np.int32)).cast(pa.date32()),
            "out": pa.array((days + random.integers(0, 30, 800)).astype(np.int32)).cast(pa.date32()),
            "home": pa.array(random.choice(["11", "26"], 800)),
            "area": pa.array(random.choice(["north", "south"], 800)),
        }
    )
    table = table.set_column(3, "area", pc.if_else(pc.equal(table.column("home"), "11"), "north", table.column("area")))
    text = HEAD + (
        "constraints: {orders: [{low: in, high: out}], together: [[home, area]]}\n"
        "columns:\n  number: {kind: key}\n  in: {kind: date}\n  out: {kind: date}\n"
        "  home: {kind: region}\n  area: {kind: category}\n"
    )
    drawn = pa.concat_tables(learn_and_draw(table, parse_synth_policy(text), random).drawn.tables)
    assert not pc.any(pc.greater(drawn.column("in"), drawn.column("out"))).as_py()
    pairs = set(zip(drawn.column("home").to_pylist(), drawn.column("area").to_pylist(), strict=True))
    assert pairs <= {("11", "north"), ("26", "north"), ("26", "south")}


@pytest.mark.parametrize(
    "more",
    [
        "constraints: {orders: [{low: a, high: b}, {low: b, high: a}]}",
        "constraints: {orders: [{low: a, high: a}]}",
        "constraints: {orders: [{low: a, high: day}]}",
        "constraints: {orders: [{low: a, high: word}]}",
        "constraints: {together: [[word]]}",
        "constraints: {together: [[word, a], [word, b]]}",
        "constraints: {orders: [{low: wide, high: narrow}]}",
        "rows: 999999999999999999999",
        "gate: {singling_out: .inf}",
        "gate: {attacks: 100000000}",
        "least_cell: -4",
    ],
)
def test_a_policy_that_cannot_hold_is_refused_with_its_line(more: str) -> None:
    text = (
        HEAD
        + more
        + (
            "\ncolumns:\n  a: {kind: number}\n  b: {kind: number}\n  day: {kind: date}\n  word: {kind: category}\n"
            "  wide: {kind: number, range: [50, 90]}\n  narrow: {kind: number, range: [0, 10]}\n"
        )
    )
    with pytest.raises(PolicyError, match=r"[:\s]6"):
        parse_synth_policy(text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=80).map(lambda b: b.decode("latin-1")))
def test_whatever_a_policy_or_schema_says_it_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (parse_synth_policy, parse_schema):
        for whole in (text, HEAD + text, HEAD + "columns:\n  a: " + text):
            with suppress(PolicyError):
                read(whole)


SCHEMA = """version: 1
name: rehearsal
columns:
  id: {kind: key}
  age: {kind: number, range: [0, 110]}
  seen: {kind: date, optional: true}
  sex: {kind: category, values: [F, M], optional: true}
  ward: {kind: category}
  who: {kind: name}
"""


def test_dummy_rows_have_the_columns_of_the_schema_and_values_it_allows() -> None:
    [batch] = dummy_rows(parse_schema(SCHEMA), 500, np.random.default_rng(1))
    table = pa.Table.from_batches([batch])
    assert table.column_names == ["id", "age", "seen", "sex", "ward", "who"]
    assert set(table.column("sex").to_pylist()) == {"F", "M", None}
    assert pc.min_max(table.column("age")).as_py()["max"] <= 110
    assert len(set(table.column("id").to_pylist())) == 500


def test_dummy_numbers_lie_within_a_range_between_whole_numbers_and_dummy_regions_exist() -> None:
    columns = "  stay: {kind: number, range: [0.5, 2.4]}\n  home: {kind: region}\n"
    [batch] = dummy_rows(parse_schema("version: 1\nname: r\ncolumns:\n" + columns), 200, np.random.default_rng(1))
    assert set(batch.column("stay").to_pylist()) == {1, 2}
    assert all(is_region(home) for home in batch.column("home").to_pylist())


def test_dummy_rows_are_made_without_opening_any_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Value-free by construction: with nothing that could be opened the rows come all the same."""
    schema = parse_schema(SCHEMA)

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", refused)
        patch.setattr(Path, "open", refused)
        patch.setattr(pq, "ParquetFile", refused)
        assert sum(batch.num_rows for batch in dummy_rows(schema, 50, np.random.default_rng(1))) == 50


def test_what_makes_dummy_rows_knows_no_learner_and_no_reader_of_data() -> None:
    """No learner, no source of rows and no engine is within reach of the module."""
    text = Path(dummy.__file__).read_text(encoding="utf-8")
    for word in ("sources", "marginals", "sampling", "coding", "open_table", "read_table", "sdv"):
        assert f"import {word}" not in text
        assert f"synth.{word} import" not in text


@pytest.mark.parametrize("language", ["", ".ko"])
def test_the_page_that_an_error_names_lists_every_key(language: str) -> None:
    page = SynthPolicyError.hint.say("ko" if language else "en")
    assert f"docs/how-to/make-a-synthetic-extract{language}.md" in page
    text = Path(f"docs/how-to/make-a-synthetic-extract{language}.md").read_text(encoding="utf-8")
    table = "".join(line for line in text.splitlines() if line.startswith("| `"))
    more = ("version", "name", "dataset", "project", "engine", "columns", "tables", "person", "privacy", "save_model")
    of_columns = {key for keys in _ALLOWED.values() for key in keys}
    for key in (*more, *HEAD_KEYS, *OF_TABLE, *of_columns, *LIMITED, *get_args(Kind), *ENGINES):
        assert f"`{key}`" in (table if key not in get_args(Kind) else text)
    with pytest.raises(SynthPolicyError):
        parse_synth_policy(HEAD)
