"""Variants of a result without what stops it: a notebook without outputs, a table without formulas, a bare picture.

    cleaned = clean("analysis.ipynb", data)

The variant is another file with another hash; it is checked like any other.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from egress_review.checks.content import recognise
from egress_review.checks.decoding import decode
from egress_review.checks.formulas import runs
from egress_review.checks.images import BrokenImageError, read_picture
from egress_review.checks.kinds import promised_type
from egress_review.checks.noise import surplus, without_lowest_bits
from egress_review.checks.notebook import KNOWN_METADATA
from egress_review.checks.png_rows import read_samples, write_samples
from egress_review.checks.tables import delimiter_of
from egress_review.checks.workbook import read_workbook
from egress_review.checks.zipped import BrokenPackageError
from egress_review.rounding import NO_WISH, Mended, Wish, mend
from egress_review.tracebacks import redact
from registry.text import Text

_STARTS = "=+-@\t\r＝＋－＠"
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class UncleanableError(ValueError):
    """A file of which no cleaned variant is made; `reason` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A variant, and what was taken out of it."""

    data: bytes
    removed: tuple[Text, ...]


def clean(name: str, data: bytes, wish: Wish = NO_WISH) -> Cleaned:
    """The cleaned variant of a file, with its counts as wished for.

    Raises: UncleanableError — for a type that has none, or bytes that are not of the type.
    """
    kind = promised_type(name)
    if wish and kind not in ("csv", "tsv", "xlsx"):
        raise UncleanableError(_TABLES_ONLY)
    try:
        match kind:
            case "ipynb":
                return _notebook(json.loads(_text(data)))
            case "csv" | "tsv":
                return _table(_text(data), wish)
            case "xlsx":
                return _workbook(data, wish)
            case "png" | "jpeg":
                return _picture(data)
            case "txt" | "md":
                return _prose(_text(data))
    except (BrokenImageError, BrokenPackageError) as error:
        raise UncleanableError(error.reason) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error) as error:
        if isinstance(error, UncleanableError):
            raise
        raise UncleanableError(Text("파일을 읽을 수 없습니다.", "The file cannot be read.")) from None
    raise UncleanableError(
        Text(
            "이 형식은 고쳐 드릴 수 없습니다. 노트북, CSV, XLSX, PNG, JPEG, TXT, MD만 됩니다.",
            "No cleaned variant is made of this type; notebooks, CSV, XLSX, PNG, JPEG, TXT and MD can be cleaned.",
        )
    )


def _text(data: bytes) -> str:
    decoded = decode(data)
    if decoded is None:
        raise UncleanableError(Text("문자 인코딩을 알 수 없습니다.", "The encoding of the text is not known."))
    return decoded.text.removeprefix("\ufeff")


def _notebook(content: Any) -> Cleaned:
    """The notebook's cells alone: no outputs, attachments, widget state or metadata beyond what runs it."""
    cells, outputs, attachments = [], 0, 0
    for cell in content["cells"]:
        outputs += len(cell.get("outputs", ()))
        attachments += len(cell.get("attachments", ()))
        kept = {key: cell[key] for key in ("cell_type", "id", "source") if key in cell} | {"metadata": {}}
        cells.append(kept | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}))
    metadata = content.get("metadata", {})
    beside = [key for key in metadata if key not in KNOWN_METADATA]
    cleaned = {
        "cells": cells,
        "metadata": {key: value for key, value in metadata.items() if key in ("kernelspec", "language_info")},
        "nbformat": 4,
        "nbformat_minor": int(content.get("nbformat_minor", 5)),
    }
    removed = (
        (outputs, Text("출력 {number}개", "{number} outputs")),
        (attachments, Text("첨부 {number}개", "{number} attachments")),
        (len(beside), Text("위젯과 부가 정보 {number}개", "{number} records of widgets and metadata")),
    )
    return Cleaned(json.dumps(cleaned, ensure_ascii=False, indent=1).encode() + b"\n", _counted(removed))


def _table(text: str, wish: Wish) -> Cleaned:
    delimiter = delimiter_of(text)
    mended = mend(list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), wish)
    cleaned, formulas = _neutral(mended.rows)
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(cleaned)
    shown, hidden = _HIDDEN.subn("", target.getvalue())
    removed = _counted(((formulas, _FORMULAS), (hidden, _CHARACTERS)))
    return Cleaned(shown.encode(), (*removed, *_of_counts([mended], wish)))


def _of_counts(mended: Sequence[Mended], wish: Wish) -> tuple[Text, ...]:
    """What was done to the counts, and what that leaves to do."""
    rounded, hidden, shares = (sum(getattr(one, what) for one in mended) for what in ("rounded", "hidden", "shares"))
    told = _counted(((rounded, _ROUNDED), (hidden, _BELOW), (shares, _SHARES)))
    return tuple(one.fill(base=wish.round_to, least=wish.hide_below) for one in told)


def _prose(text: str) -> Cleaned:
    """A traceback without its values; of any other text without characters that do not show."""
    if "Traceback (most recent call last)" in text:
        told = Text("오류 메시지 속의 값과 경로", "values and paths in the traceback")
        return Cleaned(redact(text).encode(), (told,))
    shown, hidden = _HIDDEN.subn("", text)
    return Cleaned(shown.encode(), _counted(((hidden, _CHARACTERS),)))


_TABLES_ONLY = Text(
    "사람 수를 반올림하거나 가리는 것은 CSV, TSV, XLSX에서만 됩니다.", "Counts are rounded in CSV, TSV and XLSX only."
)
_ROUNDED = Text("사람 수 {number}개를 {{base}} 단위로 반올림", "{number} counts, now rounded to base {{base}}")
_BELOW = Text("사람 수 {number}개를 <{{least}}(으)로 표시", "{number} small counts, now shown as <{{least}}")
_SHARES = Text("가린 수 옆의 비율 {number}개", "{number} percentages beside hidden counts")
_FORMULAS = Text("수식으로 읽히는 셀 {number}개 앞에 작은따옴표", "{number} cells that read as formulas, now quoted")
_CHARACTERS = Text("보이지 않는 문자 {number}개", "{number} characters that do not show")


def _neutral(rows: Sequence[Sequence[str]]) -> tuple[list[list[str]], int]:
    """Rows in which no cell runs, and how many would have."""
    changed = 0
    cleaned = []
    for row in rows:
        cells = []
        for cell in row:
            bare = cell.lstrip(" \u00a0")
            dangerous = bool(bare) and (cell[0] in _STARTS or bare[0] in "=＝") and runs(cell)
            changed += dangerous
            cells.append(f"'{cell.lstrip()}" if dangerous else cell)
        cleaned.append(cells)
    return cleaned, changed


def _picture(data: bytes) -> Cleaned:
    if recognise(data).kind not in ("png", "jpeg"):
        raise UncleanableError(Text("내용이 그림이 아닙니다.", "The content is no picture."))
    picture = read_picture(data)
    told = Text("그림의 숨은 정보 {number}가지", "{number} kinds of metadata of the picture")
    removed = _counted(((len(picture.metadata), told),))
    samples = read_samples(picture.pixels_only) if data.startswith(b"\x89PNG") else None
    if samples is None or not surplus(samples).suspicious:
        return Cleaned(picture.pixels_only, removed)
    lowest = Text("색마다 가장 낮은 두 비트(64단계로 줄임)", "the two lowest bits of each colour, now 64 shades")
    return Cleaned(write_samples(without_lowest_bits(samples)), (*removed, lowest))


def _workbook(data: bytes, wish: Wish) -> Cleaned:
    """The values of the visible sheets as a new workbook; nothing of the old one but its cells."""
    workbook = read_workbook(data)
    shown = [sheet for sheet in workbook.sheets if not sheet.hidden]
    if not shown:
        raise UncleanableError(Text("보이는 시트가 없습니다.", "No sheet is visible."))
    removed = (
        (len(workbook.sheets) - len(shown), Text("숨긴 시트 {number}개", "{number} hidden sheets")),
        (
            sum(len(sheet.formulas) for sheet in shown),
            Text("수식 {number}개(값으로 바꿈)", "{number} formulas, now values"),
        ),
        (len(workbook.parts), Text("셀이 아닌 부분 {number}개", "{number} parts that are no cells")),
        (
            workbook.people + workbook.defined_names + workbook.links,
            Text("속성과 연결 {number}개", "{number} properties"),
        ),
        (
            sum(sheet.hidden_rows + sheet.hidden_columns for sheet in shown),
            Text("숨김 표시 {number}개(행과 열은 보이게 됨)", "{number} hidings; the rows and columns now show"),
        ),
    )
    mended = [mend(sheet.rows, wish) for sheet in shown]
    data = _package([(sheet.name, one.rows) for sheet, one in zip(shown, mended, strict=True)])
    return Cleaned(data, (*_counted(removed), *_of_counts(mended, wish)))


def _package(sheets: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> bytes:
    listed, related, typed = [], [], []
    for i, (name, _) in enumerate(sheets, 1):
        listed.append(f'<sheet name="{_xml(name)}" sheetId="{i}" r:id="r{i}"/>')
        related.append(f'<Relationship Id="r{i}" Type="{_REL}/worksheet" Target="worksheets/sheet{i}.xml"/>')
        typed.append(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_OFFICE}.worksheet+xml"/>')
    book = f'<Override PartName="/xl/workbook.xml" ContentType="{_OFFICE}.sheet.main+xml"/>'
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    start = f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{book}{"".join(typed)}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{start}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{"".join(listed)}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{"".join(related)}</Relationships>',
    } | {f"xl/worksheets/sheet{i}.xml": _sheet(_neutral(rows)[0]) for i, (_, rows) in enumerate(sheets, 1)}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, content)
    return target.getvalue()


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    lines = (f'<row r="{r}">{"".join(map(_cell, row))}</row>' for r, row in enumerate(rows, 1))
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(text: str) -> str:
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?(?:[eE][-+]?\d{1,3})?", text):
        return f"<c><v>{text}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{_xml(text)}</t></is></c>' if text else "<c/>"


def _xml(text: str) -> str:
    return escape(_HIDDEN.sub("", text), {'"': "&quot;"})


def _counted(removed: Sequence[tuple[int, Text]]) -> tuple[Text, ...]:
    return tuple(what.fill(number=number) for number, what in removed if number)
