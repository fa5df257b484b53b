"""Which requests a person causes, and which the page makes by itself however long nobody sits before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hub_config.gate.routes import CONTENTS, READ, Kind
from hub_config.gate.targets import Target

OPENED = frozenset({"notebook", "file"})
MOST_FILES = 256


def by_person(method: str, kind: Kind, below: Target) -> bool:
    """Say whether somebody did something: opened a page, notebook or file, made, renamed or deleted one, or saved it.

    Lab saves by itself (PUT) what a kernel goes on printing into: there `Typing` tells. Only who saves has a checkpoint
    made with it (POST).
    """
    if kind is Kind.WRITE:
        return method != "PUT"
    reads = method in READ and CONTENTS.fullmatch(below.path) is not None
    query = dict(below.query)
    return kind is Kind.PAGE or (reads and query.get("type") in OPENED and query.get("content") == "1")


class Typing:
    """What was saved last of each file of a workspace, so that the next save shows whether somebody typed."""

    def __init__(self) -> None:
        self._saved: dict[str, bytes] = {}

    def changed(self, path: str, words: bytes) -> bool:
        """Say whether a save has other words of a person (`words_of`) than the one before; the first has."""
        before = self._saved.pop(path, None)
        self._saved[path] = words
        if len(self._saved) > MOST_FILES:
            del self._saved[next(iter(self._saved))]
        return words != before


def words_of(document: Mapping[str, Any]) -> bytes:
    """Return a digest of what a person typed in a contents model; it takes long for a large one."""
    return hashlib.sha256(json.dumps(_typed(document)).encode()).digest()


def _typed(document: Mapping[str, Any]) -> object:
    """Return what people type of a file: the cells of a notebook without what they gave, and any other as it is."""
    content = document.get("content")
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        return content
    return [[cell.get("cell_type"), cell.get("source")] if isinstance(cell, dict) else cell for cell in cells]
