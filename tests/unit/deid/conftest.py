"""As the integration tests: every attempt to reach a network fails here."""

from __future__ import annotations

from tests.integration.deid.conftest import no_network

__all__ = ["no_network"]
