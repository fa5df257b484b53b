"""The committed notebooks are valid, clean, and their analysis gives what an independent path gives.

The notebooks compute with pandas; the expected numbers here come from SQL over the source database.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hub_config.demo.omop import bundled_database
from hub_config.demo.people import PROJECTS
from hub_config.demo.population import FILE_NAME
from hub_config.demo.seed import seed_directory

TUTORIAL = "시작하기_tutorial.ipynb"
FLOATING = "유동인구_floating_population.ipynb"
BOTH = (("gibleed-study", TUTORIAL), ("floating-pop", FLOATING))
NOT_HERE = {"zone", "figure"}  # cells that need the notebook image: the zone's client, matplotlib
MIN_CELL = 10

COHORT = """
    WITH first AS (
        SELECT person_id, arg_min(drug_concept_id, drug_exposure_start_date) AS drug_id,
               min(drug_exposure_start_date) AS started
        FROM drug_exposure WHERE drug_concept_id IN (1118084, 1124300) GROUP BY person_id
    ), bleeds AS (
        SELECT person_id, min(condition_start_date) AS bled
        FROM condition_occurrence WHERE condition_concept_id = 192671 GROUP BY person_id
    ), cohort AS (
        SELECT lower(concept_name) AS drug, gender_source_value AS sex,
               CAST(date_part('year', started) - year_of_birth AS INTEGER) AS years,
               coalesce(bled - started BETWEEN 0 AND 365, false) AS gi_bleed
        FROM first JOIN person USING (person_id) JOIN concept ON concept_id = drug_id
        LEFT JOIN bleeds USING (person_id)
    )
"""


def notebook(project: str, name: str) -> dict[str, Any]:
    directory = seed_directory(project)
    assert directory is not None
    content: dict[str, Any] = json.loads((directory / name).read_text(encoding="utf-8"))
    return content


def run(project: str, name: str, data: Path, outbox: Path, *, until: str | None = None) -> None:
    """Run the code cells in order in a fresh interpreter, up to the one that contains `until`."""
    cells = [cell for cell in notebook(project, name)["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells if not NOT_HERE & set(cell["metadata"].get("tags", []))]
    if until is not None:
        last = next(index for index, source in enumerate(sources) if until in source)
        sources = sources[: last + 1]
    environment = {"PATH": os.environ["PATH"], "ANSIM_DATA": str(data), "ANSIM_OUTBOX": str(outbox)}
    code = "\n\n".join(sources)
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected(years: int) -> list[tuple[str, str, str, int, int]]:
    with duckdb.connect(str(bundled_database()), read_only=True) as source:
        return source.execute(
            COHORT
            + """
            SELECT drug, sex, format('{}-{}', years // $1 * $1, years // $1 * $1 + $1 - 1) AS band,
                   count(*), count(*) FILTER (gi_bleed)
            FROM cohort GROUP BY ALL ORDER BY ALL
            """,
            [years],
        ).fetchall()


def counts(path: Path) -> list[tuple[str, str, str, int, int]]:
    return [(row["drug"], row["sex"], row["age_band"], int(row["n"]), int(row["n_gi_bleed"])) for row in read(path)]


def rounded(value: int) -> int:
    return (value + 2) // 5 * 5


@pytest.mark.parametrize(("project", "name"), BOTH)
def test_notebooks_are_nbformat_4_without_results(project: str, name: str) -> None:
    content = notebook(project, name)
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    identifiers = [cell["id"] for cell in content["cells"]]
    assert len(set(identifiers)) == len(identifiers)
    for cell in content["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            compile("".join(cell["source"]), name, "exec")


@pytest.mark.parametrize(("project", "name"), BOTH)
def test_every_section_is_explained_in_korean_and_in_english(project: str, name: str) -> None:
    for cell in notebook(project, name)["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            assert any("가" <= letter <= "힣" for letter in text), text
            assert sum(letter.isascii() and letter.isalpha() for letter in text) > 20, text


def test_every_demo_project_starts_with_a_notebook() -> None:
    for project in PROJECTS:
        directory = seed_directory(project.id)
        assert directory is not None
        assert list(directory.glob("*.ipynb"))


def test_a_project_outside_the_demo_world_has_no_seed() -> None:
    assert seed_directory("somebody-elses") is None
    assert seed_directory("..") is None
    assert seed_directory("") is None


def test_first_table_has_cells_below_the_threshold(gibleed: Path, tmp_path: Path) -> None:
    run("gibleed-study", TUTORIAL, gibleed.parent, tmp_path, until="years=5")
    table = counts(tmp_path / "gi_bleed_by_age.csv")
    assert table == expected(5)
    small = [value for row in table for value in row[3:] if value < MIN_CELL]
    assert len(small) >= 3


def test_fixed_table_has_none_and_only_rounded_counts(gibleed: Path, tmp_path: Path) -> None:
    run("gibleed-study", TUTORIAL, gibleed.parent, tmp_path)
    table = counts(tmp_path / "gi_bleed_by_age.csv")
    assert table == [(*row[:3], rounded(row[3]), rounded(row[4])) for row in expected(10)]
    assert min(value for row in table for value in row[3:]) >= MIN_CELL
    # Nobody can compute a small group from the rest of the row either: those who did not bleed are many.
    assert min(row[3] - row[4] for row in table) >= MIN_CELL


def test_percentages_come_from_the_rounded_counts(gibleed: Path, tmp_path: Path) -> None:
    run("gibleed-study", TUTORIAL, gibleed.parent, tmp_path)
    for row in read(tmp_path / "gi_bleed_by_age.csv"):
        assert float(row["percent"]) == round(100 * int(row["n_gi_bleed"]) / int(row["n"]), 1)


def test_every_patient_with_a_painkiller_is_in_the_table() -> None:
    assert sum(row[3] for row in expected(5)) == 2694
    assert sum(row[4] for row in expected(5)) == 479


def test_the_submit_cell_is_ready_but_does_not_submit_on_run_all() -> None:
    last = notebook("gibleed-study", TUTORIAL)["cells"][-1]
    source = "".join(last["source"])
    assert source.startswith("READY = False\n")
    assert "ansim_client.submit(" in source.split("if READY:\n")[1]


def test_hourly_means_agree_with_an_independent_sum(population: Path, tmp_path: Path) -> None:
    run("floating-pop", FLOATING, population.parent, tmp_path)
    sums: dict[tuple[str, str], dict[str, int]] = {}
    lines = (population / FILE_NAME).read_bytes().decode("cp949").split("\r\n")[1:-1]
    for date, hour, _, _, _, _, present, *_ in (line.split("|") for line in lines):
        # 2026-03-02 is a Monday: the 7th, 8th, 14th and 15th are the weekends of the file.
        kind = "주말" if date[-2:] in ("07", "08", "14", "15") else "평일"
        days = sums.setdefault((hour, kind), {})
        days[date] = days.get(date, 0) + int(present)
    wanted = {place: sum(days.values()) / len(days) for place, days in sums.items()}
    table = read(tmp_path / "hourly_population.csv")
    assert len(table) == 48
    for row in table:
        assert int(row["인원"]) % 100 == 0
        assert abs(int(row["인원"]) - wanted[row["시간대"], row["요일구분"]]) <= 50
