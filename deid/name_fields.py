"""Names and values that their place shows: fields of a form, columns of a table inside a text, foreign names.

A column keeps its heading for every row below it, and what stands after 성명: is a name whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from deid.korean_name_words import NAME_LABELS, NOT_NAMES, OTHER_LABELS

_FOREIGN_WORDS = sorted(
    (Path(__file__).parent / "words" / "foreign_names.txt").read_text(encoding="utf-8").split(), key=len, reverse=True
)
# A foreign name is two words or more, and one of them is longer than a Korean syllable or two.
_FIRST_OF = "".join(sorted({word[0] for word in _FOREIGN_WORDS}))
_ONE = f"(?:{'|'.join(map(re.escape, _FOREIGN_WORDS))})"
_FOREIGN = re.compile(rf"[{_FIRST_OF}](?<![가-힣].)(?<=(?=(?P<name>{_ONE}(?:[ ·]{_ONE}){{1,3}})).)")
_LONG_WORD = 3
_LONG_STARTS = frozenset(word[:_LONG_WORD] for word in _FOREIGN_WORDS if len(word) >= _LONG_WORD)
_FIRSTS, _SECONDS, _THIRDS = ("".join(sorted({start[at] for start in _LONG_STARTS})) for at in range(_LONG_WORD))
_WORD_STARTS = re.compile(f"[{_FIRSTS}](?<![가-힣].)[{_SECONDS}][{_THIRDS}]")
_AFTER = re.compile(r"(?:씨|님)?(?:은|는|이|가|을|를|의|와|과|도|에게|께|로|으로|라고|이라고|입니다|이며)?(?![가-힣])")

_VALUE = (
    r"(?P<value>[가-힣]{1,6}(?:[ ·][가-힣]{1,6}){0,3}|[A-Z][A-Za-z'-]{1,20}(?:[ ,]{1,2}[A-Z][A-Za-z'.-]{0,20}){0,3})"
)
_FIELD = re.compile(
    rf"[성이예](?<![가-힣].)(?:(?<=성) ?[명함]|(?<=이) ?름|(?<=예)금주)(?:\([^)\n]{{0,12}}\))? ?: ?{_VALUE}"
    r"(?= ?(?:[\n/|,(;]|$))"
)
_NO_VALUE = frozenset(
    [
        "없음",
        "해당",
        "미상",
        "미기재",
        "무",
        "불명",
        "상동",
        "생략",
        "비공개",
        "익명",
        "기재",
        "별첨",
        "참조",
        "확인",
        "필수",
        "선택",
        "입력",
    ]
)

_HEADINGS = ("이름", "성명", "생년월일", "연락처", "전화", "주민등록번호", "계좌", "name", "Name")
_SEPARATORS = ("|", "\t", ",")
_FEWEST_COLUMNS = 3
_FEWEST_MARKS = 2 * (_FEWEST_COLUMNS - 1)
"""Of one kind in a heading and a row below it."""
_HEADED = re.compile(rf"[|\t,\n][^\S\n]*(?:{'|'.join(_HEADINGS)})[^\S\n]*(?:[|\t,\n]|$)")
"""One cell of a heading, which a table has to have; few texts that speak of a name or an account hold one."""


def find_fields(text: str) -> Iterator[tuple[int, int, float, str]]:
    """Yield (start, end, score, rule) of names that stand in a field for names, and of names in foreign manner."""
    for match in _FIELD.finditer(text) if ":" in text else ():
        words = re.split("[ ·]", match["value"])
        if not _NO_VALUE.intersection(words) and not any(_is_word(word) for word in words):
            yield *match.span("value"), 0.8, "name-field"
    if _LONG_STARTS.isdisjoint(_WORD_STARTS.findall(text)):
        return
    for match in _FOREIGN.finditer(text):
        start, end = match.span("name")
        longest = max(map(len, re.split("[ ·]", match["name"])))
        if longest >= _LONG_WORD and _AFTER.match(text, end):
            yield start, end, 0.8, "name-foreign"


def _is_word(word: str) -> bool:
    return word in NOT_NAMES or word in NAME_LABELS or word in OTHER_LABELS


def find_columns(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (heading, start, end) of every cell below a heading that says what identifies, in tables inside a text."""
    if not any(text.count(mark) >= _FEWEST_MARKS for mark in _SEPARATORS) or _HEADED.search(f"\n{text}") is None:
        return
    separator, headings, columns = "", [""], 0
    position = 0
    for line in text.split("\n"):
        begin, position = position, position + len(line) + 1
        if separator and (cells := _cells(line, separator)) and len(cells) == columns:
            for heading, (start, end) in zip(headings, cells, strict=True):
                if heading and end > start:
                    yield heading, begin + start, begin + end
            continue
        separator = _separator(line)
        if separator:
            spans = _cells(line, separator)
            columns = len(spans)
            names = [line[start:end].strip() for start, end in spans]
            headings = [name if any(word in name for word in _HEADINGS) else "" for name in names]


def _separator(line: str) -> str:
    """Return what separates the columns of a heading; empty if the line is none."""
    for separator in _SEPARATORS:
        if line.count(separator) >= _FEWEST_COLUMNS - 1:
            cells = [cell.strip() for cell in line.split(separator)]
            # A heading has short cells, and one of them is such a word and nothing else.
            if any(cell in _HEADINGS for cell in cells) and all(len(cell) <= 20 for cell in cells):
                return separator
    return ""


def _cells(line: str, separator: str) -> list[tuple[int, int]]:
    """Return where the cells of a line stand; a separator within quotation marks is none."""
    spans, start, quoted = [], 0, False
    for place, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            spans.append((start, place))
            start = place + 1
    return [*spans, (start, len(line))]
