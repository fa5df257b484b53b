"""Egress review: groups and evidence, kept drafts, remarks on one file, interests, idle requests, purges, ingress."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

import audit.db
from egress_review.tables import guard_statements

revision = "0010"
down_revision = "0009"

GUARDED = ("egress_group", "egress_interest", "egress_purged")


def _added() -> dict[str, list[sa.Column[Any]]]:
    return {
        "egress_request": [
            sa.Column("salt", sa.String(length=32), nullable=False, server_default=""),
            sa.Column("direction", sa.String(length=8), nullable=False, server_default="egress"),
            sa.Column("idle_since", audit.db.UtcDateTime(timezone=True), nullable=True),
            sa.Column("warned_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        ],
        "egress_file": [
            sa.Column("kind", sa.String(length=16), nullable=False, server_default="output"),
            sa.Column("group_name", sa.String(length=64), nullable=False, server_default=""),
        ],
        "egress_message": [
            sa.Column("group_name", sa.String(length=64), nullable=False, server_default=""),
            sa.Column("file_name", sa.String(length=255), nullable=False, server_default=""),
        ],
    }


def upgrade() -> None:
    """Make the change."""
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "egress_group",
        _of_request(),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("controls", sa.Text(), nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("request_ref", "round", "name"),
    )
    op.create_table(
        "egress_draft",
        _of_request(),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("request_ref"),
    )
    op.create_table(
        "egress_interest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("request_ref", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_egress_interest_person_ref", "egress_interest", ["person_ref"])
    op.create_index("ix_egress_interest_project", "egress_interest", ["project"])
    op.create_table(
        "egress_purged",
        _of_request(),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("at", audit.db.UtcDateTime(timezone=True), nullable=False),
        _points(),
        sa.PrimaryKeyConstraint("request_ref", "sha256"),
    )
    for statement in guard_statements(op.get_bind().dialect.name, GUARDED):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo it: drafts, groups, interests and purges are forgotten here; the log still names them."""
    for table in (*GUARDED, "egress_draft"):
        op.drop_table(table)
    for table, columns in _added().items():
        for column in columns:
            op.drop_column(table, column.name)


def _of_request() -> sa.Column[str]:
    return sa.Column("request_ref", sa.String(length=32), nullable=False)


def _points() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["request_ref"], ["egress_request.ref"])
