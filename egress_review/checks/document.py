"""What a document is to the checks, whichever program wrote it: what its pages say, and whatever they do not show.

Word documents, decks of slides and Hangul documents are packages of XML parts. What the table of parts of a format does
not name is not understood, and what is not understood does not leave.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from xml.etree import ElementTree

from egress_review.checks.organisations import is_organisation, is_somebody
from egress_review.checks.xml_tree import BrokenXmlError, local, namespace, read_xml, strings_of
from egress_review.checks.zipped import BrokenPackageError, Part, part_of
from egress_review.findings import Severity

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
THUMBNAIL = re.compile(r"docProps/thumbnail\.(?:png|jpe?g)", re.IGNORECASE)
"""The picture of the first page that Office takes when it saves; PowerPoint does unless it is told not to.

It is looked at and shown to reviewers like any picture of the document, so that it stops nothing by itself.
"""
OTHER_THUMBNAIL = (
    r"docProps/thumbnail.*",
    Severity.FAIL,
    "읽을 수 없는 형식의 미리보기 그림",
    "a thumbnail of a kind that is not read",
)
_TEMPLATES = frozenset(
    (
        "96367138dc44ce09bf2c8f0f8e49348a1478d2c5c0af69bbc2bbc38b63cdcead",
        "116f9aa8ea038e39ef47ee99a23592ab569cf77feafecd0a30e222369e931d25",
        "d7768f87e07d29634782e448ece1cddd05a52b9499254222b1190bc8f6dc579e",
        "ed62ae8edd793b8f14da4c1a9d62af4944aabff0141f6ff4048d55bbde0785e5",
        "74bd1752d2e053a5b977f1c5afd1a1c702feb5217a1384cb92c349e523c3356d",
        "7f8a0f58b9d133594d8406ce96cfd6c5676db3df54c426cce2a314e80b9a2c09",
    )
)
"""SHA-256 of thumbnails, printer settings and a tag that templates of python-docx, python-pptx and officer leave."""


class StoryKind(Enum):
    """What a text of a document is to those who open it."""

    PAGE = auto()
    """A page, a slide, a section, with what stands around it."""
    BEHIND = auto()
    """A layout or a master, which every slide shows."""
    NOTES = auto()
    COMMENTS = auto()
    PREVIEW = auto()
    """What a preview in the file says and the document does not."""


@dataclass(frozen=True, slots=True)
class Story:
    """One text of a document: its body, a header, a slide, the notes below it."""

    place: str
    words: str
    tables: tuple[Rows, ...] = ()
    unseen: bool = False
    """Whether nobody who opens the document sees it at first: a hidden slide, a note, a comment."""
    kind: StoryKind = StoryKind.PAGE


@dataclass(frozen=True, slots=True)
class Document:
    """A document in pieces, and what of it the pages do not show."""

    stories: tuple[Story, ...]
    beside: str
    """Every longer string of the other parts: styles, settings, properties."""
    images: tuple[bytes, ...]
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
    thumbnails: tuple[bytes, ...] = ()
    """Pictures of the first page that the program took when it saved."""
    fields: int = 0
    """Fields and buttons that fetch, compute or run something."""
    unknown: int = 0
    """Elements of namespaces that no standard names, or that say something where nothing is said."""
    people: int = 0
    offices: int = 0
    """Fields of the properties that name an organisation and no person."""
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
    parts: Iterable[str], known: Container[str], kinds: tuple[Part, ...], *read: re.Pattern[str]
) -> tuple[tuple[str, Part], ...]:
    """The parts that nothing reads, by name, each with what it is; `read` are the names of pictures that are."""
    strange = (name for name in sorted(parts) if name not in known and not any(one.fullmatch(name) for one in read))
    return tuple((name, part_of(name, kinds)) for name in strange)


def pictures_of(parts: Mapping[str, bytes], picture: re.Pattern[str], known: Container[str] = ()) -> tuple[bytes, ...]:
    """The pictures of a package that are read, without those that are known."""
    return tuple(content for name, content in parts.items() if picture.fullmatch(name) and name not in known)


def left_by_templates(parts: Mapping[str, bytes]) -> frozenset[str]:
    """The parts that the template of a program leaves in every file that it writes."""
    return frozenset(name for name, data in parts.items() if hashlib.sha256(data).hexdigest() in _TEMPLATES)


def in_turn(names: Iterable[str]) -> list[str]:
    """Names of parts in the order of their numbers: the second section before the tenth."""
    return sorted(
        names, key=lambda name: [(len(part), part) if part.isdecimal() else (0, part) for part in _split(name)]
    )


def _split(name: str) -> list[str]:
    return [part.lstrip("0") or "0" if part.isdecimal() else part for part in re.split(r"([0-9]+)", name)]


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


def people_in_properties(trees: Trees) -> int:
    """How many fields of the properties of Office name somebody; programs write their own name as well."""
    return sum(map(is_somebody, _in_properties(trees)))


def offices_in_properties(trees: Trees) -> int:
    """How many fields of the properties of Office name an organisation and no person."""
    return sum(map(is_organisation, _in_properties(trees)))


def _in_properties(trees: Trees) -> Iterator[str | None]:
    held = (trees[name] for name in ("docProps/core.xml", "docProps/app.xml") if name in trees)
    return (element.text for tree in held for element in tree.iter() if local(element.tag) in _NAMES_PEOPLE)
