"""Further spellings of the table: marks that nobody expects between the parts, escapes of programs, other digits.

Each is a class of its own in the rules, not one string; a property test beside the table takes every mark of Unicode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from urllib.parse import quote

Change = Callable[[str, Random], str]

_DIGITS = "0123456789"
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ROMANISED = ("gong", "il", "i", "sam", "sa", "o", "yuk", "chil", "pal", "gu")


def _marks(mark: str) -> Change:
    return lambda value, _random: value.replace("-", mark)


def _around(opening: str, closing: str, between: str = "") -> Change:
    # The outermost marks are no part of the number.
    return _marks(f"{closing}{between}{opening}")


def _digits(letters: str) -> Change:
    table = str.maketrans(_DIGITS, letters)
    return lambda value, _random: value.translate(table)


def _each(form: Callable[[str], str], *, digits_only: bool = True) -> Change:
    return lambda value, _random: "".join(form(c) if c.isdigit() or not digits_only else c for c in value)


def _hidden(marks: str) -> Change:
    """Return a change that leaves the date of birth and the sex of a resident number."""
    return lambda value, _random: value[:8] + marks


def words(of: tuple[str, ...], between: str) -> Change:
    """Return a change of every digit into a word."""
    return lambda value, _random: between.join(of[int(c)] for c in value if c.isdigit())


def _between(mark: str) -> Change:
    return lambda value, _random: mark.join(value.replace("-", ""))


_SEPARATORS = {
    **{f"odd mark {mark}": mark for mark in "#→⇒›★♥※!?@$&`°§…●▶✓×、»‖"},
    **{f"spaced odd mark {mark}": f" {mark} " for mark in "#→×"},
    "pictogram": "👉",
    "pictogram of an arrow": "➡️",
    "pictogram of a dash": "➖",
    "drawn line": "⎯",
    "wavy dash": "〰",
    "braille blank": "\u2800",
    "line separator": "\u2028",
    "vertical tab": "\x0b",
    "nought byte": "\x00",
    "dash at the end of a page": "-\n\n",
    "minus in words": " 마이너스 ",
    "slash in words": " 슬래시 ",
    "line in words": " 작대기 ",
    "comma in words": " 콤마 ",
    "dash in English": " dash ",
    "escape of JSON": "\\u002d",
    "escape of JSON, en dash": "\\u2013",
    "entity escaped twice": "&amp;#45;",
    "hexadecimal entity": "&#x2d;",
    "escaped en dash": "%E2%80%93",
    "dash escaped twice": "%252D",
    "comment of a web page": "<!-- -->",
    "place to break": "<wbr>",
    "code on a web page": "</code><code>",
    "thin space of LaTeX": "\\,",
    "ampersand of LaTeX": " & ",
}

ODD: Mapping[str, Change] = MappingProxyType(
    {
        **{name: _marks(mark) for name, mark in _SEPARATORS.items()},
        **{
            f"parts in {opening}{closing}": _around(opening, closing, between)
            for opening, closing, between in (
                ("`", "`", "-"),
                ("「", "」", ""),
                ("『", "』", ""),
                ("【", "】", ""),
                ("《", "》", ""),
                ("“", "”", ""),
                ("$", "$", "-"),
                ("~~", "~~", "-"),
            )
        },
        "parts in bold of LaTeX": _marks("}-\\textbf{"),
        "keycaps": lambda value, random: _each(lambda c: f"{c}\ufe0f\u20e3")(value, random).rstrip("\ufe0f\u20e3"),
        "white on black digits": _digits("⓿❶❷❸❹❺❻❼❽❾"),
        "sans-serif circled digits": _digits("🄋➀➁➂➃➄➅➆➇➈"),
        "doubly circled digits": _digits("0⓵⓶⓷⓸⓹⓺⓻⓼⓽"),
        "digits in brackets": _digits("0⑴⑵⑶⑷⑸⑹⑺⑻⑼"),
        "digits with a full stop": _digits("🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐"),
        "Thai digits": _digits("๐๑๒๓๔๕๖๗๘๙"),
        "Persian digits": _digits("۰۱۲۳۴۵۶۷۸۹"),
        "Roman numerals": _digits("0ⅠⅡⅢⅣⅤⅥⅦⅧⅨ"),
        "digits of contracts": _digits("零壹貳參肆伍陸柒捌玖"),
        "digits of new contracts": _digits("零壱弐参四五六七八九"),
        "digits as escapes of JSON": _each(lambda c: f"\\u{ord(c):04x}"),
        "all as escapes of JSON": _each(lambda c: f"\\u{ord(c):04x}", digits_only=False),
        "all as hexadecimal entities": _each(lambda c: f"&#x{ord(c):x};", digits_only=False),
        "all escaped for an address": _each(lambda c: "".join(f"%{b:02X}" for b in c.encode()), digits_only=False),
        "full width escaped for an address": _each(lambda c: quote(chr(ord(c) + 0xFEE0))),
        "tags without width": _between("\U000e0020"),
        "fillers without width": _between("\u115f"),
        "from right to left": lambda value, _random: f"\u202e{value[::-1]}\u202c",
    }
)
"""Spellings of every kind of number."""

ODD_OF_DIGITS: Mapping[str, Change] = MappingProxyType(
    {
        "read out in English": words(_ENGLISH, " "),
        "read out in English with dashes": words(("oh", *_ENGLISH[1:]), "-"),
        "an arrow between digits": _between("→"),
        "soft line break of mail": lambda value, _random: value.replace("-", "=\n", 1),
    }
)
"""Spellings of what is all digits and long or known by more than their number."""

OF_PHONES: Mapping[str, Change] = MappingProxyType({"read out in Latin letters": words(_ROMANISED, " ")})

HIDDEN = "…♥★?@_ㅁ◆▒"
"""Marks over the digits of a resident number."""

OF_RESIDENTS: Mapping[str, Change] = MappingProxyType(
    {
        **{f"hidden by {mark}": _hidden(mark * (2 if mark == "…" else 6)) for mark in HIDDEN},
        "hidden by full stops": _hidden("......"),
        "date of birth in words": lambda value, _random: (
            f"{value[:2]}년 {int(value[2:4])}월 {int(value[4:6])}일 뒷자리 {value[7:]}"
        ),
        "date of birth in words and a comma": lambda value, _random: (
            f"{value[:2]}년 {int(value[2:4])}월 {int(value[4:6])}일생, 뒷자리는 {value[7:]}"
        ),
        "date of birth with dots": lambda value, _random: (
            f"{value[:2]}.{int(value[2:4])}.{int(value[4:6])} 뒷자리 {value[7:]}"
        ),
    }
)
OF_MAIL: Mapping[str, Change] = MappingProxyType(
    {
        "sign and dots apart": lambda value, _random: value.replace("@", " @ ").replace(".", " . "),
        "letters apart": lambda value, _random: " ".join(value),
        "letters apart, the sign in words": lambda value, _random: " ".join(value).replace("@", "골뱅이"),
        "sign in asterisks": lambda value, _random: value.replace("@", "*at*"),
        "named entities": lambda value, _random: value.replace("@", "&commat;").replace(".", "&period;"),
        "escaped for an address": lambda value, _random: value.replace("@", "%40").replace(".", "%2E"),
    }
)
