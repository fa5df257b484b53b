"""Where a text table goes wrong: the first line that has more or fewer fields than the header.

Read only after reading has failed, so that the person is told a line and not that the file is damaged.
"""

from __future__ import annotations

import csv
from pathlib import Path

from audit.text import Text


def uneven_line(path: Path, encoding: str, separator: str, columns: int) -> Text | None:
    """Return what is wrong with the first line that does not fit the header; None if all do or it cannot be told."""
    begins = 1
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=separator)
            for row in reader:
                if row and len(row) != columns:
                    # A quotation that nobody closed swallows the lines behind it up to the end of the file.
                    swallowed = any("\n" in field for field in row) and next(reader, None) is None
                    return _open(path, begins) if swallowed else _uneven(path, begins, len(row), columns)
                begins = reader.line_num + 1
    except csv.Error:
        return _open(path, begins)
    except OSError:
        return None
    return None


def _uneven(path: Path, line: int, found: int, columns: int) -> Text:
    return Text(
        f"{path.name} {line}번째 줄: 칸이 {found}개인데 첫 줄의 열은 {columns}개입니다."
        " 값 안에 구분 문자가 있으면 그 값을 따옴표로 묶으십시오.",
        f"{path.name}, line {line}: {found} fields, and the header has {columns} columns;"
        " a value that holds the separator must stand in quotation marks.",
    )


def _open(path: Path, line: int) -> Text:
    return Text(
        f"{path.name} {line}번째 줄: 따옴표가 닫히지 않았습니다.",
        f"{path.name}, line {line}: a quotation mark is not closed.",
    )
