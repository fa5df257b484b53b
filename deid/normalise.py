"""One spelling for text that is written in many: full-width digits, every dash, odd spaces, split Hangul.

A recogniser reads the normalised text; a reader needs positions in the text as given. `Normalised`
carries both. Most text has none of this, and is told by one search; what has some is changed only there.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple

from deid.spelt_numbers import Edit, readings

DASHES = (
    "\u00ad\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2053\u2212\u2500\u2501\u2e3a\u2e3b\ufe31\ufe32"
    "\ufe58\ufe63\uff0d\u30fc\u3161\u1173"
)
"""Everything typed or pasted where a hyphen-minus is meant; some only look like one in Korean fonts."""

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u3164\uffa0"
INVISIBLE = (
    "\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe00-\ufe0f\ufeff"
)
"""Characters without width, as a class: joiners, marks of direction and variation, byte order marks inside a text."""
MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
"""Marks that are drawn onto the character before them, as a line below a digit."""

_JAMO = "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
# What stands in ordinary Korean text and has one spelling; everything else is looked at.
# A search for a class of characters is quick where the class stands first and alone.
_UNUSUAL = "[^\\x00-\\x7f가-힣ㄱ-ㅠㅢ-ㅣ·…“”‘’○●□■◎◇◆△▲▽▼☎※→←↑↓★☆〈-】℃㎡]"
_ODD = re.compile(f"{_UNUSUAL}{_UNUSUAL}*")
_SHIFTING = re.compile(f"[{INVISIBLE}{MARKS}{_JAMO}]")
_PIECE = re.compile(
    f"(?P<dropped>[{INVISIBLE}]+)|(?P<marked>[^{INVISIBLE}{MARKS}{_JAMO}])?(?P<marks>[{MARKS}]+)"
    "|(?P<jamo>[\u1100-\u115f][\u1160-\u11a7]+[\u11a8-\u11ff]*)"
)
_ENTITY = re.compile("&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});")
_ESCAPE = re.compile("%(?<=[0-9A-Za-z가-힣].)(?:20|2[B-Fb-f]|3[Aa]|40|5[Ff])(?=[0-9A-Za-z가-힣])")
_TAG = "</?(?:b|i|u|em|strong|span|font|mark|a|sub|sup|td|th|tr|br|p|div|li)(?: [^<>]{0,100})?/?>"
_TAGS = re.compile(rf"{_TAG}(?:\s{{0,4}}{_TAG}){{0,3}}")
_IN_NUMBER = re.compile("[0-9A-Z][-0-9A-Z가-힣 .]|[-0-9A-Z가-힣 .][0-9A-Z]")
_CELL = re.compile("<(?:td|th|tr|br|p|div|li)")
_SPREAD = re.compile(r"[0-9](?= [0-9] [0-9] )(?<![0-9].)(?<![0-9][ .,-].)(?:(?: | ?- ?)[0-9]){8,15}(?! ?[0-9])")


class _OneToOne(dict[int, str | int]):
    """What each character is in plain spelling, if that is one character; asked once for each."""

    def __missing__(self, code: int) -> str | int:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(character: str) -> str:
    if character in DASHES:
        return "-"
    if character in SPACES:
        return " "
    digit = unicodedata.digit(character, -1)  # also circled and raised ones
    if digit >= 0:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


_STARS = dict.fromkeys((0x204E, 0x2217, 0x2731, 0x273B, 0x2736), "*")
_BORDERS = dict.fromkeys((0x2502, 0x2503, 0x2551, 0x254E, 0xFFE8, 0x00A6), "|")
_TABLE = _OneToOne(
    _STARS
    | _BORDERS
    | {0x3002: ".", 0x301C: "~", 0x318D: "·", 0x30FB: "·", 0x2022: "·", 0x2027: "·", 0x24FF: "0", 0x24EA: "0"}
)


def one_to_one(text: str) -> str:
    """Return a text with each character in plain spelling that is one character; nothing moves."""
    return text.translate(_TABLE)


class Normalised(NamedTuple):
    """A text in one spelling, and where each of its characters stood in the text as given."""

    text: str
    starts: array[int] | None
    """Position in the given text of each character; None when positions did not change."""
    ends: array[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Positions in the given text of the normalised stretch [start, end)."""
        if self.starts is None or self.ends is None or start == end:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normalise(text: str) -> Normalised:
    """`text` with plain dashes, plain spaces, ASCII digits, whole syllables and nothing invisible."""
    normal = Normalised(text, None, None)
    if "&" in text or "%" in text or "<" in text:
        normal = _edited(normal, _marked_up(text))
    if not normal.text.isascii() and _ODD.search(normal.text):
        if _SHIFTING.search(normal.text):
            normal = _edited(normal, _composed(normal.text))
        plain = _ODD.sub(lambda match: match[0].translate(_TABLE), normal.text)
        normal = Normalised(plain, normal.starts, normal.ends)
    return _edited_all(normal)


def _edited_all(normal: Normalised) -> Normalised:
    """Return the text with its spelt numbers in digits, and with digits that stand apart together."""
    normal = _edited(normal, readings(normal.text))
    if not _SPREAD.search(normal.text):
        return normal
    spaces = [match.start() + at for match in _SPREAD.finditer(normal.text) for at in _places(match[0])]
    return _edited(normal, [(place, place + 1, "") for place in spaces])


def _places(written: str) -> Iterator[int]:
    return (place for place, character in enumerate(written) if character == " ")


def _edited(normal: Normalised, edits: Sequence[Edit]) -> Normalised:
    """Return the text with edits, in order and apart, and where its characters now stood in the text as given."""
    if not edits:
        return normal
    text = normal.text
    pieces: list[str] = []
    starts: array[int] = array("L")
    ends: array[int] = array("L")
    position = 0
    for start, end, new in edits:
        pieces += (text[position:start], new)
        _keep(normal, position, start, starts, ends)
        for _ in new:
            begin, stop = normal.span(start, end)
            starts.append(begin)
            ends.append(stop)
        position = end
    pieces.append(text[position:])
    _keep(normal, position, len(text), starts, ends)
    return Normalised("".join(pieces), starts, ends)


def _keep(normal: Normalised, start: int, end: int, starts: array[int], ends: array[int]) -> None:
    if normal.starts is None or normal.ends is None:
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))
    else:
        starts.extend(normal.starts[start:end])
        ends.extend(normal.ends[start:end])


def _composed(text: str) -> list[Edit]:
    """Return the edits that take out what is invisible and put syllables together."""
    edits = []
    for match in _PIECE.finditer(text):
        if match["jamo"]:
            composed = unicodedata.normalize("NFC", match["jamo"])
        else:
            composed = unicodedata.normalize("NFC", match["marked"] + match["marks"])[:1] if match["marked"] else ""
        edits.append((*match.span(), composed))
    return edits


def _marked_up(text: str) -> list[Edit]:
    """Return the edits that read entities, escapes of addresses, and tags that stand inside a number."""
    edits = [(*match.span(), plain) for match in _ENTITY.finditer(text) if len(plain := unescape(match[0])) == 1]
    edits += [(*match.span(), chr(int(match[0][1:], 16))) for match in _ESCAPE.finditer(text)]
    for match in _TAGS.finditer(text) if "<" in text else ():
        around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
        if _IN_NUMBER.fullmatch(around):
            edits.append((*match.span(), "\t" if _CELL.search(match[0]) else ""))
    edits.sort()
    return [edit for before, edit in zip([(0, 0, ""), *edits], edits, strict=False) if edit[0] >= before[1]]
