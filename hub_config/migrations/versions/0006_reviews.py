"""Monthly reviews of the record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.guards import guard_statements

revision = "0006"
down_revision = "0005"

TABLES = ("audit_review_report", "audit_review", "audit_review_move", "audit_review_finding")


def upgrade() -> None:
    """Make the change; the index by time becomes wider, so that a month is counted without reading bodies."""
    op.drop_index("ix_audit_entry_ts", table_name="audit_entry")
    wide = ["ts", "action", "outcome", "actor_ref", "component", "idx"]
    op.create_index("ix_audit_entry_ts", "audit_entry", wide)
    op.create_table(
        "audit_review_report",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "audit_review",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("month", "version"),
    )
    op.create_table(
        "audit_review_move",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("month", "version", "state"),
    )
    op.create_table(
        "audit_review_finding",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("month", "version", "n"),
    )
    for statement in guard_statements(op.get_bind().dialect.name, TABLES):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo it: reviews are gone; that they were signed stays in the log."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("ix_audit_entry_ts", table_name="audit_entry")
    op.create_index("ix_audit_entry_ts", "audit_entry", ["ts"])
