"""Types of file that hold others: what is checked of the whole, and how each is taken into pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from egress_review.checks import pdfs
from egress_review.checks.archive import check_archive
from egress_review.checks.documents import check_document, check_drawing, check_page
from egress_review.checks.listing import Listing
from egress_review.checks.notebooks import check_notebook
from egress_review.checks.office import check_workbook
from egress_review.checks.programs import check_latex
from egress_review.checks.subject import Subject
from egress_review.findings import Where


@dataclass(frozen=True, slots=True)
class Container:
    """A type of file that holds others: the rules for the whole, and the function that opens it."""

    rules: tuple[str, ...]
    open: Callable[[Subject, Listing], list[tuple[Where, Subject]]]


_DOCUMENT = ("document.structure", "document.parts", "document.hidden", "document.people")
_MARKUP = ("markup.active", "markup.outside", "markup.hidden")

CONTAINERS: Mapping[str, Container] = {
    "xlsx": Container(
        ("workbook.structure", "workbook.parts", "workbook.hidden", "workbook.formula", "workbook.people"),
        check_workbook,
    ),
    "ipynb": Container(("notebook.structure", "notebook.live", "notebook.error", "notebook.metadata"), check_notebook),
    "docx": Container(_DOCUMENT, check_document),
    "pptx": Container((*_DOCUMENT, "figure.points"), check_document),
    "hwpx": Container(_DOCUMENT, check_document),
    "pdf": Container(pdfs.RULES, pdfs.check_pdf),
    "html": Container(_MARKUP, check_page),
    "svg": Container(("markup.structure", *_MARKUP, "figure.points", "cells.small"), check_drawing),
    "tex": Container((), check_latex),
    "zip": Container(("archive.structure",), check_archive),
}
