"""What a PDF carries beside its pages, and its pages to examine."""

from __future__ import annotations

from dataclasses import dataclass

from egress_review.checks.documents import Pieces, flag_points
from egress_review.checks.listing import Listing
from egress_review.checks.organisations import OFFICES
from egress_review.checks.pdf_layout import BrokenPdfError, read_layout
from egress_review.checks.pdf_objects import Objects, read_objects
from egress_review.checks.pdf_pages import PdfPage, read_pages
from egress_review.checks.subject import Subject, piece_of
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("pdf.structure", "pdf.active", "pdf.attached", "pdf.hidden", "pdf.metadata", "figure.points")

_FIX = Text(
    ko="그림은 savefig로 PNG에, 표는 CSV로 저장하십시오. PDF가 필요하면 새로 만들어 한 번에 저장하십시오.",
    en="Save figures as PNG with savefig and tables as CSV; where it must be PDF, make it anew and save it once.",
)
_ENCRYPTED = Text(ko="PDF에 암호가 걸려 있습니다.", en="The PDF is encrypted.")
_BROKEN = Text(
    ko="PDF를 첫 바이트부터 끝까지 읽을 수 없거나, 어디에도 속하지 않는 내용이 있습니다.",
    en="The PDF cannot be read from its first byte to its last, or holds bytes that belong to nothing.",
)
_NO_READER = Text(ko="PDF를 읽는 프로그램이 이 자리에 없습니다.", en="There is no program here that reads PDF.")
_USE_CONTAINER = Text(ko="검사용 컨테이너에서 점검하십시오.", en="Check it in the scanner container.")
_ACTIVE = Text(ko="실행되는 내용이 있습니다: {what}.", en="It holds what a reader program would run: {what}.")
_ATTACHED = Text(ko="안에 다른 파일이 {number}곳 붙어 있습니다.", en="Other files are attached in {number} places.")
_HIDDEN = Text(ko="쪽에 보이지 않는 내용이 있습니다: {what}.", en="It holds what the pages do not show: {what}.")
_UNSEEN = Text(
    ko="쪽 밖에 있거나 읽을 수 없게 작은 글이 {number}곳 있습니다.",
    en="{number} runs of text stand outside the page or are too small to read.",
)
_METADATA = Text(
    ko="문서 정보(지은이, 파일의 내력, XMP)가 {number}곳 있습니다.",
    en="The author, where the file came from, or XMP are kept in {number} places.",
)


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF taken apart."""

    objects: Objects
    pages: tuple[PdfPage, ...]


def read_pdf(data: bytes) -> Pdf:
    """A PDF from its bytes.

    Raises: BrokenPdfError; ImportError — where no library reads PDF.
    """
    layout = read_layout(data)
    return Pdf(read_objects(data, layout), read_pages(data))


def check_pdf(subject: Subject, listing: Listing) -> Pieces:
    """Flag whatever the pages do not show; give each page as text, and as a picture where it shows pictures."""
    try:
        pdf = read_pdf(subject.data)
    except ImportError:
        for rule in RULES:
            listing.skip(rule, _NO_READER, _USE_CONTAINER)
        return []
    except BrokenPdfError as error:
        listing.flag("pdf.structure", _ENCRYPTED if error.args == ("encrypted",) else _BROKEN, _FIX)
        return []
    for what in pdf.objects.active:
        listing.flag("pdf.active", _ACTIVE.fill(what=what), _FIX)
    if number := pdf.objects.attachments:
        listing.flag("pdf.attached", _ATTACHED.fill(number=number), _FIX, number=number)
    for what in pdf.objects.hidden:
        listing.flag("pdf.hidden", _HIDDEN.fill(what=what), _FIX)
    if number := pdf.objects.metadata:
        listing.flag("pdf.metadata", _METADATA.fill(number=number), _FIX, number=number)
    if number := pdf.objects.offices:
        listing.flag("pdf.metadata", OFFICES.fill(number=number), _FIX, number=number, severity=Severity.WARN)
    flag_points(pdf.objects.marks, pdf.objects.vertices, listing)
    pieces: Pieces = [(Where(path="objects"), piece_of(subject, "code", text=pdf.objects.words))]
    for at, page in enumerate(pdf.pages, 1):
        if page.hidden:
            listing.flag("pdf.hidden", _UNSEEN.fill(number=page.hidden), _FIX, where=Where(page=at), number=page.hidden)
        pieces.append((Where(page=at), piece_of(subject, "md", text=page.text)))
        if page.pictured is not None:
            pieces.append((Where(page=at, path="image"), piece_of(subject, "png", text=page.text, data=page.pictured)))
    return pieces
