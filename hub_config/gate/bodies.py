"""Reads request bodies up to a limit."""

from __future__ import annotations

from aiohttp import web

from hub_config.gate.errors import Refused


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """Return the body of a request.

    Raises: Refused — for a body of more than `limit` bytes, before it is read where its length is announced.
    """
    if (request.content_length or 0) > limit:
        raise Refused("body.too_large")
    parts: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise Refused("body.too_large")
        parts.append(chunk)
    return b"".join(parts)
