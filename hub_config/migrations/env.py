"""Alembic's entry: runs migrations on the connection of the application's own engine."""

from __future__ import annotations

from alembic import context

from audit.db import Database
from hub_config.migrate import METADATA

database = Database.open(context.config.attributes["url"])
with database.begin() as connection:
    context.configure(connection=connection, target_metadata=list(METADATA), render_as_batch=False)
    context.run_migrations()
database.engine.dispose()
