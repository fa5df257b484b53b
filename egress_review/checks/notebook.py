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
from typing import Any, Literal

from egress_review.checks.page import read_page
from egress_review.checks.tables import Table, table_of
from egress_review.tracebacks import is_harmless

MOST_PARTS = 2_000

PartKind = Literal["code", "text", "table", "image", "json"]

KNOWN_METADATA = frozenset(("kernelspec", "language_info", "toc", "toc-autonumbering", "celltoolbar", "orig_nbformat"))
"""Keys of a notebook's metadata that describe how it runs and how it looks."""

CELL_METADATA = frozenset(
    ("tags", "collapsed", "scrolled", "jupyter", "execution", "ExecuteTime", "slideshow", "editable", "deletable")
)
"""Keys of a cell's metadata that programs write."""
LONGEST_KNOWN, LONGEST_WORD = 400, 42
"""Characters of JSON that a known key, and any other, can hold before it is a place for data."""
_NOTEBOOK = frozenset(("cells", "metadata", "nbformat", "nbformat_minor"))
_CELL = frozenset(("cell_type", "id", "metadata", "source", "outputs", "execution_count", "attachments"))
_OUTPUT = frozenset(
    ("output_type", "name", "text", "data", "metadata", "execution_count", "ename", "evalue", "traceback", "transient")
)

_TEXT_MEDIA = frozenset(("text/plain", "text/markdown", "text/latex"))
_IMAGE_MEDIA = frozenset(("image/png", "image/jpeg"))
_JSON = "application/json"
_READ_MEDIA = _TEXT_MEDIA | _IMAGE_MEDIA | {"text/html", _JSON}


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
    heavy: frozenset[str]
    """Those of the keys that hold enough to be data, such as the state of a widget."""


def read_notebook(content: Any) -> Notebook:
    """A notebook from its JSON.

    Raises: BrokenNotebookError
    """
    try:
        if content["nbformat"] != 4 or not isinstance(content["cells"], list):
            raise BrokenNotebookError
        cells = list(enumerate(content["cells"], 1))
        beside = list(_metadata(content))
        code = frozenset(line.strip() for _, cell in cells for line in _joined(cell["source"]).splitlines())
        told = Piece(0, "code", _described(content))
        pieces = (
            *(piece for number, cell in cells for piece in _pieces(number, cell, code)),
            *([told] if told.text else []),
        )
        if len(pieces) > MOST_PARTS:
            raise BrokenNotebookError
        return Notebook(
            pieces,
            tuple(number for number, cell in cells if any(map(_is_live, _shown(cell)))),
            tuple(number for number, cell in cells if any(_is_error(one, code) for one in cell.get("outputs", ()))),
            tuple(sorted({_word(key) for key, _ in beside})),
            frozenset(_word(key) for key, length in beside if length > LONGEST_KNOWN),
        )
    except (KeyError, TypeError, AttributeError, binascii.Error, ValueError) as error:
        raise BrokenNotebookError(type(error).__name__) from None


def _pieces(number: int, cell: Any, code: frozenset[str]) -> Iterator[Piece]:
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
                kind: PartKind = "text" if _is_error(output, code) else "code"
                yield Piece(number, kind, _of_error(output), output=True)


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _of_bundle(number: int, bundle: Any) -> Iterator[Piece]:
    """What a bundle of media shows; a table as HTML and as text says the same twice, and both are read."""
    for media, content in bundle.items():
        if media in _TEXT_MEDIA:
            yield Piece(number, "text", _joined(content), output=True)
        elif media == "text/html":
            page = read_page(_joined(content))
            yield Piece(number, "text", page.prose, output=True)
            if page.styles:
                yield Piece(number, "code", page.styles, output=True)
            for rows in page.tables:
                numbered = [(row_number, row) for row_number, row in enumerate(rows, 1) if any(map(str.strip, row))]
                if numbered:
                    yield Piece(number, "table", table=table_of(numbered), output=True)
        elif media in _IMAGE_MEDIA:
            data = base64.b64decode(_joined(content).replace("\n", ""), validate=True)
            yield Piece(number, "image", image=data, output=True)
        elif media == _JSON:
            yield Piece(number, "json", json.dumps(content, ensure_ascii=False), output=True)


def _shown(cell: Any) -> Iterator[Any]:
    """The outputs of a cell, then what is attached to it, as if it were one."""
    yield from cell.get("outputs", ())
    yield from ({"data": bundle} for bundle in cell.get("attachments", {}).values())


def _is_live(output: Any) -> bool:
    media = output.get("data", {})
    if any(one not in _READ_MEDIA for one in media):
        return True
    if "text/html" not in media:
        return False
    return not read_page(_joined(media["text/html"])).plain


def _is_error(output: Any, code: frozenset[str]) -> bool:
    """Whether an output is a traceback that says more than kinds of errors, known words and the notebook's own code."""
    return output.get("output_type") == "error" and not is_harmless(_of_error(output), code)


def _of_error(output: Any) -> str:
    lines = "\n".join(_joined(line) for line in output["traceback"])
    return f"{output['ename']}: {output['evalue']}\n{_ANSI.sub('', lines)}"


def _metadata(content: Any) -> Iterator[tuple[str, int]]:
    """Keys beside those that are known, of the notebook, its cells and their outputs, and how much each says."""
    yield from _beside(content.get("metadata", {}), KNOWN_METADATA, 0)
    yield from _unknown(content, _NOTEBOOK)
    for cell in content["cells"]:
        yield from _unknown(cell, _CELL)
        yield from _beside(cell.get("metadata", {}), CELL_METADATA, LONGEST_WORD)
        for output in cell.get("outputs", ()):
            yield from _unknown(output, _OUTPUT)
            yield from _beside(output.get("metadata", {}), frozenset(), LONGEST_WORD)


def _unknown(holder: Any, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    return ((key, len(json.dumps(value))) for key, value in holder.items() if key not in known)


def _beside(metadata: Any, known: frozenset[str], least: int) -> Iterator[tuple[str, int]]:
    """Keys of metadata that are not known and say more than `least`, and known ones that say more than programs do."""
    for key, value in metadata.items():
        length = len(json.dumps(value))
        if length > (LONGEST_KNOWN if key in known else least):
            yield key, length


def _described(content: Any) -> str:
    """All that the metadata says, a line for each string, so that it is read like any other text."""
    held = [content.get("metadata", {})]
    for cell in content["cells"]:
        held += [
            cell.get("metadata", {}),
            cell.get("id", ""),
            *(one.get("metadata", {}) for one in cell.get("outputs", ())),
        ]
    return "\n".join(dict.fromkeys(text for one in held for text in _strings(one)))


def _strings(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                yield key
                yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)
        case str() | int() | float():
            yield str(value)


def _word(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z][A-Za-z_.-]{0,40}", key) else "?"


def _joined(value: Any) -> str:
    """A text of the format, which may be a list of lines."""
    text = "".join(value) if isinstance(value, list) else value
    if not isinstance(text, str):
        raise BrokenNotebookError
    return text


def parse(text: str) -> Any:
    """The JSON of a notebook; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
