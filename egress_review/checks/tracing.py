"""What a file says, as rows of hashed cells: the zone compares them with the source, where the key is.

A row here is whatever might repeat one record: the row of a table, a column of a short one (transposed), a record of
JSON, a line of text, and what stands encoded in a cell. The rules are decided by the zone (`egress_review.likeness`).
"""

from __future__ import annotations

import base64
import binascii
import random
import re
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.fingerprint_marks import LEAST_ROW, mark, normal, row_mark

MOST_ROWS = 20_000
"""Rows of one file that are compared, four times what a policy lets out; of more a choice that follows from the hash of
the file, so that it is the same each time and hard to aim at. The file is then said to be compared in part."""
MOST_CELLS = 64
"""Different values of one row that are compared, the longest first."""
MOST_TURNED = 200
"""Rows up to which a table is also read by its columns."""
MOST_DECODED = 1 << 20
"""Characters of what is decoded out of one cell."""
MOST_LAYERS = 3
"""Encodings in encodings that are taken off; a file with more is compared in part."""
LEAST_ENCODED = 8

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(r"(?:0x)?((?:[0-9a-fA-F]{2}){4,})")
_COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_CELLS = re.compile(r"[,;|\t]|\s{2,}")
_WORDS = re.compile(r"[\w.+/:@=-]+")


class Trace:
    """The rows of one file while it is read."""

    def __init__(self) -> None:
        self._sizes = array("H")
        self._marks = array("Q")
        self._tables: list[tuple[int, int, int]] = []
        self._depth = 0
        self.partial = False

    def read(self, subject: Subject) -> None:
        """Take in a file, or a piece of one."""
        for table in subject.tables:
            self._table(table, subject.sha256)
        if subject.type == "json":
            for record in _records(subject.json):
                self._row(record)
        elif subject.type not in ("csv", "tsv"):
            self._prose(subject.text)

    def _table(self, table: Table, seed: str) -> None:
        rows: list[Sequence[str]] = [table.names, *table.rows]
        self._row(table.names)
        if any(" " in name for name in table.names):
            # Rows of words above the first number were joined into a heading; they may be a record all the same.
            self._row([word for name in table.names for word in name.split()], whole=False)
        start = len(self._sizes)
        chosen = table.rows
        if len(chosen) > MOST_ROWS:
            numbers = random.Random(seed).sample(range(len(chosen)), MOST_ROWS)  # noqa: S311 - not a secret
            chosen, self.partial = [table.rows[number] for number in sorted(numbers)], True
        for row in chosen:
            self._row(row, keep=True)
        self._tables.append((start, len(self._sizes) - start, len(table.rows)))
        if len(rows) <= MOST_TURNED:
            width = max(map(len, rows))
            for index in range(width):
                self._row([row[index] if index < len(row) else "" for row in rows])

    def _prose(self, text: str) -> None:
        lines = [line for line in text.splitlines() if line.strip()]
        for line in [*lines, *_wrapped(lines)]:
            self._row([*_CELLS.split(line), *_WORDS.findall(line)], whole=False)

    def _row(self, cells: Sequence[str], *, whole: bool = True, keep: bool = False) -> None:
        """Add one row; with `whole` also as a record that may be complete, with and without its first cell.

        `keep` adds it even if it says nothing, so that row and number go together.
        """
        if len(self._sizes) >= MOST_ROWS:
            self.partial = True
            return
        bag: dict[int, int] = {}
        marks: list[int] = []
        for cell in cells:
            text = normal(cell) if len(cell) < 400 else ""
            if text:
                marks.append(value := mark(text))
                bag.setdefault(value, len(text))
            if len(cell) >= LEAST_ENCODED:
                for inner in self._decoded(cell):
                    bag.setdefault(mark(inner), len(inner))
        if len(bag) > MOST_CELLS:
            bag = dict(sorted(bag.items(), key=lambda item: -item[1])[:MOST_CELLS])
        if whole and len(marks) >= LEAST_ROW:
            bag.setdefault(row_mark(marks), 0)
            if len(marks) > LEAST_ROW:
                bag.setdefault(row_mark(marks[1:]), 0)
        if bag or keep:
            self._sizes.append(len(bag))
            self._marks.extend(bag)

    def _decoded(self, cell: str) -> Iterator[str]:
        """Values that stand encoded in a cell; whole lines of them become rows of their own."""
        if self._depth == MOST_LAYERS:
            self.partial = True
            return
        self._depth += 1
        for text in _decodings(cell.strip()):
            lines = text.splitlines()
            if len(lines) > 1 or len(_CELLS.split(text)) > 1:
                self._prose(text[:MOST_DECODED])
            elif plain := normal(text):
                yield plain
        self._depth -= 1

    def as_wire(self) -> dict[str, Any]:
        """The rows as JSON."""
        return {
            "sizes": base64.b64encode(self._sizes.tobytes()).decode(),
            "marks": base64.b64encode(self._marks.tobytes()).decode(),
            "tables": [list(one) for one in self._tables],
            "partial": self.partial,
        }


def _wrapped(lines: list[str]) -> Iterator[str]:
    """What stands encoded over several lines, as programs wrap it, in one piece."""
    run: list[str] = []
    for line in [*lines, ""]:
        if _BASE64.fullmatch(line.strip()):
            run.append(line.strip())
            continue
        if len(run) > 1:
            yield "".join(run)
        run = []


def _decodings(cell: str) -> Iterator[str]:
    """What a cell says in hexadecimal or Base64, where that is text, compressed or not."""
    if found := _HEX.fullmatch(cell):
        yield from _text(bytes.fromhex(found[1]))
    if _BASE64.fullmatch(cell):
        padded = cell.rstrip("=") + "=" * (-len(cell.rstrip("=")) % 4)
        try:
            yield from _text(base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True))
        except (ValueError, binascii.Error):
            return


def _text(data: bytes) -> Iterator[str]:
    if data[:2] in _COMPRESSED:
        try:
            # 47: zlib and gzip, whichever it is; a bomb gives no more than is asked for.
            data = zlib.decompressobj(47).decompress(data, MOST_DECODED)
        except zlib.error:
            return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        yield text


def _records(value: Any, depth: int = 0) -> Iterator[list[str]]:
    """Every group of plain values in JSON: objects, lists, and columns of equal length turned into rows."""
    if depth > 60 or not isinstance(value, dict | list):
        return
    children: Iterable[Any] = value.values() if isinstance(value, dict) else value
    plain = [_plain(one) for one in children if not isinstance(one, dict | list)]
    if plain:
        yield plain
    yield from _columns(value)
    for child in children:
        yield from _records(child, depth + 1)


def _columns(value: Any) -> Iterator[list[str]]:
    """Rows of an object of equally long columns, as pandas writes them by column."""
    if not isinstance(value, Mapping) or len(value) < 2:
        return
    held = [one for one in value.values() if isinstance(one, list | dict)]
    columns = [list(one.values()) if isinstance(one, dict) else one for one in held]
    if len(columns) > 1 and len({len(one) for one in columns}) == 1:
        for row in zip(*columns, strict=True):
            if not any(isinstance(cell, dict | list) for cell in row):
                yield [_plain(cell) for cell in row]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
