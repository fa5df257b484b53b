"""The outbox of the record, for databases with many writers.

Where events get their index after they are durable, other rows cite an event by its id instead of its index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from egress_review.tables import guard_statements

revision = "0002"
down_revision = "0001"

GUARDED = (
    *("egress_said", "egress_file", "egress_report", "egress_vote"),
    *("egress_message", "egress_release", "egress_receipt"),
)
# Table, the column that held an index, the column that holds the id of the event, and whether it may be empty.
_CITATIONS = (
    ("egress_vote", "event_index", "event_id", False),
    ("egress_release", "event_index", "event_id", False),
    ("egress_request", "approved_index", "approved_event", True),
)


def upgrade() -> None:
    """Make the outbox, and cite events by their ids."""
    op.create_table(
        "audit_pending",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("ts", sa.String(length=27), nullable=False),
        sa.Column("ts_at", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    for table, index, event_id, empty in _CITATIONS:
        _replace(table, index, sa.Column(event_id, sa.String(length=36), nullable=True), "event_id", "idx", empty=empty)
    _guard()


def downgrade() -> None:
    """Cite events by their indexes again; events that wait for theirs must not be lost."""
    waiting = op.get_bind().scalar(sa.text("SELECT count(*) FROM audit_pending"))
    if waiting:
        raise RuntimeError(f"{waiting} events wait for their place in the tree; start the zone until there are none")
    for table, index, event_id, empty in _CITATIONS:
        _replace(table, event_id, sa.Column(index, sa.Integer(), nullable=True), "idx", "event_id", empty=empty)
    _guard()
    op.drop_table("audit_pending")


def _replace(table: str, old: str, column: sa.Column[object], wanted: str, known: str, *, empty: bool) -> None:
    """Replace a column that cites an entry one way by one that cites it the other way."""
    _unguard(table)
    op.add_column(table, column)
    op.execute(
        sa.text(
            f"UPDATE {table} SET {column.name} ="  # noqa: S608 - names of our own columns
            f" (SELECT e.{wanted} FROM audit_entry e WHERE e.{known} = {table}.{old})"
        )
    )
    if empty:
        # Not made anew, as SQLite would need for more than this: other rows point at those of this table.
        op.drop_column(table, old)
        return
    with op.batch_alter_table(table) as batch:
        batch.alter_column(column.name, existing_type=column.type, nullable=empty)
        batch.drop_column(old)


def _unguard(table: str) -> None:
    """Lift the guards of a table until `_guard` puts them back."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(sa.text(f"DROP TRIGGER IF EXISTS {table}_no_{act}"))
    else:
        op.execute(sa.text(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}"))


def _guard() -> None:
    for statement in guard_statements(op.get_bind().dialect.name, GUARDED):
        op.execute(sa.text(statement.replace(":", "\\:")))
