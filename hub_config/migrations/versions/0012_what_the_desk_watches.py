"""What the desk keeps an eye on: releases looked at again, sketches of files, pre-checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db
from egress_review.tables import guard_statements

revision = "0012"
down_revision = "0011"

ADDED = ("egress_recheck", "egress_recheck_answer", "egress_sketch")
WHEN = audit.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "egress_recheck",
        _text("request_ref", 32),
        _number("round"),
        _number("percent"),
        _text("event_id", 36),
        sa.Column("at", WHEN, nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("request_ref"),
    )
    op.create_table(
        "egress_recheck_answer",
        _text("request_ref", 32),
        _text("checker_ref", 32),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _text("event_id", 36),
        sa.Column("at", WHEN, nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("request_ref"),
    )
    op.create_table(
        "egress_sketch",
        _text("request_ref", 32),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        _text("sha256", 64),
        _number("values"),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("request_ref", "round", "sha256"),
    )
    op.create_table(
        "egress_precheck",
        _number("id"),
        _text("author_ref", 32),
        _text("project", 30),
        _number("files"),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_egress_precheck_author_ref", "egress_precheck", ["author_ref"])
    for statement in guard_statements(op.get_bind().dialect.name, ADDED):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo it: what was drawn and answered is forgotten here; the log still says it."""
    for table in (*ADDED, "egress_precheck"):
        op.drop_table(table)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _points() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["request_ref"], ["egress_request.ref"])
