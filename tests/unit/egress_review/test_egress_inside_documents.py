"""What a document holds of itself: previews in words and pictures, parts in their order, texts of each kind."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from time import process_time

import pytest

from egress_review.checks.deck import read_deck
from egress_review.checks.document import StoryKind, in_turn
from egress_review.checks.hangul import read_hangul
from egress_review.checks.word import read_document
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import Flagged, Severity, Verdict
from egress_review.previews import HIDDEN, preview_of
from egress_review.scan_main import _subject
from tests.benchmarks.egress_documents import comments, docx
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_slides import Slide, comment, hwpx, pptx
from tests.unit.egress_review.egress_files import DEFAULT, chunk, flagged, look, png

DOCUMENTS = {
    "a.docx": ("docProps/thumbnail.png", docx(["Results"])),
    "a.pptx": ("docProps/thumbnail.png", pptx(Slide(("Results",)))),
    "a.hwpx": ("Preview/PrvImage.png", hwpx(["결과"])),
}
QUICK = 1.0


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """A package with more parts, or with others in their place."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as package:
        held = {name: source.read(name) for name in source.namelist()}
        for name, data in (held | dict(parts)).items():
            package.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_picture_of_the_first_page_is_one_decision_in_every_document(name: str) -> None:
    part, content = DOCUMENTS[name]
    report = look(name, with_parts(content, {part: png()}))
    found = [(f.rule, f.severity) for f in report.findings if isinstance(f, Flagged)]
    assert (found, report.verdict) == ([("document.hidden", Severity.WARN)], Verdict.PASSED)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_examined_as_a_picture_and_shown_to_reviewers(name: str) -> None:
    part, content = DOCUMENTS[name]
    tagged = look(name, with_parts(content, {part: png(chunk(b"eXIf", b"II*\0"))}))
    assert ("image.metadata", "thumbnail[1]") in {(rule, where.path) for rule, where in flagged(tagged)}
    shown = preview_of(_subject(InputFile.of(name, with_parts(content, {part: png()})), DEFAULT, Claims()))
    assert dict(shown.parts)[f"thumbnail{HIDDEN}"].kind == "image"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_one_that_nothing_reads_stops_the_document(name: str) -> None:
    part, content = DOCUMENTS[name]
    report = look(name, with_parts(content, {part.replace(".png", ".emf"): b"x"}))
    (found,) = [f for f in report.findings if isinstance(f, Flagged)]
    assert (found.rule, found.severity) == ("document.parts", Severity.FAIL)
    assert "thumbnail" in found.message.en


def test_a_workbook_which_holds_no_pictures_holds_none_of_its_first_sheet() -> None:
    content = workbook({"T": (("group", "n"), ("A", "250"))})
    report = look("a.xlsx", with_parts(content, {"docProps/thumbnail.png": png()}))
    (found,) = [f for f in report.findings if isinstance(f, Flagged)]
    assert (found.rule, "a thumbnail" in found.message.en) == ("workbook.parts", True)


def test_parts_are_told_in_the_order_of_their_numbers() -> None:
    names = [f"Contents/section{n}.xml" for n in (10, 2, 0, 1, 11)]
    assert in_turn(names) == [f"Contents/section{n}.xml" for n in (0, 1, 2, 10, 11)]
    assert in_turn(["b1", "a10", "a9", "a", "10", "9"]) == ["9", "10", "a", "a9", "a10", "b1"]
    source = zipfile.ZipFile(io.BytesIO(hwpx(["장"]))).read("Contents/section0.xml")
    sections = {f"Contents/section{n}.xml": source.replace("장".encode(), f"{n}장".encode()) for n in range(12)}
    told = [story.words.strip() for story in read_hangul(with_parts(hwpx(["장"]), sections)).stories]
    assert told[:12] == [f"{n}장" for n in range(12)]
    slides = pptx(*(Slide((f"slide {n}",)) for n in range(1, 13)))
    deck = read_deck(with_parts(slides, {"ppt/_rels/presentation.xml.rels": b"<Relationships/>"}))
    assert [story.words.split("\n")[0] for story in deck.stories[:12]] == [f"slide {n}" for n in range(1, 13)]


def test_a_section_with_a_number_of_thousands_of_digits_is_not_understood() -> None:
    report = look("a.hwpx", with_parts(hwpx(["결과"]), {f"Contents/section{'1' * 5_000}.xml": b"<a/>"}))
    assert ("document.parts" in {rule for rule, _ in flagged(report)}, report.verdict) == (True, Verdict.FLAGGED)


def test_every_text_says_what_it_is() -> None:
    deck = read_deck(pptx(Slide(("a",), notes="b"), parts={"ppt/comments/comment1.xml": comment("c")}))
    kinds = {story.place: story.kind for story in deck.stories}
    assert (kinds["slide[1]"], kinds["slide[1].notes"]) == (StoryKind.PAGE, StoryKind.NOTES)
    assert kinds["comments/comment1"] is StoryKind.COMMENTS
    assert {story.kind for story in read_document(docx(["a"], parts={"word/comments.xml": comments("b")})).stories} == {
        StoryKind.PAGE,
        StoryKind.COMMENTS,
    }
    assert [story.kind for story in read_hangul(hwpx(["a"], preview="b")).stories] == [
        StoryKind.PAGE,
        StoryKind.PREVIEW,
    ]


@pytest.mark.parametrize("cell", ["가나다라{n}", "a{n}a"])
def test_a_preview_of_many_pieces_is_held_to_a_long_document_in_no_time(cell: str) -> None:
    preview = "\r\n".join(cell.format(n=n) for n in range(1_200))[:7_900]
    content = hwpx(["a" * 3_000_000], parts={"Preview/PrvText.txt": preview.encode()})
    begun = process_time()
    assert read_hangul(content).stale > 500
    assert process_time() - begun < QUICK


def test_what_a_preview_cuts_off_is_found_in_the_document_and_what_it_adds_is_not() -> None:
    lines = [f"문단 {n}입니다" for n in range(300)]
    assert read_hangul(hwpx(lines, preview="\r\n".join([*lines[:100], "문단 100입"]))).stale == 0
    assert read_hangul(hwpx(lines, preview="\r\n".join([*lines[:100], "지운 문단"]))).stale == 1
