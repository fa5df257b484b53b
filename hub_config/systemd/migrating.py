"""Brings a production zone's database to this version, as the owner of its tables, which no process of the zone is."""

from __future__ import annotations

import sqlalchemy

from hub_config.migrate import METADATA, head_of, migrate, revision_of
from hub_config.settings import Settings
from hub_config.systemd.database_rights import rights_statements


def bring_up_to_date(settings: Settings, *, owner: str = "") -> bool:
    """Run the migrations that are missing and give the zone's role its rights; say whether a migration was missing.

    With a password the owner's address is in no file of the zone, whose processes could read it: it is `owner`. The
    rights are given each time, so that a run that broke off between the two is made good by the next.
    """
    owner = owner or settings.database.owner_url
    url = owner or settings.database_url()
    missing = revision_of(url) != head_of()
    if missing:
        migrate(url)
    if owner:
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
