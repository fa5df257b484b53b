"""One spelling for text that is written in many: full-width digits, every dash, odd spaces, split Hangul.

A recogniser reads the normalised text; a reader needs positions in the text as given. `Normalised`
carries both. Most text has none of this, and is told by one search; what has some is changed only there.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

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
_NUMERALS = {**dict(zip("공영일이삼사오육륙칠팔구", "001234566789", strict=True))} | dict(
    zip("〇零一二三四五六七八九", "00123456789", strict=True)
)
_NUMERAL = "".join(_NUMERALS)
# A telephone number has nine digits or more; words of numerals alone are never that long.
_SPELT = re.compile(
    f"[{_NUMERAL}](?<![가-힣].)(?:(?:[ ]?[-.~·]?[ ]?[{_NUMERAL}]){{8,}}"
    # 공일공-1234-5678: only the beginning is spelt out.
    "|(?<=[공영])[일1][공영](?= ?[-.~·]? ?[0-9]{3,4} ?[-.~·]? ?[0-9]{4}(?![0-9])))"
)
_SPREAD = re.compile(r"[0-9](?= [0-9] [0-9] )(?<![0-9].)(?<![0-9][ .,-].)(?:(?: | ?- ?)[0-9]){8,15}(?! ?[0-9])")
_SPELT_TABLE = str.maketrans(_NUMERALS)


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


_TABLE = _OneToOne({0x301C: "~", 0x318D: "·", 0x30FB: "·", 0x2022: "·", 0x2027: "·", 0x24FF: "0", 0x24EA: "0"})


@dataclass(frozen=True, slots=True)
class Normalised:
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
    if text.isascii():
        return _gathered(Normalised(text, None, None))
    starts = ends = None
    if _ODD.search(text):
        if _SHIFTING.search(text):
            text, starts, ends = _composed(text)
        text = _ODD.sub(lambda match: match[0].translate(_TABLE), text)
    if _SPELT.search(text):
        text = _SPELT.sub(_as_digits, text)
    return _gathered(Normalised(text, starts, ends))


def _gathered(normal: Normalised) -> Normalised:
    """Return the text with digits that stand apart, with a space or a dash between them, as one number."""
    if not _SPREAD.search(normal.text):
        return normal
    pieces: list[str] = []
    starts: array[int] = array("L")
    ends: array[int] = array("L")
    position = 0
    for match in _SPREAD.finditer(normal.text):
        pieces += (normal.text[position : match.start()], match[0].replace(" ", ""))
        kept = [place for place in range(*match.span()) if normal.text[place] != " "]
        for places in (range(position, match.start()), kept):
            _map(normal, places, starts, ends)
        position = match.end()
    pieces.append(normal.text[position:])
    _map(normal, range(position, len(normal.text)), starts, ends)
    return Normalised("".join(pieces), starts, ends)


def _map(normal: Normalised, places: Sequence[int], starts: array[int], ends: array[int]) -> None:
    if normal.starts is None or normal.ends is None:
        starts.extend(places)
        ends.extend(place + 1 for place in places)
    else:
        starts.extend(normal.starts[place] for place in places)
        ends.extend(normal.ends[place] for place in places)


def _composed(text: str) -> tuple[str, array[int], array[int]]:
    """Return the text without what is invisible and with syllables put together, and the places of its characters."""
    pieces: list[str] = []
    starts: array[int] = array("L")
    ends: array[int] = array("L")
    position = 0
    for match in _PIECE.finditer(text):
        start, end = match.span()
        pieces.append(text[position:start])
        starts.extend(range(position, start))
        ends.extend(range(position + 1, start + 1))
        position = end
        if match["jamo"]:
            composed = unicodedata.normalize("NFC", match["jamo"])
        else:
            composed = unicodedata.normalize("NFC", match["marked"] + match["marks"])[:1] if match["marked"] else ""
        pieces.append(composed)
        starts.extend([start] * len(composed))
        ends.extend([end] * len(composed))
    pieces.append(text[position:])
    starts.extend(range(position, len(text)))
    ends.extend(range(position + 1, len(text) + 1))
    return "".join(pieces), starts, ends


def _as_digits(match: re.Match[str]) -> str:
    """Numerals read out one by one, as digits; 이 before more Hangul is a particle, as in 오육칠팔이에요."""
    written = match[0]
    after = match.string[match.end() : match.end() + 1]
    kept = ""
    if "가" <= after <= "힣" and written[-1] == "이":
        written, kept = written[:-1], "이"
    return written.translate(_SPELT_TABLE) + kept
