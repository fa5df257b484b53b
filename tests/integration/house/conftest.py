"""The worlds in which the use cases of the house are exercised."""

from __future__ import annotations

from tests.integration.egress_review.conftest import first_zone, zone
from tests.integration.extracts.extract_world import first_extract_world
from tests.integration.extracts.extract_world import world as extract_world
from tests.integration.portal.portal_world import clock, first_world, world
from tests.integration.registry.conftest import house

__all__ = ["clock", "extract_world", "first_extract_world", "first_world", "first_zone", "house", "world", "zone"]
