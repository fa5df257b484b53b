"""The pages of a PDF as they are seen: their text by line, and the page as a picture. Read with PDFium, in the scanner.

The picture is what a reviewer gets, and what is read by OCR where a page shows pictures or text that has no letters.
"""

from __future__ import annotations

import ctypes
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from egress_review.checks.pdf_layout import BrokenPdfError

MOST_PAGES = 200
LONGEST_SIDE = 1600
"""Pixels of the longer side of a page's picture; enough to read eight-point type."""

_SCALE = 2.0
"""Pixels for a point: 144 to the inch."""
_TINY = 1.5
"""Points up to which nobody reads a text."""
_IMAGE = 3
_MANY_SHAPES = 1_500


@dataclass(frozen=True, slots=True)
class PdfPage:
    """One page: what it says, whether some of it cannot be seen, and its picture where that has to be read."""

    text: str
    hidden: int
    """Runs of text outside the page or too small to read."""
    pictured: bytes | None
    """The page as PNG, where pictures or letters without a code ask for OCR."""


def read_pages(data: bytes) -> tuple[PdfPage, ...]:
    """Every page of a PDF.

    Raises: BrokenPdfError; ImportError — without pypdfium2.
    """
    return tuple(_page(page) for page in _open(data))


def pictures_of(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Width, height and PNG of every page, in order.

    Raises: BrokenPdfError; ImportError — without pypdfium2.
    """
    return map(_picture, _open(data))


def _open(data: bytes) -> Iterator[Any]:
    import pypdfium2  # type: ignore[import-untyped]  # it carries no types

    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) > MOST_PAGES:
            raise BrokenPdfError("too many pages")
        for number in range(len(document)):
            page = document[number]
            yield page
            page.close()
        document.close()
    except pypdfium2.PdfiumError:
        raise BrokenPdfError("PDFium") from None


def _page(page: Any) -> PdfPage:
    width, height = page.get_size()
    said = page.get_textpage()
    boxes = [(said.get_rect(index), said) for index in range(said.count_rects())]
    runs = [(box, str(of.get_text_bounded(*box))) for box, of in boxes]
    text = _lines(runs)
    every = str(said.get_text_range())
    hidden = sum(any(map(str.isalnum, words)) and _unseen(box, width, height) for box, words in runs)
    kinds = [one.type for one in page.get_objects(max_depth=4)]
    unread = not text.strip() and bool(kinds)
    odd = any(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in every)
    ask = _IMAGE in kinds or unread or odd or len(kinds) > _MANY_SHAPES
    # What PDFium reads without a place on the page is kept as well, so that no text is lost between the two.
    more = "" if _same(every, text) else "\n" + every.replace("\r\n", "\n")
    return PdfPage(text + more, hidden, _picture(page)[2] if ask else None)


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _unseen(box: tuple[float, float, float, float], width: float, height: float) -> bool:
    left, bottom, right, top = box
    return right < 0 or top < 0 or left > width or bottom > height or top - bottom < _TINY


def _lines(runs: list[tuple[tuple[float, float, float, float], str]]) -> str:
    """Runs of text in lines from top to bottom, with gaps as wide as they look: columns stay columns."""
    lines: list[list[tuple[tuple[float, float, float, float], str]]] = []
    for run in sorted(runs, key=lambda one: (-one[0][3], one[0][0])):
        box = run[0]
        middle = (box[1] + box[3]) / 2
        if lines and lines[-1][0][0][1] <= middle <= lines[-1][0][0][3]:
            lines[-1].append(run)
        else:
            lines.append([run])
    return "\n".join(_line(sorted(line, key=lambda one: one[0][0])) for line in lines)


def _line(runs: list[tuple[tuple[float, float, float, float], str]]) -> str:
    words = ""
    end = runs[0][0][0]
    for (left, bottom, right, top), text in runs:
        gap = (left - end) / max(1.0, (top - bottom) * 0.5)
        words += ("   " if gap > 1.5 else " " if gap > 0.3 and words else "") + " ".join(text.split())
        end = right
    return words


def _picture(page: Any) -> tuple[int, int, bytes]:
    width, height = page.get_size()
    if not (0 < width < 100_000 and 0 < height < 100_000):
        raise BrokenPdfError("size of a page")
    scale = min(_SCALE, LONGEST_SIDE / max(width, height))
    bitmap = page.render(scale=scale, grayscale=False, may_draw_forms=False)
    rows = ctypes.string_at(bitmap.buffer, bitmap.stride * bitmap.height)
    found = bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
    bitmap.close()
    return found[0], found[1], _png(rows, *found)


def _png(rows: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """A bitmap in blue, green, red order as PNG."""
    line = bytearray(1 + width * 3)
    raw = bytearray()
    for y in range(height):
        row = rows[y * stride : y * stride + width * channels]
        line[1::3], line[2::3], line[3::3] = row[2::channels], row[1::channels], row[0::channels]
        raw += line
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
