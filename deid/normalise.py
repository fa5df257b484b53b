"""One spelling for text that is written in many: full-width digits, every dash, odd spaces, split Hangul.

A recogniser reads the normalised text; a reader needs positions in the text as given. `Normalised`
carries both. Most text has none of this, and is told by one search; what has some is changed only there.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from deid.escapes import unescaped
from deid.misread import HINT as MISREAD
from deid.misread import misread
from deid.odd_joints import HINT, odd_joints
from deid.spelt_numbers import Edit, readings
from deid.spoken_digits import spoken

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

_DRAWN_DASHES = "\u00af\u02d7\u1428\u203e\u23af\u23bc\u23bd\u2796\u2e17\u2e1a\u2e40\u2e5d\u3030\u30a0\uffe3"
"""What is drawn like a dash and is none in the name of a key: tokens made before stay as they are."""
_BLANK = "\u2800\u3164\uffa0"
_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_WITHOUT_WIDTH = f"{INVISIBLE}\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u206a-\u206f\ufff9-\ufffb"
_BEYOND = "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
"""Everything that Unicode lets a program leave undrawn, and the signs of formats."""
_REVERSED = re.compile("\u202e([^\u202a-\u202e\n]{6,40})\u202c?")

_JAMO = "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"
# What stands in ordinary Korean text and has one spelling; everything else is looked at.
# A search for a class of characters is quick where the class stands first and alone.
_UNUSUAL = "[^\\t\\n\\r\\x20-\\x7e가-힣ㄱ-ㅠㅢ-ㅣ·…“”‘’○●□■◎◇◆△▲▽▼☎※→←↑↓★☆〈-】℃㎡]"
_ODD = re.compile(f"{_UNUSUAL}{_UNUSUAL}*")
# A class of the lowest plane of Unicode is looked up in one step; one that reaches beyond is gone through.
_SHIFTING = re.compile(f"[{_WITHOUT_WIDTH}{_CONTROLS}{MARKS}{_JAMO}]")
_PIECE = re.compile(
    f"(?P<dropped>[{_WITHOUT_WIDTH}{_BEYOND}{_CONTROLS}]+)"
    f"|(?P<marked>[^{_WITHOUT_WIDTH}{_BEYOND}{_CONTROLS}{MARKS}{_JAMO}])?(?P<marks>[{MARKS}]+)"
    "|(?P<jamo>[\u1100-\u115f][\u1160-\u11a7]+[\u11a8-\u11ff]*)"
)
_APART = re.compile(rf"[0-9A-Z](?![0-9가-힣.,:)/\n]|-[0-9]| [가-힣A-Za-z(])(?={HINT}|{MISREAD}| [0-9] [0-9] )")
"""Where digits may stand apart or be held apart by an odd mark; nearly every text is told by this one search."""
_SPREAD = re.compile(r"[0-9](?= [0-9] [0-9] )(?<![0-9].)(?<![0-9][ .,-].)(?:(?: | ?- ?)[0-9]){8,15}(?! ?[0-9])")


class _OneToOne(dict[int, str | int]):
    """What each character is in plain spelling, if that is one character; asked once for each."""

    def __missing__(self, code: int) -> str | int:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(character: str) -> str:
    if character in DASHES or character in _DRAWN_DASHES or unicodedata.category(character) == "Pd":
        return "-"
    if character in SPACES or character in _BLANK:
        return " "
    if character in _LINE_ENDS:
        return "\n"
    digit = unicodedata.digit(character, -1)  # also circled and raised ones
    if digit < 0 and unicodedata.category(character) in _NUMERAL_CATEGORIES and character != "〇":
        digit = int(value) if (value := unicodedata.numeric(character, -1)) in _ONE_DIGIT else -1
    if digit >= 0:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


_NUMERAL_CATEGORIES = ("No", "Nl")
_ONE_DIGIT = range(10)
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
    if edits := unescaped(text):
        normal = _edited(normal, edits)
    if _ODD.search(normal.text):
        if _SHIFTING.search(normal.text) or _reaches_beyond(normal.text):
            normal = _edited(normal, _composed(normal.text))
        plain = _ODD.sub(lambda match: match[0].translate(_TABLE), normal.text)
        normal = Normalised(plain, normal.starts, normal.ends)
    return _edited_all(normal)


def _reaches_beyond(text: str) -> bool:
    """Return whether a text holds characters beyond the lowest plane of Unicode, which take two units in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def _edited_all(normal: Normalised) -> Normalised:
    """Return the text with its spelt numbers in digits, and with digits that stand apart together."""
    normal = _edited(normal, spoken(normal.text))
    normal = _edited(normal, readings(normal.text))
    if not _APART.search(normal.text):
        return normal
    normal = _edited(normal, odd_joints(normal.text))
    normal = _edited(normal, misread(normal.text))
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
    edits = [edit for match in _REVERSED.finditer(text) for edit in _turned(match)] if "\u202e" in text else []
    for match in _PIECE.finditer(text):
        if match["jamo"]:
            composed = unicodedata.normalize("NFC", match["jamo"])
        else:
            composed = unicodedata.normalize("NFC", match["marked"] + match["marks"])[:1] if match["marked"] else ""
        edits.append((*match.span(), composed))
    return sorted(edits)


def _turned(match: re.Match[str]) -> Iterator[Edit]:
    """Yield a stretch that is shown from right to left as it is shown."""
    for place, character in zip(range(*match.span(1)), reversed(match[1]), strict=True):
        yield place, place + 1, character
