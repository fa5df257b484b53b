"""Rows of a database and of text in every spelling arrive as they are, in one order, and no address is told."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import hypothesis.strategies as st
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from psycopg import sql

from deid.engine import apply
from deid.errors import DataError, UsageError
from deid.policy import parse_policy
from deid.sources import open_table
from deid.sql_source import sql_table
from deid.targets import METADATA_KEY
from tests.unit.deid.deid_world import KEY

POLICY = parse_policy("""
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  rrn: {role: direct, action: pseudonym_one_way, reason: r}
  paid: {role: sensitive, action: round_random, params: {to: 10}, reason: r}
  born: {role: quasi, action: date_floor, params: {unit: year}, reason: r}
""")
MADE = sa.Table(
    "visits",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("rrn", sa.String(20)),
    sa.Column("paid", sa.Numeric(12, 2)),
    sa.Column("born", sa.Date),
    sa.Column("seen", sa.DateTime(timezone=True)),
    sa.Column("alive", sa.Boolean),
    sa.Column("share", sa.Float),
)
ROWS = [
    {
        "id": n,
        "rrn": f"{n:07d}",
        "paid": Decimal(n) / 4 if n % 7 else None,
        "born": date(1950 + n % 50, 1 + n % 12, 3),
        "seen": datetime(2026, 1, 1, n % 24, tzinfo=UTC),
        "alive": n % 3 == 0,
        "share": n / 8,
    }
    for n in range(1, 501)
]


def fill(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        MADE.create(connection)
        connection.execute(MADE.insert(), ROWS[::-1])
    engine.dispose()


def address(directory: Path, url: str) -> Path:
    path = directory / "address"
    path.write_text(url + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def sqlite_address(tmp_path: Path) -> Path:
    url = f"sqlite:///{tmp_path / 'source.db'}"
    fill(url)
    return address(tmp_path, url)


@pytest.fixture
def postgresql_address(tmp_path: Path, postgresql_socket: str) -> Path:
    with psycopg.connect(host=postgresql_socket, user="postgres", dbname="postgres", autocommit=True) as server:
        name = f"deid_{uuid.uuid4().hex}"
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = f"postgresql+psycopg://postgres:Secret99@/{name}?host={postgresql_socket}"
    fill(url)
    return address(tmp_path, url)


@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_a_table_of_a_database_is_read_with_its_kinds_in_the_order_of_its_key(
    server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deid.sql_source.BATCH_ROWS", 64)
    with sql_table(request.getfixturevalue(f"{server}_address"), "visits") as table:
        batches = list(table.batches(table.columns))
        again = list(table.batches(("rrn",)))
    read = pa.Table.from_batches(batches)
    assert table.rows == read.num_rows == 500
    assert max(batch.num_rows for batch in batches) == 64
    assert read.column("id").to_pylist() == list(range(1, 501))
    assert read.column("rrn").to_pylist()[:2] == ["0000001", "0000002"]
    assert pa.Table.from_batches(again).column("rrn") == read.column("rrn")
    assert read.schema.field("born").type == pa.date32()
    assert read.schema.field("alive").type == pa.bool_()
    assert read.schema.field("paid").type == (pa.decimal128(12, 2) if server == "postgresql" else pa.float64())
    assert [float(v) for v in read.column("paid").to_pylist()[:3]] == [0.25, 0.5, 0.75]
    assert read.column("paid")[6].as_py() is None
    assert table.described["dialect"] == server


def test_all_passes_over_a_table_see_one_state(postgresql_address: Path) -> None:
    with sql_table(postgresql_address, "visits") as table:
        first = sum(batch.num_rows for batch in table.batches(("id",)))
        engine = sa.create_engine(postgresql_address.read_text().strip())
        with engine.begin() as connection:
            connection.execute(sa.delete(MADE).where(MADE.c.id > 100))
        assert sum(batch.num_rows for batch in table.batches(("id",))) == first == table.rows


def test_an_extract_of_a_database_is_that_of_a_file_with_the_same_rows_and_says_where_it_is_from(
    sqlite_address: Path, tmp_path: Path
) -> None:
    with sql_table(sqlite_address, "visits") as table:
        apply(POLICY, table, KEY, tmp_path / "a.parquet")
        pq.write_table(pa.Table.from_batches(list(table.batches(table.columns))), tmp_path / "in.parquet")
    apply(POLICY, open_table(tmp_path / "in.parquet"), KEY, tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "a.parquet").equals(pq.read_table(tmp_path / "b.parquet"))
    described = json.loads(pq.read_schema(tmp_path / "a.parquet").metadata[METADATA_KEY])
    assert described["source"] == {"format": "sql", "dialect": "sqlite", "table": "visits", "order_by": "id"}


def test_the_address_of_a_database_is_in_no_error_and_in_a_file_of_its_owner_only(
    postgresql_address: Path, tmp_path: Path
) -> None:
    url = postgresql_address.read_text()
    wrong = {
        "the account": re.sub("postgres:Secret99", "nobody:Secret99", url),
        "the host": "postgresql+psycopg://postgres:Secret99@127.0.0.1:9/x",
        "the spelling": "postgres Secret99",
        "the driver": "oracle+nosuch://u:Secret99@h/x",
    }
    for text in wrong.values():
        with (
            pytest.raises((DataError, UsageError)) as caught,
            sql_table(address(tmp_path, text), "visits") as table,
        ):
            list(table.batches(("id",)))
        shown = str(caught.value) + caught.value.text("ko") + str(caught.value.__cause__)
        assert "Secret99" not in shown
        assert "nobody" not in shown
    postgresql_address.write_text(url)
    postgresql_address.chmod(0o644)
    with pytest.raises(UsageError, match="readable by others"), sql_table(postgresql_address, "visits"):
        pass


def test_a_table_without_a_key_needs_columns_to_sort_by(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'plain.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (name TEXT, age INTEGER)")
        connection.exec_driver_sql("INSERT INTO people VALUES ('b', 2), ('a', 1), ('c', 'thirty')")
    with pytest.raises(UsageError, match="order-by"), sql_table(address(tmp_path, url), "people"):
        pass
    with pytest.raises(UsageError, match="no table"), sql_table(address(tmp_path, url), "nobody"):
        pass
    with sql_table(address(tmp_path, url), "people", ["name"]) as table:
        assert pa.Table.from_batches(list(table.batches(("name",)))).column("name").to_pylist() == ["a", "b", "c"]
        with pytest.raises(DataError, match="column age") as caught:
            list(table.batches(("age",)))
        assert "thirty" not in str(caught.value)


SEPARATORS = [",", "|", "\t", ";", "^", "~", "\x01", "#", ":"]


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.lists(st.text("가나다 abc019-./\"'\n,", max_size=6).map(str.strip), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    ),
    separator=st.sampled_from(SEPARATORS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp949"]),
)
def test_a_table_in_any_spelling_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str, encoding: str
) -> None:
    header = ["환자번호", "방문일", "비고"]
    text = "".join(separator.join(quoted(cell) for cell in row) + "\r\n" for row in [header, *rows])
    path = tmp_path_factory.getbasetemp() / "spelling.csv"
    path.write_bytes(text.encode(encoding))
    table = open_table(path)
    assert table.described == {"format": "text", "encoding": encoding, "separator": separator}
    read = pa.Table.from_batches(list(table.batches(table.columns)))
    assert read.column_names == header
    expected = [[cell or None for cell in row] for row in rows]
    assert [list(row.values()) for row in read.to_pylist()] == expected


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def test_the_first_korean_letter_decides_however_far_down_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_bytes(b"a,b\n" + b"1,x\n" * 1_200_000 + "2,김\n".encode("cp949"))
    table = open_table(path)
    assert table.described["encoding"] == "cp949"
    assert pa.Table.from_batches(list(table.batches(("b",)))).column("b")[-1].as_py() == "김"


def test_dashes_and_spaces_in_names_are_no_separators(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("birth-date,home address: city,a/b\n2001-01-01,Seoul,1\n", encoding="utf-8")
    assert open_table(path).columns == ("birth-date", "home address: city", "a/b")
    path.write_text("one column only\n2001-01-01\n2 3 4 5\n", encoding="utf-8")
    assert open_table(path).columns == ("one column only",)
