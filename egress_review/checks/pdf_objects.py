"""The objects of a PDF: which of them run, attach, hide or describe something. Read with pypdf, in the scanner only."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from egress_review.checks.pdf_layout import BrokenPdfError, Layout
from egress_review.checks.pdf_told import offices_in_info, offices_in_xmp, told_by_info, told_by_xmp

MOST_VISITED = 200_000
MOST_STREAM = 32 * 1024 * 1024

_ACTIVE: dict[str, str] = {
    "/JavaScript": "JavaScript",
    "/JS": "JavaScript",
    "/Launch": "launch action",
    "/AA": "action",
    "/SubmitForm": "form action",
    "/ImportData": "form action",
    "/GoToR": "link to a file",
    "/GoToE": "link to a file",
    "/RichMedia": "media",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/XFA": "form",
}
_ATTACHED = frozenset(("/EmbeddedFile", "/EmbeddedFiles", "/Filespec", "/AF", "/Collection"))
_HIDES: dict[str, str] = {
    "/OCProperties": "layers",
    "/PieceInfo": "private data of a program",
    "/Thumb": "thumbnail",
    "/AcroForm": "form fields",
    "/Threads": "threads",
    "/Perms": "signatures",
    "/Alternates": "alternate pictures",
    "/OPI": "references to pictures",
    "/Ref": "reference to another file",
}
_SHOWN_ANNOTATIONS = frozenset(("/Link",))
_STREAM_KEYS = frozenset(
    (
        *("/Contents", "/FontFile", "/FontFile2", "/FontFile3", "/ToUnicode", "/CIDToGIDMap", "/CIDSet", "/Encoding"),
        *("/SMask", "/Mask", "/Function", "/Functions", "/Metadata", "/Lookup", "/JBIG2Globals", "/ColorSpace"),
        *("/DestOutputProfile", "/TR", "/BG", "/UCR", "/HT", "/G", "/N", "/CS", "/UseCMap", "/Shading"),
    )
)
_NAMED_STREAMS = frozenset(("/XObject", "/CharProcs", "/Pattern", "/Shading", "/ColorSpace", "/N"))
"""Keys under which a stream draws something or says how; and keys of dictionaries that give such streams names."""

_BINARY = frozenset(("/ID", "/Lookup", "/Panose", "/ColorSpace", "/CS", "/Differences"))
"""Keys of strings that are numbers: palettes and identifiers."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that strings of a PDF may hold and no page shows."""
_INVISIBLE = re.compile(rb"(?<![\d.])[37]\s+Tr\b")
_DRAWN = re.compile(rb"/([^\s/]{1,40})\s+Do\b")
_SYMBOL = re.compile(rb"\(\S\)\s*Tj")


@dataclass(frozen=True, slots=True)
class Objects:
    """What the objects of a PDF hold beside what the pages show."""

    active: tuple[str, ...]
    attachments: int
    hidden: tuple[str, ...]
    metadata: int
    """Fields and records that name its makers or say where it came from, beside its title and its programs."""
    words: str
    """Every text string of the objects and the metadata."""
    marks: int
    vertices: int
    offices: int = 0
    """Fields and records that name an organisation as its maker, and no person."""


def read_objects(data: bytes, layout: Layout) -> Objects:
    """Walk every object that the trailer reaches, and compare with all that the file holds.

    Raises: BrokenPdfError — for an encrypted file or one that cannot be followed. ImportError — without pypdf.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=True)
        if reader.is_encrypted or "/Encrypt" in reader.trailer:
            raise BrokenPdfError("encrypted")
        return _Walk(layout).read(reader)
    except BrokenPdfError:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise BrokenPdfError(type(error).__name__) from None
    except (AssertionError, OverflowError, NotImplementedError, ArithmeticError) as error:
        raise BrokenPdfError(type(error).__name__) from None


class _Walk:
    """One walk over the objects of a file, and what was met on it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._active: dict[str, None] = {}
        self._hidden: dict[str, None] = {}
        self._words: dict[str, None] = {}
        self._attachments = self._metadata = self._offices = self._marks = self._vertices = 0
        self._seen: set[int] = set()

    def read(self, reader: Any) -> Objects:
        from pypdf.generic import IndirectObject

        stack: list[tuple[Any, str, str]] = [(reader.trailer, "", "")]
        visited = 0
        while stack:
            value, key, parent = stack.pop()
            visited += 1
            if visited > MOST_VISITED:
                raise BrokenPdfError("too many objects")
            if isinstance(value, IndirectObject):
                if value.idnum in self._seen:
                    continue
                self._seen.add(value.idnum)
                value = value.get_object()
            stack += self._look(value, key, parent)
        self._info(reader)
        self._orphans(reader)
        if self._layout.updates:
            self._hidden["earlier versions"] = None
        return Objects(
            tuple(self._active),
            self._attachments,
            tuple(self._hidden),
            self._metadata,
            _CONTROLS.sub("", "\n".join((*self._words, self._layout.comments))),
            self._marks,
            self._vertices,
            self._offices,
        )

    def _look(self, value: Any, key: str, parent: str) -> Iterator[tuple[Any, str, str]]:
        from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject, TextStringObject

        if isinstance(value, StreamObject):
            self._stream(value, key, parent)
        if isinstance(value, DictionaryObject):
            self._dictionary(value)
            for inner in value:
                yield value.raw_get(inner), str(inner), key
                self._name(str(inner), value)
        elif isinstance(value, ArrayObject):
            yield from ((one, key, parent) for one in value)
        elif isinstance(value, TextStringObject):
            self._words[str(value)] = None
        elif isinstance(value, ByteStringObject) and not {key, parent} & _BINARY:
            self._words[bytes(value).decode("latin-1")] = None

    def _name(self, key: str, holder: Any) -> None:
        if key in _ACTIVE:
            self._active[_ACTIVE[key]] = None
        elif key in _ATTACHED:
            self._attachments += 1
        elif key in _HIDES:
            self._hidden[_HIDES[key]] = None
        elif key == "/OpenAction" and "/S" in _plain(holder.get(key)):
            self._active["action"] = None
        elif len(key) > 40:
            # Names are free; a long one is a place for a message.
            self._words[key] = None

    def _dictionary(self, value: Any) -> None:
        kind, action = str(value.get("/Subtype", "")), str(value.get("/S", ""))
        if action in _ACTIVE:
            self._active[_ACTIVE[action]] = None
        if str(value.get("/Type", "")) in _ATTACHED:
            self._attachments += 1
        if ("/Rect" in value or str(value.get("/Type")) == "/Annot") and kind and kind not in _SHOWN_ANNOTATIONS:
            self._hidden["annotations"] = None
            self._attachments += kind == "/FileAttachment"

    def _stream(self, value: Any, key: str, parent: str) -> None:
        kind, subtype = str(value.get("/Type", "")), str(value.get("/Subtype", ""))
        if kind in ("/XRef", "/ObjStm"):
            return
        if key not in _STREAM_KEYS and parent not in _NAMED_STREAMS:
            self._hidden["a stream that draws nothing"] = None
        if str(value.get("/F", "")) and "/F" in value:
            self._hidden["reference to another file"] = None
        if kind == "/Metadata" or key == "/Metadata":
            record = _content(value).decode("utf-8", "replace")
            self._metadata += told_by_xmp(record)
            self._offices += offices_in_xmp(record)
            self._words[record] = None
        elif key == "/Contents" or subtype == "/Form":
            self._drawn(_content(value))

    def _drawn(self, content: bytes) -> None:
        """What a content stream draws that a page does not show, and how many points it keeps."""
        if _INVISIBLE.search(content):
            self._hidden["invisible text"] = None
        drawn = Counter(_DRAWN.findall(content))
        paths = content.split(b" m\n") if b" m\n" in content else content.split(b" m ")
        lines = max((path.count(b" l\n") + path.count(b" l ") for path in paths), default=0)
        circles = sum(path.count(b" c\n") + path.count(b" c ") in (4, 8) for path in paths)
        marks = max(max(drawn.values(), default=0), circles, len(_SYMBOL.findall(content)))
        self._marks, self._vertices = max(self._marks, marks), max(self._vertices, lines)

    def _info(self, reader: Any) -> None:
        info = reader.trailer.get("/Info")
        info = info.get_object() if info is not None else {}
        said = {str(key): str(info[key]) for key in info}
        self._metadata += told_by_info(said)
        self._offices += offices_in_info(said)

    def _orphans(self, reader: Any) -> None:
        """Objects of the file that nothing refers to."""
        kept = set(self._layout.objects) | set(getattr(reader, "xref_objStm", {}))
        spare = 0
        for number in kept - self._seen:
            try:
                value = reader.get_object(number)
            except Exception:
                # An object that cannot be read and that nothing needs is hidden content all the same.
                spare += 1
                continue
            kind = str(value.get("/Type", "")) if hasattr(value, "get") else ""
            lengths = isinstance(value, int) and not isinstance(value, bool)
            spare += kind not in ("/XRef", "/ObjStm") and not lengths and value is not None
        if spare > (2 if self._layout.linearised else 0):
            self._hidden["objects that nothing shows"] = None


def _plain(value: Any) -> Any:
    value = value.get_object() if value is not None else {}
    return value if hasattr(value, "keys") else {}


def _content(value: Any) -> bytes:
    content = bytes(value.get_data())
    if len(content) > MOST_STREAM:
        raise BrokenPdfError("a stream unpacks to too much")
    return content
