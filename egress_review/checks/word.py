"""Word documents (Office Open XML), read to the last part. The format is ECMA-376, part 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from egress_review.checks.document import (
    OFFICE_SPACES,
    OTHER_THUMBNAIL,
    THUMBNAIL,
    Document,
    Grammar,
    Story,
    StoryKind,
    Trees,
    beside_of,
    elements_of,
    left_by_templates,
    loads,
    misnamed,
    offices_in_properties,
    people_in_properties,
    pictures_of,
    strange_parts,
    strangers,
    stray,
    trees_of,
)
from egress_review.checks.xml_tree import local
from egress_review.checks.zipped import BrokenPackageError, parts_named, read_parts
from egress_review.findings import Severity

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STORIES = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_COMMENTS = re.compile(r"word/comments\w*\.xml|word/people\.xml")
_PICTURE = re.compile(r"word/media/[\w.-]+\.(?:png|jpe?g)", re.IGNORECASE)
HARMLESS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|word/_rels/[\w.]+\.rels|"
    r"word/(?:document|styles|stylesWithEffects|settings|webSettings|fontTable|numbering|footnotes|endnotes)\.xml|"
    r"word/(?:header|footer)\d*\.xml|word/theme/theme\d*\.xml"
)
"""Parts that carry nothing but what this module reads, or how it looks."""

_TRACKED = frozenset(("del", "ins", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "sectPrChange"))
_FIELDS = frozenset(
    ("PAGE", "NUMPAGES", "TOC", "REF", "PAGEREF", "SEQ", "HYPERLINK", "STYLEREF", "SECTION", "SECTIONPAGES", "NOTEREF")
)
_TINY = 4
"""Font size in half points up to which nobody reads a text."""
_SAID = frozenset(("t", "delText", "instrText", "delInstrText"))
_ROOTS = {
    **dict.fromkeys(("document", "hdr", "ftr", "footnotes", "endnotes"), _STORIES),
    **dict.fromkeys(("comments", "people"), _COMMENTS),
}
"""What the root of a part is called, and the names under which it is read."""


PARTS = parts_named(
    (r".*vbaProject.*|.*vbaData.*", Severity.BLOCK, "매크로", "a macro"),
    (r"word/(?:embeddings|activeX)/.*|.*\.bin", Severity.BLOCK, "안에 든 다른 파일", "an embedded file"),
    (r"word/afchunk.*|.*\.(?:html?|mht|rtf)", Severity.BLOCK, "안에 든 다른 문서", "another document"),
    (r"word/charts/.*", Severity.FAIL, "원자료가 딸린 차트", "a chart with its data"),
    (r"word/diagrams/.*", Severity.FAIL, "다이어그램", "a diagram"),
    (r"customXml/.*|docProps/custom\.xml", Severity.FAIL, "사용자 정의 정보", "custom information"),
    (r"word/glossary/.*", Severity.FAIL, "상용구", "building blocks"),
    (r"word/media/.*", Severity.FAIL, "읽을 수 없는 형식의 그림", "a picture of a kind that is not read"),
    OTHER_THUMBNAIL,
)


def read_document(data: bytes) -> Document:
    """A document from its bytes.

    Raises: BrokenPackageError
    """
    parts = read_parts(data)
    if "word/document.xml" not in parts:
        raise BrokenPackageError("워드 문서로 읽을 수 없습니다.", "It cannot be read as a Word document.")
    return _document(parts, trees_of(parts, HARMLESS, _COMMENTS))


def _document(parts: Mapping[str, bytes], trees: Trees) -> Document:
    said = {name: tree for name, tree in trees.items() if _STORIES.fullmatch(name)}
    noted = {name: tree for name, tree in trees.items() if _COMMENTS.fullmatch(name)}
    others = [tree for name, tree in trees.items() if name not in said and name not in noted]
    elements = [element for tree in said.values() for element in tree.iter()]
    known = left_by_templates(parts)
    stories = (Story(_place(name), _words(tree), tuple(_GRAMMAR.tables(tree))) for name, tree in said.items())
    comments = (
        Story(_place(name), _words(tree), tuple(_GRAMMAR.tables(tree)), unseen=True, kind=StoryKind.COMMENTS)
        for name, tree in noted.items()
    )
    return Document(
        (*stories, *comments),
        beside_of(others, (*said.values(), *noted.values()), _SAID),
        pictures_of(parts, _PICTURE),
        strange_parts(parts, known | trees.keys(), PARTS, _PICTURE, THUMBNAIL),
        tracked=sum(local(element.tag) in _TRACKED for element in elements),
        hidden=sum(map(_is_hidden, elements)),
        comments=sum(len(list(tree.iter(f"{_W}comment"))) for tree in noted.values()),
        thumbnails=pictures_of(parts, THUMBNAIL, known),
        fields=sum(map(_is_active_field, elements))
        + sum(local(e.tag) in ("docVar", "altChunk") for e in elements_of(trees)),
        unknown=strangers(trees, OFFICE_SPACES) + stray(said.values(), "p", _SAID) + misnamed(trees, _ROOTS),
        people=people_in_properties(trees),
        offices=offices_in_properties(trees),
        outside=sum(map(loads, elements_of(trees))),
    )


def _place(name: str) -> str:
    return name.removeprefix("word/").removesuffix(".xml")


def _words(root: ElementTree.Element) -> str:
    """Everything a story says, deleted and hidden words too, a line for each paragraph."""
    # A cell is no line of a text: among its neighbours it would look like a table of its own.
    cells = {id(paragraph) for table in root.iter(f"{_W}tbl") for paragraph in table.iter(f"{_W}p")}
    lines = (f"\n{''.join(_said(one))}\n" if id(one) in cells else "".join(_said(one)) for one in root.iter(f"{_W}p"))
    more = (text for element in root.iter() for text in _descriptions(element))
    return "\n".join((*lines, *more))


def _said(paragraph: ElementTree.Element) -> Iterator[str]:
    for element in paragraph.iter():
        match local(element.tag):
            case "t" | "delText" | "instrText" | "delInstrText" | "textpath":
                yield element.text or element.get("string") or ""
            case "tab":
                yield "\t"
            case "br" | "cr":
                yield "\n"
            case "sym":
                yield "?"


_GRAMMAR = Grammar(f"{_W}tbl", f"{_W}tr", f"{_W}tc", f"{_W}p", _said)


def _descriptions(element: ElementTree.Element) -> Iterator[str]:
    """Words beside a picture, of a content control or a link, which the page does not show."""
    for key, value in element.attrib.items():
        if local(key) in ("descr", "title", "tooltip", "alt", "initials", "author") or len(value) > 40:
            yield value


def _is_hidden(element: ElementTree.Element) -> bool:
    name, value = local(element.tag), element.get(f"{_W}val", "")
    if name in ("vanish", "specVanish"):
        return value not in ("0", "false", "off")
    return name == "sz" and re.fullmatch(r"[0-9]{1,9}", value) is not None and int(value) <= _TINY


def _is_active_field(element: ElementTree.Element) -> bool:
    """Whether a field does more than count pages or point within the document."""
    name = local(element.tag)
    text = element.text if name == "instrText" else element.get(f"{_W}instr") if name == "fldSimple" else None
    word = (text or "").split()[:1]
    # A code may be cut into several runs; what does not begin with a word continues one that was judged.
    return bool(word and word[0].isalpha() and word[0].isupper() and word[0] not in _FIELDS)
