"""Which Python packages a project asked for beside those of the policy, and what an operator decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0017"
down_revision = "0016"

TABLE = "registry_package_request"
WHEN = audit.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        TABLE,
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=False),
        sa.Column("package", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.String(length=64), nullable=True),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "state in ('asked', 'approved', 'refused', 'revoked')", name="ck_registry_package_request_state"
        ),
        sa.ForeignKeyConstraint(
            ["project"], ["registry_project.id"], name="fk_registry_package_request_project_registry_project"
        ),
        sa.PrimaryKeyConstraint("ref", name="pk_registry_package_request"),
    )
    op.create_index("ix_registry_package_request_project", TABLE, ["project"])


def downgrade() -> None:
    """Undo it; what had been allowed to single projects is forgotten, the policy stays."""
    op.drop_table(TABLE)
