"""Safe previews: what a reviewer sees of a file, made in the scanner, as data and never as markup.

A table is rows of strings, a text is a string with hidden characters made visible, an image is pixels without
metadata. Everything is shown; paging is the screen's work.
"""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from egress_review.checks.document import Document
from egress_review.checks.images import BrokenImageError, read_picture
from egress_review.checks.notebook import Notebook, Piece
from egress_review.checks.page import Page
from egress_review.checks.pdf_layout import BrokenPdfError
from egress_review.checks.pdf_pages import pictures_of
from egress_review.checks.raster import shown as rasterised_to_show
from egress_review.checks.subject import DOCUMENTS, Subject, members_of
from egress_review.checks.tables import delimiter_of, lines_of
from egress_review.checks.workbook import Workbook
from egress_review.checks.zipped import BrokenPackageError
from egress_review.findings import JSON
from egress_review.wire import MalformedReportError

KINDS = frozenset(("table", "text", "image", "parts", "none"))
HIDDEN = " · 숨김 · hidden"

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\uffa0\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What may be shown of one file."""

    kind: Literal["table", "text", "image", "parts", "none"]
    rows: tuple[tuple[str, ...], ...] = ()
    """Every record of a table, header included, in order."""
    text: str = ""
    media: Literal["", "image/png", "image/jpeg"] = ""
    image: bytes = b""
    width: int = 0
    height: int = 0
    parts: tuple[tuple[str, Preview], ...] = ()
    """What a workbook or notebook consists of, with a heading each; a part has no parts."""


NONE = Preview("none")


def preview_of(subject: Subject) -> Preview:
    """The preview of a file that the engine could read; nothing of any other."""
    try:
        match subject.content.kind, subject.type:
            case "text", "csv" | "tsv":
                return Preview("table", rows=_records(subject.text))
            case "zip", "xlsx":
                return _workbook(subject.workbook)
            case "text", _:
                return Preview("text", text=visible(subject.text))
            case "notebook", "ipynb":
                return _notebook(subject.notebook)
            case "png" | "jpeg", _:
                return _image(subject.data)
            case "zip", kind if kind in DOCUMENTS:
                return _document(subject.document)
            case "html", "html":
                return _page(subject.page)
            case "svg", "svg":
                return _drawing(subject)
            case "pdf", "pdf":
                return _pdf(subject.data)
            case "zip", "zip":
                return _archive(subject)
    except (BrokenImageError, BrokenPdfError, BrokenPackageError, csv.Error, ImportError):
        return NONE
    return NONE


def _document(document: Document | BrokenPackageError) -> Preview:
    """A part for each story, each of its tables and each picture."""
    if isinstance(document, BrokenPackageError):
        return NONE
    shown: list[tuple[str, Preview]] = []
    for story in document.stories:
        heading = visible(story.place)
        shown.append((f"{heading}{HIDDEN if story.unseen else ''}", Preview("text", text=visible(story.words))))
        shown += [(f"{heading} · {n}", Preview("table", rows=_cells(rows))) for n, rows in enumerate(story.tables, 1)]
    taken = [(f"thumbnail{HIDDEN}", picture) for _, picture in _pictures(document.thumbnails)]
    return Preview("parts", parts=(*shown, *_pictures(document.images), *taken))


def _page(page: Page) -> Preview:
    """The words of a page, its tables and pictures; nothing of it is markup here."""
    tables = [(f"table {n}", Preview("table", rows=_cells(rows))) for n, rows in enumerate(page.tables, 1)]
    words = ("text", Preview("text", text=visible(page.prose)))
    return Preview("parts", parts=(words, *tables, *_pictures(page.images)))


def _drawing(subject: Subject) -> Preview:
    """A drawing as a picture, with its words; as its source where no program here makes pictures of drawings."""
    picture = rasterised_to_show(subject.data)
    if subject.drawing is None or picture is None:
        return Preview("text", text=visible(subject.text))
    words = ("text", Preview("text", text=visible(subject.drawing.prose)))
    return Preview("parts", parts=(("1", _image(picture)), words))


def _pdf(data: bytes) -> Preview:
    """Every page as a picture."""
    return Preview("parts", parts=tuple((str(n), _image(png)) for n, (_, _, png) in enumerate(pictures_of(data), 1)))


def _archive(subject: Subject, outer: str = "", path: str = "") -> Preview:
    """Every member as if it had been handed in by itself; their parts stand beside each other.

    A heading is the place that findings name and the name of the file. An archive in the archive is opened, as its
    checks do; one that is packed still deeper is refused there and not shown here.
    """
    shown: list[tuple[str, Preview]] = []
    for number, member in enumerate(members_of(subject), 1):
        place, name = f"{outer}member[{number}]", f"{path}{visible(member.name)}"
        if member.type == "zip" and not outer:
            shown += _archive(member, f"{place}.", f"{name}/").parts
            continue
        preview = NONE if member.type == "zip" else preview_of(member)
        inner = preview.parts or (("", preview),)
        shown += [(f"{place} {name} {heading}".strip(), part) for heading, part in inner]
    return Preview("parts", parts=tuple(shown))


def _pictures(images: Sequence[bytes]) -> list[tuple[str, Preview]]:
    return [(f"image {n}", _piece(Piece(0, "image", image=data))) for n, data in enumerate(images, 1)]


def _workbook(workbook: Workbook | BrokenPackageError) -> Preview:
    """A part for each sheet, hidden ones too."""
    if isinstance(workbook, BrokenPackageError):
        return NONE
    shown = [
        (f"{visible(sheet.name)}{HIDDEN if sheet.hidden else ''}", Preview("table", rows=_cells(sheet.rows)))
        for sheet in workbook.sheets
    ]
    return Preview("parts", parts=tuple(shown))


def _notebook(notebook: Notebook | None) -> Preview:
    """A part for each thing that a cell says or shows."""
    if notebook is None:
        return NONE
    return Preview(
        "parts", parts=tuple((f"[{piece.cell}]", _piece(piece)) for piece in notebook.pieces if _shows(piece))
    )


def _shows(piece: Piece) -> bool:
    """Whether a piece is something to see; metadata and style sheets are read by the checks alone."""
    return piece.cell > 0 and not (piece.kind == "code" and piece.output)


def _piece(piece: Piece) -> Preview:
    if piece.table is not None:
        return Preview("table", rows=_cells((piece.table.names, *piece.table.rows)))
    if piece.kind != "image":
        return Preview("text", text=visible(piece.text))
    try:
        return _image(piece.image)
    except BrokenImageError:
        return NONE


def _image(data: bytes) -> Preview:
    picture = read_picture(data)
    media: Literal["image/png", "image/jpeg"] = "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png"
    return Preview("image", media=media, image=picture.pixels_only, width=picture.width, height=picture.height)


def _cells(rows: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(visible, row)) for row in rows)


def visible(text: str) -> str:
    """`text` with every character that does not show written as its code point."""
    return _HIDDEN.sub(lambda match: f"⟦U+{ord(match[0]):04X}⟧", text.removeprefix("\ufeff"))


def _records(text: str) -> tuple[tuple[str, ...], ...]:
    shown = text.removeprefix("\ufeff")
    reader = csv.reader(lines_of(shown), delimiter=delimiter_of(text))
    if _HIDDEN.search(shown):
        return _cells(reader)
    # Where nothing hides, cells are shown as they are; a file of millions of them is otherwise read once more each.
    return tuple(map(tuple, reader))


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
        "parts": [{"heading": heading, **preview_to_wire(part)} for heading, part in preview.parts],
    }


def preview_from_wire(content: Any, *, part: bool = False) -> Preview:
    """The preview that `preview_to_wire` wrote; an image is read again before any browser gets it.

    Raises: MalformedReportError — for any other content.
    """
    try:
        kind, media = content["kind"], content["media"]
        if kind not in KINDS - ({"parts"} if part else set()) or media not in ("", "image/png", "image/jpeg"):
            raise MalformedReportError("preview")
        rows = tuple(tuple(_checked(cell) for cell in row) for row in content["rows"])
        image = base64.b64decode(content["image"], validate=True)
        if kind == "image":
            picture = read_picture(image)
            if picture.metadata or picture.pixels_only != image:
                raise MalformedReportError("image")
        size = int(content["width"]), int(content["height"])
        parts = tuple((_checked(one["heading"]), preview_from_wire(one, part=True)) for one in content.get("parts", ()))
        return Preview(kind, rows, _checked(content["text"]), media, image, *size, parts)
    except (KeyError, TypeError, ValueError, binascii.Error, BrokenImageError) as error:
        raise MalformedReportError(type(error).__name__) from None


def _checked(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedReportError("text")
    return value
