"""What a text file is written in: its encoding and what separates its fields, found in the file itself.

Spreadsheets and statistics programs write all of these, and none of them says which.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from audit.text import Text
from deid.errors import DataError

USUAL_SEPARATORS = (",", "|", "\t", ";", "^")
OTHER_SEPARATORS = ("~", ":", "\x01", "\x1f", "#", "!", "$", "&", "@", "*", "=", "/", "\\", " ")
"""Tried only where no usual one fits: they stand in names and values too."""
MAX_HEADER_BYTES = 1_048_576
_SAMPLE_BYTES = 4 * 1_048_576
_SAMPLE_LINES = 200
_ALIKE = 0.95
"""So large a share of the first lines must have as many fields as the header."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a file of lines is written."""

    encoding: str
    separator: str
    names: tuple[str, ...]
    """The names of the columns, from its first line."""


def text_form(path: Path) -> TextForm:
    """Return how a file is written.

    Raises: DataError — if it is no table in an encoding that is known. OSError — if it cannot be read.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
        if b"\0" in sample:
            raise DataError(Text(f"{path.name}: 글자 파일이 아닙니다.", f"{path.name} is not a text file."))
        encoding = _encoding(sample, file, path)
    header = sample.partition(b"\n")[0]
    if not header.strip():
        raise DataError(
            Text(f"{path.name}: 첫 줄에 열 이름이 없습니다.", f"{path.name}: the first line names no columns.")
        )
    if len(header) > MAX_HEADER_BYTES:
        most = MAX_HEADER_BYTES // 1024
        raise DataError(
            Text(
                f"{path.name}: 열 이름이 있는 첫 줄이 너무 깁니다({most:,} KiB까지).",
                f"{path.name}: the first line, which names the columns, is too long (at most {most:,} KiB).",
            )
        )
    lines = sample.decode(encoding, "replace").splitlines()
    if len(sample) == _SAMPLE_BYTES:
        lines = lines[:-1] or lines  # the last one is cut off in its middle
    separator = _separator(lines[: _SAMPLE_LINES + 1])
    names = next(csv.reader([header.decode(encoding, "replace").rstrip("\r")], delimiter=separator))
    return TextForm(encoding, separator, tuple(names))


def _encoding(sample: bytes, rest: BinaryIO, path: Path) -> str:
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    while sample.isascii() and (more := rest.read(_SAMPLE_BYTES)):
        sample = more  # the first Korean letter decides, however far down it stands
    for encoding in ("utf-8", "cp949"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < _SAMPLE_BYTES)
        except UnicodeDecodeError:
            continue
        return encoding
    raise DataError(
        Text(
            f"{path.name}: UTF-8도 CP949도 아닙니다. 둘 중 하나로 저장하십시오.",
            f"{path.name} is neither UTF-8 nor CP949; save it in one of them.",
        )
    )


def _separator(lines: Sequence[str]) -> str:
    """Return what cuts the first lines into as many fields as the header has, and the header into most."""
    for family in (USUAL_SEPARATORS, OTHER_SEPARATORS):
        fitting = [(_fields(lines, separator), separator) for separator in family if separator in lines[0]]
        most = max((fields for fields, _ in fitting), default=1)
        if most > 1:
            return next(separator for fields, separator in fitting if fields == most)
    # Nothing fits: the lines are uneven, and reading them will say where.
    return max(USUAL_SEPARATORS, key=lines[0].count)


def _fields(lines: Sequence[str], separator: str) -> int:
    """Return the number of fields of the header, or 1 where the lines below do not have as many."""
    try:
        counts = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return 1
    alike = sum(count == counts[0] for count in counts) / len(counts)
    return counts[0] if alike >= _ALIKE else 1
