"""The outbox of the record, for databases with many writers."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the change."""
