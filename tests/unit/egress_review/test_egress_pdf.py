"""A PDF is read from its first byte to its last; what no page shows is a finding."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from egress_review.checks.pdf_layout import BrokenPdfError, read_layout
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import FileReport, NotChecked, Verdict
from egress_review.previews import preview_from_wire, preview_of, preview_to_wire
from egress_review.scan_main import _subject
from tests.benchmarks.egress_documents import lines, pdf, pdf_table, stream
from tests.unit.egress_review.egress_files import DEFAULT, flagged, look

RRN = "901106-1896546"
WORDS = [lines(["a"])]
PLAIN = pdf(
    [lines(["Results", "All counts are rounded to ten."]), pdf_table([("group", "n"), ("A", "250"), ("B", "310")])]
)


def rules(content: bytes) -> set[str]:
    return {rule for rule, _ in flagged(look("a.pdf", content))}


def written(content: bytes, **more: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    if "attach" in more:
        writer.add_attachment("data.csv", more["attach"].encode())
    if "password" in more:
        writer.encrypt(more["password"], algorithm="RC4-128")
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def test_an_ordinary_pdf_passes_and_says_nothing_of_its_making() -> None:
    report = look("a.pdf", PLAIN)
    assert report.verdict is Verdict.PASSED, flagged(report)


def test_the_words_and_tables_of_every_page_are_checked() -> None:
    report = look("a.pdf", pdf([lines(["fine"]), lines([f"see {RRN}"]), lines(["n = 3"])]))
    assert {(rule, where.page) for rule, where in flagged(report)} == {("identifier.rrn", 2), ("cells.small", 3)}
    small = pdf([pdf_table([("group", "n"), ("A", "250"), ("B", "7"), ("C", "310")])])
    assert "cells.small" in rules(small)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (pdf(WORDS, catalog=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "pdf.active"),
        (pdf(WORDS, catalog=b"/Names << /JavaScript << /Names [(a) << /JS (1) >>] >> >>"), "pdf.active"),
        (written(PLAIN, attach="a,b"), "pdf.attached"),
        (written(PLAIN, password="x"), "pdf.structure"),
        (PLAIN + b"\nPK\x03\x04 more", "pdf.structure"),
        (PLAIN[:-20], "pdf.structure"),
        (PLAIN.replace(b"\nxref", b"\nhidden between\nxref"), "pdf.structure"),
        (pdf(WORDS, info=b"/Author (Kim)"), "pdf.metadata"),
        (pdf(WORDS, info=f"/Subject ({RRN})".encode()), "identifier.rrn"),
        (pdf(WORDS, catalog=b"/OCProperties << /OCGs [] /D << >> >>"), "pdf.hidden"),
        (pdf(WORDS, catalog=b"/OpenAction << /S /Launch /F (x) >>"), "pdf.active"),
        (pdf(WORDS, catalog=b"/AcroForm << /Fields [] >>"), "pdf.hidden"),
        (pdf(WORDS, page=b"/Annots [<< /Subtype /Text /Rect [0 0 9 9] /Contents (note) >>]"), "pdf.hidden"),
        (
            pdf(WORDS, page=f"/Annots [<< /Subtype /Text /Rect [0 0 9 9] /Contents ({RRN}) >>]".encode()),
            "identifier.rrn",
        ),
        (pdf(WORDS, more=[b"(nobody refers to me)"]), "pdf.hidden"),
        (pdf(WORDS, more=[stream(b"", b"x" * 500)], catalog=b"/Own 100 0 R"), "pdf.hidden"),
        (pdf(WORDS, more=[stream(b"/Type /Metadata", b"<x>Kim</x>")], catalog=b"/Metadata 100 0 R"), "pdf.metadata"),
        (pdf(WORDS, drawn=b"BT /F1 11 Tf 3 Tr 60 60 Td (unseen) Tj ET\n"), "pdf.hidden"),
        (pdf([[(900, 900, "outside the page")]]), "pdf.hidden"),
        (pdf(WORDS, drawn=b"BT /F1 0.5 Tf 60 60 Td (very small words) Tj ET\n"), "pdf.hidden"),
        (pdf(WORDS, drawn=b"".join(b"q 1 0 0 1 %d 9 cm /M0 Do Q\n" % n for n in range(60))), "figure.points"),
        (pdf(WORDS, drawn=b"0 0 m\n" + b"".join(b"%d 5 l\n" % n for n in range(2500)) + b"S\n"), "figure.points"),
    ],
)  # fmt: skip
def test_what_the_pages_do_not_show_is_found(content: bytes, rule: str) -> None:
    assert rule in rules(content)


def test_an_earlier_version_that_stays_in_the_file_is_found() -> None:
    update = b"10 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>\nendobj\n"
    start = len(PLAIN) + len(update)
    update += b"xref\n10 1\n%010d 00000 n \ntrailer\n<< /Size 20 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(PLAIN),
        PLAIN.rindex(b"\nxref") + 1,
        start,
    )
    assert read_layout(PLAIN).updates == 0
    assert read_layout(PLAIN + update).updates == 1
    assert look("a.pdf", PLAIN + update).verdict is Verdict.FLAGGED


def test_bytes_that_belong_to_nothing_are_no_pdf() -> None:
    for data in (b"", b"%PDF-1.4\n", PLAIN + b"x", b"%PDF-1.4\nx" + PLAIN[9:], PLAIN.replace(b"endobj", b"endobk", 1)):
        with pytest.raises(BrokenPdfError):
            read_layout(data)


def test_a_preview_is_a_picture_of_every_page() -> None:
    shown = preview_of(_subject(InputFile.of("a.pdf", PLAIN), DEFAULT, Claims()))
    assert [part.kind for _, part in shown.parts] == ["image", "image"]
    assert all(part.image.startswith(b"\x89PNG") for _, part in shown.parts)
    assert preview_from_wire(preview_to_wire(shown)) == shown
    assert preview_of(_subject(InputFile.of("a.pdf", b"%PDF-1.4\n"), DEFAULT, Claims())).kind == "none"


def test_a_page_of_any_size_costs_a_bounded_picture() -> None:
    huge = PLAIN.replace(b"[0 0 595 842]", b"[0 0 99999 9]")
    report = look("a.pdf", pdf([lines(["a"])], page=b"/UserUnit 1000"))
    assert report.verdict is not Verdict.NOT_CHECKED
    for content in (huge, PLAIN.replace(b"[0 0 595 842]", b"[0 0 0 0]    ")):
        shown = preview_of(_subject(InputFile.of("a.pdf", content), DEFAULT, Claims()))
        assert all(part.width <= 1700 and part.height <= 1700 for _, part in shown.parts)


@given(noise=st.binary(max_size=60), at=st.integers(0, len(PLAIN)))
@settings(max_examples=80, deadline=None)
def test_no_spoilt_pdf_breaks_the_engine(noise: bytes, at: int) -> None:
    report: FileReport = look("a.pdf", PLAIN[:at] + noise + PLAIN[at + len(noise) :])
    skipped = [
        f for f in report.findings if isinstance(f, NotChecked) and f.rule not in ("image.content", "image.text")
    ]
    assert not skipped
