"""Decks of slides and Hangul documents are read to their last part; what they do not show at first is a finding."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.deck import read_deck
from egress_review.checks.hangul import read_hangul
from egress_review.checks.slide import laid_out
from egress_review.checks.xml_tree import read_xml
from egress_review.checks.zipped import BrokenPackageError
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import Flagged, Verdict
from egress_review.previews import HIDDEN, preview_from_wire, preview_of, preview_to_wire
from egress_review.scan_main import _subject
from tests.benchmarks.egress_documents import linked
from tests.benchmarks.egress_slides import (
    Slide,
    authors,
    cell,
    comment,
    field,
    grid,
    hwpx,
    noted,
    pptx,
    removed,
    said,
    shape,
    table,
)
from tests.unit.egress_review.egress_files import DEFAULT, chunk, flagged, look, png

TABLE = (("group", "n"), ("A", "250"), ("B", "310"))
SMALL = (("group", "n"), ("A", "250"), ("B", "7"))
RRN = "901106-1896546"
TITLE = Slide(("Results", "All counts are unweighted."))
DECK = pptx(TITLE, Slide(("Table 1",), [TABLE]))
LETTER = hwpx(["결과 요약"], [TABLE])
IDLE = "function OnDocument_New()\r\n{\r\n\t//todo : \r\n}\r\n"
_OFFICE = "http://schemas.openxmlformats.org"


def rules(name: str, content: bytes) -> set[str]:
    return {rule for rule, _ in flagged(look(name, content))}


def changed(content: bytes, parts: Mapping[str, bytes | None]) -> bytes:
    """The package with other parts; None takes one out."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as package:
        names = [name for name in source.namelist() if name not in parts]
        held = [*((name, source.read(name)) for name in names), *parts.items()]
        for name, data in held:
            if data is not None:
                package.writestr(name, data)
    return target.getvalue()


def paper(kind: str, shapes: str) -> bytes:
    """A page of a deck: a slide, a layout, notes."""
    spaces = f'xmlns:p="{_OFFICE}/presentationml/2006/main" xmlns:a="{_OFFICE}/drawingml/2006/main"'
    return f"<p:{kind} {spaces}><p:cSld>{shapes}</p:cSld></p:{kind}>".encode()


def prompt(text: str, place: str) -> str:
    """The words in a place that a slide fills."""
    return shape(text).replace("<p:nvPr/>", f'<p:nvPr><p:ph type="{place}"/></p:nvPr>')


def drawn(rows: tuple[tuple[str, ...], ...]) -> str:
    """A table of boxes of words."""
    places = ((r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row))
    return "".join(shape(text, at=(900_000 * (c + 1), 400_000 * (r + 1))) for r, c, text in places)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pptx", DECK),
        ("a.pptx", pptx(TITLE, Slide((), shapes=drawn(TABLE)), creator="Steve Canny")),
        ("a.pptx", pptx(TITLE, parts={"ppt/media/image1.png": png()})),
        ("a.hwpx", LETTER),
        ("a.hwpx", hwpx(["결과"], parts={"Scripts/sourceScripts.js": IDLE.encode("utf-16-le")})),
        ("a.hwpx", hwpx(["결과"], [(("<항목>", "- 대상자의 특성"),)], preview="<<항목>>")),
        ("a.hwpx", hwpx(["결과"], preview="")),
    ],
)
def test_an_ordinary_deck_or_hangul_document_passes(name: str, content: bytes) -> None:
    report = look(name, content)
    assert report.verdict is Verdict.PASSED, flagged(report)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (pptx(Slide((), [SMALL])), "cells.small"),
        (pptx(TITLE, Slide((), [SMALL], hidden=True)), "cells.small"),
        (pptx(Slide((), shapes=drawn(SMALL))), "cells.small"),
        (pptx(TITLE, layout=grid(SMALL)), "cells.small"),
        (pptx(Slide((f"see {RRN}",))), "identifier.rrn"),
        (pptx(Slide(("a",), notes=f"see {RRN}")), "identifier.rrn"),
        (pptx(TITLE, parts={"ppt/comments/comment1.xml": comment(RRN)}), "identifier.rrn"),
        (pptx(Slide((), shapes=shape("x", named=f'descr="{RRN}"'))), "identifier.rrn"),
        (pptx(Slide((), shapes=shape("x", named=f'title="a {RRN}"'))), "identifier.rrn"),
        (pptx(TITLE, layout=shape(RRN)), "identifier.rrn"),
        (pptx(TITLE, layout=prompt(RRN, "body")), "identifier.rrn"),
        (pptx(TITLE, parts={"ppt/notesSlides/notesSlide1.xml": paper("notes", prompt(RRN, "ftr"))}), "identifier.rrn"),
        (pptx(TITLE, parts={"ppt/theme/theme1.xml": paper("sld", shape("x"))}), "document.parts"),
        (pptx(Slide((), shapes=f"<p:text>{RRN}</p:text>")), "document.parts"),
        (pptx(TITLE, Slide(("Left out",), hidden=True)), "document.hidden"),
        (pptx(Slide(("a",), notes="say this")), "document.hidden"),
        (pptx(TITLE, parts={"ppt/comments/comment1.xml": comment("ask Kim")}), "document.hidden"),
        (pptx(TITLE, parts={"ppt/commentAuthors.xml": authors("김민준")}), "document.people"),
        (pptx(Slide((), shapes=shape("x", at=(9_200_000, 0)))), "document.hidden"),
        (pptx(Slide((), shapes=shape("x", at=(0, -90_000)))), "document.hidden"),
        (pptx(Slide((), shapes=shape("x", look='sz="200"/>'))), "document.hidden"),
        (pptx(Slide((), shapes=shape("x", look="><a:noFill/></a:rPr>"))), "document.hidden"),
        (pptx(Slide((), shapes=shape("x", named='hidden="1"'))), "document.hidden"),
        (pptx(TITLE, parts={"ppt/vbaProject.bin": b"x"}), "document.parts"),
        (pptx(TITLE, parts={"ppt/embeddings/book1.xlsx": b"x"}), "document.parts"),
        (pptx(TITLE, parts={"ppt/charts/chart1.xml": b"<a/>"}), "document.parts"),
        (pptx(TITLE, parts={"ppt/media/image1.emf": b"x"}), "document.parts"),
        (pptx(TITLE, parts={"ppt/odd.xml": b"<a/>"}), "document.parts"),
        (pptx(TITLE, parts={"ppt/slides/slide2.xml": b'<x:y xmlns:x="urn:made-up">data</x:y>'}), "document.parts"),
        (pptx(Slide((), shapes="<p:foo>7 died</p:foo>")), "document.parts"),
        (pptx(Slide((), shapes="<a:t>7 died</a:t>")), "document.parts"),
        (pptx(Slide((), shapes='<p:sp><a:hlinkClick action="ppaction://program"/></p:sp>')), "document.parts"),
        (pptx(TITLE, relations=linked("image", "//a/b.png")), "document.parts"),
        (pptx(TITLE, parts={"ppt/media/image1.png": png(chunk(b"eXIf", b"II*\0"))}), "image.metadata"),
        (pptx(TITLE, creator="홍길동"), "document.people"),
        (pptx(Slide((), shapes="".join(shape(at=(n, n * n)) for n in range(60)))), "figure.points"),
        (pptx(Slide((), shapes=f"<p:sp><a:path>{'<a:pt/>' * 2500}</a:path></p:sp>")), "figure.points"),
        (pptx(TITLE, parts={"ppt/presProps.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "document.structure"),
        (pptx(TITLE) + b"more", "document.structure"),
        (changed(DECK, {"ppt/presentation.xml": None}), "document.structure"),
    ],
)  # fmt: skip
def test_what_a_deck_does_not_show_is_found(content: bytes, rule: str) -> None:
    assert rule in rules("a.pptx", content)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (hwpx(tables=[SMALL]), "cells.small"),
        (hwpx([f"{RRN} 참조"]), "identifier.rrn"),
        (hwpx(body=removed(RRN)), "identifier.rrn"),
        (hwpx(body=noted(RRN)), "identifier.rrn"),
        (hwpx(body=field("MEMO", RRN)), "identifier.rrn"),
        (hwpx(["결과"], preview=f"지난번 글 {RRN}"), "identifier.rrn"),
        (hwpx(body=said(f"<hp:pic><hp:shapeComment>원본 {RRN}</hp:shapeComment></hp:pic>")), "identifier.rrn"),
        (hwpx(body=said(f'<hp:ctrl><hp:bookmark name="{RRN}"/></hp:ctrl>')), "identifier.rrn"),
        (hwpx(body=said(f"<hp:equation><hp:script>{RRN}</hp:script></hp:equation>")), "identifier.rrn"),
        (hwpx(body=removed("지운 글")), "document.hidden"),
        (hwpx(body=noted("숨은 설명")), "document.hidden"),
        (hwpx(body=field("MEMO", "메모")), "document.hidden"),
        (hwpx(body=said(text="작은 글", look=7)), "document.hidden"),
        (hwpx(["결과"], preview="지난번 결과"), "document.hidden"),
        (changed(LETTER, {"Contents/section1.xml": b"<a/>"}), "document.hidden"),
        (hwpx(head='<hh:trackChanges><hh:trackChange type="Insert"/></hh:trackChanges>'), "document.hidden"),
        (hwpx(head='<hh:trackChangeAuthor name="박서연"/>'), "document.people"),
        (hwpx(creator="박서연"), "document.people"),
        (hwpx(body=field("PATH", "a")), "document.parts"),
        (hwpx(body=said("<hp:comboBox/>")), "document.parts"),
        (hwpx(body='<x:y xmlns:x="urn:made-up">자료</x:y>'), "document.parts"),
        (hwpx(body=said("<hp:foo>7명 사망</hp:foo>")), "document.parts"),
        (hwpx(body="<hp:t>7명 사망</hp:t>"), "document.parts"),
        (hwpx(items='<opf:item id="a" href="http://example.org/a.png"/>'), "document.parts"),
        (hwpx(parts={"BinData/ole1.ole": b"x"}), "document.parts"),
        (hwpx(parts={"Chart/chart1.xml": b"<a/>"}), "document.parts"),
        (hwpx(parts={"Scripts/sourceScripts.js": b"run()"}), "document.parts"),
        (hwpx(parts={"Contents/odd.xml": b"<a/>"}), "document.parts"),
        (hwpx(parts={"BinData/image1.png": png(chunk(b"eXIf", b"II*\0"))}), "image.metadata"),
        (hwpx(parts={"settings.xml": b"<sec/>"}), "document.parts"),
        (hwpx(parts={"mimetype": b"text/plain"}), "document.structure"),
        (hwpx(parts={"Contents/header.xml": b"<a>"}), "document.structure"),
        (hwpx(["x"]) + b"more", "document.structure"),
        (hwpx(body=said(table([cell("1", 0, 0)], [cell("2", 0, 0)]))), "document.structure"),
        (hwpx(body=said(table([cell("1", 0, 0), cell("2", 9999, 9999)]))), "document.structure"),
        (hwpx(body=said(table([cell("1", 0, 0, 99999, 99999)]))), "document.structure"),
        (hwpx(body=said("<hp:tbl><hp:tr><hp:tc/></hp:tr></hp:tbl>")), "document.structure"),
    ],
)  # fmt: skip
def test_what_a_hangul_document_does_not_show_is_found(content: bytes, rule: str) -> None:
    assert rule in rules("a.hwpx", content)


def test_a_deck_that_hides_all_it_can_is_stopped_for_each_of_it() -> None:
    parts = {
        "ppt/charts/chart1.xml": b"<c/>",
        "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": b"PK",
        "ppt/commentAuthors.xml": authors("김민준"),
        "ppt/comments/comment1.xml": comment("지워 주세요"),
    }
    report = look(
        "a.pptx", pptx(TITLE, Slide((), [SMALL], hidden=True), Slide(("a",), notes=f"see {RRN}"), parts=parts)
    )
    found = {(f.rule, str(f.where.path)) for f in report.findings if isinstance(f, Flagged)}
    assert {("cells.small", "slide[2].table[1]"), ("identifier.rrn", "slide[3].notes")} <= found
    assert {"document.parts", "document.hidden", "document.people"} <= {rule for rule, _ in found}
    assert report.blocked


def test_slides_are_told_in_the_order_of_the_show_and_those_outside_it_are_hidden() -> None:
    one, two = Slide(("first",)), Slide(("second",), notes="a note")
    links = b'<Relationships><Relationship Id="s1" Target="/ppt/slides/slide2.xml"/></Relationships>'
    deck = read_deck(changed(pptx(one, two), {"ppt/_rels/presentation.xml.rels": links}))
    told = [
        (story.place, story.words.split("\n")[0], story.unseen) for story in deck.stories if "slide[" in story.place
    ]
    assert told == [("slide[1]", "second", False), ("slide[1].notes", "a note", True), ("slide[2]", "first", True)]
    assert (deck.slides, deck.notes) == (1, 1)


def test_a_shape_in_a_group_stands_where_the_group_puts_it() -> None:
    group = (
        '<p:grpSp><p:grpSpPr><a:xfrm><a:off x="20000000" y="0"/><a:ext cx="100" cy="100"/><a:chOff x="0" y="0"/>'
        f'<a:chExt cx="100" cy="100"/></a:xfrm></p:grpSpPr>{shape("unseen", at=(0, 0))}</p:grpSp>'
    )
    assert read_deck(pptx(Slide((), shapes=group))).hidden == 1
    assert read_deck(pptx(Slide((), shapes=group.replace("20000000", "2000000")))).hidden == 0


def test_words_that_a_merged_cell_covers_are_hidden() -> None:
    covered = '<a:tc hMerge="1"><a:txBody><a:p><a:r><a:t>7</a:t></a:r></a:p></a:txBody></a:tc>'
    row = f'<a:tr><a:tc gridSpan="2"/>{covered}</a:tr>'
    assert read_deck(pptx(Slide((), shapes=f"<p:graphicFrame><a:tbl>{row}</a:tbl></p:graphicFrame>"))).hidden == 1


def test_boxes_side_by_side_are_a_table_and_lines_below_each_other_are_none() -> None:
    tree = read_xml(paper("sld", drawn(SMALL)))
    assert list(laid_out(tree)) == [SMALL]
    list_of = "".join(shape(text, at=(900_000, 400_000 * n)) for n, text in enumerate(("a", "b", "c")))
    assert not list(laid_out(read_xml(paper("sld", list_of))))


def test_a_merged_label_is_said_in_each_of_its_rows_and_a_merged_number_once() -> None:
    rows = (
        [cell("지역", 0, 0, down=2), cell("환자수", 0, 1, across=2)],
        [cell("남", 1, 1), cell("여", 1, 2)],
        [cell("동구", 2, 0, down=2), cell("25", 2, 1, down=2), cell("30", 2, 2)],
        [cell("31", 3, 2)],
    )
    (story,) = read_hangul(hwpx(body=said(table(*rows)), preview="")).stories
    assert story.tables == ((("지역", "환자수", ""), ("지역", "남", "여"), ("동구", "25", "30"), ("동구", "", "31")),)


def test_the_words_of_a_table_stand_in_its_cells_and_not_in_the_line_around_it() -> None:
    (story,) = read_hangul(hwpx(["앞"], [TABLE])).stories
    assert "groupn" not in story.words
    assert story.words.split() == ["앞", "group", "n", "A", "250", "B", "310"]


def test_a_picture_of_the_first_page_is_looked_at_and_pointed_out_without_stopping_the_file() -> None:
    for name, part, content in (("a.pptx", "docProps/thumbnail.png", DECK), ("a.hwpx", "Preview/PrvImage.png", LETTER)):
        report = look(name, changed(content, {part: png()}))
        assert report.verdict is Verdict.PASSED
        assert "document.hidden" in {rule for rule, _ in flagged(report)}
        assert "image.metadata" in rules(name, changed(content, {part: png(chunk(b"eXIf", b"II*\0"))}))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("보고서.hwp", "HWPX"),
        ("a.ppt", "PPTX"),
        ("a.doc", "DOCX"),
        ("a.xls", "XLSX"),
        ("a.pptm", "PPTX"),
        ("a.odt", "DOCX"),
    ],
)
def test_a_document_in_an_old_format_is_refused_with_the_format_to_save_it_in(name: str, wanted: str) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    (found,) = [f for f in look(name, old).findings if isinstance(f, Flagged) and f.rule == "file.type"]
    assert wanted in found.fix.en
    assert wanted in found.fix.ko


@pytest.mark.parametrize(("name", "content"), [("a.pptx", DECK), ("a.hwpx", LETTER)])
def test_a_preview_shows_every_page_and_says_what_is_hidden(name: str, content: bytes) -> None:
    shown = preview_of(_subject(InputFile.of(name, content), DEFAULT, Claims()))
    assert {part.kind for _, part in shown.parts} == {"text", "table"}
    assert preview_from_wire(preview_to_wire(shown)) == shown
    hidden = preview_of(_subject(InputFile.of("a.pptx", pptx(TITLE, Slide(("x",), hidden=True))), DEFAULT, Claims()))
    assert f"slide[2]{HIDDEN}" in dict(hidden.parts)


def test_a_deck_that_is_none_and_a_letter_that_is_none_are_refused_by_the_one_error() -> None:
    for reader, content in ((read_deck, LETTER), (read_hangul, DECK), (read_deck, b""), (read_hangul, b"PK\x03\x04")):
        with pytest.raises(BrokenPackageError):
            reader(content)


@pytest.mark.parametrize("name", ["deck", "letter"])
@given(seed=st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_parts_that_are_mixed_up_are_read_or_refused_by_the_one_error(name: str, seed: int) -> None:
    reader, content = {"deck": (read_deck, DECK), "letter": (read_hangul, LETTER)}[name]
    with contextlib.suppress(BrokenPackageError):
        assert reader(mixed(content, random.Random(seed))).stories


def mixed(content: bytes, chance: random.Random) -> bytes:
    """The package with a part in which elements were left out, doubled or given other numbers."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        name = chance.choice([one for one in package.namelist() if one.endswith((".xml", ".rels", ".hpf"))])
        words = package.read(name).decode().split(">")
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(words) or 1)
        there = words[at : at + 1]
        words[at : at + chance.randrange(2)] = chance.choice(
            ([], there * 2, [word.replace('="', '="-9') for word in there])
        )
    return changed(content, {name: ">".join(words).encode()})
