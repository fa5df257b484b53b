"""Fixtures of the tests of extracts."""

from __future__ import annotations

from tests.integration.extracts.extract_world import first_extract_world, postgresql_world, world

__all__ = ["first_extract_world", "postgresql_world", "world"]
