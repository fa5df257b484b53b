"""Brings the database to the tables that this version expects; the record itself is never rewritten."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import egress_review.tables as egress_tables
import egress_review.watching_tables  # noqa: F401 - adds its tables to the others
from audit import tables as audit_tables
from deid.records import tables as extract_tables
from registry import tables as registry_tables

METADATA = (audit_tables.metadata, registry_tables.metadata, egress_tables.metadata, extract_tables.metadata)


def configuration(url: str) -> Config:
    """Return Alembic's configuration for one database; no ini file exists."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url
    return config


def head_of() -> str | None:
    """Return the revision that this version expects."""
    return ScriptDirectory.from_config(configuration("")).get_current_head()


def revision_of(url: str) -> str | None:
    """Return the revision a database is at, None before its first."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def migrate(url: str) -> None:
    """Run every migration that the database has not seen; a second call changes nothing."""
    command.upgrade(configuration(url), "head")
