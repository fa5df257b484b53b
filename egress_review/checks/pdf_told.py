"""What the metadata of a PDF tell beside the programs and the times that every program writes: who, and where from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from egress_review.checks.nobody import NOBODY
from egress_review.checks.organisations import is_organisation
from egress_review.checks.xml_tree import BrokenXmlError, local, read_xml

LONGEST_TITLE, MOST_NUMBERS = 200, 6
"""Characters, and numbers, of a title; more is a place for data."""
LONGEST_RECORD = 20_000
LONGEST_VALUE = 120

PROGRAMS = frozenset(
    ("/Producer", "/Creator", "/CreationDate", "/ModDate", "/Trapped", "/PTEX.Fullbanner", "/SourceModified")
)
_TITLES = frozenset(("/Title", "/Subject", "/Keywords"))
_AUTHORS = frozenset(("author", "creator", "company", "manager", "contributor", "publisher"))
_PATH = re.compile(
    r"[A-Za-z]:[\\/]|\\\\|(?:^|[\s(])[~/][\w.-]+/|file:|@|\.(?:csv|xlsx?|dta|sav|sas7bdat|parquet|rds)\b", re.I
)
_TITLED = frozenset(("title", "subject", "description", "Keywords"))
_WRITTEN = frozenset(
    """
    CreatorTool Producer CreateDate ModifyDate MetadataDate format DocumentID InstanceID OriginalDocumentID VersionID
    RenditionClass part conformance amd rev Trapped PDFVersion about lang xmptk parseType action instanceID when
    softwareAgent changed    GTS_PDFXVersion GTS_PDFXConformance MarkInfo Marked date li Seq Bag Alt
    """.split()  # noqa: SIM905 - a list of words reads better as one
)
"""Names of what programs write into XMP: ISO 16684-1; ISO 19005."""


def told_by_info(info: Mapping[str, str]) -> int:
    """How many entries of the document information tell of somebody or carry something."""
    held = ((key, value) for key, value in info.items() if key not in PROGRAMS and not _is_office(key, value))
    return sum(not _is_harmless(key in _TITLES, value) for key, value in held)


def offices_in_info(info: Mapping[str, str]) -> int:
    """How many entries name an organisation in the place of an author."""
    return sum(_is_office(key, value) for key, value in info.items())


def _is_office(key: str, value: str) -> bool:
    return key.lstrip("/").lower() in _AUTHORS and is_organisation(value)


def told_by_xmp(record: str) -> int:
    """How many properties of an XMP record do; one that cannot be read does."""
    told = _told_in(record)
    if told is None:
        return 1
    return sum(not _is_harmless(name in _TITLED, value) for name, value in told if not _is_office(name, value))


def offices_in_xmp(record: str) -> int:
    """How many properties of an XMP record name an organisation in the place of an author."""
    return sum(_is_office(name, value) for name, value in _told_in(record) or ())


def _told_in(record: str) -> list[tuple[str, str]] | None:
    """What a record tells beside what every program writes, by name; None if it cannot be read."""
    text = re.sub(r"<\?xpacket[^>]{0,200}\?>", "", record.lstrip("\ufeff")).strip()
    if not text:
        return []
    if len(text) > LONGEST_RECORD:
        return None
    try:
        root = read_xml(text.encode())
    except BrokenXmlError:
        return None
    return [(name, value) for name, value in _properties(root, "") if _tells(name, value)]


def _properties(element: ElementTree.Element, within: str) -> Iterator[tuple[str, str]]:
    """Names and values; what stands in a list has the name of the property that the list is of."""
    name = local(element.tag)
    named = within if name in ("Seq", "Bag", "Alt", "li") else name
    yield from (
        (local(key) if local(key) not in ("lang", "parseType") else "lang", v) for key, v in element.attrib.items()
    )
    for text in (element.text, element.tail):
        if text and text.strip():
            yield named, text.strip()
    for child in element:
        yield from _properties(child, named)


def _tells(name: str, value: str) -> bool:
    return not (name in _WRITTEN and len(value) <= LONGEST_VALUE)


def _is_harmless(title: bool, value: str) -> bool:
    plain = value.strip().strip("()").strip()
    return plain.lower() in NOBODY or (title and is_plain_title(plain))


def is_plain_title(value: str) -> bool:
    """Whether a title, a subject or key words are words: short, with few and short numbers, and no place of a file."""
    numbers = re.findall(r"\d+", value)
    long = any(len(number) > 4 for number in numbers)
    return len(value) <= LONGEST_TITLE and len(numbers) <= MOST_NUMBERS and not long and not _PATH.search(value)
