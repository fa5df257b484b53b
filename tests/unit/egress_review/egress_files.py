"""Short words for checking one made-up file, and files of kinds that the engine knows."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from typing import Any

from egress_review.claims import parse_claims
from egress_review.engine import InputFile, Request, check_file
from egress_review.findings import FileReport, Flagged, Where
from egress_review.policy import load_policy
from egress_review.terms import Policy

DEFAULT = load_policy("kr-default")


def look(
    name: str,
    content: str | bytes,
    controls: dict[str, Any] | None = None,
    *,
    policy: Policy = DEFAULT,
    encoding: str = "utf-8",
    **request: Any,
) -> FileReport:
    """The report on one file."""
    data = content.encode(encoding) if isinstance(content, str) else content
    return check_file(InputFile.of(name, data), policy, Request(claims=parse_claims(controls), **request))


def flagged(report: FileReport, prefix: str = "") -> list[tuple[str, Where]]:
    """Rules that found something, with their places."""
    return [(f.rule, f.where) for f in report.findings if isinstance(f, Flagged) and f.rule.startswith(prefix)]


def places(report: FileReport, rule: str) -> list[tuple[int, int]]:
    """Row and column of every find of one rule."""
    return [(where.row, where.column) for found, where in flagged(report, rule) if found == rule]


def chunk(kind: bytes, content: bytes) -> bytes:
    """One PNG chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*extra: bytes, width: int = 4, height: int = 3, tail: bytes = b"", packed: bytes | None = None) -> bytes:
    """A small grey picture with further chunks before its pixels and bytes after its end."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = zlib.compress((b"\0" + b"\x80" * width) * height) if packed is None else packed
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"") + tail


def jpeg(*segments: bytes, tail: bytes = b"") -> bytes:
    """The frame of a JPEG: enough structure to be read, no picture worth seeing."""
    start = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 3, 4, 1) + b"\x01\x11\x00"
    scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\x01\x00\x00\x3f\x00" + b"\x12\xff\x00\x34"
    return b"\xff\xd8" + b"".join(segments) + start + scan + b"\xff\xd9" + tail


def segment(marker: int, content: bytes) -> bytes:
    """One JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def zipped() -> bytes:
    """A zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.csv", "a")
    return target.getvalue()


UNCHECKABLE: dict[str, bytes] = {
    "data.ods": zipped(),
    "data.csv.gz": b"\x1f\x8b\x08\x00" + b"\0" * 20,
    "model.pkl": pickle.dumps({"a": 1}),
    "data.parquet": b"PAR1" + b"\0" * 20,
    "data.npy": b"\x93NUMPY\x01\x00" + b"\0" * 20,
    "data.h5": b"\x89HDF\r\n\x1a\n" + b"\0" * 20,
    "run.exe": b"MZ\x90\x00",
    "data.db": b"SQLite format 3\x00",
    "data.bin": bytes(range(256)),
    "noextension": b"text",
}
