"""Text that looks encoded, counted per person and project: data carried out piece by piece over many cells.

A large message is looked at at its beginning, at its end and in places between them that nobody can foresee, and what
is found there stands for the rest, so that the work for one message is bounded. Nothing is refused for it: an officer
is told, because a hash or a key in an output is no crime, and who knows the measure could stay below it. It raises the
price of a trickle; it does not end it.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections import deque
from dataclasses import dataclass, field

from hub_config.gate.held_files import FILES

LOOKED_AT = 65_536  # bytes of one message
PLACES = 16  # stretches of it that are looked at, one in each part of the message


def _opening(begins: bytes) -> bytes:
    """Return a pattern of how base64 of what begins so begins; JSON may write a slash with a backslash."""
    return base64.b64encode(begins)[: len(begins) * 8 // 6].replace(b"+", rb"\+").replace(b"/", rb"\\?/")


def _picture(type_: str, begins: tuple[bytes, ...]) -> bytes:
    return type_.removeprefix("image/").encode() + rb'(?=": ?"(?:' + b"|".join(map(_opening, begins)) + rb"))"


# Pictures are base64 by their nature and counted against the budget; SVG is text. Inside JSON a quotation mark that a
# person printed is escaped, so no text output can look like this; what stands beside the value counts like any other
# text, and so does whatever has a name that no browser draws, or does not begin as its name says.
_PICTURES = b"|".join(_picture(k.type, k.begins) for k in FILES if k.begins and k.type.startswith("image/"))
PICTURE_NAME = rb'("image/(?:' + _PICTURES + rb')": ?)"'
PICTURE = re.compile(PICTURE_NAME + rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_HEX = rb"[0-9a-fA-F]"
_PAIRED = _HEX + rb"{2}(?:[ :,\-]" + _HEX + rb"{2}){31,}"
# Base64 of either alphabet, hex or digits of 64 and more at a stretch (a SHA-256 in hex is just one), the same with
# separators, lines of `xxd` and `hexdump -C`, and bytes as Python prints them, whose backslashes JSON doubles.
# Numbers in rows are not among them: an array of measurements looks like an array of bytes.
DENSE = re.compile(
    rb"(?P<paired>"
    + _PAIRED
    + rb")"
    rb"|(?P<digits>[0-9](?: [0-9]){63,})"
    rb"|(?P<dump>H{8}(?:: (?:H{4} ){8} [^\\]{0,16}|  (?:H{2} ){8} (?:H{2} ){8} \|[^|\\]{0,16}))".replace(b"H", _HEX)
    + rb"|(?P<printed>(?:\\\\x"
    + _HEX
    + rb"{2}"
    + rb"""(?:[^\\"]|\\\\(?:[nrt']|\\\\)|\\"){0,12}+){12,}+)"""
    rb"|(?P<run>[A-Za-z0-9+/=_\-]{64,})"
)
PLAIN = re.compile(rb"[A-Za-z0-9+/=]{64,}|" + _PAIRED)
MOST_MARKS = 8  # one in so many may be `-` or `_`: one in 32 is, of random bytes; in rules and names it is more
ESCAPED = re.compile(rb"\\(?:u00([0-9a-fA-F]{2})|/)")
# The same as what a search for bytes finds at the speed of the machine: most messages hold none of these, and are done.
_B64 = bytes(0x78 if (chr(b).isalnum() and b < 128) or chr(b) in "+/=-_" else 0x20 for b in range(256))
_PAIRS = bytes(0x68 if chr(b) in "0123456789abcdefABCDEF" else 0x73 if chr(b) in " :,-" else 0x2E for b in range(256))
_DUMPS = tuple(b"h" * 8 + b"ss" + row for row in (b"hhhhs" * 8, b"hhs" * 8))
_SIGNS = ((_B64, (b"x" * 64,)), (_PAIRS, (b"hhs" * 31, b"hs" * 63, *_DUMPS)))
DIGITS = re.compile(rb"[0-9 ,.]+")
HEX = re.compile(rb"[0-9a-fA-F :,\-]+")
KINDS = ("digits", "hex", "base64", "binary")
STEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """How much within how long is told; `factor` times what the policy says for an hour."""

    seconds: float
    factor: int


WINDOWS = (Window(3600.0, 1), Window(24 * 3600.0, 3))


@dataclass(frozen=True, slots=True)
class Found:
    """What an officer is told: so many bytes in so many messages within a time, mostly of one kind."""

    size: int
    messages: int
    seconds: int
    kind: str


@dataclass(slots=True)
class Minute:
    """What was counted within one minute."""

    at: float
    dense: dict[str, int] = field(default_factory=dict)
    messages: int = 0


@dataclass(slots=True)
class Trickle:
    """The counters of one person in one project."""

    limit: int
    _minutes: deque[Minute] = field(default_factory=deque)
    _told: dict[Window, float] = field(default_factory=dict)

    def note(self, data: bytes, now: float) -> Found | None:
        """Count one message to a browser; return what is to be told, once per window that is full."""
        return self.count(*dense_bytes(data), now)

    def count(self, dense: int, kind: str, now: float, *, messages: int = 1) -> Found | None:
        """Count so many bytes of a kind; return what is to be told, once per window that is full."""
        if not dense:
            return None
        minute = self._minute(now)
        minute.dense[kind] = minute.dense.get(kind, 0) + dense
        minute.messages += messages
        for window in WINDOWS:
            if now - self._told.get(window, -window.seconds) < window.seconds:
                continue
            found = self._within(window, now)
            if found.size >= self.limit * window.factor:
                self._told[window] = now
                return found
        return None

    def _minute(self, now: float) -> Minute:
        while self._minutes and now - self._minutes[0].at > WINDOWS[-1].seconds:
            self._minutes.popleft()
        if not self._minutes or now - self._minutes[-1].at >= STEP_SECONDS:
            self._minutes.append(Minute(now))
        return self._minutes[-1]

    def _within(self, window: Window, now: float) -> Found:
        recent = [one for one in self._minutes if now - one.at <= window.seconds]
        kinds = {kind: sum(one.dense.get(kind, 0) for one in recent) for kind in KINDS}
        most = max(KINDS, key=lambda kind: kinds[kind])
        return Found(sum(kinds.values()), sum(one.messages for one in recent), int(window.seconds), most)


def dense_bytes(data: bytes) -> tuple[int, str]:
    """Return how many bytes of a message look encoded, and of which kind most are; a picture is none of them."""
    if not _signs_in(_looked_at(data)):
        return 0, "base64"
    return dense_beside(PICTURE.sub(rb"\1", data))


def dense_beside(data: bytes) -> tuple[int, str]:
    """Return the same of data that has no picture in it."""
    looked = _looked_at(data)
    if not _signs_in(looked):
        return 0, "base64"
    total, longest, kind = 0, 0, "base64"
    for match in DENSE.finditer(looked):
        size = _size(match)
        total += size
        if size > longest:
            longest, kind = size, _kind(match)
    if len(data) > LOOKED_AT:
        total = total * len(data) // LOOKED_AT
    return total, kind


def _looked_at(data: bytes) -> bytes:
    """Return what is looked at of a message, with letters in place of the escapes that JSON allows for them."""
    looked = data if len(data) <= LOOKED_AT else _places(data)
    if b"\\u00" not in looked and b"\\/" not in looked:
        return looked
    return ESCAPED.sub(lambda escape: bytes((int(escape[1], 16),)) if escape[1] else b"/", looked)


def _places(data: bytes) -> bytes:
    part, size = len(data) // PLACES, LOOKED_AT // PLACES
    between = (n * part + secrets.randbelow(part - size + 1) for n in range(1, PLACES - 1))
    return b"\n".join(data[at : at + size] for at in (0, *between, len(data) - size))


def _signs_in(looked: bytes) -> bool:
    if looked.count(rb"\\x") >= 12:
        return True
    found = ((looked.translate(table), signs) for table, signs in _SIGNS)
    return any(sign in translated for translated, signs in found for sign in signs)


def _size(match: re.Match[bytes]) -> int:
    """Return how much of a match looks encoded: of a run with many marks only what holds without them."""
    run = match.group()
    if match.lastgroup == "run" and (run.count(b"-") + run.count(b"_")) * MOST_MARKS > len(run):
        return sum(len(plain) for plain in PLAIN.findall(run))
    return len(run)


def _kind(match: re.Match[bytes]) -> str:
    if match.lastgroup in ("dump", "printed"):
        return "hex"
    if DIGITS.fullmatch(match.group()):
        return "digits"
    return "hex" if HEX.fullmatch(match.group()) else "base64"
