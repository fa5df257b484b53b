"""Turning bytes into text in the encodings that results come in: UTF-8, UTF-16 with a mark, CP949."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_MARKED = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was written in."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded | None:
    """The text in `data`; None if it is not text in a known encoding."""
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return _strict(data, encoding)
    if b"\0" in data:
        return None
    return _strict(data, "utf-8") or _strict(data, "cp949")


def _strict(data: bytes, encoding: str) -> Decoded | None:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        return None
