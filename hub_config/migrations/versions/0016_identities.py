"""By what name a provider outside, such as a hospital's own sign-in, knows a person of the registry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0016"
down_revision = "0015"

IDENTITY = "registry_identity"
EMERGENCY = "registry_emergency"
WHEN = audit.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        IDENTITY,
        sa.Column("authority", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("given_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name="fk_registry_identity_person_ref_registry_person"
        ),
        sa.PrimaryKeyConstraint("authority", "subject", name="pk_registry_identity"),
    )
    op.create_index("ix_registry_identity_person_ref", IDENTITY, ["person_ref"])
    op.create_table(
        EMERGENCY,
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", WHEN, nullable=False),
        sa.Column("opened_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_ref"], ["registry_person.ref"], name="fk_registry_emergency_person_ref_registry_person"
        ),
        sa.PrimaryKeyConstraint("person_ref", name="pk_registry_emergency"),
    )


def downgrade() -> None:
    """Undo it: people whom only a provider knows must be invited anew."""
    op.drop_table(EMERGENCY)
    op.drop_table(IDENTITY)
