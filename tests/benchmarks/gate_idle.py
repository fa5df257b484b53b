"""What the gate holds in memory while two hundred WebSockets are open and nothing passes them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import aiohttp

from tests.benchmarks.memory import MB, pss
from tests.integration.gate.harness import Browser, Loopback, ZoneUnderTest

SOCKETS = 200
BAR_MB = 150.0
AT_ONCE = 20
SETTLE_SECONDS = 5.0


async def measure(zone: ZoneUnderTest, browser: Browser, prefix: str) -> dict[str, float]:
    """Return the gate's memory without and with them, in MB; every one of them must be open at the end."""
    gate = zone.processes["gate"].pid
    without = pss(gate) / MB
    headers = {"Origin": zone.origin_of(prefix)}
    url = f"{zone.base(prefix)}api/events/subscribe"
    connector = aiohttp.TCPConnector(resolver=Loopback(), limit=0)
    async with (
        aiohttp.ClientSession(connector=connector, cookie_jar=browser.session.cookie_jar) as session,
        AsyncExitStack() as stack,
    ):
        sockets: list[aiohttp.ClientWebSocketResponse] = []
        for _ in range(0, SOCKETS, AT_ONCE):
            opening = (stack.enter_async_context(session.ws_connect(url, headers=headers)) for _ in range(AT_ONCE))
            sockets += await asyncio.gather(*opening)
        await asyncio.sleep(SETTLE_SECONDS)
        held = pss(gate) / MB
        shut = sum(socket.closed for socket in sockets)
    if shut:
        raise RuntimeError(f"{shut} of {SOCKETS} WebSockets did not stay open")
    return {"without_mb": without, "idle_mb": held}
