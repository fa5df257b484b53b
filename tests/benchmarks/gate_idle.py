"""What the gate holds in memory while two hundred WebSockets are open and nothing passes them.

A workspace may have 32 of them, so they belong to several people. Their workspaces are played: what stands behind the
gate makes no difference to it while it is silent.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack

from tests.benchmarks.memory import MB, pss
from tests.integration.gate.harness import Browser, ZoneUnderTest
from tests.integration.gate.test_gate_frozen import Place, upgraded
from tests.integration.gate.test_gate_hostile_workspace import PAGE, Hostile

SOCKETS = 200
EACH = 25
BAR_MB = 150.0
SETTLE_SECONDS = 5.0


async def measure(zone: ZoneUnderTest) -> dict[str, float]:
    """Return the gate's memory without and with them, in MB; every one of them must be open at the end."""
    gate = zone.processes["gate"].pid
    async with AsyncExitStack() as stack:
        people = [await _signed_in(zone, stack, f"idle{chr(97 + n)}") for n in range(SOCKETS // EACH)]
        without = pss(gate) / MB
        sockets = []
        for place, browser in people:
            wanted = [browser.socket(place.prefix, "api/events/subscribe") for _ in range(EACH)]
            sockets += await asyncio.gather(*map(stack.enter_async_context, wanted))
        await asyncio.sleep(SETTLE_SECONDS)
        held = pss(gate) / MB
        shut = sum(socket.closed for socket in sockets)
    if shut or len(sockets) != SOCKETS:
        raise RuntimeError(f"{len(sockets) - shut} of {SOCKETS} WebSockets stayed open")
    return {"without_mb": without, "idle_mb": held}


class _Silent(Hostile):
    """Takes every WebSocket and says nothing on it."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while (taken := upgraded(await reader.readuntil(b"\r\n\r\n"))) is None:
                writer.write(PAGE)
            writer.write(taken)
            await reader.read()  # until the gate goes


async def _signed_in(zone: ZoneUnderTest, stack: AsyncExitStack, handle: str) -> tuple[Place, Browser]:
    place = Place(zone, handle, "idle")
    place.hostile = _Silent(place.run)
    stack.callback(place.hostile.stop)
    zone.hub_api("POST", f"/users/{handle}")
    zone.control("PUT", f"/workspaces/{place.ref}", place.tenancy).raise_for_status()
    await place.hostile.dial(EACH + 2)
    browser = await stack.enter_async_context(Browser(zone))
    await browser.sign_in(handle, place.prefix)
    return place, browser
