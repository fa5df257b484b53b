"""Erasure, declared pruning and legal holds of the record."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the change."""
