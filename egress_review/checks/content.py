"""What a file is, by its bytes. The name is a claim; the bytes decide."""

from __future__ import annotations

import re
from dataclasses import dataclass

from egress_review.checks.decoding import Decoded, decode
from registry.text import Text


@dataclass(frozen=True, slots=True)
class Signature:
    """Bytes by which a kind of file is known."""

    kind: str
    magic: bytes
    offset: int = 0


SIGNATURES: tuple[Signature, ...] = (
    Signature("png", b"\x89PNG\r\n\x1a\n"),
    Signature("jpeg", b"\xff\xd8\xff"),
    Signature("pdf", b"%PDF-"),
    Signature("zip", b"PK\x03\x04"),
    Signature("zip", b"PK\x05\x06"),
    Signature("gzip", b"\x1f\x8b"),
    Signature("bzip2", b"BZh"),
    Signature("xz", b"\xfd7zXZ\x00"),
    Signature("zstd", b"\x28\xb5\x2f\xfd"),
    Signature("lz4", b"\x04\x22\x4d\x18"),
    Signature("7z", b"7z\xbc\xaf\x27\x1c"),
    Signature("rar", b"Rar!\x1a\x07"),
    Signature("tar", b"ustar", 257),
    Signature("hdf5", b"\x89HDF\r\n\x1a\n"),
    Signature("parquet", b"PAR1"),
    Signature("arrow", b"ARROW1"),
    Signature("feather", b"FEA1"),
    Signature("numpy", b"\x93NUMPY"),
    Signature("sqlite", b"SQLite format 3\x00"),
    Signature("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Signature("r-data", b"RDX2\n"),
    Signature("r-data", b"RDX3\n"),
    Signature("spss", b"$FL2"),
    Signature("elf", b"\x7fELF"),
    Signature("windows-program", b"MZ"),
    Signature("gif", b"GIF8"),
    Signature("bmp", b"BM"),
    Signature("tiff", b"II*\x00"),
    Signature("tiff", b"MM\x00*"),
    Signature("webp", b"WEBP", 8),
    Signature("hwp", b"HWP Document File"),
    Signature("rtf", b"{\\rtf"),
    Signature("postscript", b"%!PS"),
    Signature("r-data", b"RDA2\n"),
    Signature("r-data", b"RDA3\n"),
    Signature("r-data", b"X\n\x00\x00\x00"),
    Signature("spss", b"$FL3"),
    Signature("spss", b"$FL@(#) SPSS"),
    Signature("stata", b"<stata_dta>"),
    *(Signature("stata", bytes((release, order, 1, 0))) for release in (110, 111, 113, 114, 115) for order in (1, 2)),
    Signature("sas", b"\x00" * 12 + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c"),
    Signature("sas", b"HEADER RECORD*******LIBRARY HEADER RECORD"),
    Signature("safetensors", b'{"', 8),
    Signature("gguf", b"GGUF"),
    Signature("orc", b"ORC"),
    Signature("avro", b"Obj\x01"),
    Signature("matlab", b"MATLAB 5.0 MAT-file"),
    Signature("wasm", b"\x00asm"),
    Signature("cab", b"MSCF"),
    Signature("pickle", b"\x80\x02"),
    Signature("pickle", b"\x80\x03"),
    Signature("pickle", b"\x80\x04\x95"),
    Signature("pickle", b"\x80\x05\x95"),
)

_WORDLIKE = frozenset(
    ("bmp", "windows-program", "orc", "gif", "bzip2", "parquet", "arrow", "feather", "gguf", "tar", "webp", "cab")
)
"""Kinds whose mark is letters with which an ordinary text may begin, such as BMI; their bytes are no text besides."""

WHY_NOT: dict[str, Text] = {
    "zip": Text(
        "압축 파일(오피스·한글 문서 포함)은 안에 든 것을 숨길 수 있습니다",
        "archives, documents of Office and Hangul among them, hide what is in them",
    ),
    "pickle": Text(
        "pickle 파일에는 원자료가 들어 있을 수 있고 열기만 해도 코드가 실행됩니다",
        "a pickle may contain the data itself and runs code when opened",
    ),
    "svg": Text("SVG에는 그림의 모든 점이 그대로 들어 있습니다", "SVG embeds every data point of the figure"),
    "safetensors": Text(
        "모델에는 학습한 자료가 남아 있을 수 있습니다", "a model can keep the data that it learned from"
    ),
    "html": Text("HTML은 스크립트와 숨은 내용을 담을 수 있습니다", "HTML can carry scripts and hidden content"),
    "notebook": Text(
        "노트북에는 출력된 자료가 함께 들어 있습니다", "a notebook carries the data that its cells printed"
    ),
}
_ARCHIVES = ("gzip", "bzip2", "xz", "zstd", "lz4", "7z", "rar", "tar")
WHY_NOT |= dict.fromkeys(_ARCHIVES, WHY_NOT["zip"])
_OLD = Text(
    "예전 방식이거나(HWP, DOC, PPT, XLS) 암호를 건 문서는 안에 든 것을 끝까지 읽을 수 없습니다",
    "documents in an old binary format (HWP, DOC, PPT, XLS) or with a password cannot be read to their last part",
)
WHY_NOT |= dict.fromkeys(("ole", "hwp"), _OLD)
DATA_FILE = Text(
    "자료 파일 형식은 사람이 읽어 확인할 수 없습니다", "people cannot read this format to see what is in it"
)

_MARKUP = (
    (
        "svg",
        re.compile(
            r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*(?:<!DOCTYPE svg[^>]*>\s*)?<svg\b",
            re.I | re.S,
        ),
    ),
    (
        "html",
        re.compile(
            r"\s*(?:<!--(?:(?!-->).)*-->\s*)*"
            r"<(?:!doctype html|html|head|meta|title|link|body|script|style|table|div|iframe)\b",
            re.I | re.S,
        ),
    ),
    ("xml", re.compile(r"\s*<\?xml\b", re.I)),
)
_NOTEBOOK = re.compile(r'"nbformat"\s*:\s*\d')


@dataclass(frozen=True, slots=True)
class Content:
    """What the bytes are: a kind, and the text if they are text."""

    kind: str
    decoded: Decoded | None = None


def recognise(data: bytes) -> Content:
    """The kind of `data` by its bytes; `text` for anything readable without a mark, else `binary`."""
    for signature in SIGNATURES:
        if data.startswith(signature.magic, signature.offset) and not (signature.kind in _WORDLIKE and decode(data)):
            return Content(signature.kind)
    decoded = decode(data)
    if decoded is None:
        return Content("binary")
    head = decoded.text[:4096]
    for kind, pattern in _MARKUP:
        if pattern.match(head):
            return Content(kind, decoded)
    if head.lstrip()[:1] == "{" and _NOTEBOOK.search(decoded.text):
        return Content("notebook", decoded)
    return Content("text", decoded)
