"""Cosignatures and time stamps of checkpoints."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the change."""
