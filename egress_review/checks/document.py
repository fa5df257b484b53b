"""What a document is to the checks, whichever program wrote it: what its pages say, and whatever they do not show.

Word documents, decks of slides and Hangul documents are packages of XML parts. What the table of parts of a format does
not name is not understood, and what is not understood does not leave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from egress_review.checks.nobody import NOBODY
from egress_review.checks.xml_tree import BrokenXmlError, local, namespace, read_xml, strings_of
from egress_review.checks.zipped import BrokenPackageError, Part, part_of

Rows = tuple[tuple[str, ...], ...]
Trees = Mapping[str, ElementTree.Element]

_CUSTOM = re.compile(r"customXml/(?:item(?:Props)?\d+\.xml|_rels/item\d+\.xml\.rels)")
_MOST_CUSTOM = 400
"""Characters up to which custom information without a text is the empty list of sources that Office leaves behind."""
_LEFT_BY_OFFICE = frozenset(
    (
        *("AppVersion", "HyperlinksChanged", "LinksUpToDate", "MMClips", "Notes", "PresentationFormat", "ScaleCrop"),
        *("ShareDoc", "Slides", "HiddenSlides", "DocSecurity"),
    )
)
"""Properties that LibreOffice keeps of a document it was given."""
_PLAIN_VALUE = re.compile(r"true|false|[0-9]{1,3}(?:\.[0-9]{1,4})?|On-screen Show(?: \([0-9:]{3,5}\))?|Widescreen|")
_STANDARD = re.compile(
    r"http://schemas\.|http://www\.hancom\.co\.kr/|application/vnd\.|\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$"
)
_NAMES_PEOPLE = frozenset(("creator", "lastModifiedBy", "contributor", "Manager", "Company"))
OFFICE_SPACES = re.compile(
    r"http://schemas\.openxmlformats\.org/"
    r"(?:wordprocessingml|presentationml|drawingml|officeDocument|markup-compatibility|schemaLibrary)/.*|"
    r"http://schemas\.microsoft\.com/office/(?:word|drawing|powerpoint|thememl)/.*|urn:schemas-microsoft-com:(?:vml|office:.*)|"
    r"http://www\.w3\.org/XML/1998/namespace|http://purl\.org/.*|http://www\.w3\.org/2001/.*|"
    r"http://schemas\.openxmlformats\.org/package/2006/.*|"
)
"""Namespaces of ECMA-376 and of what Microsoft Office adds to it."""


@dataclass(frozen=True, slots=True)
class Story:
    """One text of a document: its body, a header, a slide, the notes below it."""

    place: str
    words: str
    tables: tuple[Rows, ...] = ()
    unseen: bool = False
    """Whether nobody who opens the document sees it at first: a hidden slide, a note, a comment."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document in pieces, and what of it the pages do not show."""

    stories: tuple[Story, ...]
    beside: str
    """Every longer string of the other parts: styles, settings, properties."""
    images: tuple[tuple[str, bytes], ...]
    parts: tuple[tuple[str, Part], ...]
    tracked: int = 0
    """Insertions and deletions that were recorded."""
    hidden: int = 0
    """Runs of text that are hidden, too small to read or off the page."""
    comments: int = 0
    slides: int = 0
    """Slides that are not shown."""
    notes: int = 0
    """Slides with notes for the speaker."""
    stale: int = 0
    """Lines of the preview in the file that the document itself does not say."""
    thumbnails: int = 0
    """Pictures of the first page that the program took when it saved."""
    fields: int = 0
    """Fields and buttons that fetch, compute or run something."""
    unknown: int = 0
    """Elements of namespaces that no standard names, or that say something where nothing is said."""
    people: int = 0
    outside: int = 0
    """Relations to something outside the file that is loaded with it."""
    marks: int = 0
    """The most drawn marks of one shape on one page."""
    vertices: int = 0
    """Points of the longest drawn line."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a format writes tables, and what a paragraph or a cell says."""

    table: str
    row: str
    cell: str
    paragraph: str
    said: Callable[[ElementTree.Element], Iterator[str]]

    def lines(self, element: ElementTree.Element) -> str:
        """What an element says, a line for each paragraph."""
        return "\n".join("".join(self.said(paragraph)) for paragraph in element.iter(self.paragraph))

    def tables(self, root: ElementTree.Element) -> Iterator[Rows]:
        """Every table below an element."""
        for table in root.iter(self.table):
            rows = [
                tuple(" ".join(self.lines(cell).split()) for cell in row.findall(self.cell))
                for row in table.findall(self.row)
            ]
            if rows:
                yield tuple(rows)


def trees_of(parts: Mapping[str, bytes], *wanted: re.Pattern[str]) -> dict[str, ElementTree.Element]:
    """The parts whose names one of the patterns knows, and empty custom information, as trees.

    Raises: BrokenPackageError
    """
    try:
        trees = {
            name: read_xml(content)
            for name, content in parts.items()
            if any(pattern.fullmatch(name) for pattern in wanted)
        }
        return trees | _empty_custom(parts)
    except BrokenXmlError:
        raise BrokenPackageError("XML을 읽을 수 없습니다.", "The XML of the document cannot be read.") from None


def _empty_custom(parts: Mapping[str, bytes]) -> dict[str, ElementTree.Element]:
    """Parts of custom information that say nothing; their attributes are read like those of other parts."""
    held = (name for name in parts if _CUSTOM.fullmatch(name) or name == "docProps/custom.xml")
    trees = {name: read_xml(parts[name]) for name in held}
    return {
        name: tree
        for name, tree in trees.items()
        if (_left_by_office(tree) if name == "docProps/custom.xml" else _says_nothing(tree))
    }


def _says_nothing(tree: ElementTree.Element) -> bool:
    spoken = any((element.text or "").strip() for element in tree.iter())
    return not spoken and sum(map(len, strings_of(tree))) < _MOST_CUSTOM


def _left_by_office(tree: ElementTree.Element) -> bool:
    """Whether all properties are those that LibreOffice keeps, with a number or a switch in each."""
    values = (text.strip() for element in tree.iter() for text in (element.text, element.tail) if text)
    named = all(one.get("name") in _LEFT_BY_OFFICE and len(one.attrib) == 3 and len(one) == 1 for one in tree)
    return named and len(tree) <= len(_LEFT_BY_OFFICE) and all(map(_PLAIN_VALUE.fullmatch, values))


def strange_parts(
    parts: Iterable[str], known: Container[str], picture: re.Pattern[str], kinds: tuple[Part, ...]
) -> tuple[tuple[str, Part], ...]:
    """The parts that nothing reads, by name, each with what it is."""
    return tuple(
        (name, part_of(name, kinds)) for name in sorted(parts) if name not in known and not picture.fullmatch(name)
    )


def pictures_of(parts: Mapping[str, bytes], picture: re.Pattern[str]) -> tuple[tuple[str, bytes], ...]:
    """The pictures of a package that are read, by name."""
    return tuple((name, content) for name, content in parts.items() if picture.fullmatch(name))


def beside_of(
    others: Iterable[ElementTree.Element], stories: Iterable[ElementTree.Element], said: Container[str]
) -> str:
    """Every longer string of the parts that are no story, and of a story what it says in no element of `said`."""
    strings = [text for tree in others for text in strings_of(tree, 12)]
    for element in (element for tree in stories for element in tree.iter()):
        held = () if local(element.tag) in said else (element.text, element.tail)
        strings += [text.strip() for text in (*held, *element.attrib.values()) if text and len(text.strip()) >= 12]
    return "\n".join(dict.fromkeys(text for text in strings if not _STANDARD.match(text)))


def elements_of(trees: Trees) -> Iterator[ElementTree.Element]:
    """Every element of every part."""
    return (element for tree in trees.values() for element in tree.iter())


def strangers(trees: Trees, spaces: re.Pattern[str]) -> int:
    """How many elements are of a namespace that a format does not know."""
    return sum(spaces.fullmatch(namespace(element.tag)) is None for element in elements_of(trees))


def speaking(stories: Iterable[ElementTree.Element], said: Container[str]) -> int:
    """How many elements of stories say something, within or between their parts, where the format says nothing."""
    silent = (element for tree in stories for element in tree.iter() if local(element.tag) not in said)
    return sum(any((text or "").strip() for text in (one.text, *(part.tail for part in one))) for one in silent)


def misnamed(trees: Trees, roots: Mapping[str, re.Pattern[str]]) -> int:
    """How many parts hold what is read elsewhere under another name: relations decide what a part is, not names."""
    held = ((name, roots.get(local(tree.tag))) for name, tree in trees.items())
    return sum(pattern is not None and pattern.fullmatch(name) is None for name, pattern in held)


def stray(stories: Iterable[ElementTree.Element], paragraph: str, said: Container[str]) -> int:
    """How many texts stand in no paragraph, where no program shows them."""
    found = 0
    for tree in stories:
        held = {id(one) for outer in tree.iter() if local(outer.tag) == paragraph for one in outer.iter()}
        found += sum(local(one.tag) in said and bool(one.text) and id(one) not in held for one in tree.iter())
    return found


def loads(element: ElementTree.Element) -> bool:
    """Whether a relation of Open Packaging brings in something from outside the file."""
    return element.get("TargetMode") == "External" and not element.get("Type", "").endswith("/hyperlink")


def is_somebody(name: str | None) -> bool:
    """Whether a word in the place of an author names a person or an organisation."""
    return (name or "").strip().lower() not in NOBODY


def people_in_properties(trees: Trees) -> int:
    """How many fields of the properties of Office name somebody; programs write their own name as well."""
    held = (trees[name] for name in ("docProps/core.xml", "docProps/app.xml") if name in trees)
    return sum(local(e.tag) in _NAMES_PEOPLE and is_somebody(e.text) for tree in held for e in tree.iter())
