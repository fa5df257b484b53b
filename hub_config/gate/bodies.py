"""Reads bodies up to a limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import StreamReader, web

from hub_config.gate.errors import Refused

SECONDS = 180.0  # 16 MB in this time are 0.7 Mbit/s
PARSED_AT_ONCE = 2  # of all workspaces: a document takes several times its bytes while it is parsed
_ASIDE = ThreadPoolExecutor(PARSED_AT_ONCE, "parse")
T = TypeVar("T")


async def aside(parse: Callable[[], T]) -> T:
    """Parse what may have megabytes in a thread, for others wait."""
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, parse)


async def read_body(
    request: web.BaseRequest, limit: int, *, seconds: float = SECONDS, keep: Callable[[int], object] | None = None
) -> bytes:
    """Return the body of a request; `keep` is told of bytes as they come.

    Raises: Refused — for a body of more than `limit` bytes, before it is read where its length is announced; for one
    that has not come after `seconds`, so that nobody keeps what was read so far in memory for as long as he likes.
    """
    if (request.content_length or 0) > limit:
        raise Refused("body.too_large")
    try:
        async with asyncio.timeout(seconds):
            return await read_stream(request.content, limit, code="body.too_large", keep=keep)
    except TimeoutError as error:
        raise Refused("body.too_slow") from error


async def read_stream(
    content: StreamReader, limit: int, *, code: str, keep: Callable[[int], object] | None = None
) -> bytes:
    """Return everything in a stream; `keep` is told of bytes as they come.

    Raises: Refused — with `code`, for more than `limit` bytes.
    """
    parts: list[bytes] = []
    size = 0
    async for chunk in content.iter_any():
        size += len(chunk)
        if size > limit:
            raise Refused(code)
        if keep is not None:
            keep(len(chunk))
        parts.append(chunk)
    return b"".join(parts)
