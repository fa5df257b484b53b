"""Programs have accounts: what each may do, from where, until when, who answers for it, and which requests it made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db

revision = "0021"
down_revision = "0020"

ACCOUNT = "registry_service_account"
REQUEST = "registry_service_request"


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        ACCOUNT,
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("owner_ref", sa.String(length=64), nullable=False),
        sa.Column("project", sa.String(length=30), nullable=True),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("expires_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", audit.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=True),
        sa.Column("token_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("used_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", audit.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_ref"], ["registry_person.ref"], name="fk_registry_service_account_owner_ref"),
        sa.ForeignKeyConstraint(["project"], ["registry_project.id"], name="fk_registry_service_account_project"),
        sa.PrimaryKeyConstraint("ref", name="pk_registry_service_account"),
        sa.UniqueConstraint("name", name="uq_registry_service_account_name"),
        sa.UniqueConstraint("token_sha256", name="uq_registry_service_account_token_sha256"),
    )
    op.create_table(
        REQUEST,
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["registry_service_account.ref"], name="fk_registry_service_request_account"
        ),
        sa.PrimaryKeyConstraint("account", "request", name="pk_registry_service_request"),
    )


def downgrade() -> None:
    """Undo it; accounts of programs are forgotten, and their tokens stop working."""
    op.drop_table(REQUEST)
    op.drop_table(ACCOUNT)
