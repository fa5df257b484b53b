"""What a workbook carries beside the cells that a reader sees: hidden sheets, formulas, other parts, names."""

from __future__ import annotations

from deid.identifiers import detect
from egress_review.checks.listing import Listing
from egress_review.checks.organisations import OFFICES
from egress_review.checks.subject import Subject, piece_of
from egress_review.checks.workbook import Sheet, Workbook
from egress_review.findings import Severity, Where
from registry.text import Text

_AS_CSV = Text(
    ko="값만 새 통합 문서에 붙여 넣어 저장하거나, 시트마다 CSV로 저장하십시오.",
    en="Paste the values alone into a new workbook, or save each sheet as CSV.",
)
_PART = Text(ko="통합 문서에 다음이 들어 있습니다: {what}.", en="The workbook holds {what}.")
_BESIDE = Text(
    ko="시트에 셀 말고 다른 내용이 있습니다: {what}.", en="The sheet holds something beside its cells: {what}."
)
_HIDDEN_SHEET = Text(ko="숨긴 시트입니다.", en="The sheet is hidden.")
_HIDDEN_ROWS = Text(
    ko="숨긴 행이 {rows}개, 숨긴 열이 {columns}개 있습니다.", en="The sheet hides {rows} rows and {columns} columns."
)
_UNSEEN = Text(
    ko="값이 있는데 보이지 않는 셀이 {number}개 있습니다(흰 글자나 빈 표시 형식).",
    en="{number} cells hold a value that does not show: white letters, or an empty format.",
)
_FORMULA = Text(ko="셀에 수식이 있습니다.", en="The cell holds a formula.")
_PEOPLE = Text(
    ko="문서 속성에 사람의 이름이나 그럴 수 있는 말이 {number}곳 있습니다.",
    en="The document's properties hold the name of a person, or what may be one, in {number} places.",
)
_DEFINED = Text(ko="이름 정의가 {number}개 있습니다.", en="The workbook defines {number} names.")
_LINKS = Text(ko="밖을 가리키는 연결이 {number}개 있습니다.", en="The workbook links to {number} things outside.")


def _label(number: int, sheet: Sheet) -> str:
    """The sheet's name for a finding; its number where the name itself may identify somebody."""
    return sheet.name if len(sheet.name) <= 31 and not detect(sheet.name) else f"#{number}"


def check_workbook(subject: Subject, listing: Listing) -> list[tuple[Where, Subject]]:
    """Flag whatever is not a plain visible value; give each sheet as a table to examine."""
    workbook = subject.workbook
    if not isinstance(workbook, Workbook):
        listing.flag("workbook.structure", workbook.reason, _AS_CSV)
        return []
    for _, part in workbook.parts:
        listing.flag("workbook.parts", _filled(_PART, part.what), _AS_CSV, severity=part.severity)
    for message, number in ((_DEFINED, workbook.defined_names), (_LINKS, workbook.links)):
        if number:
            listing.flag("workbook.parts", message.fill(number=number), _AS_CSV, number=number)
    if workbook.people:
        listing.flag("workbook.people", _PEOPLE.fill(number=workbook.people), _AS_CSV, number=workbook.people)
    if workbook.offices:
        message = OFFICES.fill(number=workbook.offices)
        listing.flag("workbook.people", message, _AS_CSV, number=workbook.offices, severity=Severity.WARN)
    pieces = []
    for number, sheet in enumerate(workbook.sheets, 1):
        place = Where(sheet=_label(number, sheet))
        with listing.within(place):
            _check_sheet(sheet, listing)
        pieces.append((place, piece_of(subject, "csv", text=sheet.text, table=sheet.table)))
    if workbook.beside:
        pieces.append((Where(path="properties"), piece_of(subject, "code", text=workbook.beside)))
    return pieces


def _check_sheet(sheet: Sheet, listing: Listing) -> None:
    if sheet.hidden:
        listing.flag("workbook.hidden", _HIDDEN_SHEET, _AS_CSV)
    if sheet.hidden_rows or sheet.hidden_columns:
        message = _HIDDEN_ROWS.fill(rows=sheet.hidden_rows, columns=sheet.hidden_columns)
        listing.flag("workbook.hidden", message, _AS_CSV, number=sheet.hidden_rows + sheet.hidden_columns)
    if sheet.unseen:
        listing.flag("workbook.hidden", _UNSEEN.fill(number=sheet.unseen), _AS_CSV, number=sheet.unseen)
    for name in sheet.beside:
        # The names of elements are those of the standard unless somebody made one up.
        listing.flag("workbook.parts", _BESIDE.fill(what=name if name.isascii() and len(name) < 40 else "?"), _AS_CSV)
    for row, column in sheet.formulas:
        listing.flag("workbook.formula", _FORMULA, _AS_CSV, where=Where(row=row, column=column))


def _filled(message: Text, what: Text) -> Text:
    return Text(ko=message.ko.format(what=what.ko), en=message.en.format(what=what.en))
