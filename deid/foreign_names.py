"""Korean names in other letters, and foreign ones: Latin letters and Hanja, where something shows that one stands here.

A row of capitalised words may be anything, so a Latin name needs a title behind or before it, or a label. Three
Hanja that begin with a surname are mostly a name in Korean text today; the words that are not are named here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from deid.korean_name_words import ENGLISH_LABELS, NAME_LABELS, OTHER_LABELS

Written = tuple[int, int, float, str]
"""Start, end, score and rule of a name."""

_ROMANISED = frozenset(
    [
        *("kim", "lee", "yi", "rhee", "park", "pak", "choi", "choe", "jung", "jeong"),
        *("chung", "kang", "gang", "cho", "jo", "yoon", "yun", "jang", "chang", "lim"),
        *("im", "rim", "han", "oh", "seo", "suh", "shin", "sin", "kwon", "gwon"),
        *("hwang", "ahn", "an", "song", "ryu", "yoo", "yu", "jeon", "jun", "chun"),
        *("hong", "ko", "go", "koh", "moon", "mun", "yang", "son", "sohn", "bae"),
        *("pae", "baek", "paik", "heo", "hur", "huh", "nam", "shim", "sim", "roh"),
        *("noh", "ha", "kwak", "gwak", "sung", "seong", "cha", "joo", "ju", "woo"),
        *("koo", "gu", "min", "jin", "ji", "um", "eom", "chae", "won", "bang"),
        *("cheon", "kong", "gong", "hyun", "ham", "byun", "yeom", "yeo", "choo", "do"),
        *("so", "seok", "sun", "seol", "ma", "gil", "namgung", "hwangbo", "dokgo", "sunwoo"),
        *("jegal"),
    ]
)
"""Korean surnames in Latin letters, in their usual spellings."""


def _rare(pattern: str) -> Callable[[], re.Pattern[str]]:
    """Return a pattern that is compiled when the first text needs it: few do, and compiling takes time."""
    return cache(lambda: re.compile(pattern))


_OTHER_LETTERS = re.compile("[A-Z一-龥](?<![A-Za-z0-9@._].)[A-Za-z一-龥]")
"""What a text with such a name holds; few Korean texts do."""
_NAME = r"[A-Z][A-Za-z'’-]{0,20}(?:(?:, ?| )[A-Z][A-Za-z'’.-]{0,20}){0,3}"
_CALLED = re.compile(
    r"[A-Za-z](?= ?(?:씨|님|氏|선생님|교수|박사|여사)(?:은|는|이|가|을|를|의|와|과|께|에게|도|께서)?(?![가-힣]))"
)
_BEFORE = re.compile(rf"(?<![A-Za-z0-9.@_-]){_NAME}$")
_MARKED = re.compile(r"[:=|](?= ?[A-Z])")
_LABELS = sorted({*NAME_LABELS, *OTHER_LABELS, "환자", "고객", "성 명", "이 름"}, key=len, reverse=True)
_LABEL = _rare(rf"(?P<label>{'|'.join(_LABELS)})(?:\([^()\n]{{0,10}}\))? ?$|(?P<english>\b[A-Za-z]{{2,12}}) ?$")
_VALUE = re.compile(rf" ?(?P<value>{_NAME})(?P<ends>(?= ?(?:[\n/|,(;)]|$)))?")
_POLITE = re.compile(
    r"(?:M(?:r|rs|s)|D[rR]|Prof)(?<![A-Za-z]..)(?:\.|(?= )) ?"
    r"(?P<value>[A-Z][a-z'’-]{1,20}(?: [A-Z][a-z'’-]{1,20}){0,2})"
)
_POLITE_HINTS = ("Mr", "Ms", "Dr", "DR", "Prof")
_FEWEST = 2

_HANJA = _rare(r"[一-龥](?<![一-龥].)[一-龥]{1,3}(?![一-龥])")
_SURNAMES = frozenset("金李朴崔鄭姜趙尹張韓吳徐申權黃宋柳洪孫梁裵裴許劉盧沈曺兪")
_OTHER_SURNAMES = frozenset(
    "林安全高文白南河田郭成車具禹朱任羅辛閔池陳嚴元蔡千方楊孔玄康咸卞魯廉邊呂秋都石薛宣周馬吉王玉陸印卓"
)
_WORDS = frozenset(
    [
        *("金融", "金屬", "金額", "金曜", "金利", "金錢", "金庫", "韓國", "韓半", "韓方", "韓醫", "韓服"),
        *("韓食", "申請", "申告", "許可", "許容", "權利", "權限", "權威", "黃金", "黃色", "李朝", "宋朝"),
        *("徐行", "張本", "張力", "沈默", "沈降", "柳葉", "洪水", "尹文", "梁山", "孫女", "孫子", "許諾"),
        *("劉備"),
    ]
)
_LAST = frozenset("的性化業法學院市道郡區部者")
_BEHIND_HANJA = re.compile(r" ?(?:氏|씨|님|先生|선생|교수|박사|귀하|貴下)")


def find_written(text: str) -> Iterator[Written]:
    """Yield names in Latin letters and in Hanja that something shows to be names."""
    if _OTHER_LETTERS.search(text) is None:
        return
    yield from _latin_before_titles(text)
    for mark in _MARKED.finditer(text):
        yield from _latin_behind_label(text, mark.start())
    if any(hint in text for hint in _POLITE_HINTS):
        yield from ((*match.span("value"), 0.75, "name-polite") for match in _POLITE.finditer(text))
    for match in _HANJA().finditer(text):
        if score := _hanja(text, match):
            yield *match.span(), score, "name-hanja"


def _latin_before_titles(text: str) -> Iterator[Written]:
    for last in _CALLED.finditer(text):
        begin = max(0, last.start() - 60)
        name = _BEFORE.search(text[begin : last.end()])
        if name is None:
            continue
        words = _words(name[0])
        if len(words) >= _FEWEST or words[0] in _ROMANISED or text[last.end() :].lstrip(" ").startswith("씨"):
            yield begin + name.start(), last.end(), 0.85 if _has_surname(words) else 0.7, "name-latin"


def _latin_behind_label(text: str, mark: int) -> Iterator[Written]:
    label = _LABEL().search(text[max(0, mark - 18) : mark])
    value = _VALUE.match(text, mark + 1)
    if label is None or value is None or (label["english"] and label["english"].lower() not in ENGLISH_LABELS):
        return
    words = _words(value["value"])
    if len(words) < _FEWEST:
        return
    strict = label["label"] in NAME_LABELS or bool(label["english"])
    if _has_surname(words):
        yield *value.span("value"), 0.9, "name-latin"
    elif strict and value["ends"] is not None:
        yield *value.span("value"), 0.75, "name-latin"


def _words(name: str) -> list[str]:
    return [word for word in re.split("[ ,]+", name.lower()) if word]


def _has_surname(words: list[str]) -> bool:
    return len(words) >= _FEWEST and (words[0] in _ROMANISED or words[-1] in _ROMANISED)


def _hanja(text: str, match: re.Match[str]) -> float:
    """Return how sure it is that two to four Hanja are a name."""
    name, start = match[0], match.start()
    surname = name[0] in _SURNAMES
    if not (surname or name[0] in _OTHER_SURNAMES) or name[:2] in _WORDS:
        return 0.0
    if name[-1] == "氏":
        return 0.0
    before = text[max(0, start - 18) : start].rstrip(" :=|")
    if _BEHIND_HANJA.match(text, match.end()) or _LABEL().search(before):
        return 0.85
    if (
        text[start - 1 : start] == "("
        and text[match.end() : match.end() + 1] == ")"
        and "가" <= text[start - 2 : start - 1] <= "힣"
    ):
        return 0.8
    return 0.6 if surname and len(name) == len("李炳憲") and name[-1] not in _LAST else 0.0
