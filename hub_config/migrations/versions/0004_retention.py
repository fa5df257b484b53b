"""Erasure, declared pruning and legal holds of the record."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

import audit.db
from audit.guards import REMOVABLE as REMOVABLE_NOW
from audit.guards import guard_statements

revision = "0004"
down_revision = "0003"

#: Tables whose rows may be removed from now on, each under a condition of its own.
REMOVABLE = ("audit_entry", "audit_link", "audit_sidecar")
APPEND_ONLY = ("audit_digest", "audit_pruning")


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "audit_digest",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "kind", "digest", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_pruning",
        sa.Column("minimum", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("declared_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("minimum"),
    )
    op.create_table(
        "audit_discard",
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("commitment"),
    )
    op.create_table(
        "registry_erasure_request",
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("requested_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_erasure_request_person_ref")
        ),
        sa.PrimaryKeyConstraint("person_ref", name=op.f("pk_registry_erasure_request")),
    )
    _guard_anew(op.get_bind().dialect.name, (*REMOVABLE, *APPEND_ONLY), REMOVABLE_NOW)


def downgrade() -> None:
    """Undo it; bodies that were pruned and values that were erased do not come back."""
    dialect = op.get_bind().dialect.name
    # First the guards, as those of other tables name these.
    _guard_anew(dialect, REMOVABLE, {})
    for table in ("registry_erasure_request", "audit_discard", "audit_pruning", "audit_digest"):
        op.drop_table(table)
    if dialect == "postgresql":
        for table in (*REMOVABLE, "audit_digest"):
            op.execute(f"DROP FUNCTION IF EXISTS {table}_keep() CASCADE")


def _guard_anew(dialect: str, tables: tuple[str, ...], removable: Mapping[str, str]) -> None:
    """Make the guards of tables again, with other conditions than before."""
    on = "" if dialect == "sqlite" else " ON {table}"
    for table in REMOVABLE:
        for guard in ("no_update", "no_delete", "no_change"):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_{guard}" + on.format(table=table))
    for statement in guard_statements(dialect, tables, removable):
        op.execute(sa.text(statement.replace(":", "\\:")))
