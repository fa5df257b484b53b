"""Reads bodies up to a limit."""

from __future__ import annotations

from aiohttp import StreamReader, web

from hub_config.gate.errors import Refused


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """Return the body of a request.

    Raises: Refused — for a body of more than `limit` bytes, before it is read where its length is announced.
    """
    if (request.content_length or 0) > limit:
        raise Refused("body.too_large")
    return await read_stream(request.content, limit, code="body.too_large")


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
