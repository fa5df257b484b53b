"""A restore that fails leaves the database as it was: what had come back into it is taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from audit.text import Text
from hub_config.backup.contents import DATABASE_ENDINGS
from hub_config.backup.errors import StillFilled, ToolFailed
from hub_config.errors import ZoneError

_UNREACHED = Text("데이터베이스에 연결할 수 없습니다: {error}.", "The database cannot be reached: {error}.")
_STILL_FILLED = Text(
    "{told} 복원하다 만 것을 데이터베이스에서 지우지 못했습니다: {error}.",
    "{told} What had come back already could not be taken out of the database again: {error}.",
)
_THINGS = """
SELECT 1, 'EXTENSION', quote_ident(extname) FROM pg_extension
UNION ALL SELECT 2, 'SCHEMA', quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_'
UNION ALL
SELECT 3, CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
    quote_ident(nspname) || '.' || quote_ident(relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 4, 'ROUTINE',
    quote_ident(nspname) || '.' || quote_ident(proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY 1, 2 DESC, 3
"""
"""What a dump brings into a database, in the order in which it is dropped: what belongs to something goes with that."""


@contextmanager
def taken_out_again(url: str) -> Iterator[None]:
    """Leave the place that a URL names as it was if the block fails, whatever was brought into it meanwhile.

    Raises: ToolFailed — if the database cannot be reached. StillFilled — if the block failed and this does too.
    """
    backend = make_url(url)
    if backend.get_backend_name() != "postgresql":
        with _file_taken_out_again(Path(str(backend.database))):
            yield
        return
    try:
        with _transaction(url) as server:
            before = set(_things(server))
    except SQLAlchemyError as error:
        raise ToolFailed(_UNREACHED.format(error=type(error).__name__)) from error
    try:
        yield
    except BaseException as error:
        try:
            with _transaction(url) as server:
                for kind, name in _things(server):
                    if (kind, name) not in before:
                        server.exec_driver_sql(f"DROP {kind} IF EXISTS {name} CASCADE")
        except SQLAlchemyError as kept:
            told = error.reason if isinstance(error, ZoneError) else type(error).__name__
            raise StillFilled(_STILL_FILLED.format(told=told, error=type(kept).__name__)) from error
        raise


def _things(server: Connection) -> list[tuple[str, str]]:
    return [(kind, name) for _, kind, name in server.exec_driver_sql(_THINGS)]


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _file_taken_out_again(target: Path) -> Iterator[None]:
    was_there = target.exists()
    try:
        yield
    except BaseException:
        if not was_there:
            for ending in DATABASE_ENDINGS:
                target.with_name(target.name + ending).unlink(missing_ok=True)
        raise
