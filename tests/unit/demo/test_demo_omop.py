"""The hospital data set is complete, repeatable and carries no values of people in its footers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest

from hub_config.demo.dictionary import TABLES
from hub_config.demo.omop import bundled_database, write_gibleed


def digests(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(directory.iterdir())}


def test_two_generations_are_byte_identical(gibleed: Path, tmp_path: Path) -> None:
    write_gibleed(tmp_path)
    assert digests(tmp_path) == digests(gibleed)


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("person", 2694),
        ("condition_occurrence", 65332),
        ("drug_exposure", 67707),
        ("procedure_occurrence", 37409),
        ("measurement", 44053),
        ("concept", 442),
    ],
)
def test_known_tables_have_their_known_number_of_rows(gibleed: Path, table: str, rows: int) -> None:
    assert pyarrow.parquet.read_metadata(gibleed / f"{table}.parquet").num_rows == rows


def test_every_table_holds_exactly_the_rows_of_the_source(gibleed: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{bundled_database()}' AS source (READ_ONLY)")
        for file in gibleed.glob("*.parquet"):
            left = f"SELECT * FROM source.main.{file.stem}"
            right = f"SELECT * FROM '{file}'"
            differing = f"SELECT count(*) FROM (({left} EXCEPT ALL {right}) UNION ALL ({right} EXCEPT ALL {left}))"
            assert connection.execute(differing).fetchone() == (0,), file.name


def test_tables_that_hold_only_their_header_are_left_out_and_named(gibleed: Path) -> None:
    assert not (gibleed / "death.parquet").exists()
    assert "death" in (gibleed / "README.md").read_text(encoding="utf-8").split("not written")[1].split("\n")[0]


def test_the_dictionary_describes_every_table_in_both_languages(gibleed: Path) -> None:
    dictionary = (gibleed / "README.md").read_text(encoding="utf-8")
    for file in gibleed.glob("*.parquet"):
        korean, english = TABLES[file.stem]
        assert korean in dictionary
        assert english in dictionary
        assert f"### {file.stem}" in dictionary


def test_column_names_are_lower_case_and_keys_are_whole_numbers(gibleed: Path) -> None:
    for file in gibleed.glob("*.parquet"):
        schema = pyarrow.parquet.read_schema(file)
        assert [name.lower() for name in schema.names] == schema.names
        keys = [name for name in schema.names if name.endswith("_id") and name not in ("domain_id", "vocabulary_id")]
        assert not [name for name in keys if str(schema.field(name).type) == "double"], file.name


def test_footers_carry_no_minimum_or_maximum_of_a_column(gibleed: Path) -> None:
    for file in gibleed.glob("*.parquet"):
        metadata = pyarrow.parquet.read_metadata(file)
        for group in range(metadata.num_row_groups):
            for column in range(metadata.num_columns):
                assert metadata.row_group(group).column(column).statistics is None
