"""What was known of the clock when each checkpoint was signed (K-ISMS-P 2.9.6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.guards import guard_statements

revision = "0022"
down_revision = "0021"

#: The append-only tables of this step.
APPEND_ONLY = ("audit_clock",)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_clock",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, primary_key=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("synchronised", sa.Boolean(), nullable=True),
        sa.Column("offset_us", sa.BigInteger(), nullable=True),
        sa.Column("error_us", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.String(length=27), nullable=False),
    )
    for statement in guard_statements(op.get_bind().dialect.name, APPEND_ONLY):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo the change; the table takes its triggers with it."""
    op.drop_table("audit_clock")
