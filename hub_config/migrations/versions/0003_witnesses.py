"""Cosignatures and time stamps of checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.guards import guard_statements

revision = "0003"
down_revision = "0002"

#: The append-only tables of this step.
APPEND_ONLY = ("audit_cosignature", "audit_timestamp")


def upgrade() -> None:
    """Make the change."""
    size = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "audit_cosignature",
        sa.Column("size", size, autoincrement=False, nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("size", "key_id"),
    )
    op.create_table(
        "audit_timestamp",
        sa.Column("size", size, autoincrement=False, nullable=False),
        sa.Column("tsa", sa.String(length=256), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("size", "tsa"),
    )
    op.create_table(
        "audit_attester",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ref", sa.String(length=256), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.String(length=27), nullable=False),
        sa.Column("answered_at", sa.String(length=27), nullable=True),
        sa.Column("failing_since", sa.String(length=27), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("alerted_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("kind", "ref"),
    )
    for statement in guard_statements(op.get_bind().dialect.name, APPEND_ONLY):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo the change; the tables take their triggers with them."""
    for table in ("audit_attester", "audit_timestamp", "audit_cosignature"):
        op.drop_table(table)
