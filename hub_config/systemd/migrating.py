"""Brings a production zone's database to this version, as the owner of its tables, which no process of the zone is."""

from __future__ import annotations

import os
from typing import Final

import sqlalchemy

from hub_config.migrate import METADATA, head_of, migrate, revision_of
from hub_config.settings import Settings
from hub_config.systemd.database_rights import rights_statements

#: With a password the owner's address is in no file of the zone, whose processes could read it.
OWNER_URL: Final = "ANSIM_DATABASE_OWNER_URL"


def bring_up_to_date(settings: Settings) -> bool:
    """Run the migrations that are missing and give the zone's role its rights; say whether anything was missing."""
    owner = os.environ.get(OWNER_URL) or settings.database.owner_url
    url = owner or settings.database_url()
    missing = revision_of(url) != head_of()
    if missing:
        migrate(url)
    if owner and missing:
        role = sqlalchemy.make_url(settings.database.url).username or ""
        tables = sorted(table for metadata in METADATA for table in metadata.tables)
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.begin() as connection:
                for statement in rights_statements(role, tables):
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()
    return missing
