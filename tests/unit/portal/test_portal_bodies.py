"""Bodies that are too large: read to their end, kept nowhere, answered."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal.bodies import FORM_BYTES, WORDS_BYTES, BodyLimit, declared_length

BLOCK = b"x" * 65_536


async def read_all(scope: Any, receive: Any, send: Any) -> None:
    size = 0
    async for part in Request(scope, receive).stream():
        size += len(part)
    await PlainTextResponse(f"took {size}")(scope, receive, send)


def too_large(_: Request, most: int) -> Response:
    return PlainTextResponse(f"at most {most}", 413)


def ask(path: str, blocks: int, *, declared: bool = True) -> tuple[bytes, int]:
    """Send a body of so many blocks; return the answer and how many blocks were read."""
    headers = [(b"content-length", str(blocks * len(BLOCK)).encode())] if declared else []
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    read, said = 0, b""

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": BLOCK, "more_body": read < blocks}

    async def send(message: Any) -> None:
        nonlocal said
        said += message.get("body", b"")

    app = BodyLimit(read_all, files=[re.compile("^/bring$")], file_bytes=10_000_000, refuse=too_large)
    asyncio.run(app(scope, receive, send))
    return said, read


def test_a_file_is_taken_where_files_are_taken_and_nowhere_else() -> None:
    assert ask("/bring", 100) == (b"took 6553600", 100)
    assert ask("/bringing", 100) == (f"at most {FORM_BYTES}".encode(), 100)


def test_what_is_too_large_is_read_to_its_end_before_it_is_answered() -> None:
    assert ask("/bring", 2000) == (b"at most 10000000", 2000)


def test_a_body_that_does_not_say_its_length_is_counted() -> None:
    with pytest.raises(HTTPException) as refusal:
        ask("/bring", 2000, declared=False)
    assert refusal.value.status_code == 413
    assert refusal.value.detail == "10000000"
    assert ask("/bring", (10_000_000 + WORDS_BYTES) // len(BLOCK), declared=False)[0].startswith(b"took")


@pytest.mark.parametrize("said", [b"", b"-1", b"1e9", b"9" * 30, "٣".encode()])
def test_a_length_that_is_none_is_not_believed(said: bytes) -> None:
    assert declared_length({"type": "http", "headers": [(b"content-length", said)]}) == 0
