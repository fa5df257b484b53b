"""Looking at files page by page: what is served is recorded, and what a vote was cast without is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit.event import Source
from egress_review import store
from egress_review.desk import Record, as_actor
from egress_review.errors import NotFound
from egress_review.findings import FileReport, Flagged
from egress_review.model import Request, RequestFile
from egress_review.paging import Page, Spot, pages_of, spot_of
from egress_review.previews import NONE, Preview
from egress_review.reading import Reading
from egress_review.showing import Shown, insert_seen, outline, shown_to
from registry.model import Person
from registry.text import Text


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding at its place in the pages of a file."""

    spot: Spot
    finding: Flagged


@dataclass(frozen=True, slots=True)
class Look:
    """One page of a file as it is shown to somebody."""

    name: str
    page: Page
    pages: int
    marks: tuple[Mark, ...]
    """The findings that stand on this page."""


class Seeing(Reading):
    """What people look at, page by page."""

    def preview(self, person: Person, ref: str, sha256: str, page: int = 1, *, source: Source) -> Look:
        """One page of a file of the present round; that it was served is recorded, in the log and for the vote.

        A number beyond the last page is the last page.
        Raises: NotFound, Denied.
        """
        request, file = self._file_to_show(person, ref, sha256)
        preview = self._preview(sha256)
        pages = pages_of(preview)
        shown = pages[min(max(1, page), len(pages)) - 1]
        detail = {"kind": preview.kind, "page": shown.number, "pages": len(pages)}
        with self._db.begin() as tx:
            record = Record(actor=as_actor(person), source=source, detail=detail)
            self._record(tx, request, "egress.viewed", record, sha256=sha256)
            insert_seen(tx, request, sha256, person.ref, shown.number, self._clock())
        with self._db.read() as tx:
            report = store.report_of(tx, request)
        found = next((one for one in report.files if one.sha256 == sha256), None) if report else None
        marks = tuple(mark for mark in self.marks(found) if mark.spot.page == shown.number) if found else ()
        return Look(file.name, shown, len(pages), marks)

    def marks(self, report: FileReport) -> tuple[Mark, ...]:
        """The findings of a report that stand at a place of the file, each with its page."""
        known = outline(self._vault.previews, report.sha256)
        marked = ((spot_of(one.where, known), one) for one in report.findings if isinstance(one, Flagged))
        return tuple(Mark(spot, one) for spot, one in marked if spot is not None)

    def shown_to(self, person: Person, ref: str) -> Mapping[str, Shown]:
        """What a person has been shown of each file of the present round, by hash.

        Raises: NotFound.
        """
        with self._db.read() as tx:
            request = store.load(tx, ref)
            return shown_to(tx, self._vault.previews, request, request.files, person.ref, self._clock())

    def _file_to_show(self, person: Person, ref: str, sha256: str) -> tuple[Request, RequestFile]:
        """The request and its file, for somebody who may see its content now.

        Raises: NotFound, Denied.
        """
        request = self.content_of(person, ref)
        file = request.file(sha256)
        if file is None:
            raise NotFound("file_unknown", Text(ko="이 신청의 파일이 아닙니다.", en="The request has no such file."))
        return request, file

    def _preview(self, sha256: str) -> Preview:
        try:
            return self._previews.get(sha256)
        except NotFound:
            return NONE
