"""Which address an entry has is found from the entry too: a whole institution may share one."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

INDEX = "ix_audit_digest_event_id"


def upgrade() -> None:
    """Make the change."""
    op.create_index(INDEX, "audit_digest", ["event_id"])


def downgrade() -> None:
    """Undo it; searches by address are slower again."""
    op.drop_index(INDEX, table_name="audit_digest")
