"""Reading XML that a stranger wrote: no entities, no other encoding in which something could hide, no deep nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.parsers import expat

DEEPEST = 200
"""Levels of elements; what programs write stays below 50, and a deeper tree only costs the stack."""

_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"']([^\"']+)")
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+[\w:.-]+(?:\s+(?:PUBLIC\s+\"[^\"<>]*\"|SYSTEM)\s+\"[^\"<>]*\")?\s*>")


class BrokenXmlError(ValueError):
    """XML that is not well formed, or that declares something which is not read here."""


def read_xml(data: bytes, *, doctype: bool = False, comments: bool = False) -> ElementTree.Element:
    """The tree of a document in UTF-8.

    With `doctype` one document type that names its DTD and declares nothing is allowed: it is never loaded. With
    `comments` they stay in the tree, where `comments_in` finds them; without, they are refused.

    Raises: BrokenXmlError
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise BrokenXmlError("encoding")
    if (named := _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))) and named[1].lower() not in (b"utf-8", b"utf8"):
        raise BrokenXmlError("encoding")
    if doctype:
        data = _DOCTYPE.sub(b"", data, count=1)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BrokenXmlError("document type")
    if not comments and b"<!" in data:
        raise BrokenXmlError("declaration")
    parser = ElementTree.XMLParser(target=_Builder(comments=comments))  # noqa: S314
    try:
        parser.feed(data)
        return parser.close()
    except (ElementTree.ParseError, expat.ExpatError, ValueError) as error:
        raise BrokenXmlError(type(error).__name__) from None


class _Builder(ElementTree.TreeBuilder):
    """A builder that gives up on a tree which is too deep."""

    def __init__(self, *, comments: bool) -> None:
        super().__init__(insert_comments=comments, insert_pis=comments)
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BrokenXmlError("depth")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def local(tag: object) -> str:
    """The name of an element without its namespace; of a comment or an instruction `#`."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else "#"


def namespace(tag: object) -> str:
    """The namespace of an element; empty where it has none."""
    return tag.rpartition("}")[0].removeprefix("{") if isinstance(tag, str) else ""


def comments_in(root: ElementTree.Element) -> int:
    """How many comments and instructions stand in a tree."""
    return sum(not isinstance(element.tag, str) for element in root.iter())


def strings_of(root: ElementTree.Element, least: int = 1) -> Iterator[str]:
    """Every text and attribute value of a tree with at least `least` characters."""
    for element in root.iter():
        for text in (element.text, element.tail, *element.attrib.values()):
            if text and len(text.strip()) >= least:
                yield text.strip()
