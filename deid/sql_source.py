"""Rows of a database table, read through SQLAlchemy as a stream, in one order that every pass over them repeats.

A database promises no order without being asked for one, and what depends on the number of a row would come out
different in every pass: so a table needs a primary key, or the columns to sort by. All passes read in one transaction
that sees one state. The address of the database holds a password: it comes from a file that only its owner reads, and
stands in no message, no record and no log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import types as kinds
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError

from audit.text import Text
from deid.errors import DataError, UsageError
from deid.sources import refuse_columns

BATCH_ROWS = 65_536
"""Rows of a database are Python values before they are columns: fewer at a time than from a file."""

_PLAIN: tuple[tuple[type[kinds.TypeEngine[Any]], pa.DataType], ...] = (
    (kinds.Boolean, pa.bool_()),
    (kinds.Integer, pa.int64()),
    (kinds.Float, pa.float64()),
    (kinds.Date, pa.date32()),
    (kinds.Time, pa.time64("us")),
    (kinds.Enum, pa.string()),
    (kinds.String, pa.string()),
    (kinds.Uuid, pa.string()),
)
_MOST_DIGITS = 38


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A table or a view of a database."""

    connection: sa.Connection
    table: sa.Table
    order: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int | None
    described: dict[str, str]

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield all rows of some columns, as the database streams them.

        Raises: DataError — if a value is not of its column's kind, or the database fails.
        """
        shown = [self.table.c[name] for name in columns]
        asked = sa.select(*shown).order_by(*(self.table.c[name] for name in self.order))
        fields = [pa.field(column.name, _kind(column, self.connection.dialect.name)) for column in shown]
        try:
            with self.connection.execute(asked, execution_options={"yield_per": BATCH_ROWS}) as result:
                for rows in result.partitions():
                    yield _batch(fields, rows)
        except (SQLAlchemyError, ValueError) as error:
            raise _failed(error) from None


@contextmanager
def sql_table(address: Path, name: str, order_by: Sequence[str] = ()) -> Iterator[SqlTable]:
    """Give a table of the database whose address stands in a file; `name` may have its schema before a dot.

    Raises: UsageError — if the file does not do, or nothing says how to sort. DataError — if the database fails, or a
    column is of a kind that has no place in a table of values.
    """
    engine = _engine(address)
    try:
        with engine.connect() as connection:
            # One state for all passes: the statistics of the first belong to the rows of the second.
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            elif engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # its driver begins nothing for a question
            yield _opened(connection, name, tuple(order_by))
    except SQLAlchemyError as error:
        raise _failed(error) from None
    finally:
        engine.dispose()


def _engine(address: Path) -> sa.Engine:
    try:
        if address.stat().st_mode & 0o077:
            raise UsageError(
                Text(
                    f"{address.name} 파일을 다른 사용자가 읽을 수 있습니다. chmod 600으로 막으십시오.",
                    f"{address.name} is readable by others than its owner; chmod 600 it.",
                )
            )
        text = address.read_text(encoding="utf-8").strip()
        url = sa.make_url(text)
        # An error of a driver may quote what it was asked with; values of people must not be in it.
        return sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
    except (OSError, UnicodeDecodeError, ArgumentError, SQLAlchemyError, ImportError):
        raise UsageError(
            Text(
                f"{address.name}: 데이터베이스 주소를 읽을 수 없습니다. 한 줄로 적으십시오:"
                " postgresql+psycopg://사용자@서버/이름",
                f"{address.name} holds no address of a database; write one line: postgresql+psycopg://user@server/name",
            )
        ) from None


def _opened(connection: sa.Connection, name: str, order_by: tuple[str, ...]) -> SqlTable:
    schema, _, plain = name.rpartition(".")
    try:
        table = sa.Table(plain, sa.MetaData(), autoload_with=connection, schema=schema or None)
    except NoSuchTableError:
        raise UsageError(
            Text(f"{name} 테이블이 데이터베이스에 없습니다.", f"the database has no table {name}.")
        ) from None
    names = tuple(column.name for column in table.columns)
    refuse_columns(names)
    if missing := [one for one in order_by if one not in names]:
        raise UsageError(Text(f"테이블에 없는 열입니다: {missing[0]}", f"the table has no column {missing[0]}."))
    order = order_by or tuple(column.name for column in table.primary_key.columns)
    if not order:
        raise UsageError(
            Text(
                f"{name}: 기본 키가 없습니다. 행의 순서를 정할 열을 --order-by로 지정하십시오.",
                f"{name} has no primary key; name columns that put its rows in one order (--order-by).",
            )
        )
    for column in table.columns:
        _kind(column, connection.dialect.name)
        if isinstance(column.type, kinds.Numeric) and connection.dialect.name == "sqlite":
            column.type.asdecimal = False
    rows = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    described = {"format": "sql", "dialect": connection.dialect.name, "table": name, "order_by": ", ".join(order)}
    return SqlTable(connection, table, order, names, rows, described)


def _kind(column: sa.Column[Any], dialect: str) -> pa.DataType:
    """Return the kind of Arrow that keeps a column's values as they are.

    Raises: DataError — if there is none.
    """
    kind = column.type
    if isinstance(kind, kinds.Float):  # before Numeric, of which it is one
        return pa.float64()
    if isinstance(kind, kinds.Numeric):
        if dialect == "sqlite":
            return pa.float64()  # SQLite has no exact numbers
        if kind.precision is None or kind.precision > _MOST_DIGITS:
            return pa.string()  # as many digits as there are: text keeps them all
        return pa.decimal128(kind.precision, kind.scale or 0)
    if isinstance(kind, kinds.DateTime):
        return pa.timestamp("us", tz="UTC" if kind.timezone else None)
    for known, arrow in _PLAIN:
        if isinstance(kind, known):
            return arrow
    raise DataError(
        Text(
            f"{column.name} 열: 다루지 않는 형식입니다. 이 열을 뺀 뷰를 만드십시오.",
            f"column {column.name} is of a kind that is not read; make a view without it.",
        )
    )


def _batch(fields: Sequence[pa.Field], rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    arrays = []
    for field, values in zip(fields, zip(*rows, strict=True), strict=True):
        try:
            arrays.append(pa.array(_texts(values) if pa.types.is_string(field.type) else values, field.type))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            # SQLite lets any value stand in any column.
            raise DataError(
                Text(
                    f"{field.name} 열: 열의 형식과 다른 값이 있습니다.",
                    f"column {field.name}: a value is not of the column's kind.",
                )
            ) from None
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _texts(values: Sequence[Any]) -> list[str | None]:
    return [value if value is None or isinstance(value, str) else str(value) for value in values]


def _failed(error: Exception) -> DataError:
    """Return what may be said of a failure: a driver's own words hold addresses and values."""
    kind = type(getattr(error, "orig", None) or error).__name__
    return DataError(
        Text(
            f"데이터베이스를 읽을 수 없습니다({kind}). 주소, 접속 권한, 테이블을 확인하십시오.",
            f"the database cannot be read ({kind}); see to its address, the account's rights and the table.",
        )
    )
