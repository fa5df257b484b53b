"""A large answer that passes stretch by stretch: counted like any other, without ever being in memory as a whole.

A stretch leaves after it was counted and, where that filled a window, after an officer was told or, without a log,
after it was noted what to tell; so the browser has at most what was counted before, and a few bytes at the end.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from aiohttp import StreamReader

from hub_config.gate.trickle import PICTURE, PICTURE_NAME, Found, Trickle, dense_beside

STRETCH = 1 << 19
"""Bytes that are passed on at a time; a shorter answer is looked at as a whole."""
# The name of a picture and the beginning of its value, which no quotation mark ends within the stretch.
OPENED = re.compile(PICTURE_NAME)
REST = re.compile(rb'(?:[^"\\]|\\.)*+"', re.DOTALL)
LONGEST_NAME = 96  # a name that the end of a stretch cuts is looked at with the next one


class Pictures:
    """Takes the values of pictures out of JSON that passes in stretches."""

    def __init__(self) -> None:
        self._inside = False
        self._kept = b""

    @property
    def rest(self) -> bytes:
        """What waits for the next stretch."""
        return self._kept

    def strip(self, stretch: bytes) -> bytes:
        """Return what is no picture, but for a few bytes that come with the next stretch."""
        data, at = self._kept + stretch, 0
        if self._inside:
            end = REST.match(data)
            if end is None:
                return self._enter(data, b"")
            at = end.end()
        left: list[bytes] = []
        if b'"' in data:  # what is found at the speed of the machine spares most text the search
            for picture in PICTURE.finditer(data, at):
                left.append(data[at : picture.end(1)])
                at = picture.end()
            opened = OPENED.search(data, at)
            if opened is not None:
                return self._enter(data, b"".join([*left, data[at : opened.end(1)]]))
        until = max(at, len(data) - LONGEST_NAME)
        self._inside, self._kept = False, data[until:]
        return b"".join([*left, data[at:until]])

    def _enter(self, data: bytes, left: bytes) -> bytes:
        """Note that the data ends within a picture, perhaps within an escape, whose second half may be a quotation
        mark.
        """
        self._inside = True
        self._kept = b"\\" if (len(data) - len(data.rstrip(b"\\"))) % 2 else b""
        return left


class Watch:
    """Counts the stretches of one answer, which is one message however many it takes; `pictures` says whether what
    stands as one in it counts as one, as in what people made.
    """

    def __init__(self, trickle: Trickle, *, pictures: bool = True) -> None:
        self._trickle = trickle
        self._pictures = Pictures() if pictures else None
        self._messages = 1

    def note(self, stretch: bytes, now: float) -> Found | None:
        """Count a stretch; return what is to be told before it leaves."""
        return self._count(stretch if self._pictures is None else self._pictures.strip(stretch), now)

    def end(self, now: float) -> Found | None:
        """Count the few bytes that waited for another stretch; return what is to be told of them."""
        return self._count(b"" if self._pictures is None else self._pictures.rest, now)

    def _count(self, left: bytes, now: float) -> Found | None:
        dense, kind = dense_beside(left)
        found = self._trickle.count(dense, kind, now, messages=self._messages)
        if dense:
            self._messages = 0
        return found


async def stretches_of(content: StreamReader) -> AsyncIterator[bytes]:
    """Give what comes in pieces of at least `STRETCH` bytes, and what is left at the end."""
    parts: list[bytes] = []
    size = 0
    async for chunk in content.iter_any():
        parts.append(chunk)
        size += len(chunk)
        if size >= STRETCH:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)
