"""Word documents, pages and drawings are read to their last part; what they do not show is a finding."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.drawing import read_drawing
from egress_review.checks.xml_tree import BrokenXmlError, read_xml
from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.findings import NotChecked, Verdict
from egress_review.previews import preview_from_wire, preview_of, preview_to_wire
from egress_review.scan_main import _subject
from tests.benchmarks.egress_documents import comments, docx, inserted, linked, page, svg, unseen
from tests.unit.egress_review.egress_files import DEFAULT, chunk, flagged, look, png

BODY = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
TABLE = (("group", "n"), ("A", "250"), ("B", "310"))
SMALL = (("group", "n"), ("A", "250"), ("B", "7"))
RRN = "901106-1896546"
YES, NO = (
    f'<table data-quarto-disable-processing="{said}" data-quarto-bootstrap="false"></table>'
    for said in ("true", "false")
)


def rules(name: str, content: bytes) -> set[str]:
    return {rule for rule, _ in flagged(look(name, content))}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", docx(["Results", "결과 요약"], [TABLE])),
        ("a.docx", docx(["See the paper"], relations=linked("hyperlink", "https://example.org/p"))),
        ("a.html", page(TABLE)),
        ("a.htm", page(body="<p>Counts are rounded.</p>")),
        ("a.html", page(body=NO + NO)),
        ("a.html", page(head="<style>td { background-color: transparent; border-top-color: transparent }</style>")),
        ("a.html", page(body=f'<img alt="plot" src="data:image/png;base64,{base64.b64encode(png()).decode()}">')),
        ("a.svg", svg(["rate per 1,000", "2010", "2020"], marks=14)),
    ],
)
def test_an_ordinary_document_page_or_drawing_passes(name: str, content: bytes) -> None:
    report = look(name, content)
    assert report.verdict is Verdict.PASSED, flagged(report)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (docx(tables=[SMALL]), "cells.small"),
        (docx([f"see {RRN}"]), "identifier.rrn"),
        (docx(body=inserted("the old text")), "document.hidden"),
        (docx(body=inserted(RRN)), "identifier.rrn"),
        (docx(body=unseen("not to be seen")), "document.hidden"),
        (docx(parts={"word/comments.xml": comments("ask Kim")}), "document.hidden"),
        (docx(parts={"word/comments.xml": comments(RRN)}), "identifier.rrn"),
        (docx(parts={"word/vbaProject.bin": b"x"}), "document.parts"),
        (docx(parts={"word/embeddings/book1.xlsx": b"x"}), "document.parts"),
        (docx(parts={"word/charts/chart1.xml": b"<a/>"}), "document.parts"),
        (docx(parts={"word/media/image1.emf": b"x"}), "document.parts"),
        (docx(parts={"anything/else.xml": b"<a/>"}), "document.parts"),
        (docx(parts={"customXml/item1.xml": b"<a>kept</a>"}), "document.parts"),
        (docx(parts={"word/media/image1.png": png(chunk(b"eXIf", b"II*\0"))}), "image.metadata"),
        (docx(relations=linked("attachedTemplate", "http://example.org/t.dotm")), "document.parts"),
        (docx(body='<w:p><w:fldSimple w:instr="DDEAUTO cmd"/></w:p>'), "document.parts"),
        (docx(creator="홍길동"), "document.people"),
        (docx(body="<w:t>7 died</w:t>"), "document.parts"),
        (docx(parts={"word/settings.xml": BODY}), "document.parts"),
        (docx(body='<x:y xmlns:x="urn:made-up">data</x:y>'), "document.parts"),
        (docx(parts={"word/settings.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "document.structure"),
        (docx(["x"]) + b"more", "document.structure"),
    ],
)
def test_what_a_document_does_not_show_is_found(content: bytes, rule: str) -> None:
    assert rule in rules("a.docx", content)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (page(SMALL), "cells.small"),
        (page(body=f"<p>{RRN}</p>"), "identifier.rrn"),
        (page(body=f"<!-- {RRN} -->"), "identifier.rrn"),
        (page(body=f'<p data-id="{RRN}">x</p>'), "identifier.rrn"),
        (page(body=f'<p class="{RRN}">x</p>'), "identifier.rrn"),
        (page(head=f"<style>p::after {{ content: '{RRN}' }}</style>"), "identifier.rrn"),
        (page(body="<script>1</script>"), "markup.active"),
        (page(body='<p onclick="x()">a</p>'), "markup.active"),
        (page(body='<a href="javascript:x()">a</a>'), "markup.active"),
        (page(head='<meta http-equiv="refresh" content="0;url=//x">'), "markup.active"),
        (page(body='<iframe src="x"></iframe>'), "markup.active"),
        (page(body='<img src="https://example.org/p.png">'), "markup.outside"),
        (page(head='<link rel="stylesheet" href="x.css">'), "markup.outside"),
        (page(head="<style>p { background: url(x) }</style>"), "markup.outside"),
        (page(body="<!-- 7 patients of ward B left out -->"), "markup.hidden"),
        (page(body='<p style="display: none">x</p>'), "markup.hidden"),
        (page(body='<p style="font-size:0">x</p>'), "markup.hidden"),
        (page(body='<p style="color:transparent">x</p>'), "markup.hidden"),
        (page(body='<p style="-webkit-text-fill-color: transparent">x</p>'), "markup.hidden"),
        (page(head="<style>p { --a-border-color: transparent }</style>"), "markup.hidden"),
        (page(body=YES + NO), "markup.hidden"),
        (page(body='<p data-quarto-disable-processing="true">x</p>'), "markup.hidden"),
        (page(body='<table data-quarto-disable-processing="yes"></table>'), "markup.hidden"),
        (page(body="<unknown-thing>x</unknown-thing>"), "markup.hidden"),
        (page(body="<svg><circle r='1'/>"), "markup.hidden"),
        (page(body=f"<svg><text>{RRN}</text></svg>"), "identifier.rrn"),
        (page(body='<img src="data:image/png;base64,AAAA">'), "image.integrity"),
    ],
)
def test_what_a_page_runs_loads_or_hides_is_found(content: bytes, rule: str) -> None:
    assert rule in rules("a.html", content)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (svg(marks=60), "figure.points"),
        (svg(body="<g>" + '<circle cx="1" cy="2" r="3"/>' * 60 + "</g>"), "figure.points"),
        (svg(body=f'<polyline points="{" ".join(f"{n},{n % 7}" for n in range(3000))}"/>'), "figure.points"),
        (svg([RRN]), "identifier.rrn"),
        (svg(body=f"<desc>{RRN}</desc>"), "identifier.rrn"),
        (svg(body=f"<!-- {RRN} -->"), "identifier.rrn"),
        (svg(body=f"<metadata><a xmlns='urn:x'>{RRN}</a></metadata>"), "identifier.rrn"),
        (svg(body="<script>1</script>"), "markup.active"),
        (svg(body='<g onload="x()"/>'), "markup.active"),
        (svg(body="<foreignObject><p/></foreignObject>"), "markup.active"),
        (svg(body='<a xlink:href="javascript:x()"/>'), "markup.active"),
        (svg(body='<image xlink:href="https://example.org/x.png"/>'), "markup.outside"),
        (svg(body='<use xlink:href="other.svg#a"/>'), "markup.outside"),
        (svg(body='<g style="display: none"><text>x</text></g>'), "markup.hidden"),
        (svg(body='<g data-values="1,2,3"/>'), "markup.hidden"),
        (svg(body='<x:y xmlns:x="urn:made-up"/>'), "markup.hidden"),
        (svg(body='<image xlink:href="data:image/png;base64,AAAA"/>'), "image.integrity"),
        (svg().replace(b'svg11.dtd">', b'svg11.dtd" [<!ENTITY a "b">]>'), "file.type"),
        (svg()[:-9], "markup.structure"),
    ],
)
def test_what_a_drawing_keeps_runs_or_loads_is_found(content: bytes, rule: str) -> None:
    assert rule in rules("a.svg", content)


@pytest.mark.parametrize(
    "trace",
    [
        {"type": "scatter", "mode": "markers", "x": list(range(60)), "y": list(range(60))},
        {"type": "box", "y": list(range(25))},
        {"type": "bar", "y": {"dtype": "f8", "bdata": "AAAA"}},
    ],
)
def test_the_points_of_an_interactive_figure_are_found(trace: dict[str, Any]) -> None:
    assert "figure.points" in rules("a.json", json.dumps({"data": [trace], "layout": {}}).encode())


def test_xml_that_declares_entities_or_nests_without_end_is_refused() -> None:
    for data in (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 5000, "<a/>".encode("utf-16"), b"<a>&b;</a>"):
        with pytest.raises(BrokenXmlError):
            read_xml(data, doctype=True)
    with pytest.raises(BrokenXmlError):
        read_drawing(b"<html/>")


@pytest.mark.parametrize(
    ("name", "content"), [("a.docx", docx(["a"], [TABLE])), ("a.html", page(TABLE)), ("a.svg", svg(["a"], marks=3))]
)
def test_a_preview_shows_what_is_said_and_no_markup(name: str, content: bytes) -> None:
    shown = preview_of(_subject(InputFile.of(name, content), DEFAULT, Claims()))
    assert shown.kind in ("parts", "text")
    assert preview_from_wire(preview_to_wire(shown)) == shown


@pytest.mark.parametrize("name", ["a.docx", "a.html", "a.svg"])
@given(noise=st.binary(max_size=40), at=st.integers(0, 2000))
@settings(max_examples=60, deadline=None)
def test_no_spoilt_document_breaks_the_engine(name: str, noise: bytes, at: int) -> None:
    good = {"a.docx": docx(["a"], [TABLE]), "a.html": page(TABLE), "a.svg": svg(["a"], marks=3)}[name]
    report = look(name, good[:at] + noise + good[at + len(noise) :])
    skipped = [
        f for f in report.findings if isinstance(f, NotChecked) and f.rule not in ("image.content", "image.text")
    ]
    assert not skipped
    shown = preview_of(_subject(InputFile.of(name, good[:at] + noise), DEFAULT, Claims()))
    assert preview_from_wire(preview_to_wire(shown)) == shown
