"""A kept model of several tables: it draws them whole again, and nobody's rows are rebuilt from it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from deid.errors import DataError, PolicyError
from deid.sources import open_table
from deid.synth.coding import LEAST_ROWS, Categories
from deid.synth.kept import files_drawn, opened_model, write_drawn
from deid.synth.model import Model
from deid.synth.related import learn_related
from deid.synth.related_model import RelatedModel, read_related_model
from deid.synth.related_source import Related, Rows, read_related
from deid.synth.relations import RelatedPolicy, parse_extract_policy

PEOPLE = 800
POLICY = """version: 1
name: t
dataset: d
project: p
engine: marginals
save_model: true
tables:
  person:
    columns:
      id: {kind: key}
      call: {kind: phone}
      sex: {kind: category}
      born: {kind: number}
  visit:
    constraints: {together: [[ward, floor]]}
    columns:
      visit: {kind: key}
      person: {kind: reference, table: person}
      ward: {kind: category}
      floor: {kind: category}
      begin: {kind: date}
  drug:
    columns:
      visit: {kind: reference, table: visit}
      person: {kind: reference, table: person}
      code: {kind: category}
      given: {kind: date, since: begin}
"""


WEIGHT = "      weight: {kind: number, range: [0, 320], bins: 32}"


def policy(text: str = POLICY) -> RelatedPolicy:
    found = parse_extract_policy(text)
    assert isinstance(found, RelatedPolicy)
    return found


@cache
def source() -> Related:
    """Women go to ward A and men to B; one person has sixty visits in a ward of their own, nine share a code."""
    random = np.random.default_rng(2)
    sex, everyone = random.choice(["F", "M"], PEOPLE), np.arange(PEOPLE)
    owner = np.sort(np.concatenate([np.repeat(everyone, random.integers(0, 4, PEOPLE)), np.zeros(60, dtype=np.int64)]))
    ward = np.where(sex[owner] == "F", "A", "B").astype(object)
    floor = np.where(random.random(len(owner)) < 0.5, "1", "2").astype(object)
    ward[owner == 0] = "SECRET"
    floor[np.flatnonzero(owner > 0)[:6]] = "9"
    begin = random.integers(15_000, 17_000, len(owner)).astype(np.int32)
    of = np.repeat(np.arange(len(owner)), random.integers(0, 3, len(owner)))
    code = random.choice(["I10", "E11"], len(of)).astype(object)
    code[np.unique(owner[of], return_index=True)[1][5:14]] = "RARE"
    tables = {
        "person": pa.table({"sex": sex, "born": random.integers(1930, 2005, PEOPLE)}),
        "visit": pa.table({"ward": ward, "floor": floor, "begin": pa.array(begin).cast(pa.date32())}),
        "drug": pa.table({"code": code, "given": random.integers(0, 15, len(of))}),
    }
    return {
        "person": Rows(tables["person"], everyone, everyone, {}),
        "visit": Rows(tables["visit"], owner, owner, {}),
        "drug": Rows(tables["drug"], of, owner[of], {"person": 0.001}),
    }


@cache
def kept() -> bytes:
    return RelatedModel(policy(), learn_related(policy(), source(), np.random.default_rng(1))).document()


def quiet(_done: int, _all: int | None) -> None:
    return


@cache
def again(people: int = PEOPLE) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {}
    for name, table in read_related_model(kept()).draw(people, np.random.default_rng(3), quiet):
        parts.setdefault(name, []).append(table)
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def test_tables_are_drawn_again_whole_without_a_source() -> None:
    tables = again()
    assert tables["visit"].column_names == ["visit", "person", "ward", "floor", "begin"]
    people, visits = tables["person"].column("id").to_pylist(), tables["visit"].column("visit").to_pylist()
    assert len(set(people)) == PEOPLE
    assert set(tables["visit"].column("person").to_pylist()) <= set(people)
    assert set(tables["drug"].column("visit").to_pylist()) <= set(visits)
    assert None not in tables["drug"].column("person").to_pylist()  # eight in ten thousand tell of fewer than ten
    begin = dict(zip(visits, tables["visit"].column("begin").to_pylist(), strict=True))
    drugs = tables["drug"].select(["visit", "given"]).to_pylist()
    assert all(0 <= (row["given"] - begin[row["visit"]]).days <= 15 for row in drugs)


def test_what_a_visit_owes_to_its_person_is_kept() -> None:
    sex = dict(zip(again()["person"]["id"].to_pylist(), again()["person"]["sex"].to_pylist(), strict=True))
    rows = again()["visit"].select(["person", "ward"]).to_pylist()
    own = [row for row in rows if row["ward"] in ("A", "B")]
    assert sum((sex[row["person"]] == "F") == (row["ward"] == "A") for row in own) > 0.95 * len(own)


def test_the_file_names_nothing_that_fewer_than_ten_people_have() -> None:
    text, found = kept().decode(), json.loads(kept())
    assert "SECRET" not in text
    assert "RARE" not in text
    assert '"9"' not in text  # the combination of a ward with a floor that six visits have
    for table in found["tables"].values():
        counts = [n for one in table["ones"] for n in one] + [c for pair in table["pairs"] for *_, c in pair[2]]
        assert all(count == 0.0 or count >= LEAST_ROWS - 0.05 for count in counts)
    assert found["tables"]["drug"]["alone"] == {"person": 0.0}


def test_a_kept_number_tells_of_no_single_person_however_many_rows_they_have() -> None:
    """A thousand visits below 110, and twelve of one person at 305, within a range that the policy gives."""
    given_range = policy(POLICY.replace("      begin: {kind: date}", "      begin: {kind: date}\n" + WEIGHT))
    owner = np.concatenate([source()["visit"].person, np.zeros(12, dtype=np.int64)])
    weight = np.concatenate([np.arange(len(owner) - 12) % 110, np.full(12, 305)])
    visits = source()["visit"].table
    visits = pa.concat_tables([visits, visits.slice(0, 12)]).append_column("weight", pa.array(weight))
    related = {**source(), "visit": Rows(visits, owner, owner, {})}
    data = RelatedModel(given_range, learn_related(given_range, related, np.random.default_rng(1))).document()
    [column] = [one for one in json.loads(data)["tables"]["visit"]["columns"] if one["name"] == "weight"]
    told = zip(column["fine"]["edges"], column["fine"]["weights"], strict=False)
    assert [low for low, count in told if low >= 110 and count] == []
    tables = read_related_model(data).draw(PEOPLE, np.random.default_rng(3), quiet)
    assert max(n for name, rows in tables if name == "visit" for n in rows.column("weight").to_pylist()) < 200


@pytest.mark.parametrize(("people", "told"), [(1, 0.0), (LEAST_ROWS - 1, 0.0), (LEAST_ROWS, 0.1)])
def test_a_share_of_rows_that_lead_nowhere_is_told_from_ten_people_on(tmp_path: Path, people: int, told: float) -> None:
    """Eighty of eight hundred drugs name no person: those of one person, of nine, of ten."""
    nowhere = np.arange(800) < 80
    visit = np.where(nowhere, np.arange(800) % people, 20 + np.arange(800) % 60)
    days = pa.array(np.full(800, 15_000, dtype=np.int32)).cast(pa.date32())
    tables = {
        "person": {"id": np.arange(80), "sex": ["F", "M"] * 40, "born": np.arange(80) + 1930},
        "visit": {"visit": np.arange(80), "person": np.arange(80), "ward": ["A"] * 80, "floor": ["1"] * 80,
                  "begin": days[:80]},
        "drug": {"visit": visit, "person": pa.array(visit, mask=nowhere), "code": ["I10"] * 800,
                 "given": days},
    }  # fmt: skip
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    sources = {name: open_table(tmp_path / f"{name}.parquet") for name in tables}
    related = read_related(policy(), sources, np.random.default_rng(1), quiet)
    data = RelatedModel(policy(), learn_related(policy(), related, np.random.default_rng(1))).document()
    assert json.loads(data)["tables"]["drug"]["alone"] == {"person": told}


def test_the_combinations_that_a_kept_list_names_are_those_of_ten_visits_or_more() -> None:
    model = read_related_model(kept()).models["visit"]
    [combined] = [found for found in model.groups.combinations if len(found)]
    wards, floors = (model.coding.coders[n] for n in (0, 1))
    names = {
        (ward, floor)
        for ward, floor in zip(
            wards.decode(combined[:, 0], np.random.default_rng()).to_pylist(),
            floors.decode(combined[:, 1], np.random.default_rng()).to_pylist(),
            strict=True,
        )
    }
    rows = source()["visit"].table.select(["ward", "floor"]).to_pylist()
    shown = {"A", "B"}
    for ward, floor in names:
        if ward in shown and floor in ("1", "2"):
            assert sum((row["ward"], row["floor"]) == (ward, floor) for row in rows) >= LEAST_ROWS


def test_a_combination_of_one_persons_many_rows_is_not_named() -> None:
    """Floor 3 is that of half of ward B; one person has twelve visits to it in ward A."""
    visits, owner = source()["visit"].table, source()["visit"].person
    ward, floor = (np.array(visits.column(name).to_pylist(), dtype=object) for name in ("ward", "floor"))
    floor[np.flatnonzero(ward == "B")[::2]] = "3"
    begin = visits.column("begin").combine_chunks()
    rows = pa.table(
        {
            "ward": [*ward, *["A"] * 12],
            "floor": [*floor, *["3"] * 12],
            "begin": pa.concat_arrays([begin, begin.slice(0, 12)]),
        }
    )
    owner = np.concatenate([owner, np.full(12, 5)])
    related = {**source(), "visit": Rows(rows, owner, owner, {})}
    model = learn_related(policy(), related, np.random.default_rng(1))["visit"]
    assert [coder.values for coder in model.coding.coders[:2] if isinstance(coder, Categories)] == [
        ("A", "B"),
        ("1", "2", "3"),
    ]
    [combined] = [found.tolist() for found in model.groups.combinations if len(found)]
    assert [1, 2] in combined
    assert [0, 2] not in combined


def test_people_cannot_be_rebuilt_from_the_file() -> None:
    """Whoever draws as many people as there were finds a person with all visits no more often than by chance."""

    def lives(tables: Related | dict[str, pa.Table]) -> set[tuple[object, ...]]:
        found: dict[object, list[tuple[object, ...]]] = {}
        for key, row in zip(people_of(tables), rows_of(tables), strict=True):
            found.setdefault(key, []).append(row)
        return {tuple(sorted(visits)) for visits in found.values() if len(visits) > 1}

    def rows_of(tables: Related | dict[str, pa.Table]) -> list[tuple[object, ...]]:
        one = tables["visit"]
        table = one.table if isinstance(one, Rows) else one
        return [(row["ward"], row["floor"], row["begin"].isoformat()) for row in table.to_pylist()]

    def people_of(tables: Related | dict[str, pa.Table]) -> list[object]:
        one = tables["visit"]
        return list(one.person if isinstance(one, Rows) else one.column("person").to_pylist())

    real = lives(source())
    assert len(real) > 300
    assert not real & lives(again())


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    model, target = opened_model(kept()), tmp_path / "more"
    assert isinstance(model, RelatedModel)

    def stop(_done: int, _all: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_drawn(model, target, 50, {}, np.random.default_rng(1), stop)
    assert not target.exists()
    write_drawn(model, target, 50, {"synthetic": True}, np.random.default_rng(1), quiet)
    assert pq.read_table(target / "person.parquet").num_rows == 50
    assert sorted(path.name for path in target.iterdir()) == ["drug.parquet", "person.parquet", "visit.parquet"]
    for wrong in (target, tmp_path / "one.parquet"):
        with pytest.raises(DataError):
            files_drawn(model, wrong)


def test_one_person_is_enough_to_be_drawn() -> None:
    assert again(1)["person"].num_rows == 1


@pytest.mark.parametrize(
    ("old", "new"), [("engine: marginals", "engine: hma"), ("call: {kind: phone}", "call: {kind: name}")]
)
def test_a_model_of_tables_that_would_carry_more_than_its_rows_is_refused(old: str, new: str) -> None:
    with pytest.raises(PolicyError, match=r"synthetic\.yaml, line 6"):
        policy(POLICY.replace(old, new))


@settings(max_examples=25, deadline=None)
@given(
    st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(-2, 9), max_size=3), st.data()
)
def test_whatever_is_changed_in_the_file_it_is_read_or_refused_in_one_error(
    strange: object, data: st.DataObject
) -> None:
    found = json.loads(kept())
    table = found["tables"][data.draw(st.sampled_from(sorted(found["tables"])))]
    part = data.draw(st.sampled_from(sorted(table)))
    inner = table[part]
    if isinstance(inner, list) and inner and data.draw(st.booleans()):
        inner[data.draw(st.integers(0, len(inner) - 1))] = strange
    else:
        table[part] = strange
    try:
        model = opened_model(json.dumps(found).encode())
    except DataError:
        return
    assert isinstance(model, RelatedModel)
    assert {name for name, _ in model.draw(5, np.random.default_rng(1), quiet)} == {"person", "visit", "drug"}


def test_the_model_of_one_table_is_not_taken_for_one_of_several() -> None:
    text = "version: 1\nname: t\ndataset: d\nproject: p\nengine: marginals\ncolumns:\n  a: {kind: category}\n"
    found = {**json.loads(kept()), "policy": text}
    with pytest.raises(DataError):
        opened_model(json.dumps(found).encode())
    assert not isinstance(opened_model(kept()), Model)
