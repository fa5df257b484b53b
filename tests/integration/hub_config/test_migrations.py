from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from audit.db import Database
from hub_config.migrate import METADATA, migrate


def made_by_migrations(directory: Path) -> Database:
    url = f"sqlite:///{directory / 'migrated.db'}"
    migrate(url)
    return Database.open(url)


def made_by_the_code(directory: Path) -> Database:
    db = Database.open(f"sqlite:///{directory / 'created.db'}")
    with db.begin() as connection:
        for metadata in METADATA:
            metadata.create_all(connection)
    return db


def triggers(db: Database) -> set[str]:
    with db.read() as connection:
        rows = connection.exec_driver_sql("select sql from sqlite_master where type = 'trigger'")
        return {" ".join(str(row[0]).split()) for row in rows}


def test_the_migrations_make_exactly_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    with made_by_migrations(tmp_path).read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        every: Any = list(METADATA)  # Alembic takes several, its stubs know one
        assert compare_metadata(context, every) == []


def test_the_migrations_make_every_guard_of_the_record(tmp_path: Path) -> None:
    made, expected = triggers(made_by_migrations(tmp_path)), triggers(made_by_the_code(tmp_path))
    assert expected
    assert made == expected


def test_a_second_migration_changes_nothing(tmp_path: Path) -> None:
    db = made_by_migrations(tmp_path)
    with db.read() as connection:
        before = sorted(sa.inspect(connection).get_table_names())
    migrate(str(db.engine.url.render_as_string(hide_password=False)))
    with db.read() as connection:
        assert sorted(sa.inspect(connection).get_table_names()) == before
