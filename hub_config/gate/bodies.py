"""Reads bodies up to a limit."""

from __future__ import annotations

import asyncio

from aiohttp import StreamReader, web

from hub_config.gate.errors import Refused

SECONDS = 180.0  # 16 MB in this time are 0.7 Mbit/s


async def read_body(request: web.BaseRequest, limit: int, *, seconds: float = SECONDS) -> bytes:
    """Return the body of a request.

    Raises: Refused — for a body of more than `limit` bytes, before it is read where its length is announced; for one
    that has not come after `seconds`, so that nobody keeps what was read so far in memory for as long as he likes.
    """
    if (request.content_length or 0) > limit:
        raise Refused("body.too_large")
    try:
        async with asyncio.timeout(seconds):
            return await read_stream(request.content, limit, code="body.too_large")
    except TimeoutError as error:
        raise Refused("body.too_slow") from error


async def read_stream(content: StreamReader, limit: int, *, code: str) -> bytes:
    """Return everything in a stream.

    Raises: Refused — with `code`, for more than `limit` bytes.
    """
    parts: list[bytes] = []
    size = 0
    async for chunk in content.iter_any():
        size += len(chunk)
        if size > limit:
            raise Refused(code)
        parts.append(chunk)
    return b"".join(parts)
