"""Jupyter notebooks, taken apart: what each cell says, what it printed, and whatever else the file carries.

The format is nbformat 4. Text and tables are examined as the files that they could be; a picture as a picture; what
runs in a browser (widgets, scripts, interactive plots) holds data that no reader sees, so it does not leave.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Literal

from egress_review.checks.tables import Table, table_of

MOST_PARTS = 2_000

LONGEST_STYLE = 20_000
"""Characters of a style sheet in an output; frames that pandas styled stay below, and nobody reads it."""

PartKind = Literal["code", "text", "table", "image"]

KNOWN_METADATA = frozenset(("kernelspec", "language_info", "toc", "toc-autonumbering", "celltoolbar", "orig_nbformat"))
"""Keys of a notebook's metadata that describe how it runs and how it looks."""

_TEXT_MEDIA = frozenset(("text/plain", "text/markdown", "text/latex"))
_IMAGE_MEDIA = frozenset(("image/png", "image/jpeg"))


class BrokenNotebookError(ValueError):
    """Content that is no notebook of format 4."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something in a cell that can be examined by itself."""

    cell: int
    """Number of the cell, from 1."""
    kind: PartKind
    text: str = ""
    table: Table | None = None
    image: bytes = b""
    output: bool = False


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook in pieces, and what of it cannot be examined."""

    pieces: tuple[Piece, ...]
    live: tuple[int, ...]
    """Cells with an output that a browser would run or that holds data behind what it shows."""
    errors: tuple[int, ...]
    """Cells that ended with a traceback, which may quote values."""
    metadata: tuple[str, ...]
    """Keys of metadata that are not known, widgets among them; "?" for one that is no plain word."""


def read_notebook(content: Any) -> Notebook:
    """A notebook from its JSON.

    Raises: BrokenNotebookError
    """
    try:
        if content["nbformat"] != 4 or not isinstance(content["cells"], list):
            raise BrokenNotebookError
        cells = list(enumerate(content["cells"], 1))
        pieces = tuple(piece for number, cell in cells for piece in _pieces(number, cell))
        if len(pieces) > MOST_PARTS:
            raise BrokenNotebookError
        return Notebook(
            pieces,
            tuple(number for number, cell in cells if any(_is_live(one) for one in cell.get("outputs", ()))),
            tuple(number for number, cell in cells if any(_is_error(one) for one in cell.get("outputs", ()))),
            tuple(sorted({_word(key) for key in _metadata(content)})),
        )
    except (KeyError, TypeError, AttributeError, binascii.Error, ValueError) as error:
        raise BrokenNotebookError(type(error).__name__) from None


def _pieces(number: int, cell: Any) -> Iterator[Piece]:
    source = _joined(cell["source"])
    yield Piece(number, "code" if cell["cell_type"] == "code" else "text", source)
    for bundle in cell.get("attachments", {}).values():
        yield from _of_bundle(number, bundle)
    for output in cell.get("outputs", ()):
        match output["output_type"]:
            case "stream":
                yield Piece(number, "text", _joined(output["text"]), output=True)
            case "display_data" | "execute_result":
                yield from _of_bundle(number, output["data"])
            case "error":
                lines = "\n".join(_joined(line) for line in output["traceback"])
                yield Piece(
                    number, "text", f"{output['ename']}: {output['evalue']}\n{_ANSI.sub('', lines)}", output=True
                )


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _of_bundle(number: int, bundle: Any) -> Iterator[Piece]:
    """What a bundle of media shows; a table as HTML and as text says the same twice, and both are read."""
    for media, content in bundle.items():
        if media in _TEXT_MEDIA:
            yield Piece(number, "text", _joined(content), output=True)
        elif media == "text/html":
            page = _Page()
            page.feed(_joined(content))
            page.close()
            yield Piece(number, "text", page.prose, output=True)
            for rows in page.tables:
                numbered = [(row_number, row) for row_number, row in enumerate(rows, 1) if any(map(str.strip, row))]
                if numbered:
                    yield Piece(number, "table", table=table_of(numbered), output=True)
        elif media in _IMAGE_MEDIA:
            data = base64.b64decode(_joined(content).replace("\n", ""), validate=True)
            yield Piece(number, "image", image=data, output=True)


def _is_live(output: Any) -> bool:
    media = output.get("data", {})
    if any(one not in _TEXT_MEDIA | _IMAGE_MEDIA | {"text/html"} for one in media):
        return True
    if "text/html" not in media:
        return False
    page = _Page()
    page.feed(_joined(media["text/html"]))
    page.close()
    return page.live


def _is_error(output: Any) -> bool:
    return bool(output.get("output_type") == "error")


def _metadata(content: Any) -> Iterator[str]:
    """Keys beside those that are known, of the notebook, its cells and their outputs."""
    yield from (key for key in content.get("metadata", {}) if key not in KNOWN_METADATA)
    yield from (key for key in content if key not in ("cells", "metadata", "nbformat", "nbformat_minor"))
    for cell in content["cells"]:
        known = ("cell_type", "id", "metadata", "source", "outputs", "execution_count", "attachments")
        yield from (key for key in cell if key not in known)
        yield from (
            key for key, value in cell.get("metadata", {}).items() if isinstance(value, str) and len(value) > 40
        )


def _word(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z][A-Za-z_.-]{0,40}", key) else "?"


def _joined(value: Any) -> str:
    """A text of the format, which may be a list of lines."""
    text = "".join(value) if isinstance(value, list) else value
    if not isinstance(text, str):
        raise BrokenNotebookError
    return text


class _Page(HTMLParser):
    """The words and tables of a page, and whether it holds anything else."""

    _RUNS = frozenset(("script", "iframe", "object", "embed", "svg", "canvas", "img", "video", "audio", "form", "link"))

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.live = False
        self._words: list[str] = []
        self._cell: list[str] | None = None
        self._in_style = False

    @property
    def prose(self) -> str:
        """Everything the page says, a line for each row and block."""
        return "".join(self._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.live |= tag in self._RUNS or any(name.startswith("on") for name, _ in attrs)
        # A title or a data attribute is text that the page does not show.
        self._words += [f" {value}\n" for name, value in attrs if value and name in ("title", "alt", "value")]
        self.live |= any(name.startswith("data-") for name, _ in attrs)
        if tag == "style":
            self._in_style = True
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._in_style = False
        elif tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._words.append("\t")
            self._cell = None
        elif tag in ("tr", "p", "div", "li", "br", "table"):
            self._words.append("\n")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.live |= len(data) > LONGEST_STYLE
            return
        if self._cell is not None:
            self._cell.append(data)
        self._words.append(data)

    def handle_comment(self, data: str) -> None:
        self.live = True


def parse(text: str) -> Any:
    """The JSON of a notebook; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
