"""Every byte of a PDF accounted for: which objects stand where, and whether anything stands between or behind them.

A reader starts at the end of a PDF and follows references, so whatever none of them reaches is never seen by it. This
walks the file from its first byte to its last instead. The format is ISO 32000-1, 7.5.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

MOST_OBJECTS = 100_000

_SPACE = re.compile(rb"[\0\t\n\f\r ]*")
_COMMENT = re.compile(rb"%[^\r\n]*")
_OBJECT = re.compile(rb"(\d{1,10})\s{1,8}(\d{1,5})\s{1,8}obj\b")
_XREF = re.compile(rb"xref\s+(?:\d{1,10}\s+\d{1,10}[ \t]*[\r\n]+(?:\d{10} \d{5} [nf][ \r\n]{1,2})*\s*)+")
_START = re.compile(rb"startxref\s+\d{1,12}")
_STREAM_OR_END = re.compile(rb"\bstream(?:\r\n|\n|\r)|\bendobj\b")
_LENGTH = re.compile(rb"/Length\s+(\d{1,12})(?:\s+(\d{1,5})\s+R)?")
_STREAM_END = re.compile(rb"\s{0,4}endstream\s{0,8}endobj")
_END = b"%%EOF"


class BrokenPdfError(ValueError):
    """Bytes that are not one PDF from the first to the last."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in the file, in the order of its bytes."""

    objects: tuple[int, ...]
    """Numbers of the objects, repeated where a later one replaces an earlier."""
    comments: str
    updates: int
    """Versions of the file that a later one replaced."""
    linearised: bool


def read_layout(data: bytes) -> Layout:
    """Walk the file from its first byte to its last.

    Raises: BrokenPdfError — if bytes belong to nothing that the format names.
    """
    objects: list[int] = []
    comments: list[str] = []
    ends = starts = at = 0
    while at < len(data):
        at = _SPACE.match(data, at).end()  # type: ignore[union-attr]  # matches always
        if at >= len(data):
            break
        if match := _COMMENT.match(data, at):
            ends += match[0].rstrip() == _END
            comments.append(match[0].decode("latin-1"))
        elif match := _OBJECT.match(data, at):
            objects.append(int(match[1]))
            at = _end_of_object(data, match.end())
            if len(objects) > MOST_OBJECTS:
                raise BrokenPdfError("too many objects")
            continue
        elif data.startswith(b"trailer", at):
            at = _end_of_trailer(data, at)
            continue
        elif match := _START.match(data, at):
            starts += 1
        elif not (match := _XREF.match(data, at)):
            raise BrokenPdfError("bytes that belong to nothing")
        at = match.end()
    if not ends or not data.rstrip(b"\0\t\n\f\r ").endswith(_END):
        raise BrokenPdfError("no end")
    linearised = b"/Linearized" in data[:1024]
    repeated = max(Counter(objects).values(), default=1) - 1
    said = [one for one in comments[1:] if one.rstrip() != "%%EOF" and len(one) > 8]
    return Layout(tuple(objects), "\n".join(said), max(starts - 1 - linearised, repeated, 0), linearised)


def _end_of_object(data: bytes, at: int) -> int:
    """The position behind an object, with its stream if it has one."""
    found = _STREAM_OR_END.search(data, at)
    if found is None:
        raise BrokenPdfError("object without end")
    if _OBJECT.search(data, at, found.start()):
        raise BrokenPdfError("object within an object")
    if found[0] == b"endobj":
        return found.end()
    lengths = _LENGTH.findall(data, at, found.start())
    if not lengths:
        raise BrokenPdfError("stream without length")
    number, generation = lengths[0]
    length = _indirect(data, number, generation) if generation else int(number)
    end = _STREAM_END.match(data, found.end() + length)
    if end is None:
        raise BrokenPdfError("stream of another length")
    return end.end()


def _indirect(data: bytes, number: bytes, generation: bytes) -> int:
    """A length that stands in an object of its own."""
    pattern = rb"(?<!\d)" + number + rb"\s+" + generation + rb"\s+obj\s+(\d{1,12})\s+endobj"
    found = re.findall(pattern, data)
    if len(found) != 1:
        raise BrokenPdfError("length of a stream")
    return int(found[0])


def _end_of_trailer(data: bytes, at: int) -> int:
    """The position behind the trailer's dictionary."""
    end = data.find(b"startxref", at)
    close = data.rfind(b">>", at, end)
    if end < 0 or close < 0 or data[close + 2 : end].strip(b"\0\t\n\f\r "):
        raise BrokenPdfError("trailer")
    return end
