"""The samples of a PNG, row by row, by the standard library alone: PNG specification, section 9.

Filters that add (Sub, Up) are undone for a whole row at once, as arithmetic on one large number; those that compare
(Average, Paeth) cannot be and cost a tenth of a microsecond for each sample.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}
"""Channels by colour type; a palette (3) has no samples that could be near each other."""
MOST_SAMPLES = 24_000_000
"""Bytes of samples up to which a picture is read: 3,000 by 2,000 pixels in colour with transparency."""


@dataclass(frozen=True, slots=True)
class Samples:
    """A picture of eight bits for each sample: its rows without filters."""

    width: int
    height: int
    channels: int
    rows: tuple[bytes, ...]


def read_samples(data: bytes) -> Samples | None:
    """The samples of a PNG that is known to be well-formed; None for a palette, interlacing, another depth or size."""
    header, packed = b"", bytearray()
    for kind, content in _chunks(data):
        if kind == b"IHDR":
            header = content
        elif kind == b"IDAT":
            packed += content
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    channels = _CHANNELS.get(colour, 0)
    if depth != 8 or interlace or not channels or width * height * channels > MOST_SAMPLES:
        return None
    plain = zlib.decompress(packed)
    return Samples(width, height, channels, tuple(_rows(plain, width * channels, channels)))


def write_samples(samples: Samples) -> bytes:
    """A PNG of these samples and nothing else."""
    colour = {channels: colour for colour, channels in _CHANNELS.items()}[samples.channels]
    header = struct.pack(">IIBBBBB", samples.width, samples.height, 8, colour, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in samples.rows), 9)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _rows(plain: bytes, length: int, step: int) -> Iterator[bytes]:
    low = int.from_bytes(b"\x7f" * length, "little")
    high = int.from_bytes(b"\x80" * length, "little")
    above = bytes(length)
    for start in range(0, len(plain), length + 1):
        kind, row = plain[start], plain[start + 1 : start + 1 + length]
        if kind == 1:
            row = _sums(row, step, low, high)
        elif kind == 2:
            row = _added(int.from_bytes(row, "little"), int.from_bytes(above, "little"), low, high).to_bytes(
                length, "little"
            )
        elif kind == 3:
            row = _averages(row, above, step)
        elif kind == 4:
            row = _paeth(row, above, step)
        yield row
        above = row


def _added(a: int, b: int, low: int, high: int) -> int:
    """Two rows added byte by byte, without a carry from one to the next."""
    return ((a & low) + (b & low)) ^ ((a ^ b) & high)


def _sums(row: bytes, step: int, low: int, high: int) -> bytes:
    """Every byte plus all bytes before it of its channel: each turn adds what lies twice as far back."""
    number, length, reach = int.from_bytes(row, "little"), len(row), step
    whole = low | high
    while reach < length:
        number = _added(number, (number << 8 * reach) & whole, low, high)
        reach *= 2
    return number.to_bytes(length, "little")


def _averages(row: bytes, above: bytes, step: int) -> bytes:
    done = bytearray(row)
    for channel in range(step):
        left = 0
        for at in range(channel, len(done), step):
            done[at] = left = (done[at] + ((left + above[at]) >> 1)) & 255
    return bytes(done)


def _paeth(row: bytes, above: bytes, step: int) -> bytes:
    done = bytearray(row)
    for channel in range(step):
        left = corner = 0
        values = []
        for change, up in zip(row[channel::step], above[channel::step], strict=True):
            to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
            near = up if to_up <= to_corner else corner
            if to_left <= to_up and to_left <= to_corner:
                near = left
            corner = up
            left = (change + near) & 255
            values.append(left)
        done[channel::step] = bytes(values)
    return bytes(done)
