"""Which policy holds for which data or project, e-mail that waits to be sent, and the organisation of a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import audit.db
from egress_review.tables import guard_statements

revision = "0011"
down_revision = "0010"

WHEN = audit.db.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "egress_policy_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(length=30), nullable=False),
        sa.Column("policy_name", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_egress_policy_choice_target", "egress_policy_choice", ["scope", "target"])
    op.create_table(
        "egress_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(length=160), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("request_ref", sa.String(length=32), nullable=True),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ended", sa.String(length=16), nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("once"),
    )
    op.create_index("ix_egress_mail_person_ref", "egress_mail", ["person_ref"])
    op.create_index("ix_egress_mail_waiting", "egress_mail", ["ended", "due_at"])
    op.create_table(
        "egress_mail_choice",
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("person_ref"),
    )
    op.create_table(
        "egress_reminder",
        sa.Column("request_ref", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["request_ref"], ["egress_request.ref"]),
        sa.PrimaryKeyConstraint("request_ref", "round", "kind"),
    )
    op.create_table(
        "egress_simulation",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("policy_name", sa.String(length=64), nullable=False),
        sa.Column("policy_digest", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("since", WHEN, nullable=True),
        sa.Column("by_ref", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("total", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.add_column(
        "registry_person", sa.Column("organisation", sa.String(length=200), nullable=False, server_default="")
    )
    for statement in guard_statements(op.get_bind().dialect.name, ("egress_policy_choice",)):
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    """Undo it: what was assigned and what waited to be sent is forgotten here; the log still names it."""
    op.drop_column("registry_person", "organisation")
    for table in ("egress_simulation", "egress_reminder", "egress_mail_choice", "egress_mail", "egress_policy_choice"):
        op.drop_table(table)
