"""How often a workspace may ask: many times at once, then no faster than a steady rate, and a few at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from hub_config.gate.errors import AmbiguousTarget, Refused


@dataclass(slots=True)
class Bucket:
    """How many requests a workspace may still make; it fills again by `per_second`, up to `most`."""

    most: int
    per_second: float
    clock: Callable[[], float] = time.monotonic
    left: float = field(init=False)
    since: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin full."""
        self.left, self.since = self.most, self.clock()

    def take(self) -> float:
        """Take one; return how many seconds to wait if there is none, else 0."""
        now = self.clock()
        self.left = min(self.most, self.left + (now - self.since) * self.per_second)
        self.since = now
        if self.left < 1:
            return (1 - self.left) / self.per_second
        self.left -= 1
        return 0.0


def paced_server(
    bucket: Bucket,
    concurrent: int,
    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    refuse: Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse]],
) -> web.Server:
    """Return the server behind a socket of one workspace: so many requests are answered at once, and no more of them
    than the bucket gives. `refuse` answers the others with a code of `REFUSALS`.
    """
    turns = asyncio.Semaphore(concurrent)

    async def paced(request: web.BaseRequest) -> web.StreamResponse:
        if bucket.take():
            return await refuse(request, "calls.pace")
        try:
            async with turns:
                return await answer(request)
        except AmbiguousTarget:
            return await refuse(request, "target.ambiguous")
        except Refused as refused:
            return await refuse(request, refused.code)

    return web.Server(paced, handler_cancellation=True, access_log=None)
