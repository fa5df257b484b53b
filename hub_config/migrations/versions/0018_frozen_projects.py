"""A project can be frozen for now: since when, by whom, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0018"
down_revision = "0017"

TABLE = "registry_freeze"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        TABLE,
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["registry_project.id"], name="fk_registry_freeze_project"),
        sa.PrimaryKeyConstraint("project", name="pk_registry_freeze"),
    )


def downgrade() -> None:
    """Undo it; what was frozen is open again, so lift every freeze by hand before."""
    op.drop_table(TABLE)
