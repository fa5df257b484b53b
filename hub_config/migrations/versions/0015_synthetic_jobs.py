"""Synthetic extracts are made by the worker: what it is to make, how far it has come, and how it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0015"
down_revision = "0014"

TABLE = "deid_synthetic_job"
WHEN = audit.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        TABLE,
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("extract", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("started_at", WHEN, nullable=True),
        sa.Column("stage_at", WHEN, nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["extract"], ["deid_extract.ref"]),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index("ix_deid_synthetic_job_extract", TABLE, ["extract"])
    op.create_index("ix_deid_synthetic_job_state", TABLE, ["state"])


def downgrade() -> None:
    """Undo it; work under way is forgotten, what was made stays."""
    op.drop_table(TABLE)
