"""What a document, a page or a drawing carries beside what it shows, and its pieces to examine."""

from __future__ import annotations

from collections.abc import Sequence

from egress_review.checks.cells import judge
from egress_review.checks.document import Document
from egress_review.checks.drawing import Drawing
from egress_review.checks.listing import Listing
from egress_review.checks.organisations import OFFICES
from egress_review.checks.page import Page, without_drawings
from egress_review.checks.subject import Subject, member_of, piece_of, tables_of
from egress_review.findings import Severity, Where
from registry.text import Text

Pieces = list[tuple[Where, Subject]]

MOST_MARKS = 50
"""Marks of one shape from which a figure is taken for a scatter plot: one point for each person."""
MOST_VERTICES = 2_000
"""Corners of a line from which it is taken for a series of records; a smooth curve has some hundreds."""

FEWEST_WRITTEN = 3
"""Numbers in the cells of a drawing from which they are taken for a drawn table."""

_AS_PLAIN = Text(
    ko="변경 내용을 적용하고 메모, 숨긴 슬라이드, 속성을 지운 새 문서로 저장하거나, 표는 CSV로 글은 MD로 저장하십시오.",
    en="Accept all changes, remove comments, notes, hidden slides and properties and save anew; or save tables as CSV "
    "and text as MD.",
)
_ANEW = Text(
    ko="프로그램에서 다시 저장하여 미리보기를 새로 만들거나, 미리보기를 빼고 저장하십시오.",
    en="Save it again in its program so that the preview is made anew, or save it without one.",
)
_THUMBNAIL = Text(
    ko="저장할 때 만든 첫 쪽의 미리보기 그림이 들어 있습니다. 지금 내용과 다를 수 있습니다.",
    en="It holds a picture of its first page from when it was saved, which may show something else than it says now.",
)
_PART = Text(ko="문서에 다음이 들어 있습니다: {what}.", en="The document holds {what}.")
_COUNTED: tuple[tuple[str, str, Text], ...] = (
    ("tracked", "document.hidden", Text("변경 이력이 {number}곳 남아 있습니다.", "{number} tracked changes remain.")),
    ("hidden", "document.hidden", Text("숨긴 글이 {number}곳 있습니다.", "{number} runs of text are hidden.")),
    ("comments", "document.hidden", Text("메모가 {number}개 있습니다.", "There are {number} comments.")),
    ("slides", "document.hidden", Text("숨긴 슬라이드가 {number}장 있습니다.", "{number} slides are hidden.")),
    ("notes", "document.hidden", Text("발표자 메모가 {number}장에 있습니다.", "{number} slides have speaker notes.")),
    (
        "stale",
        "document.hidden",
        Text(
            "파일 안의 미리보기에 본문에 없는 글이 {number}줄 있습니다.",
            "The preview in the file says {number} lines that the document does not say.",
        ),
    ),
    (
        "fields",
        "document.parts",
        Text(
            "값을 가져오거나 계산하거나 실행하는 필드나 단추가 {number}개 있습니다.",
            "{number} fields or buttons fetch, compute or run something.",
        ),
    ),
    (
        "unknown",
        "document.parts",
        Text("표준에 없는 요소가 {number}개 있습니다.", "{number} elements are of no known standard."),
    ),
    (
        "outside",
        "document.parts",
        Text("밖의 것을 불러오는 연결이 {number}개 있습니다.", "The document loads {number} things from outside."),
    ),
    (
        "people",
        "document.people",
        Text(
            "문서 속성에 사람의 이름이나 그럴 수 있는 말이 {number}곳 있습니다.",
            "The document's properties hold the name of a person, or what may be one, in {number} places.",
        ),
    ),
)

_AS_PAGE = Text(
    ko="표는 CSV로, 그림은 PNG로, 글은 MD로 저장하십시오. 대화형 그림과 스크립트는 반출할 수 없습니다.",
    en="Save tables as CSV, figures as PNG and text as MD. Interactive figures and scripts cannot leave.",
)
_AS_PNG = Text(
    ko="그림을 PNG로 저장하고, 그림 뒤의 수는 집계표로 함께 내십시오.",
    en="Save the figure as PNG, and hand in the counts behind it as a table.",
)
_BROKEN = Text(ko="{kind} 형식으로 끝까지 읽을 수 없습니다.", en="It cannot be read as {kind} to its end.")
_RUNS = Text(ko="브라우저에서 실행되는 내용이 있습니다: {what}.", en="It holds what a browser would run: {what}.")
_OUTSIDE = Text(ko="밖에서 불러오는 것이 {number}개 있습니다.", en="It loads {number} things from outside.")
_LIBRARY = Text(ko="공개된 라이브러리 파일 {number}개를 불러옵니다.", en="It loads {number} files of public libraries.")
_HIDDEN = Text(ko="보이지 않는 내용이 있습니다: {what}.", en="It holds what it does not show: {what}.")
_MARKS = Text(
    ko="같은 모양의 점이 {number}개 그려져 있고 점마다 좌표가 그대로 들어 있습니다.",
    en="It draws {number} marks of one shape and keeps the coordinates of each.",
)
_VERTICES = Text(
    ko="꼭짓점이 {number}개인 선이 있고 좌표가 그대로 들어 있습니다.",
    en="It draws a line of {number} points and keeps the coordinates of each.",
)


_STEPS = Text(
    ko="계단이 {number}개인 곡선이 있고 계단의 간격이 고르지 않습니다: 계단 하나가 한 사람의 사건일 수 있습니다.",
    en="It draws a curve of {number} uneven steps, each of which may be the event of one person.",
)
_AS_GROUPED = Text(
    ko="시점을 일정한 간격으로 묶어 계단마다 사건이 충분히 들게 다시 그리고, 위험집단의 수를 함께 내십시오.",
    en="Draw it again at even times, so that each step holds enough events, and hand in the numbers at risk with it.",
)


def check_document(subject: Subject, listing: Listing) -> Pieces:
    """Flag whatever the pages do not show; give each story, table and picture as a file to examine."""
    document = subject.document
    if not isinstance(document, Document):
        listing.flag("document.structure", document.reason, _AS_PLAIN)
        return []
    for _, part in document.parts:
        message = Text(ko=_PART.ko.format(what=part.what.ko), en=_PART.en.format(what=part.what.en))
        listing.flag("document.parts", message, _AS_PLAIN, severity=part.severity)
    for field, rule, message in _COUNTED:
        if number := getattr(document, field):
            listing.flag(rule, message.fill(number=number), _AS_PLAIN, number=number)
    if number := document.offices:
        message = OFFICES.fill(number=number)
        listing.flag("document.people", message, _AS_PLAIN, number=number, severity=Severity.WARN)
    if document.thumbnails:
        listing.flag("document.hidden", _THUMBNAIL, _ANEW, severity=Severity.WARN)
    flag_points(document.marks, document.vertices, listing)
    pieces: Pieces = []
    for story in document.stories:
        pieces.append((Where(path=story.place), piece_of(subject, "md", text=story.words)))
        pieces += _grids(subject, story.tables, f"{story.place}.table")
    pieces.append((Where(path="properties"), piece_of(subject, "code", text=document.beside)))
    return pieces + _pictures(subject, document.images) + _pictures(subject, document.thumbnails, "thumbnail")


def check_page(subject: Subject, listing: Listing) -> Pieces:
    """Flag what a browser would run, load or hide; give what the page says and shows."""
    page = subject.page
    _flag_markup(page, listing, _AS_PAGE)
    pieces: Pieces = [
        (Where(path="text"), piece_of(subject, "md", text=page.prose)),
        (Where(path="style"), piece_of(subject, "code", text=page.styles)),
        *((Where(path=f"script[{n}]"), piece_of(subject, "json", text=data)) for n, data in enumerate(page.data, 1)),
        *_grids(subject, page.tables, "table"),
    ]
    drawings = enumerate(without_drawings(subject.text)[1], 1)
    pieces += [(Where(path=f"svg[{n}]"), member_of(subject, "drawing.svg", one.encode(), "svg")) for n, one in drawings]
    return pieces + _pictures(subject, page.images)


def check_drawing(subject: Subject, listing: Listing) -> Pieces:
    """Flag what a browser would run, load or hide, and points that are data; give what the drawing says."""
    drawing = subject.drawing
    if drawing is None:
        listing.flag("markup.structure", _BROKEN.fill(kind="SVG"), _AS_PNG)
        return []
    _flag_markup(drawing, listing, _AS_PNG)
    # A long series, whose every point a line joins, is no scatter.
    explained = drawing.plot.joined and drawing.plot.loose == 0
    flag_points(0 if explained else drawing.marks, drawing.vertices, listing)
    if drawing.plot.steps > 2 * subject.policy.min_cell:
        listing.flag("figure.points", _STEPS.fill(number=drawing.plot.steps), _AS_GROUPED, number=drawing.plot.steps)
    if len(drawing.plot.written) >= FEWEST_WRITTEN and max(drawing.plot.written) >= subject.policy.min_cell:
        for value in drawing.plot.written:
            judge(value, Where(path="text"), subject.claims, subject.policy, listing)
    pieces: Pieces = [
        (Where(path="text"), piece_of(subject, "md", text=drawing.prose)),
        (Where(path="style"), piece_of(subject, "code", text=drawing.styles)),
    ]
    return pieces + _pictures(subject, drawing.images)


def flag_points(marks: int, vertices: int, listing: Listing, where: Where = Where()) -> None:  # noqa: B008 - frozen
    """Point out marks and lines that keep the data they were drawn from."""
    if marks >= MOST_MARKS:
        listing.flag("figure.points", _MARKS.fill(number=marks), _AS_PNG, where=where, number=marks)
    if vertices >= MOST_VERTICES:
        listing.flag("figure.points", _VERTICES.fill(number=vertices), _AS_PNG, where=where, number=vertices)


def _flag_markup(markup: Page | Drawing, listing: Listing, fix: Text) -> None:
    calm = markup.calm if isinstance(markup, Page) else frozenset()
    for what in markup.runs:
        severity = Severity.WARN if what in calm else None
        listing.flag("markup.active", _RUNS.fill(what=what), fix, severity=severity)
    if known := markup.known if isinstance(markup, Page) else 0:
        listing.flag("markup.outside", _LIBRARY.fill(number=known), fix, number=known, severity=Severity.WARN)
    if markup.outside:
        listing.flag("markup.outside", _OUTSIDE.fill(number=markup.outside), fix, number=markup.outside)
    for what in markup.hidden:
        listing.flag("markup.hidden", _HIDDEN.fill(what=what), fix)


def _grids(subject: Subject, tables: Sequence[Sequence[Sequence[str]]], path: str) -> Pieces:
    pieces: Pieces = []
    for number, rows in enumerate(tables, 1):
        for table in tables_of([rows]):
            text = "\n".join("\t".join(row) for row in rows)
            pieces.append((Where(path=f"{path}[{number}]"), piece_of(subject, "csv", text=text, table=table)))
    return pieces


def _pictures(subject: Subject, images: Sequence[bytes], name: str = "image") -> Pieces:
    return [(Where(path=f"{name}[{n}]"), picture_piece(subject, data)) for n, data in enumerate(images, 1)]


def picture_piece(subject: Subject, data: bytes) -> Subject:
    """A picture within a file, examined as the file that it could be."""
    return piece_of(subject, "jpeg" if data.startswith(b"\xff\xd8") else "png", data=data)
