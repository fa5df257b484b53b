"""Several tables: every reference leads somewhere, people are held out whole, what depends on a parent still does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.errors import DataError, PolicyError
from deid.sources import Table, open_table
from deid.synth.port import Progress
from deid.synth.related import references
from deid.synth.related_making import PEOPLE, RelatedMaking, people_policy, whole_people
from deid.synth.related_sdv import capped
from deid.synth.related_source import Related, Rows, read_related, split_people
from deid.synth.relations import RelatedPolicy, parse_extract_policy

POLICY = """version: 1
name: omop
dataset: omop
project: p
engine: marginals
gate: {attacks: 200, singling_out: 0.3, linkability: 0.3, inference: 0.5, membership: 0.62}
tables:
  person:
    columns:
      person_id: {kind: key}
      sex: {kind: category}
      born: {kind: number}
  visit:
    columns:
      visit_id: {kind: key}
      person_id: {kind: reference, table: person}
      ward: {kind: category}
      begin: {kind: date}
  drug:
    columns:
      person_id: {kind: reference, table: person}
      visit_id: {kind: reference, table: visit}
      dose: {kind: number}
  condition:
    columns:
      visit_id: {kind: reference, table: visit}
      person_id: {kind: reference, table: person}
      code: {kind: category}
      found: {kind: date, since: begin}
"""
ROWS = 900


def policy(text: str = POLICY) -> RelatedPolicy:
    found = parse_extract_policy(text)
    assert isinstance(found, RelatedPolicy)
    return found


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Table]:
    """People, of whom women go to ward A and men to ward B, with drugs and with conditions found after they came."""
    place, random = tmp_path_factory.mktemp("omop"), np.random.default_rng(1)
    sex = random.choice(["F", "M"], ROWS)
    ids = np.arange(5_000, 5_000 + ROWS)
    visits = np.repeat(np.arange(ROWS), random.integers(0, 4, ROWS))
    begin = random.integers(15_000, 17_000, len(visits)).astype(np.int32)
    drugs = np.repeat(np.arange(len(visits)), random.integers(0, 3, len(visits)))
    drug_visit = np.where(random.random(len(drugs)) < 0.3, -1, drugs + 70_000)
    found = np.repeat(np.arange(len(visits)), random.integers(0, 3, len(visits)))
    tables = {
        "person": pa.table({"person_id": ids, "sex": sex, "born": random.integers(1930, 2005, ROWS)}),
        "visit": pa.table(
            {
                "visit_id": np.arange(70_000, 70_000 + len(visits)),
                "person_id": ids[visits],
                "ward": np.where(sex[visits] == "F", "A", "B"),
                "begin": pa.array(begin).cast(pa.date32()),
            }
        ),
        "drug": pa.table(
            {
                "person_id": ids[visits[drugs]],
                "visit_id": pa.array(drug_visit, mask=drug_visit < 0),
                "dose": random.integers(1, 100, len(drugs)),
            }
        ),
        "condition": pa.table(
            {
                "visit_id": found + 70_000,
                "person_id": ids[visits[found]],
                "code": random.choice(["I10", "E11", "J45"], len(found)),
                "found": pa.array((begin[found] + random.integers(0, 15, len(found))).astype(np.int32)).cast(
                    pa.date32()
                ),
            }
        ),
    }
    for name, table in tables.items():
        pq.write_table(table, place / f"{name}.parquet")
    return {name: open_table(place / f"{name}.parquet") for name in tables}


def quiet(_done: int, _all: int | None) -> None:
    return


def drawn(sources: Mapping[str, Table], seed: int, making: type[RelatedMaking] = RelatedMaking) -> dict[str, pa.Table]:
    work, out = making(policy(), sources, np.random.default_rng(seed)), dict[str, list[pa.Table]]()
    work.read(quiet)
    work.draw(lambda name, rows: out.setdefault(name, []).append(rows), quiet)
    return {name: pa.concat_tables(parts) for name, parts in out.items()}


@pytest.fixture(scope="module")
def made(sources: Mapping[str, Table]) -> dict[str, pa.Table]:
    return drawn(sources, 3)


def test_every_reference_leads_to_a_row_and_no_key_is_that_of_the_source(made: dict[str, pa.Table]) -> None:
    people = made["person"].column("person_id").to_pylist()
    visits = made["visit"].column("visit_id").to_pylist()
    assert len(set(people)) == len(people)
    assert len(set(visits)) == len(visits)
    assert all(key.startswith("S") for key in people + visits)
    for name in ("visit", "drug", "condition"):
        assert set(made[name].column("person_id").to_pylist()) <= set(people)
    assert set(made["condition"].column("visit_id").to_pylist()) <= set(visits)
    assert set(made["drug"].column("visit_id").to_pylist()) <= {None, *visits}


def test_a_condition_and_a_drug_belong_to_the_person_whose_visit_they_name(made: dict[str, pa.Table]) -> None:
    of_visit = dict(zip(made["visit"]["visit_id"].to_pylist(), made["visit"]["person_id"].to_pylist(), strict=True))
    for name in ("condition", "drug"):
        for row in made[name].select(["visit_id", "person_id"]).to_pylist():
            assert row["visit_id"] is None or of_visit[row["visit_id"]] == row["person_id"]


def test_what_depends_on_the_parent_still_does(made: dict[str, pa.Table]) -> None:
    sex = dict(zip(made["person"]["person_id"].to_pylist(), made["person"]["sex"].to_pylist(), strict=True))
    wards = [(sex[row["person_id"]], row["ward"]) for row in made["visit"].select(["person_id", "ward"]).to_pylist()]
    assert sum(pair in (("F", "A"), ("M", "B")) for pair in wards) > 0.97 * len(wards)


def test_people_have_about_as_many_rows_elsewhere_as_in_the_source(
    made: dict[str, pa.Table], sources: Mapping[str, Table]
) -> None:
    for name in ("visit", "drug", "condition"):
        rows = sources[name].rows
        assert rows is not None
        real = rows / ROWS
        assert made[name].num_rows / made["person"].num_rows == pytest.approx(real, rel=0.15)
    assert 0.15 < made["drug"].column("visit_id").null_count / made["drug"].num_rows < 0.5


def test_a_date_that_is_told_from_the_parents_keeps_its_distance(made: dict[str, pa.Table]) -> None:
    begin = dict(zip(made["visit"]["visit_id"].to_pylist(), made["visit"]["begin"].to_pylist(), strict=True))
    apart = [
        (row["found"] - begin[row["visit_id"]]).days
        for row in made["condition"].select(["visit_id", "found"]).to_pylist()
    ]
    assert min(apart) >= 0
    assert max(apart) <= 15


def test_the_same_seed_draws_the_same_tables(sources: Mapping[str, Table], made: dict[str, pa.Table]) -> None:
    again = drawn(sources, 3)
    assert all(again[name].equals(made[name]) for name in made)
    assert not drawn(sources, 4)["person"].equals(made["person"])


def test_no_person_is_both_learnt_from_and_held_out(sources: Mapping[str, Table]) -> None:
    random = np.random.default_rng(1)
    related = read_related(policy(), sources, random, quiet)
    learnt, held_out = split_people(policy(), related, random)
    for name, rows in related.items():
        assert learnt[name].table.num_rows + held_out[name].table.num_rows == rows.table.num_rows
        for part in (learnt, held_out):
            assert part[name].person.max() < part["person"].table.num_rows
    assert held_out["person"].table.num_rows == ROWS // 5


class Memoriser(RelatedMaking):
    """Gives the people back whom it learnt from."""

    def _blocks(self, progress: Progress) -> Iterator[Related]:
        from deid.synth.related import finished

        yield finished(self._policy, self._learnt)


def judged(making: type[RelatedMaking], sources: Mapping[str, Table]) -> dict[str, bool]:
    work = making(policy(), sources, np.random.default_rng(5))
    work.read(quiet)
    work.draw(lambda _name, _rows: None, quiet)
    found = work.judge(quiet)
    return {name: one.judged.passed for name, one in found.items()}


def test_the_zones_engine_passes_and_one_that_gives_people_back_fails_as_people(sources: Mapping[str, Table]) -> None:
    assert all(judged(RelatedMaking, sources).values())
    assert judged(Memoriser, sources)[PEOPLE] is False


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), people=st.integers(1, 30))
def test_references_of_any_rows_lead_to_rows_of_the_same_person(seed: int, people: int) -> None:
    random = np.random.default_rng(seed)
    wanted = policy()
    owners = {"person": np.arange(people)}
    drawn: Related = {"person": Rows(pa.table({"x": owners["person"]}), owners["person"], owners["person"], {})}
    for table in wanted.tables[1:]:
        above = drawn[str(table.parent)]
        parent = np.sort(random.integers(0, max(len(above.person), 1), random.integers(0, 40)))
        parent = parent if len(above.person) else np.empty(0, dtype=np.int64)
        alone = {column.name: 0.2 for column in table.references[1:]}
        drawn[table.name] = Rows(pa.table({"x": parent}), parent, above.person[parent], alone)
    for table in wanted.tables[1:]:
        for column in table.references:
            places = references(table, wanted, drawn, random)[column.name]
            led = places >= 0
            there = drawn[column.table].person
            assert (places < max(len(there), 1)).all()
            assert (there[places[led]] == drawn[table.name].person[led]).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("table: person}\n      ward", "table: nowhere}\n      ward"),
        ("      person_id: {kind: key}\n      sex", "      sex"),
        ("      born: {kind: number}", "      visit_id: {kind: reference, table: visit}\n      born: {kind: number}"),
        (
            "      visit_id: {kind: key}\n      person_id: {kind: reference, table: person}",
            "      visit_id: {kind: key}",
        ),
        ("since: begin", "since: ward"),
        ("since: begin", "since: begin, range: [2000-01-01, 2001-01-01]"),
        ("  drug:", "  drug-x:"),
        ("engine: marginals", "engine: ctgan"),
        ("gate:", "privacy: {epsilon: 1, delta: 0.00001}\ngate:"),
        ("      dose: {kind: number}\n", ""),
        ("kind: reference, table: person}\n      code", "kind: reference}\n      code"),
    ],
)
def test_a_policy_whose_tables_do_not_hang_together_is_refused(old: str, new: str) -> None:
    assert old in POLICY
    with pytest.raises(PolicyError):
        policy(POLICY.replace(old, new))


def test_a_reference_to_a_stranger_is_refused() -> None:
    far = POLICY.replace(
        "      person_id: {kind: reference, table: person}\n      code",
        "      drug_id: {kind: reference, table: drug}\n      code",
    ).replace("  drug:\n    columns:\n", "  drug:\n    columns:\n      drug_id: {kind: key}\n")
    with pytest.raises(PolicyError, match="same parent"):
        policy(far)


def test_a_key_that_stands_twice_and_rows_of_nobody_end_in_one_error(
    sources: Mapping[str, Table], tmp_path: Path
) -> None:
    person = pq.read_table(sources["person"].path)  # type: ignore[attr-defined]
    twice = tmp_path / "person.parquet"
    pq.write_table(pa.concat_tables([person, person.slice(0, 1)]), twice)
    with pytest.raises(DataError, match="twice"):
        read_related(policy(), {**sources, "person": open_table(twice)}, np.random.default_rng(1), quiet)
    strangers = tmp_path / "strangers.parquet"
    pq.write_table(person.set_column(0, "person_id", pc.add(person.column(0), 10**9)), strangers)
    with pytest.raises(DataError, match="leads to no row"):
        read_related(policy(), {**sources, "person": open_table(strangers)}, np.random.default_rng(1), quiet)


def test_rows_of_nobody_are_left_out(sources: Mapping[str, Table], tmp_path: Path) -> None:
    person = pq.read_table(sources["person"].path)  # type: ignore[attr-defined]
    fewer = tmp_path / "person.parquet"
    pq.write_table(person.slice(0, 600), fewer)
    related = read_related(policy(), {**sources, "person": open_table(fewer)}, np.random.default_rng(1), quiet)
    assert related["visit"].person.max() < 600
    rows = sources["visit"].rows
    assert rows is not None
    assert related["visit"].table.num_rows < rows


def test_a_whole_person_has_the_numbers_of_their_rows_and_the_first_of_each(sources: Mapping[str, Table]) -> None:
    related = read_related(policy(), sources, np.random.default_rng(1), quiet)
    whole = whole_people(policy(), related)
    assert whole.num_rows == ROWS
    assert pc.sum(whole.column("visit #")).as_py() == sources["visit"].rows
    none = pc.equal(whole.column("visit #"), 0)
    assert whole.column("visit.ward").filter(none).null_count == pc.sum(none).as_py()


def test_a_secret_beyond_the_columns_of_a_whole_person_is_left_to_its_own_table() -> None:
    """A person's row holds 24 columns; a secret that is not among them had ended the command."""
    more = "".join(f"      c{n}: {{kind: number}}\n" for n in range(30))
    wide = policy(POLICY.replace("      born: {kind: number}\n", more + "    secrets: [c1, c29]\n"))
    people = people_policy(wide)
    assert people.secrets == ("c1",)
    assert set(people.secrets) <= {column.name for column in people.columns}


def test_hma_is_shown_no_more_rows_of_one_person_than_the_ten_with_most_have_on_average() -> None:
    """HMA draws children up to the largest number that it saw, and that is one person's."""
    visits = np.concatenate([np.repeat(np.arange(20), 2), np.zeros(100, dtype=np.int64)])
    none: dict[str, dict[str, float]] = {"alone": {}}
    related: Related = {
        "person": Rows(pa.table({"sex": ["F"] * 20}), np.arange(20), np.arange(20), **none),
        "visit": Rows(pa.table({"ward": [str(n) for n in range(140)]}), visits, visits, **none),
        "drug": Rows(pa.table({"dose": range(20)}), visits[:20], visits[:20], **none),
        "condition": Rows(pa.table({"code": [str(n) for n in range(140)]}), np.arange(140), visits, **none),
    }
    seen = capped(policy(), related)
    assert np.bincount(seen["visit"].parent).tolist() == [12, *[2] * 19]  # (102 + 9 · 2) / 10
    assert seen["condition"].table.column("code").to_pylist() == seen["visit"].table.column("ward").to_pylist()
    assert seen["condition"].parent.tolist() == list(range(50))
    assert seen["condition"].person.tolist() == seen["visit"].person.tolist()
