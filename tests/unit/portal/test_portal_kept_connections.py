"""The gate uses a connection to the portal again only while the portal still keeps it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import UnixConnector

from portal.serve import KEPT_SECONDS


def test_the_portal_keeps_a_connection_much_longer_than_the_gate_uses_it_again(tmp_path: Path) -> None:
    """Otherwise a form is sent on a connection that is just being closed; a load test lost votes so."""

    async def used_again() -> float:
        connector = UnixConnector(str(tmp_path / "socket"), limit=0)  # as the gate makes it
        try:
            kept = connector._keepalive_timeout
            assert kept is not None
            return kept
        finally:
            await connector.close()

    reused = asyncio.run(used_again())
    assert reused * 3 <= KEPT_SECONDS
