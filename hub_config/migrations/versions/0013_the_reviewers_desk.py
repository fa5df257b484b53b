"""The reviewer's desk: what was shown to whom, who took what, how often a package was collected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db
from egress_review.tables import guard_statements

revision = "0013"
down_revision = "0012"

ADDED = ("egress_seen", "egress_shown", "egress_taken", "egress_collection")


def upgrade() -> None:
    """Make the change."""
    _list(
        "egress_seen",
        sa.Column("round", sa.Integer(), nullable=False),
        _text("sha256", 64),
        _text("person_ref", 32),
        sa.Column("page", sa.Integer(), nullable=False),
    )
    op.create_table(
        "egress_shown",
        _text("request_ref", 32),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        _text("checker_ref", 32),
        _text("sha256", 64),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("unseen", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        _points(),
        sa.PrimaryKeyConstraint("request_ref", "round", "checker_ref", "sha256", "revision"),
    )
    _list("egress_taken", _text("checker_ref", 32), _text("kind", 16), _text("event_id", 36))
    op.create_index("ix_egress_taken_checker_ref", "egress_taken", ["checker_ref"])
    _list("egress_collection", _text("by_ref", 32), _text("event_id", 36))
    for statement in guard_statements(op.get_bind().dialect.name, ADDED):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo it: what was shown, taken and collected is forgotten here; the log still says it."""
    for table in ADDED:
        op.drop_table(table)


def _list(table: str, *columns: sa.Column[object]) -> None:
    """Make a table of things that happened to requests."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        _text("request_ref", 32),
        *columns,
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"ix_{table}_request_ref", table, ["request_ref"])


def _text(name: str, length: int) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _points() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["request_ref"], ["egress_request.ref"])
