"""How much a browser may send with one request; what is too much is read to its end, kept nowhere, and answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM_BYTES = 2_000_000
"""What a form may hold; it is read into memory."""
WORDS_BYTES = 200_000
"""What the words beside a file may take."""
MOST_DISCARDED = 2_000_000_000
"""Bytes that are read and thrown away so that a browser shows the answer; whoever sends more loses the connection."""


class BodyLimit:
    """ASGI middleware that refuses bodies above a limit: one for forms, a larger one for pages that take a file.

    A browser that is answered while it still sends shows a broken connection instead of the answer. So what is
    refused is read first, a block at a time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        files: Iterable[re.Pattern[str]],
        file_bytes: int,
        refuse: Callable[[Request, int], Response],
    ) -> None:
        self.app = app
        self.files = tuple(files)
        self.file_bytes = file_bytes
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        takes_file = any(pattern.match(scope["path"]) for pattern in self.files)
        limit = self.file_bytes + WORDS_BYTES if takes_file else FORM_BYTES
        said = self.file_bytes if takes_file else limit
        if declared_length(scope) > limit:
            await discard(receive)
            await self.refuse(Request(scope), said)(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit, said), send)


def declared_length(scope: Scope) -> int:
    """Return how many bytes a request says it brings; 0 where it does not say it, and they are counted instead."""
    said = Headers(scope=scope).get("content-length", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 20 else 0


async def discard(receive: Receive) -> None:
    """Read a body to its end and keep nothing of it."""
    total = 0
    while total <= MOST_DISCARDED:
        message = await receive()
        total += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _counted(receive: Receive, limit: int, said: int) -> Receive:
    """Count a body that does not say its length; `said` is the limit that people are told."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            await discard(receive)
            raise HTTPException(413, detail=str(said))
        return message

    return counted
