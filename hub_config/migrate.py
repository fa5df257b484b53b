"""Brings the database to the tables that this version expects; the record itself is never rewritten."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

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


def migrate(url: str) -> None:
    """Run every migration that the database has not seen; a second call changes nothing."""
    command.upgrade(configuration(url), "head")
