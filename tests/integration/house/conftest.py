"""The worlds in which the use cases of the house are exercised."""

from __future__ import annotations

from tests.integration.audit.conftest import postgresql_socket
from tests.integration.egress_review.conftest import zone
from tests.integration.portal.portal_world import clock, first_world, world
from tests.integration.registry.conftest import house

__all__ = ["clock", "first_world", "house", "postgresql_socket", "world", "zone"]
