"""Data in places of a drawing or a page that show nothing, and what programs write there of themselves."""

from __future__ import annotations

from html import escape

import pytest

from tests.unit.egress_review.egress_files import flagged, look

RECORDS = '{"src": [{"id": "32139144", "hba1c": [8.1, 8.1, 7.4]}, {"id": "73706075", "hba1c": [9.9, 8.5, 8.5]}]}'
ROWS = "32139144,8.1,7.4\n73706075,9.9,8.5\n59801043,10.5,6.8\n"
WORDS = '<text {} x="9" y="9">F 63 C34</text>'
RDF = (
    '<metadata><rdf:RDF xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cc="http://creativecommons.org/ns#" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><cc:Work><dc:type '
    'rdf:resource="http://purl.org/dc/dcmitype/StillImage"/><dc:date>2024-03-22T10:02:11.123456</dc:date>'
    "<dc:format>image/svg+xml</dc:format><dc:creator><cc:Agent><dc:title>Matplotlib v3.8.2, https://matplotlib.org/"
    "</dc:title></cc:Agent></dc:creator></cc:Work></rdf:RDF></metadata>"
)
KEPT = {
    "JSON in the metadata": f"<metadata>{RECORDS}</metadata>",
    "rows in the metadata": f"<metadata>{ROWS}</metadata>",
    "JSON in a description": f"<desc>{RECORDS}</desc>",
    "rows in a description": "<desc>32139144 8.1; 73706075 9.9; 59801043 10.5; 15682163 8.2</desc>",
    "numbers in a description": f"<desc>{' '.join(str(8.1 + n / 10) for n in range(30))}</desc>",
    "JSON in a comment": f"<!-- data = {RECORDS} -->",
    "JSON in an attribute": f'<g foo="{escape(RECORDS)}"/>',
    "JSON in a label for those who do not see": f'<g aria-label="{escape(RECORDS)}"/>',
    "JSON as a text": f'<text x="9" y="9" fill="white">{RECORDS}</text>',
    "an attribute of data": '<g data-v="8.1,9.9"/>',
    "no display": WORDS.format('display="none"'),
    "a group that is hidden": f'<g visibility="hidden">{WORDS.format("")}</g>',
    "no opacity": WORDS.format('opacity="0"'),
    "no size": WORDS.format('font-size="0px"'),
    "no filling": WORDS.format('fill="none"'),
    "a clear filling": WORDS.format('fill-opacity="0.0"'),
    "beside the canvas": '<text x="-9000" y="9">F 63 C34</text>',
    "moved off the canvas": f'<g transform="translate(0,5000)">{WORDS.format("")}</g>',
    "definitions that nothing uses": f"<defs>{WORDS.format('')}</defs>",
}
TOLD = {
    "metadata of matplotlib": RDF,
    "what a figure shows, in words": (
        "<desc>Line chart of mean HbA1c by quarter; it falls from 8.1 to 7.2 between the first and last quarter.</desc>"
    ),
    "the program": "<desc>Created with Highcharts 10.3.2</desc>",
    "an axis that is turned": '<text transform="rotate(-90)" x="-250" y="15">평균 HbA1c (%)</text>',
    "the comment of a program": "<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . Build 0)  -->",
    "an empty layer": '<rect x="0" y="0" width="420" height="260" fill="none" opacity="0"/>',
    "a shape that is used": (
        '<defs><g id="unit"><text x="9" y="9">kg</text></g></defs><use href="#unit" x="3" y="3"/>'
    ),
    "letters in outline": '<text x="50" y="50" fill="none" stroke="#333">A</text>',
    "numbers at risk": '<text x="70" y="240">812 790 771 744 720 702 690 655 631 610 580 544 512</text>',
    "linked data without values": (
        '<metadata>{"@context":"https://schema.org","@type":"ImageObject","name":"Figure 1"}</metadata>'
    ),
    "a label for those who do not see": '<g aria-label="quarter: 2022 Q1; mean HbA1c: 8.1; n: 812"/>',
}
PAGES = {
    "data attribute": f'<div data-rows="{escape(RECORDS)}">a</div>',
    "template": f"<template>{RECORDS}</template>",
    "hidden field": f'<input type="hidden" value="{escape(RECORDS)}">',
    "comment": f"<!-- {RECORDS} -->",
    "description": f'<meta name="description" content="{escape(RECORDS)}">',
    "title of an element": f'<p title="{escape(RECORDS)}">a</p>',
    "label": f'<p aria-label="{ROWS}">a</p>',
    "class": f'<p class="{" ".join(str(81 + n) for n in range(30))}">a</p>',
}


def drawn(inner: str) -> str:
    return (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="420" height="260" viewBox="0 0 420 260">'
        f'<title>평균</title><line x1="40" y1="220" x2="400" y2="220" stroke="#333"/>{inner}'
        '<text x="70" y="20" font-size="12">n = 812, 790</text></svg>'
    )


@pytest.mark.parametrize("kind", KEPT)
def test_a_drawing_keeps_no_data_where_it_shows_none(kind: str) -> None:
    assert flagged(look("fig.svg", drawn(KEPT[kind])), "markup.hidden")


@pytest.mark.parametrize("kind", TOLD)
def test_what_programs_and_authors_say_of_a_drawing_leaves(kind: str) -> None:
    assert not flagged(look("fig.svg", drawn(TOLD[kind])), "markup.hidden")


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_keeps_no_data_where_it_shows_none(kind: str) -> None:
    page = f"<!doctype html><html><head><title>t</title></head><body><p>평균 8.1</p>{PAGES[kind]}</body></html>"
    report = look("page.html", page)
    assert flagged(report, "markup.hidden") or flagged(report, "markup.active")


def test_a_page_with_the_usual_attributes_leaves() -> None:
    page = (
        '<!doctype html><html><head><meta name="viewport" content="width=device-width, initial-scale=1.0">'
        '<title>t</title></head><body><p class="row0 col1 data" title="Mean (SD): 2019 8.1 (1.2)">a</p></body></html>'
    )
    assert not flagged(look("page.html", page), "markup.hidden")
