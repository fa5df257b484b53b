"""The world of the portal's tests, with a shelf."""

from tests.integration.portal.portal_world import clock, first_world, world

__all__ = ["clock", "first_world", "world"]
