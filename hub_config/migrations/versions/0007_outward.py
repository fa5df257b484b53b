"""How far the record was handed to other systems."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_outward",
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.String(length=27), nullable=True),
        sa.Column("tried_at", sa.String(length=27), nullable=True),
        sa.Column("failing_since", sa.String(length=27), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("target"),
    )


def downgrade() -> None:
    """Undo it: every outside system is then sent the whole record again."""
    op.drop_table("audit_outward")
