"""Excel workbooks (Office Open XML), read to the last part: sheets as tables, and whatever a sheet does not show.

What the table of parts does not name is not understood, and what is not understood does not leave. The format is
ECMA-376, part 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree

from egress_review.checks.organisations import Named, who
from egress_review.checks.tables import Table, table_of
from egress_review.checks.unseen_cells import unseen_styles
from egress_review.checks.workbook_around import around_cells, explained, strange_names
from egress_review.checks.xml_tree import strings_of
from egress_review.checks.zipped import BrokenPackageError, Part, part_of, parts_named, read_parts
from egress_review.findings import Severity

MOST_CELLS = 1_000_000
MOST_COLUMNS = 16_384
"""Columns of a sheet: ECMA-376."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PACKAGE_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"

# Dates in a sheet have no zone; 1900 counts from the day before New Year's Eve, as it takes 1900 for a leap year.
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001

HARMLESS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|"
    r"xl/(?:styles|sharedStrings|calcChain)\.xml|xl/theme/theme\d+\.xml|xl/worksheets/sheet\d+\.xml|"
    r"xl/worksheets/_rels/sheet\d+\.xml\.rels|xl/tables/table\d+\.xml"
)
"""Parts that carry nothing but what this module reads, or no data."""
_SHOWN = re.compile(r"xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml|\[Content_Types\]\.xml")
"""Parts whose strings stand in cells, or are names of parts."""

_PLAIN_ELEMENTS = frozenset(
    (
        *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "mergeCells", "pageMargins"),
        *("pageSetup", "autoFilter", "printOptions", "ignoredErrors", "phoneticPr", "tableParts", "rowBreaks"),
        *("colBreaks", "sheetCalcPr"),
    )
)
"""Elements of a sheet that hold its cells or how they look."""


PARTS = parts_named(
    (r".*vbaProject.*|xl/macrosheets/.*", Severity.BLOCK, "매크로", "a macro"),
    (r"xl/(?:embeddings|activeX|ctrlProps)/.*", Severity.BLOCK, "안에 든 다른 파일", "an embedded file"),
    (r"xl/pivot(?:Cache|Tables)/.*", Severity.FAIL, "피벗 표의 원자료", "the data behind a pivot table"),
    (r"xl/(?:threadedComments/.*|comments(?:/comment)?\d*\.xml|persons/.*)", Severity.FAIL, "메모", "comments"),
    (r"xl/externalLinks/.*", Severity.FAIL, "다른 파일에서 가져온 값", "values copied from other files"),
    (r"xl/(?:connections\.xml|queryTables/.*)", Severity.FAIL, "데이터 연결", "a data connection"),
    (r"xl/(?:charts|chartsheets|drawings|media)/.*", Severity.FAIL, "그림이나 차트", "pictures or charts"),
    (r"xl/revisions/.*", Severity.FAIL, "변경 이력", "the history of changes"),
    (r"customXml/.*|docProps/custom\.xml", Severity.FAIL, "사용자 정의 정보", "custom information"),
    (r".*printerSettings.*", Severity.FAIL, "프린터 설정", "printer settings"),
    (r"docProps/thumbnail.*", Severity.FAIL, "미리보기 그림", "a thumbnail"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: what its cells hold, and what it does not show at first sight."""

    name: str
    hidden: bool
    rows: tuple[tuple[str, ...], ...]
    """Every row from the first, in order; dates as ISO 8601, all other values as they are stored."""
    hidden_rows: int
    hidden_columns: int
    unseen: int
    """Cells that hold a value and show none: white letters, or a format without signs."""
    formulas: tuple[tuple[int, int], ...]
    """Row and column, from 1, of cells whose value is the result of a formula."""
    beside: tuple[str, ...]
    """Names of elements that hold something beside the cells, such as a list of choices."""
    around: tuple[str, ...] = ()
    """What headers, rules for colours and the like say, which are no finding by themselves."""

    @property
    def table(self) -> Table | None:
        """The sheet as a table; None for an empty one."""
        numbered = [(number, row) for number, row in enumerate(self.rows, 1) if any(map(str.strip, row))]
        return table_of(numbered) if numbered else None

    @property
    def text(self) -> str:
        """The sheet as CSV, for whatever reads text."""
        target = io.StringIO()
        csv.writer(target, lineterminator="\n").writerows(self.rows)
        return target.getvalue()


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook: its sheets in order, its other parts, and who is named in it."""

    sheets: tuple[Sheet, ...]
    parts: tuple[tuple[str, Part], ...]
    """Parts beside the cells, by name."""
    people: int
    """Fields of the document's properties that name a person."""
    defined_names: int
    """Names that stand for more than cells of the workbook."""
    links: int
    """Relations to something outside the file."""
    beside: str = ""
    """Every longer string of the parts that are no sheets: styles, properties, tables."""
    offices: int = 0
    """Fields of the document's properties that name an organisation and no person."""


def read_workbook(data: bytes) -> Workbook:
    """A workbook from its bytes.

    Raises: BrokenPackageError
    """
    parts = read_parts(data)
    try:
        return _workbook(parts)
    except (ElementTree.ParseError, KeyError, ValueError, IndexError, OverflowError, TypeError) as error:
        if isinstance(error, BrokenPackageError):
            raise
        raise BrokenPackageError("엑셀 통합 문서로 읽을 수 없습니다.", "It cannot be read as a workbook.") from None


def _workbook(parts: Mapping[str, bytes]) -> Workbook:
    root = _xml(parts["xl/workbook.xml"])
    targets = {
        relation.get("Id"): str(relation.get("Target"))
        for relation in _xml(parts["xl/_rels/workbook.xml.rels"]).iter(f"{_PACKAGE_REL}Relationship")
    }
    shared = _shared_strings(parts.get("xl/sharedStrings.xml"))
    styles = _xml(parts["xl/styles.xml"]) if "xl/styles.xml" in parts else None
    dates = _date_styles(styles)
    unseen = frozenset[int]() if styles is None else unseen_styles(styles)
    properties = root.find(f"{_MAIN}workbookPr")
    epoch = _EPOCH_1904 if properties is not None and properties.get("date1904") in ("1", "true") else None
    sheets = []
    budget = [MOST_CELLS]
    for element in root.iter(f"{_MAIN}sheet"):
        target = targets[element.get(f"{_REL}id")]
        path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        reader = _SheetReader(shared, dates, unseen, epoch or _EPOCH_1900, budget)
        sheets.append(reader.read(str(element.get("name")), element.get("state", "visible") != "visible", parts[path]))
    named = {sheet.name for sheet in sheets}
    held = {cell for sheet in sheets for row in sheet.rows for cell in row} if _draws(parts) else set()
    drawn = explained(parts, named, held)
    strange = tuple(
        (name, part_of(name, PARTS)) for name in sorted(parts) if not (HARMLESS.fullmatch(name) or name in drawn)
    )
    links = sum(
        relation.get("TargetMode") == "External"
        for name, data in parts.items()
        if name.endswith(".rels")
        for relation in _xml(data).iter(f"{_PACKAGE_REL}Relationship")
    )
    names, plain = strange_names(root, named)
    said = (*(text for words in drawn.values() for text in words), *(text for one in sheets for text in one.around))
    beside = "\n".join(dict.fromkeys((*_beside(parts), *plain, *said)))
    whom = _named(parts)
    people, offices = whom[Named.SOMEBODY], whom[Named.ORGANISATION]
    return Workbook(tuple(sheets), strange, people, names, links, beside, offices)


def _draws(parts: Mapping[str, bytes]) -> bool:
    return any(name.startswith("xl/charts/") for name in parts)


def _beside(parts: Mapping[str, bytes]) -> list[str]:
    """Strings in which something could stand that no cell shows; addresses of the standard are none."""
    trees = (_xml(data) for name, data in parts.items() if HARMLESS.fullmatch(name) and not _SHOWN.fullmatch(name))
    return [text for tree in trees for text in strings_of(tree, 12) if not text.startswith("http://schemas.")]


def _xml(data: bytes) -> ElementTree.Element:
    """One part as XML: no document type, so no entities; no comments; no other encoding in which either could hide.

    Raises: BrokenPackageError
    """
    if b"<!" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BrokenPackageError(
            "XML에 허용되지 않는 선언이 있습니다.", "The XML has a declaration that is not allowed."
        )
    if (named := re.match(rb"<\?xml[^>]*encoding=[\"']([^\"']+)", data)) and named[1].lower() != b"utf-8":
        raise BrokenPackageError("XML의 인코딩이 UTF-8이 아닙니다.", "The XML is not in UTF-8.")
    return ElementTree.fromstring(data)  # noqa: S314 — no document type gets this far


def _text_of(element: ElementTree.Element) -> str:
    """The text of a string item, its phonetic reading included, so that nothing is there that nobody reads."""
    return "".join(node.text or "" for node in element.iter(f"{_MAIN}t"))


def _shared_strings(data: bytes | None) -> list[str]:
    return [] if data is None else [_text_of(item) for item in _xml(data).findall(f"{_MAIN}si")]


_DATE_CODE = re.compile(r"[ymdhsYMDHS년월일]")
_LITERAL = re.compile(r"\"[^\"]*\"|\\.|\[[^\]]{0,80}\]")
_BUILTIN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Number formats that are dates or times: ECMA-376 part 1, 18.8.30, those of Korean and Japanese systems included."""


def _date_styles(root: ElementTree.Element | None) -> frozenset[int]:
    """Indexes of cell styles that show a number as a date."""
    if root is None:
        return frozenset()
    codes = {int(f.get("numFmtId", "0")): str(f.get("formatCode")) for f in root.iter(f"{_MAIN}numFmt")}
    formats = root.find(f"{_MAIN}cellXfs")
    found = set()
    for index, style in enumerate(() if formats is None else formats.findall(f"{_MAIN}xf")):
        number = int(style.get("numFmtId", "0"))
        code = _LITERAL.sub("", codes.get(number, ""))
        if number in _BUILTIN_DATES or (code and _DATE_CODE.search(code) and "General" not in code):
            found.add(index)
    return frozenset(found)


_NAMES_PEOPLE = frozenset(("creator", "lastModifiedBy", "contributor", "Manager", "Company"))


def _named(parts: Mapping[str, bytes]) -> Counter[Named]:
    """Whom the fields of the properties name; programs write their own name as well."""
    elements = (e for name in ("core", "app") if (data := parts.get(f"docProps/{name}.xml")) for e in _xml(data).iter())
    return Counter(who(e.text) for e in elements if e.tag.rpartition("}")[2] in _NAMES_PEOPLE)


class _SheetReader:
    """Reads the cells of one sheet as they come, within what all sheets together may hold."""

    def __init__(
        self, shared: list[str], dates: frozenset[int], unseen: frozenset[int], epoch: datetime, budget: list[int]
    ) -> None:
        self._shared, self._dates, self._epoch, self._budget = shared, dates, epoch, budget
        self._hiding, self._unseen = unseen, 0
        self._formulas: list[tuple[int, int]] = []

    def read(self, name: str, hidden: bool, data: bytes) -> Sheet:
        root = _xml(data)
        rows: list[tuple[str, ...]] = []
        hidden_rows = 0
        for row in root.iter(f"{_MAIN}row"):
            number = int(row.get("r", len(rows) + 1))
            if number <= len(rows):
                raise BrokenPackageError("시트의 행 순서가 잘못되었습니다.", "The rows of a sheet are out of order.")
            self._spend(number - len(rows))
            rows += [()] * (number - len(rows) - 1)
            rows.append(tuple(self._cells(row, number)))
            hidden_rows += row.get("hidden") in ("1", "true")
        columns = sum(
            int(c.get("max", "1")) - int(c.get("min", "1")) + 1
            for c in root.iter(f"{_MAIN}col")
            if c.get("hidden") in ("1", "true")
        )
        beside, around = around_cells([e for e in root if e.tag.rpartition("}")[2] not in _PLAIN_ELEMENTS])
        filtered = [e.tag for e in root.iter(f"{_MAIN}autoFilter") if len(e)]
        return Sheet(
            name,
            hidden,
            tuple(rows),
            hidden_rows,
            columns,
            self._unseen,
            tuple(self._formulas),
            (*beside, *(["autoFilter"] if filtered else [])),
            around,
        )

    def _spend(self, cells: int) -> None:
        self._budget[0] -= cells
        if self._budget[0] < 0:
            raise BrokenPackageError("셀이 너무 많습니다.", "There are too many cells.")

    def _cells(self, row: ElementTree.Element, number: int) -> Iterator[str]:
        at = 0
        for cell in row.findall(f"{_MAIN}c"):
            reference = cell.get("r")
            column = at + 1 if reference is None else _column_of(reference)
            if not at < column <= MOST_COLUMNS:
                raise BrokenPackageError("시트의 셀 순서가 잘못되었습니다.", "The cells of a sheet are out of order.")
            self._spend(column - at)
            yield from [""] * (column - at - 1)
            if cell.find(f"{_MAIN}f") is not None:
                self._formulas.append((number, column))
            value = self._value(cell)
            self._unseen += bool(value.strip()) and int(cell.get("s", "0")) in self._hiding
            yield value
            at = column

    def _value(self, cell: ElementTree.Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _text_of(cell)
        value = cell.find(f"{_MAIN}v")
        text = "" if value is None else value.text or ""
        if kind == "s":
            return self._shared[int(text)]
        if kind == "n" and text and int(cell.get("s", "0")) in self._dates:
            return _date(float(text), self._epoch)
        return text


def _column_of(reference: str) -> int:
    """The number of a column, from 1, in a reference such as `BC12`."""
    number = 0
    for letter in re.match(r"[A-Z]{1,3}", reference)[0]:  # type: ignore[index]  # no letters is a TypeError, caught
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _date(serial: float, epoch: datetime) -> str:
    moment = epoch + timedelta(days=serial)
    if serial < 1:
        return moment.strftime("%H:%M:%S")
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(timespec="seconds")
