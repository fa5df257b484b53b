"""Files that are two files at once: a second beginning or end in the bytes of a first.

A program that goes by another rule than ours (a ZIP reader starts at the end, a PDF reader searches the first
kilobyte) would open something that nobody looked at.
"""

from __future__ import annotations

import re

from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from registry.text import Text

_ZIP_END = b"PK\x05\x06"
_ZIP_TAIL = 22 + 65_535
"""Bytes at the end in which a ZIP reader looks for its directory."""
_SEARCHED = 1024
"""Bytes at the beginning in which a PDF reader looks for its header: ISO 32000-1, annex H."""

_WITHIN: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")),
    ("jpeg", re.compile(rb"\xff\xd8\xff[\xe0\xe1]..(?:JFIF|Exif)\x00", re.DOTALL)),
    ("7z", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("rar", re.compile(rb"Rar!\x1a\x07[\x00\x01]")),
    ("sqlite", re.compile(rb"SQLite format 3\x00")),
    ("hdf5", re.compile(rb"\x89HDF\r\n\x1a\n")),
    ("gzip", re.compile(rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]", re.DOTALL)),
    ("elf", re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01")),
    ("ole", re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
)
_UNPACKED = frozenset(("zip", "pdf"))
"""Kinds that hold packed parts as they are, so that a beginning within them is no second file; those are examined."""

_MESSAGE = Text(
    ko="파일 하나가 두 가지 형식입니다: {first}이면서 {second}입니다.",
    en="It is two files in one: {first} and {second}.",
)
_FIX = Text(
    ko="원래 프로그램에서 새로 저장하고 다른 파일과 합치지 마십시오.",
    en="Save it anew from its own program, and do not join it with another file.",
)


def check_polyglot(subject: Subject, listing: Listing) -> None:
    """Flag a second kind of file in the bytes of the first."""
    first = subject.content.kind
    for second in second_kinds(subject.data, first):
        listing.flag("file.polyglot", _MESSAGE.fill(first=first, second=second), _FIX)


def second_kinds(data: bytes, first: str) -> list[str]:
    """Kinds beside `first` as which the bytes would open."""
    found = []
    if first != "zip" and _zip_directory(data):
        found.append("zip")
    if first != "pdf" and b"%PDF-" in data[:_SEARCHED] and b"%%EOF" in data:
        found.append("pdf")
    if first not in _UNPACKED:
        # From the second byte: what stands at the first is the kind itself.
        found += [kind for kind, pattern in _WITHIN if kind != first and pattern.search(data, 1)]
        if first in ("png", "jpeg") and re.search(rb"<(?:script|html|\?php|svg)\b", data, re.IGNORECASE):
            found.append("html")
    if first != "tar" and data[257:262] == b"ustar":
        found.append("tar")
    return found


def _zip_directory(data: bytes) -> bool:
    """Whether a ZIP reader finds a directory at the end that names a member within the file."""
    at = data.rfind(_ZIP_END, max(0, len(data) - _ZIP_TAIL))
    return at >= 0 and b"PK\x01\x02" in data[:at]
