"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Make the change; there is no way back, since the record is append-only."""
    ${upgrades if upgrades else "pass"}
