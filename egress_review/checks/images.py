"""PNG and JPEG by structure: nothing before, between or after what draws the picture.

`pixels_only` gives the picture without metadata and trailing bytes; it is what a preview may show.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from egress_review.checks import ocr
from egress_review.checks.excerpts import check_excerpts
from egress_review.checks.exif import is_plain_exif
from egress_review.checks.explained import check_explained
from egress_review.checks.few_people import check_few_people
from egress_review.checks.identifiers import flag_lines
from egress_review.checks.left_out_bars import check_left_out_bars
from egress_review.checks.listing import Listing
from egress_review.checks.noise import check_noise
from egress_review.checks.picture_rows import check_picture_rows
from egress_review.checks.pictured import check_pictured
from egress_review.checks.printed_keys import check_printed_keys
from egress_review.checks.prose import check_prose
from egress_review.checks.ruled import without_rules
from egress_review.checks.shape import check_records
from egress_review.checks.stamped import check_stamped
from egress_review.checks.subject import PieceSubject, Subject, piece_of
from egress_review.findings import Severity, Where
from registry.text import Text

MOST_PIXELS = 50_000_000
"""Pixels beyond which a picture is refused: a few kilobytes can unpack to gigabytes."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3
"""Type of a picture whose pixels are places in its palette."""
_PNG_DRAWS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"))
_PNG_HARMLESS = frozenset((b"pHYs", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"hIST", b"tIME", b"cICP"))
_PNG_TEXT = frozenset((b"tEXt", b"zTXt", b"iTXt"))
_LONGEST = {
    **{b"PLTE": 768, b"tRNS": 256, b"IEND": 0, b"pHYs": 9, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"sBIT": 4},
    **{b"bKGD": 6, b"hIST": 512, b"tIME": 7, b"cICP": 4},
}
"""Bytes that a chunk can have: PNG specification, 11. A longer one carries something else."""
_ONCE = frozenset((*_LONGEST, b"IHDR"))
_PLAIN_TEXT = re.compile(
    rb"Software\0(?:\0\0\0\0)?[\w .,:;/()+-]{0,80}|Creation Time\0[\w .,:/+-]{0,40}"
    rb"|date:(?:create|modify|timestamp)\0[\dTZ:+-]{10,32}",
    re.ASCII,
)
"""What matplotlib and ImageMagick write into every figure."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_FIX = Text(
    ko="그림을 화면 캡처가 아닌 savefig로 다시 저장하고 다른 프로그램으로 고치지 마십시오.",
    en="Save the figure again with savefig and do not edit it with other programs.",
)


_NO_OCR = Text(
    ko="그림의 글자를 읽는 프로그램(tesseract)이나 그 한국어·영어 자료가 없어 글자를 확인하지 않았습니다.",
    en="The words in the picture were not checked: there is no tesseract here, or not in Korean and English.",
)
_LOOK = Text(ko="심사자가 그림의 글자를 직접 읽으십시오.", en="A reviewer reads the words in the picture.")
_TABLE_UNREAD = Text(
    ko="그림이 표를 보여 주는데, 글자를 읽는 프로그램(tesseract)이나 그 한국어·영어 자료가 없어 읽지 않았습니다.",
    en="The picture shows a table that nobody has read: there is no tesseract here, or not in Korean and English.",
)
_AS_TABLE = Text(
    ko="화면을 찍은 그림 대신 집계한 표를 CSV로 내십시오. 사람이나 업체의 행이면 지우십시오.",
    en="Hand in the aggregated table as CSV instead of its picture; remove it if its rows are people or firms.",
)
_OCR_FAILED = Text(
    ko="그림의 글자를 제한 시간 안에 읽지 못했습니다.", en="The words in the picture could not be read in time."
)
_SIMPLER = Text(ko="그림을 더 작고 단순하게 저장하십시오.", en="Save the figure smaller and simpler.")


class BrokenImageError(ValueError):
    """Bytes that are not exactly one well-formed picture; `reason` says what is wrong."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """What a picture's structure holds."""

    width: int
    height: int
    pixels_only: bytes
    """The picture without anything that does not draw."""
    metadata: tuple[str, ...]
    """Names of the parts that carry information beside the picture."""


def read_picture(data: bytes) -> Picture:
    """The structure of a PNG or JPEG.

    Raises: BrokenImageError — for anything that is not exactly one picture.
    """
    return _read_png(data) if data.startswith(_PNG_SIGNATURE) else _read_jpeg(data)


def check_image(subject: Subject, listing: Listing) -> None:
    """Structure first; then say what only a person can judge."""
    try:
        picture = read_picture(subject.data)
    except BrokenImageError as error:
        listing.flag("image.integrity", error.reason, _FIX)
        return
    for name in picture.metadata:
        message = Text(ko="그림에 {name} 정보가 붙어 있습니다.", en="The picture carries {name} metadata.")
        listing.flag("image.metadata", message.fill(name=name), _FIX)
    check_noise(picture.pixels_only, listing)
    _check_words(subject, picture, listing)
    message = Text(
        ko="그림 속의 점과 선은 기계가 읽지 않습니다.",
        en="What the picture shows beside its words is not read by the machine.",
    )
    fix = Text(
        ko="심사자가 직접 보고, 그림 뒤의 수를 표로 함께 내십시오.",
        en="A reviewer looks at it; hand in the counts behind the figure as a table.",
    )
    listing.skip("image.content", message, fix)


def _check_words(subject: Subject, picture: Picture, listing: Listing) -> None:
    """Read the words of a picture, and look in them for people; where that cannot be done, say so."""
    table = without_rules(picture.pixels_only)
    try:
        using = ocr.reader()
        if using is None or not using.complete:
            # A warning: on a machine without the program every picture is for people to read, as it is anyway.
            # A table is no figure: what it says are numbers and words, and nobody has read them.
            unread = table is not None and not _is_read_elsewhere(subject)
            message, fix = (_TABLE_UNREAD, _AS_TABLE) if unread else (_NO_OCR, _LOOK)
            listing.skip("image.text", message, fix, severity=None if unread else Severity.WARN)
        if using is None:
            return
        words = ocr.words_in(table or picture.pixels_only, picture.width, picture.height, using)
    except ocr.OcrError:
        listing.skip("image.text", _OCR_FAILED, _SIMPLER)
        return
    flag_lines(words.text, subject.policy, listing)
    with listing.within(Where(path="text")):
        check_prose(piece_of(subject, "txt", text=_in_lines(words.text)), listing)
        check_pictured(words.labels, subject, listing)
        rows = piece_of(subject, "txt", text=words.lines)
        for check in _OF_ROWS:
            check(rows, listing)


def _is_read_elsewhere(subject: Subject) -> bool:
    """Whether a picture is of a page whose own words hold so many numbers that the table is read with them."""
    return len(_A_NUMBER.findall(subject.text)) >= MOST_UNREAD if isinstance(subject, PieceSubject) else False


MOST_UNREAD = 12
_A_NUMBER = re.compile(r"\d[\d,.]*")

_OF_ROWS = (
    *(check_records, check_excerpts, check_few_people, check_printed_keys, check_picture_rows),
    *(check_stamped, check_explained, check_left_out_bars),
)
"""What looks for people in the rows of a table, of which a picture may be, and in what else its lines say."""


_AT_RISK = re.compile(
    r"(?:no\.?|numbers?|patients|subjects) at risk|위험 ?(?:집단|군|대상자?)|관찰 ?대상자?", re.IGNORECASE
)
_NUMBERS = re.compile(r"(?P<label>[^\d\n]{0,40}?)\s*(?P<numbers>\d{1,6}(?:\s+\d{1,6}){1,20})\s*")


def _in_lines(words: str) -> str:
    """What was read, with the numbers at risk below a curve in lines of their own."""
    lines: list[str] = []
    within = False
    for line in words.splitlines():
        row = _NUMBERS.fullmatch(line) if within else None
        within = _AT_RISK.search(line) is not None or (within and (row is not None or not line.strip()))
        lines += [row["label"], *row["numbers"].split()] if row else [line]
    return "\n".join(lines)


def _broken(ko: str, en: str) -> BrokenImageError:
    return BrokenImageError(Text(ko=ko, en=en))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, content and raw bytes of every chunk."""
    at = len(_PNG_SIGNATURE)
    while at < len(data):
        if at + 12 > len(data):
            raise _broken("PNG가 끝까지 있지 않습니다.", "The PNG is cut off.")
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            raise _broken("PNG가 끝까지 있지 않습니다.", "The PNG is cut off.")
        kind, content = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise _broken("PNG의 검사합이 맞지 않습니다.", "A checksum of the PNG is wrong.")
        yield kind, content, data[at:end]
        at = end
        if kind == b"IEND":
            if at != len(data):
                raise _broken("그림이 끝난 뒤에 다른 내용이 더 있습니다.", "There is content after the end of the PNG.")
            return
    raise _broken("PNG의 끝 표시가 없습니다.", "The PNG has no end.")


def _read_png(data: bytes) -> Picture:
    kept, packed, metadata = bytearray(_PNG_SIGNATURE), bytearray(), list[str]()
    header: tuple[int, ...] | None = None
    seen = set[bytes]()
    for kind, content, raw in _chunks(data):
        if len(content) > _LONGEST.get(kind, len(content)) or (kind in _ONCE and kind in seen):
            metadata.append("oversized " + kind.decode("latin-1"))
            continue
        seen.add(kind)
        if kind == b"IHDR" and header is None and len(content) == 13:
            header = struct.unpack(">IIBBBBB", content)
        elif header is None:
            raise _broken("PNG의 머리가 잘못되었습니다.", "The PNG does not start with its header.")
        if kind == b"PLTE" and header[3] != _INDEXED:
            metadata.append("PLTE")  # Colours that no pixel names.
        elif kind in _PNG_DRAWS:
            kept += raw
            packed += content if kind == b"IDAT" else b""
        elif kind in _PNG_TEXT:
            if kind == b"zTXt" or not _PLAIN_TEXT.fullmatch(content):
                metadata.append("text")
        elif kind == b"eXIf" and is_plain_exif(content):
            continue
        elif kind == b"iCCP":
            metadata.append("ICC")
        elif kind not in _PNG_HARMLESS:
            metadata.append(kind.decode("latin-1") if kind.isalpha() else "unknown")
    if header is None:
        raise _broken("PNG의 머리가 없습니다.", "The PNG has no header.")
    _check_pixels(header, bytes(packed))
    return Picture(header[0], header[1], bytes(kept), tuple(metadata))


def _check_pixels(header: tuple[int, ...], packed: bytes) -> None:
    """The compressed data must unpack to exactly the pixels of the header, and to nothing more."""
    width, height, depth, colour, _, _, interlace = header
    if not (0 < width * height <= MOST_PIXELS and colour in _CHANNELS):
        raise _broken("그림의 크기를 받아들일 수 없습니다.", "The size of the picture cannot be accepted.")
    bits = depth * _CHANNELS[colour]
    expected = height * (1 + (width * bits + 7) // 8)
    most = expected if interlace == 0 else expected * 2 + 64
    unpack = zlib.decompressobj()
    try:
        size = len(unpack.decompress(packed, most + 1))
    except zlib.error:
        raise _broken("PNG의 자료를 풀 수 없습니다.", "The data of the PNG cannot be unpacked.") from None
    exact = size == expected if interlace == 0 else 0 < size <= most
    if not exact or unpack.unused_data or unpack.unconsumed_tail:
        raise _broken(
            "PNG의 자료가 그림의 크기와 맞지 않습니다.",
            "The data of the PNG does not match the size of the picture.",
        )


def _read_jpeg(data: bytes) -> Picture:
    kept, metadata = bytearray(data[:2]), list[str]()
    width = height = 0
    at = 2
    while True:
        marker, start, end = _segment(data, at)
        if marker in (0xC0, 0xC1, 0xC2) and end - start >= 6:
            height, width = struct.unpack_from(">HH", data, start + 1)
        content = data[start:end]
        if marker in _JPEG_HEADERS and not _is_lean(marker, content):
            raise _broken("JPEG의 구조가 잘못되었습니다.", "The structure of the JPEG is wrong.")
        if marker in _JPEG_DRAWS and _is_lean(marker, content):
            kept += data[at:end]
        elif not (marker == 0xE1 and content.startswith(b"Exif\0\0") and is_plain_exif(content[6:])):
            metadata.append(_jpeg_part(marker, content))
        at = end
        if marker == 0xDA:
            at = _end_of_scan(data, end)
            kept += data[end:at]
        if data[at : at + 2] == b"\xff\xd9":
            break
    if at + 2 != len(data):
        raise _broken("그림이 끝난 뒤에 다른 내용이 더 있습니다.", "There is content after the end of the JPEG.")
    if not 0 < width * height <= MOST_PIXELS:
        raise _broken("그림의 크기를 받아들일 수 없습니다.", "The size of the picture cannot be accepted.")
    return Picture(width, height, bytes(kept) + b"\xff\xd9", tuple(metadata))


def _segment(data: bytes, at: int) -> tuple[int, int, int]:
    """Marker of the segment at `at`, and where its content starts and ends."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] in (0x00, 0xFF, 0xD8):
        raise _broken("JPEG의 구조가 잘못되었습니다.", "The structure of the JPEG is wrong.")
    (length,) = struct.unpack_from(">H", data, at + 2)
    if length < 2 or at + 2 + length > len(data):
        raise _broken("JPEG가 끝까지 있지 않습니다.", "The JPEG is cut off.")
    return data[at + 1], at + 4, at + 2 + length


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the compressed data ends: at a marker that is neither a stuffed byte nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _broken("JPEG가 끝까지 있지 않습니다.", "The JPEG is cut off.")
        if data[at + 1] != 0x00 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


_JPEG_DRAWS = frozenset((0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xEE))
"""Segments that draw: frames, tables, scans, restarts, and the two that say how colours are meant."""

_JPEG_HEADERS = frozenset((0xC0, 0xC1, 0xC2, 0xDA))
"""Headers of a frame and of a scan: without one of them, what is left of the file is no picture."""


def _is_lean(marker: int, content: bytes) -> bool:
    """Whether a segment has exactly the length that its own numbers give it: ITU-T T.81, annex B; JFIF 1.02."""
    match marker:
        case 0xE0:
            return content[:5] == b"JFIF\0" and len(content) == 14 and content[12:14] == b"\0\0"
        case 0xEE:
            return content[:5] == b"Adobe" and len(content) == 12
        case 0xDB:
            at = 0
            while at < len(content):
                at += 129 if content[at] >> 4 else 65
            return at == len(content)
        case 0xC4:
            at = 0
            while at < len(content):
                at += 17 + sum(content[at + 1 : at + 17])
            return at == len(content)
        case 0xDD:
            return len(content) == 2
        case 0xDA:
            return len(content) >= 1 and len(content) == 4 + 2 * content[0]
        case _:
            return len(content) >= 6 and len(content) == 6 + 3 * content[5]


def _jpeg_part(marker: int, content: bytes) -> str:
    if marker == 0xE2 and content.startswith(b"ICC_PROFILE"):
        return "ICC"
    if content.startswith(b"Exif"):
        return "EXIF"
    if content.startswith(b"http://ns.adobe.com/xap"):
        return "XMP"
    if marker == 0xFE:
        return "comment"
    return f"APP{marker - 0xE0}" if 0xE0 <= marker <= 0xEF else f"segment {marker:X}"
