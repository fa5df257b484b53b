"""The table of spellings: what people, programs and scanners make of one number, as changes of its plain form.

A plain form has its parts joined by hyphens. Every change leaves the number readable for a person, so every cell of
identifier by spelling must be found where a label stands before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from itertools import pairwise
from random import Random
from types import MappingProxyType

from tests.unit.deid.corpus.odd_spellings import ODD, ODD_OF_DIGITS, OF_MAIL, OF_PHONES, OF_RESIDENTS

Change = Callable[[str, Random], str]

_DIGITS = "0123456789"
_HANGUL = "공일이삼사오육칠팔구"
_COUNTED = ("제로", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")


def joined(label: str, value: str) -> str:
    """Return a value with hyphens between its parts, whatever it had between them."""
    bare = re.sub("[-. ]", "", value)
    cut = {
        "PHONE": ({"02": 2, "05": 4 if bare[:4] == "0505" else 3}.get(bare[:2], 3), len(bare) - 4),
        "PASSPORT": (1, 5),
        "HEALTH_INSURANCE": (1,),
        "VEHICLE": (len(bare) - 5, len(bare) - 4),
        "ACCOUNT": (3, 6),
    }.get(label)
    if cut is None or (label in ("ACCOUNT", "HEALTH_INSURANCE") and "-" in value):
        return value
    places = [0, *cut, len(bare)]
    return "-".join(bare[start:end] for start, end in pairwise(places))


def _digits(letters: str) -> Change:
    table = str.maketrans(_DIGITS, letters)
    return lambda value, _random: value.translate(table)


def _marks(mark: str) -> Change:
    return lambda value, _random: value.replace("-", mark)


def _parts(change: Callable[[list[str], Random], None]) -> Change:
    """Return a change of some of the parts of a value, which keeps the hyphens."""

    def changed(value: str, random: Random) -> str:
        parts = value.split("-")
        change(parts, random)
        return "-".join(parts)

    return changed


def _read_out(place: int) -> Change:
    """Return a change that reads the part at a place out in Hangul, where it is long enough to be understood."""

    def read(parts: list[str], _random: Random) -> None:
        long = [at for at, part in enumerate(parts) if len(part) > 2 and part.isdigit()]
        if long:
            at = long[min(place, len(long) - 1)] if place >= 0 else long[-1]
            parts[at] = parts[at].translate(str.maketrans(_DIGITS, _HANGUL))

    return _parts(read)


def _seen(letters: Mapping[str, str], most: int) -> Change:
    """Return a change of a few digits into the letters that look like them."""

    def seen(value: str, random: Random) -> str:
        # Some digits of every part stay, or nobody could tell that it is a number.
        places = [at for at in range(1, len(value)) if value[at] in letters and value[at - 1].isdigit()][::2]
        for at in random.sample(places, min(most, len(places))):
            value = value[:at] + letters[value[at]] + value[at + 1 :]
        return value

    return seen


def _one_by_one(words: tuple[str, ...], between: str) -> Change:
    return lambda value, _random: between.join(words[int(c)] if c.isdigit() else c for c in value if c != "-")


def _groups(size: int) -> Change:
    def grouped(value: str, _random: Random) -> str:
        bare = value.replace("-", "")
        return " ".join(bare[at : at + size] for at in range(0, len(bare), size))

    return grouped


def _bracketed(opening: str, closing: str, *, every: bool = False) -> Change:
    def bracketed(parts: list[str], _random: Random) -> None:
        for at in range(len(parts) if every else 1):
            parts[at] = f"{opening}{parts[at]}{closing}"

    return _parts(bracketed)


def _first_joint(mark: str) -> Change:
    return lambda value, _random: value.replace("-", mark, 1)


_SEPARATORS = {
    "spaced dashes": " - ",
    "space after the dash": "- ",
    "double dash": "--",
    "en dash": "–",
    "em dash": "—",
    "minus sign": "−",
    "figure dash": "‒",
    "non-breaking hyphen": "\u2011",
    "full-width dash": "－",
    "soft hyphen": "\u00ad",
    "hangul filler dash": "ㅡ",
    "spaces": " ",
    "several spaces": "   ",
    "no-break space": "\u00a0",
    "ideographic space": "\u3000",
    "dots": ".",
    "dots and spaces": ". ",
    "commas": ",",
    "commas and spaces": ", ",
    "slash": "/",
    "spaced slash": " / ",
    "underscore": "_",
    "colon": ":",
    "tilde": "~",
    "middle dot": "·",
    "bullet": "•",
    "plus": "+",
    "equals": "=",
    "backslash and dash": "\\-",
    "semicolon": ";",
    "joiner in the dash": "-\u200d",
    "tab": "\t",
    "border of a cell": " | ",
    "drawn border": "│",
    "entity of a dash": "&#45;",
    "entity of an en dash": "&ndash;",
    "entity of a space": "&nbsp;",
    "escaped dash": "%2D",
    "escaped space": "%20",
    "cell of a web page": "</td><td>",
    "line break of a web page": "<br>",
    "word for the dash": " 다시 ",
    "word for the dash without spaces": "다시",
    "other word for the dash": " 하이픈 ",
}

_LATIN = {"0": "O", "1": "l"}
_MORE_LETTERS = {"0": "о", "1": "I", "5": "S", "8": "B", "2": "Z"}
_JAMO = {"0": "ㅇ", "1": "ㅣ"}

SPELLINGS: Mapping[str, Change] = MappingProxyType(
    {
        "plain": lambda value, _random: value,
        **{name: _marks(mark) for name, mark in _SEPARATORS.items()},
        "without separators": _marks(""),
        "line break after a dash": _first_joint("-\n"),
        "line break": _first_joint("\n"),
        "line break and indentation": _first_joint("\r\n    "),
        "a space between digits": lambda value, _random: " ".join(value.replace("-", "")),
        "pairs": _groups(2),
        "threes": _groups(3),
        "fours": _groups(4),
        "first part in brackets": _bracketed("(", ")"),
        "every part in brackets": _bracketed("(", ")", every=True),
        "first part in square brackets": _bracketed("[", "] "),
        "first part in bold": _bracketed("**", "**"),
        "first part in a tag": _bracketed("<b>", "</b>"),
        "zero-width": lambda value, _random: "\u200b".join(value),
        "direction marks": lambda value, _random: f"\u202d{value}\u202c",
        "full-width digits": _digits("０１２３４５６７８９"),
        "full width throughout": lambda value, _random: "".join(
            chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value
        ),
        "half in full width": lambda value, random: _seen(dict(zip(_DIGITS, "０１２３４５６７８９", strict=True)), 5)(
            value, random
        ),
        "arabic-indic digits": _digits("٠١٢٣٤٥٦٧٨٩"),
        "devanagari digits": _digits("०१२३४५६७८९"),
        "circled digits": _digits("⓪①②③④⑤⑥⑦⑧⑨"),
        "raised digits": _digits("⁰¹²³⁴⁵⁶⁷⁸⁹"),
        "lowered digits": _digits("₀₁₂₃₄₅₆₇₈₉"),
        "bold digits": _digits("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
        "entities of digits": lambda value, _random: "".join(f"&#{ord(c)};" if c.isdigit() else c for c in value),
        "underlined": lambda value, _random: "".join(f"{c}\u0332" for c in value),
        "letters for noughts and ones": _seen(_LATIN, 4),
        "letters for digits": _seen(_MORE_LETTERS, 3),
        "jamo for noughts and ones": _seen(_JAMO, 4),
        "hangul digits": _digits(_HANGUL),
        "hangul digits, decomposed": lambda value, _random: unicodedata.normalize(
            "NFD", value.translate(str.maketrans(_DIGITS, _HANGUL))
        ),
        "hangul digits without dashes": lambda value, random: _digits(_HANGUL)(value, random).replace("-", " "),
        "hangul digits and words for dashes": lambda value, random: _digits(_HANGUL)(value, random).replace(
            "-", "다시"
        ),
        "hangul digits one by one": _one_by_one(tuple(_HANGUL), " "),
        "counted numerals": _one_by_one(_COUNTED, " "),
        "first part read out": _read_out(0),
        "middle part read out": _read_out(1),
        "last part read out": _read_out(-1),
        "last part read out after a space": lambda value, random: _read_out(-1)(value, random).replace("-", " "),
        "chinese digits": _digits("〇一二三四五六七八九"),
        **ODD,
    }
)


def _both_halves(form: str) -> Change:
    def halved(value: str, _random: Random) -> str:
        front, _, back = value.partition("-")
        return form.format(front, back)

    return halved


def _tail_hidden(mark: str, shown: int = 1, joint: str = "-") -> Change:
    def hidden(value: str, _random: Random) -> str:
        front, _, back = value.partition("-")
        return front + joint + back[:shown] + mark * (len(back) - shown)

    return hidden


def _card_hidden(mark: str, joint: str = "-", *, shown: int = 0) -> Change:
    def hidden(value: str, _random: Random) -> str:
        first, second, third, last = value.split("-")
        return joint.join((first, second[:shown] + mark * (4 - shown), mark * len(third), last))

    return hidden


def _called(prefix: str, between: str = "-") -> Change:
    """Return a change of a telephone number into one with the code of the country."""
    return lambda value, _random: prefix + value.replace("-", between)[1:]


_HALVES = {
    "second half with its name": _both_halves("{} 뒷자리 {}"),
    "both halves with their names": _both_halves("{}이고 뒷자리는 {}"),
    "halves with a short name": _both_halves("{}, 뒤 {}"),
    "second half read out": lambda value, _random: value[:7] + value[7:].translate(str.maketrans(_DIGITS, _HANGUL)),
    "second half in brackets": _both_halves("{}({})"),
    **{f"hidden by {mark}": _tail_hidden(mark) for mark in "*xX●○#•＊"},
    "hidden, with its name": lambda value, _random: f"{value[:6]}이고 뒷자리는 {value[7]}******",
    "hidden as a whole": _tail_hidden("*", 0),
    "hidden after a space": _tail_hidden("*", joint=" "),
    "hidden without a dash": _tail_hidden("*", joint=""),
    "hidden, with an en dash": _tail_hidden("*", joint=" – "),
    "hidden but for three digits": _tail_hidden("*", 3),
    "front hidden": lambda value, _random: f"{value[:2]}****{value[6:]}",
}
_AT = (
    "(at)",
    "[at]",
    "(골뱅이)",
    "[골뱅이]",
    "골뱅이",
    " 골뱅이 ",
    "@ ",
    " @ ",
    "{at}",
    " (AT) ",
    "＠",
    "&#64;",
    "%40",
)
_DOT = ("(dot)", "[dot]", " dot ", "(점)", " 점 ", "쩜", " . ", "[.]", "。", "닷", " 쩜 ")


def _mail(at: str, dot: str) -> Change:
    return lambda value, _random: value.replace("@", at).replace(".", dot)


OF_ONE: Mapping[str, Mapping[str, Change]] = MappingProxyType(
    {
        "RRN": {**_HALVES, **OF_RESIDENTS, **ODD_OF_DIGITS},
        "FRN": {**_HALVES, **OF_RESIDENTS, **ODD_OF_DIGITS},
        "PHONE": {
            f"country as {prefix.strip()}": _called(prefix, between)
            for prefix, between in (
                ("+82 ", "-"),
                ("+82-", "-"),
                ("0082 ", " "),
                ("0082-", "-"),
                ("(82) ", " "),
                ("(+82) ", "-"),
                ("+82 (0)", "-"),
                ("+82(0)", " "),
                ("82-", "-"),
                ("＋82 ", "-"),
                ("+82.", "."),
                ("001-82-", "-"),
            )
        }
        | {**ODD_OF_DIGITS, **OF_PHONES}
        | {"words between the parts": lambda value, _random: re.sub("-", "에 ", value)},
        "CARD": {
            "hidden by *": _card_hidden("*"),
            "hidden by x": _card_hidden("x"),
            "hidden by full-width stars": _card_hidden("＊"),
            "hidden by dots": _card_hidden("•", " "),
            "hidden without separators": _card_hidden("*", ""),
            "hidden but for six digits": _card_hidden("*", shown=2),
            "partly spaced": lambda value, _random: f"{value[:2]} {value[2:4]} {value[5:].replace('-', ' ')}",
            "eights": lambda value, _random: f"{value.replace('-', '')[:8]} {value.replace('-', '')[8:]}",
        },
        "EMAIL": {
            **{f"{at.strip()} for the sign": _mail(at, ".") for at in _AT},
            **{f"{dot.strip()} for the dots": _mail("@", dot) for dot in _DOT},
            **{f"{at.strip()} and {dot.strip()}": _mail(at, dot) for at in _AT[:6] for dot in _DOT[:6]},
            "full width throughout": SPELLINGS["full width throughout"],
            "zero-width": SPELLINGS["zero-width"],
            "comma for the dots": _mail("@", ","),
            **OF_MAIL,
            "named host": lambda value, _random: value.partition("@")[0] + " 골뱅이 네이버 닷컴",
            "named host without spaces": lambda value, _random: value.partition("@")[0] + "골뱅이네이버닷컴",
            "named host, dot apart": lambda value, _random: value.partition("@")[0] + "@지메일 점 컴",
        },
    }
)
"""Spellings of one kind of identifier only."""
EVERY = (
    *("RRN", "FRN", "PHONE", "CARD", "ACCOUNT", "BUSINESS_REG", "CORPORATE_REG", "DRIVER_LICENSE", "HEALTH_INSURANCE"),
    *("PASSPORT", "VEHICLE"),
)
_SHORT = frozenset({"RRN", "FRN", "CORPORATE_REG", "HEALTH_INSURANCE"})


def cells(label: str) -> Mapping[str, Change]:
    """Return the spellings of one kind of identifier by name."""
    shared = SPELLINGS if label in EVERY else {"plain": SPELLINGS["plain"]}
    return {**shared, **OF_ONE.get(label, {})}


def spell(label: str, spelling: str, value: str, random: Random) -> str:
    """Return a value in a spelling."""
    return cells(label)[spelling](value if spelling == "plain" or label not in EVERY else joined(label, value), random)
