"""The record of an extract may go once its removal is declared, after the period of the retention policy."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

import audit.db
from audit.guards import guard_statements

revision = "0014"
down_revision = "0013"

RECORD = (
    "deid_extract",
    "deid_extract_run",
    "deid_extract_move",
    "deid_extract_review",
    "deid_extract_destruction",
    "deid_extract_version",
)
REMOVAL = "deid_extract_removal"
DECLARED = "EXISTS (SELECT 1 FROM deid_extract_removal d WHERE d.ref = OLD.ref)"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        REMOVAL,
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("destroyed_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    _guard_anew((REMOVAL, *RECORD), dict.fromkeys(RECORD, DECLARED))


def downgrade() -> None:
    """Undo it; records that were removed do not come back."""
    _guard_anew(RECORD, {})
    op.drop_table(REMOVAL)
    if op.get_bind().dialect.name == "postgresql":
        for table in RECORD:
            op.execute(f"DROP FUNCTION IF EXISTS {table}_keep() CASCADE")


def _guard_anew(tables: tuple[str, ...], removable: Mapping[str, str]) -> None:
    """Make the guards of tables again, with other conditions than before."""
    dialect = op.get_bind().dialect.name
    for table in RECORD:
        for guard in ("no_update", "no_delete", "no_change"):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_{guard}" + ("" if dialect == "sqlite" else f" ON {table}"))
    for statement in guard_statements(dialect, tables, removable):
        if "audit_key" not in statement:
            op.execute(sa.text(statement.replace(":", "\\:")))
