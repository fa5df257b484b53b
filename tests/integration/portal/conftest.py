"""Fixtures of the portal's integration tests."""

from __future__ import annotations

from tests.integration.portal.portal_world import clock, first_world, world

__all__ = ["clock", "first_world", "world"]
