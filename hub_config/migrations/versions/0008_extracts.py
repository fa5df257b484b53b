"""Extracts with their runs, reviews and ends."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from audit.guards import guard_statements

revision = "0008"
down_revision = "0007"

TABLES = (
    "deid_extract",
    "deid_extract_run",
    "deid_extract_move",
    "deid_extract_review",
    "deid_extract_destruction",
    "deid_extract_version",
)
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "deid_extract",
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("dataset", sa.String(length=30), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("title_ko", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("use", sa.String(length=16), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("ends_at", WHEN, nullable=False),
        *_by(event=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index("ix_deid_extract_dataset", "deid_extract", ["dataset"])
    op.create_index("ix_deid_extract_project", "deid_extract", ["project"])
    op.create_table(
        "deid_extract_run",
        _of(),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("directory", sa.Text(), nullable=False),
        sa.Column("manifest_sha256", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=False),
        sa.Column("linkage_domain", sa.String(length=64), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("tables", sa.Text(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("risk", sa.Text(), nullable=False),
        sa.Column("binding", sa.String(length=64), nullable=False),
        *_by(),
        _foreign(),
        sa.PrimaryKeyConstraint("ref", "number"),
    )
    op.create_index("ix_deid_extract_run_manifest_sha256", "deid_extract_run", ["manifest_sha256"])
    op.create_table(
        "deid_extract_move",
        _of(),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        *_by(),
        _foreign(),
        sa.PrimaryKeyConstraint("ref", "number"),
    )
    op.create_table(
        "deid_extract_review",
        _of(),
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("checked", sa.Text(), nullable=False),
        sa.Column("binding", sa.String(length=64), nullable=False),
        *_by(),
        _foreign(),
        sa.PrimaryKeyConstraint("ref", "run"),
    )
    op.create_table(
        "deid_extract_destruction",
        _of(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("key_record", sa.Text(), nullable=True),
        *_by(event=False),
        _foreign(),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_table(
        "deid_extract_version",
        _of(),
        sa.Column("dataset", sa.String(length=30), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        _foreign(),
        sa.PrimaryKeyConstraint("ref"),
        sa.UniqueConstraint("dataset", "number", name="uq_deid_extract_version_dataset_number"),
    )
    for statement in guard_statements(op.get_bind().dialect.name, TABLES, {}):
        if "audit_key" not in statement:
            op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo it: the records of extracts are gone; that they were made and reviewed stays in the log."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _of() -> sa.Column[str]:
    return sa.Column("ref", sa.String(length=64), nullable=False)


def _foreign() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["ref"], ["deid_extract.ref"])


def _by(*, event: bool = True) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = [
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("at", WHEN, nullable=False),
    ]
    return [*columns, sa.Column("event_id", sa.String(length=36), nullable=False)] if event else columns
