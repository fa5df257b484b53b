"""The zone can be under maintenance: why, since when, until when, announced by whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0019"
down_revision = "0018"

TABLE = "registry_maintenance"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("since", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_registry_maintenance_one"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_maintenance"),
    )


def downgrade() -> None:
    """Undo it; maintenance that is announced is forgotten."""
    op.drop_table(TABLE)
