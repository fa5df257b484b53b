"""EXIF that every program writes: how a picture is turned, how fine it is, its title, and nothing else in any byte."""

from __future__ import annotations

import re
import struct

from egress_review.checks.pdf_told import is_plain_title

_PLAIN = re.compile(rb"[\w .,:;/()+-]{0,80}\0{0,2}", re.ASCII)
_DATE = re.compile(rb"[\d:T Z+-]{0,30}\0{0,2}")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_NUMBERS = frozenset(
    (
        *(0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0112, 0x0115, 0x011A, 0x011B, 0x011C, 0x0128, 0x0213),
        *(0x9000, 0x9101, 0xA000, 0xA001, 0xA002, 0xA003, 0xA402, 0xA403, 0xA406),
    )
)
"""Tags of size, orientation, resolution, colour and version: Exif 2.32, tables 3, 4 and 8."""
_DESCRIPTION, _SOFTWARE, _WITHIN = 0x010E, 0x0131, 0x8769
LONGEST_DESCRIPTION = 120
"""Bytes of the title of a picture."""
_DATES = frozenset((0x0132, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012))
LONGEST_NUMBERS = 24
"""Bytes of the values of one such tag: four fractions at most, of which three are usual."""
MOST_TAGS = 40


def is_plain_exif(data: bytes) -> bool:
    """Whether a TIFF block holds only orientation, resolution, size, title, program and time, and no byte besides."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8 or len(data) > 2_000:
        return False
    seen = bytearray(len(data))
    seen[:8] = b"\1" * 8
    try:
        whole = _directory(data, order, struct.unpack_from(order + "I", data, 4)[0], seen, outer=True)
    except (struct.error, IndexError):
        return False
    return whole and not any(byte for byte, known in zip(data, seen, strict=True) if not known)


def _directory(data: bytes, order: str, at: int, seen: bytearray, *, outer: bool) -> bool:
    (count,) = struct.unpack_from(order + "H", data, at)
    end = at + 2 + 12 * count
    (following,) = struct.unpack_from(order + "I", data, end)
    if count > MOST_TAGS or following or any(seen[at : end + 4]):
        return False
    seen[at : end + 4] = b"\1" * (end + 4 - at)
    for place in range(at + 2, end, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", data, place)
        size = _SIZES.get(kind, 0) * number
        start = place + 8 if size <= 4 else struct.unpack_from(order + "I", data, place + 8)[0]
        value = data[start : start + size]
        if not size or len(value) < size:
            return False
        if tag == _WITHIN and outer and size == 4:
            if not _directory(data, order, struct.unpack(order + "I", value)[0], seen, outer=False):
                return False
            continue
        if not _is_plain(tag, value) or (size <= 4 and data[start + size : place + 12].strip(b"\0")):
            return False
        seen[start : start + size] = b"\1" * size
    return True


def _is_plain(tag: int, value: bytes) -> bool:
    if tag in _NUMBERS:
        return len(value) <= LONGEST_NUMBERS
    if tag in _DATES:
        return _DATE.fullmatch(value) is not None
    if tag == _DESCRIPTION:
        return _is_title(value)
    return tag == _SOFTWARE and _PLAIN.fullmatch(value) is not None


def _is_title(value: bytes) -> bool:
    """Whether a description is the title of a figure: a line of words, and nothing behind its end."""
    try:
        said = value.removesuffix(b"\0").decode()
    except UnicodeDecodeError:
        return False
    return len(value) <= LONGEST_DESCRIPTION and said.isprintable() and is_plain_title(said)
