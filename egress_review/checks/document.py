"""Word documents (Office Open XML), read to the last part: what the pages say, and whatever they do not show.

What the table of parts does not name is not understood, and what is not understood does not leave. The format is
ECMA-376, part 1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from egress_review.checks.nobody import NOBODY
from egress_review.checks.xml_tree import BrokenXmlError, local, namespace, read_xml, strings_of
from egress_review.checks.zipped import BrokenPackageError, Part, part_of, parts_named, read_parts
from egress_review.findings import Severity

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STORIES = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_COMMENTS = re.compile(r"word/comments\w*\.xml|word/people\.xml")
_PICTURE = re.compile(r"word/media/[\w.-]+\.(?:png|jpe?g)", re.IGNORECASE)
_TEMPLATE = frozenset(("96367138dc44ce09bf2c8f0f8e49348a1478d2c5c0af69bbc2bbc38b63cdcead",))
"""SHA-256 of the picture of an empty page that the template of python-docx leaves in every document."""
_CUSTOM = re.compile(r"customXml/(?:item(?:Props)?\d+\.xml|_rels/item\d+\.xml\.rels)")
_MOST_CUSTOM = 400
"""Characters up to which custom information without a text is the empty list of sources that Word leaves behind."""
HARMLESS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml|word/_rels/[\w.]+\.rels|"
    r"word/(?:document|styles|stylesWithEffects|settings|webSettings|fontTable|numbering|footnotes|endnotes)\.xml|"
    r"word/(?:header|footer)\d*\.xml|word/theme/theme\d*\.xml"
)
"""Parts that carry nothing but what this module reads, or how it looks."""

_SPACES = re.compile(
    r"http://schemas\.openxmlformats\.org/(?:wordprocessingml|drawingml|officeDocument|markup-compatibility|schemaLibrary)/.*|"
    r"http://schemas\.microsoft\.com/office/(?:word|drawing|powerpoint)/.*|urn:schemas-microsoft-com:(?:vml|office:.*)|"
    r"http://www\.w3\.org/XML/1998/namespace|http://purl\.org/.*|http://www\.w3\.org/2001/.*|"
    r"http://schemas\.openxmlformats\.org/package/2006/.*|"
)
_STANDARD = re.compile(r"http://schemas\.|application/vnd\.")
_TRACKED = frozenset(("del", "ins", "moveFrom", "moveTo", "rPrChange", "pPrChange", "tblPrChange", "sectPrChange"))
_FIELDS = frozenset(
    ("PAGE", "NUMPAGES", "TOC", "REF", "PAGEREF", "SEQ", "HYPERLINK", "STYLEREF", "SECTION", "SECTIONPAGES", "NOTEREF")
)
_NAMES_PEOPLE = frozenset(("creator", "lastModifiedBy", "contributor", "Manager", "Company"))
_TINY = 4
"""Font size in half points up to which nobody reads a text."""


PARTS = parts_named(
    (r".*vbaProject.*|.*vbaData.*", Severity.BLOCK, "매크로", "a macro"),
    (r"word/(?:embeddings|activeX)/.*|.*\.bin", Severity.BLOCK, "안에 든 다른 파일", "an embedded file"),
    (r"word/afchunk.*|.*\.(?:html?|mht|rtf)", Severity.BLOCK, "안에 든 다른 문서", "another document"),
    (r"word/charts/.*", Severity.FAIL, "원자료가 딸린 차트", "a chart with its data"),
    (r"word/diagrams/.*", Severity.FAIL, "다이어그램", "a diagram"),
    (r"customXml/.*|docProps/custom\.xml", Severity.FAIL, "사용자 정의 정보", "custom information"),
    (r"word/glossary/.*", Severity.FAIL, "상용구", "building blocks"),
    (r"word/media/.*", Severity.FAIL, "읽을 수 없는 형식의 그림", "a picture of a kind that is not read"),
    (r"docProps/thumbnail.*", Severity.FAIL, "미리보기 그림", "a thumbnail"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document in pieces, and what of it the pages do not show."""

    stories: tuple[tuple[str, str, tuple[tuple[tuple[str, ...], ...], ...]], ...]
    """Each story of the document (body, header, notes, comments): its name, what it says, its tables."""
    beside: str
    """Every longer string of the other parts: styles, settings, properties."""
    images: tuple[tuple[str, bytes], ...]
    parts: tuple[tuple[str, Part], ...]
    tracked: int
    """Insertions and deletions that were recorded."""
    hidden: int
    """Runs of text that are hidden or too small to read."""
    comments: int
    fields: int
    """Field codes that fetch or compute something."""
    unknown: int
    """Elements of namespaces that no standard names."""
    people: int
    outside: int
    """Relations to something outside the file that is loaded with it."""


def read_document(data: bytes) -> Document:
    """A document from its bytes.

    Raises: BrokenPackageError
    """
    parts = read_parts(data)
    if "word/document.xml" not in parts:
        raise BrokenPackageError("워드 문서로 읽을 수 없습니다.", "It cannot be read as a Word document.")
    try:
        trees = {
            name: read_xml(content)
            for name, content in parts.items()
            if HARMLESS.fullmatch(name) or _COMMENTS.fullmatch(name)
        } | _empty_custom(parts)
    except BrokenXmlError:
        raise BrokenPackageError("XML을 읽을 수 없습니다.", "The XML of the document cannot be read.") from None
    return _document(parts, trees)


def _empty_custom(parts: Mapping[str, bytes]) -> dict[str, ElementTree.Element]:
    """Parts of custom information that say nothing; their attributes are read like those of other parts."""
    trees = {name: read_xml(content) for name, content in parts.items() if _CUSTOM.fullmatch(name)}
    return {
        name: tree
        for name, tree in trees.items()
        if not any((element.text or "").strip() for element in tree.iter())
        and sum(map(len, strings_of(tree))) < _MOST_CUSTOM
    }


def _document(parts: Mapping[str, bytes], trees: Mapping[str, ElementTree.Element]) -> Document:
    said = {name: tree for name, tree in trees.items() if _STORIES.fullmatch(name)}
    noted = {name: tree for name, tree in trees.items() if _COMMENTS.fullmatch(name)}
    others = [tree for name, tree in trees.items() if name not in said and name not in noted]
    elements = [element for tree in said.values() for element in tree.iter()]
    known = {name for name, content in parts.items() if hashlib.sha256(content).hexdigest() in _TEMPLATE}
    strange = (name for name in sorted(parts) if not (name in trees or name in known or _PICTURE.fullmatch(name)))
    return Document(
        tuple((name, _words(tree), tuple(_tables(tree))) for name, tree in (*said.items(), *noted.items())),
        "\n".join(dict.fromkeys(text for tree in others for text in strings_of(tree, 12) if not _STANDARD.match(text))),
        tuple((name, content) for name, content in parts.items() if _PICTURE.fullmatch(name)),
        tuple((name, part_of(name, PARTS)) for name in strange),
        sum(local(element.tag) in _TRACKED for element in elements),
        sum(map(_is_hidden, elements)),
        sum(len(list(tree.iter(f"{_W}comment"))) for tree in noted.values()),
        sum(map(_is_active_field, elements)) + sum(local(e.tag) in ("docVar", "altChunk") for e in _all(trees)),
        sum(_SPACES.fullmatch(namespace(element.tag)) is None for element in _all(trees)),
        _people(trees),
        sum(map(_loads, _all(trees))),
    )


def _all(trees: Mapping[str, ElementTree.Element]) -> Iterator[ElementTree.Element]:
    return (element for tree in trees.values() for element in tree.iter())


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


def _descriptions(element: ElementTree.Element) -> Iterator[str]:
    """Words beside a picture, of a content control or a link, which the page does not show."""
    for key, value in element.attrib.items():
        if local(key) in ("descr", "title", "tooltip", "alt", "initials", "author") or len(value) > 40:
            yield value


def _tables(root: ElementTree.Element) -> Iterator[tuple[tuple[str, ...], ...]]:
    for table in root.iter(f"{_W}tbl"):
        rows = [
            tuple(" ".join(_cell(cell).split()) for cell in row.findall(f"{_W}tc")) for row in table.findall(f"{_W}tr")
        ]
        if rows:
            yield tuple(rows)


def _cell(cell: ElementTree.Element) -> str:
    return "\n".join("".join(_said(paragraph)) for paragraph in cell.iter(f"{_W}p"))


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


def _loads(element: ElementTree.Element) -> bool:
    return element.get("TargetMode") == "External" and not element.get("Type", "").endswith("/hyperlink")


def _people(trees: Mapping[str, ElementTree.Element]) -> int:
    """How many fields of the properties name somebody; programs write their own name as well."""
    held = (trees[name] for name in ("docProps/core.xml", "docProps/app.xml") if name in trees)
    elements = (element for tree in held for element in tree.iter())
    return sum(local(e.tag) in _NAMES_PEOPLE and (e.text or "").strip().lower() not in NOBODY for e in elements)
