"""Forgotten passwords: requests, their links, and since when a person's sessions count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0009"
down_revision = "0008"

BEFORE = "kind in ('invitation', 'second_factor')"
AFTER = "kind in ('invitation', 'second_factor', 'password')"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "registry_password_request",
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("requested_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name=op.f("fk_registry_password_request_person_ref")
        ),
        sa.PrimaryKeyConstraint("person_ref", name=op.f("pk_registry_password_request")),
    )
    op.add_column("registry_person", sa.Column("sessions_from", audit.db.UtcDateTime(timezone=True), nullable=True))
    _check_kinds(AFTER)


def downgrade() -> None:
    """Undo it; links to choose a password are withdrawn."""
    op.execute(sa.text("DELETE FROM registry_link WHERE kind = 'password'"))
    _check_kinds(BEFORE)
    op.drop_column("registry_person", "sessions_from")
    op.drop_table("registry_password_request")


def _check_kinds(condition: str) -> None:
    """Replace the condition on the kinds of links; SQLite makes the table anew, and no other table points at it."""
    name = op.f("ck_registry_link_kind")
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("registry_link") as batch:
            batch.create_check_constraint(name, condition)
    else:
        op.drop_constraint(name, "registry_link", type_="check")
        op.create_check_constraint(name, "registry_link", condition)
