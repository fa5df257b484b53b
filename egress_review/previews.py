"""Safe previews: what a reviewer sees of a file, made in the scanner, as data and never as markup.

A table is rows of strings, a text is a string with hidden characters made visible, an image is pixels without
metadata. Everything is shown; paging is the screen's work.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from dataclasses import dataclass
from typing import Any, Literal

from egress_review.checks.images import BrokenImageError, read_picture
from egress_review.checks.subject import Subject
from egress_review.checks.tables import delimiter_of
from egress_review.findings import JSON
from egress_review.wire import MalformedReportError

LONGEST_CELL = 2000
"""Characters of one cell that are shown; the rest is named by its length."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\uffa0\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What may be shown of one file."""

    kind: Literal["table", "text", "image", "none"]
    rows: tuple[tuple[str, ...], ...] = ()
    """Every record of a table, header included, in order."""
    text: str = ""
    media: Literal["", "image/png", "image/jpeg"] = ""
    image: bytes = b""
    width: int = 0
    height: int = 0


NONE = Preview("none")


def preview_of(subject: Subject) -> Preview:
    """The preview of a file that the engine could read; nothing of any other."""
    try:
        match subject.content.kind, subject.type:
            case "text", "csv" | "tsv":
                return Preview("table", rows=_records(subject.text))
            case "text", _:
                return Preview("text", text=visible(subject.text))
            case "png" | "jpeg" as kind, _:
                picture = read_picture(subject.data)
                media: Literal["image/png", "image/jpeg"] = "image/png" if kind == "png" else "image/jpeg"
                return Preview(
                    "image",
                    media=media,
                    image=picture.pixels_only,
                    width=picture.width,
                    height=picture.height,
                )
    except (BrokenImageError, csv.Error):
        return NONE
    return NONE


def visible(text: str) -> str:
    """`text` with every character that does not show written as its code point."""
    return _HIDDEN.sub(lambda match: f"⟦U+{ord(match[0]):04X}⟧", text.removeprefix("\ufeff"))


def _records(text: str) -> tuple[tuple[str, ...], ...]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter_of(text))
    return tuple(tuple(_cell(cell) for cell in record) for record in reader)


def _cell(cell: str) -> str:
    shown = visible(cell[:LONGEST_CELL])
    return shown if len(cell) <= LONGEST_CELL else f"{shown}… (+{len(cell) - LONGEST_CELL})"


def preview_to_wire(preview: Preview) -> dict[str, JSON]:
    """A preview as JSON."""
    return {
        "kind": preview.kind,
        "rows": [list(row) for row in preview.rows],
        "text": preview.text,
        "media": preview.media,
        "image": base64.b64encode(preview.image).decode(),
        "width": preview.width,
        "height": preview.height,
    }


def preview_from_wire(content: Any) -> Preview:
    """The preview that `preview_to_wire` wrote; an image is read again before any browser gets it.

    Raises: MalformedReportError — for any other content.
    """
    try:
        kind, media = content["kind"], content["media"]
        if kind not in ("table", "text", "image", "none") or media not in ("", "image/png", "image/jpeg"):
            raise MalformedReportError("preview")
        rows = tuple(tuple(_checked(cell) for cell in row) for row in content["rows"])
        image = base64.b64decode(content["image"], validate=True)
        if kind == "image":
            picture = read_picture(image)
            if picture.metadata or picture.pixels_only != image:
                raise MalformedReportError("image")
        size = int(content["width"]), int(content["height"])
        return Preview(kind, rows, _checked(content["text"]), media, image, *size)
    except (KeyError, TypeError, ValueError, binascii.Error, BrokenImageError) as error:
        raise MalformedReportError(type(error).__name__) from None


def _checked(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedReportError("text")
    return value
