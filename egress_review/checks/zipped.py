"""Reading a ZIP package whole or not at all: nothing before, between or behind its parts, nothing hidden, no bomb."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from egress_review.findings import Severity
from registry.text import Text

MOST_PARTS = 1_000
"""Parts up to which a package is read: a deck of a hundred slides with notes has some 450."""
MOST_BYTES = 64 * 1024 * 1024
"""Unpacked size up to which a package is read; a workbook of the largest file that may leave is far below."""

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_END = struct.Struct("<4s8xII2x")
_PADDING = 0xA220
_EXTRA = {0x0001: 28, 0x000A: 32, 0x5455: 13, 0x5855: 12, 0x7855: 4, 0x7875: 11}
"""Extra fields by their number, and the bytes that each has at most: APPNOTE 4.5, Info-ZIP."""
_FLAG_ENCRYPTED = 0x1
_FLAG_DESCRIPTOR = 0x8


class BrokenPackageError(ValueError):
    """Bytes that are not exactly one well-formed package; `reason` says what is wrong."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.reason = Text(ko=ko, en=en)


class TooLargePackageError(BrokenPackageError):
    """A package that unpacks to more than is read, so that nobody knows what is in it."""


def read_parts(data: bytes) -> Mapping[str, bytes]:
    """The parts of a package by name.

    Every byte of the file must belong to a part or to the directory that names it, so that two programs cannot see
    two different packages in it.

    Raises: BrokenPackageError
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if package.comment or not data.startswith(b"PK\x03\x04"):
                raise _strange()
            infos = sorted(package.infolist(), key=lambda info: info.header_offset)
            _check_directory(infos)
            end = 0
            for info in infos:
                if info.header_offset != end:
                    raise _strange()
                end = _end_of(data, info)
            # The record at the very end says where the directory is, and the directory fills what is left.
            signature, size, offset = _END.unpack(data[-_END.size :])
            if (signature, offset, offset + size) != (b"PK\x05\x06", end, len(data) - _END.size):
                raise _strange()
            return {info.filename: package.read(info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, struct.error, ValueError) as e:
        if isinstance(e, BrokenPackageError):
            raise
        raise BrokenPackageError("압축 구조를 읽을 수 없습니다.", "The package cannot be unpacked.") from None


def _check_directory(infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_BYTES:
        raise TooLargePackageError("압축을 풀면 한도를 넘습니다.", "The package unpacks to more than is read.")
    if len({name.lower() for name in names}) != len(names):
        raise BrokenPackageError("같은 이름의 부분이 두 번 있습니다.", "Two parts have the same name.")
    for info in infos:
        if info.flag_bits & _FLAG_ENCRYPTED:
            raise BrokenPackageError("암호가 걸려 있습니다.", "The package is encrypted.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.comment:
            raise _strange()
        if (info.is_dir() and info.file_size) or info.filename.startswith("/") or ".." in info.filename.split("/"):
            raise _strange()


def _end_of(data: bytes, info: zipfile.ZipInfo) -> int:
    """The position behind a part: its local header must name the same part and be followed by its bytes alone."""
    head = _LOCAL.unpack_from(data, info.header_offset)
    signature, flags, name_length, extra_length = head[0], head[2], head[9], head[10]
    start = info.header_offset + _LOCAL.size
    name = data[start : start + name_length]
    if signature != b"PK\x03\x04" or name != info.orig_filename.encode("utf-8" if flags & 0x800 else "cp437"):
        raise _strange()
    extra = data[start + name_length : start + name_length + extra_length]
    if not (_is_plain_extra(extra) and _is_plain_extra(info.extra)):
        raise _strange()
    end: int = start + name_length + extra_length + info.compress_size
    if flags & _FLAG_DESCRIPTOR:
        end += 16 if data[end : end + 4] == b"PK\x07\x08" else 12
    return end


def _is_plain_extra(extra: bytes) -> bool:
    """Whether an extra field holds times and owners of a file, or the padding that Office leaves, and nothing else."""
    while extra:
        if len(extra) < 4:
            return False
        kind, length = struct.unpack_from("<HH", extra)
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _PADDING:
            if content[4:].strip(b"\0"):
                return False
        elif length > _EXTRA.get(kind, -1) or len(content) != length:
            return False
    return True


def _strange() -> BrokenPackageError:
    return BrokenPackageError(
        "압축 파일 안에 목록에 없는 내용이 있습니다.", "The package holds bytes that its directory does not name."
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of part of a package that keeps something which a reader of it does not see."""

    name: re.Pattern[str]
    severity: Severity
    what: Text


_UNKNOWN = Part(re.compile(".*"), Severity.FAIL, Text("알 수 없는 부분", "a part that is not understood"))


def parts_named(*rows: tuple[str, Severity, str, str]) -> tuple[Part, ...]:
    """Kinds of parts by the pattern of their name, how grave each is, and what to call it in Korean and English."""
    return tuple(Part(re.compile(pattern), severity, Text(ko, en)) for pattern, severity, ko, en in rows)


def part_of(name: str, kinds: tuple[Part, ...]) -> Part:
    """The first kind that a name is of; one that nobody knows is grave too."""
    return next((part for part in kinds if part.name.fullmatch(name)), _UNKNOWN)
