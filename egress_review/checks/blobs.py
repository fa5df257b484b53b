"""Data that was turned into letters: short packed strings, columns of codes, lines of base64, bytes written as numbers.

`check_encoded` finds one long run; this finds what is cut into pieces so that no run is long.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import ascii_letters, digits
from typing import Any

from egress_review.checks.listing import Listing
from egress_review.checks.stretches import Alphabet, stretches
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

_PIECE = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{8,60}={0,2}(?![A-Za-z0-9+/])")
FEWEST_PIECES, LEAST_PIECES = 12, 200
"""Short mixed words, and characters in them together, from which they are one text that was cut up."""
_TOKEN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/_=-])")
_PACKED = (
    *(b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x80\x04\x95", b"\x80\x05\x95", b"\x89PNG"),
    b"\x28\xb5\x2f\xfd",
)
"""Beginnings of packed data, pickles and pictures."""
_CODE = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){8,}")
_LINE = re.compile(
    r"^[ \t]*(?:(?:%|#|//|--|;|\*|>|REM\b|C\b|'){1,4}[ \t]{1,4})?"
    r"([A-Za-z0-9+/_-]{24,}={0,2}|(?:[0-9A-Fa-f]{2}[ :]?){12,})[ \t\r]*$",
    re.MULTILINE,
)
"""A line that is one code, be it behind the mark of a comment."""
_ESCAPES = re.compile(
    r"\\x[0-9A-Fa-f]{2}(?:\\x[0-9A-Fa-f]{2}){15,}|\\u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4}){15,}"
    r"|%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){23,}"
)
"""Each with its first escape written out, so that places without the mark cost nothing."""
_IN_TOKEN = Alphabet.of(f"{ascii_letters}{digits}+/_=-")
_IN_DENSE = Alphabet.of("".join(map(chr, range(0x21, 0x7F))))
_SHORTEST_TOKEN, _SHORTEST_DENSE = 24, 80
_DENSE = re.compile(rf"[!-~]{{{_SHORTEST_DENSE},}}")
_WORD = re.compile(r"[!-~]+")
_QUOTE = re.compile(r'(?<!\\)"')
_UPPER, _LOWER, _DIGIT = (re.compile(f"[{span}]") for span in ("A-Z", "a-z", "0-9"))
_LETTERS = str.maketrans("", "", ascii_letters + digits)

LEAST_LINE = 24
"""Characters of the shortest line that can be one of codes."""
SHORTEST_PIECE = 8
SHORTEST_CODE = 16
"""Characters of a cell from which it may be one of codes."""
FEWEST_CODES = 5
"""Cells of a column, or lines in a row, from which codes are a place for data."""
LEAST_ENTROPY = 3.0
"""Bits for a character; names and words stay below, hexadecimal of packed data has nearly 4, base64 nearly 6."""
LEAST_TEXT = 12
"""Characters of a text in letters from which it can say something."""
_DENSE_ENTROPY = 4.8
_STRETCH = 400
"""Characters over which the letters are counted."""
MIXED = 0.3
"""Share of letters that are of another kind than the one before; in base64 it is above a half."""
FEWEST_BYTES, FEWEST_VALUES = 64, 40
"""Whole numbers from 0 to 255 in a JSON list, and different ones among them, from which they are bytes."""

_MESSAGE = Text(
    ko="글자로 바꾼 자료로 보입니다({what}).",
    en="This looks like data turned into letters ({what}).",
)
_FIX = Text(
    ko="인코딩된 내용을 지우거나 읽을 수 있는 표나 글로 바꾸십시오.",
    en="Remove the encoded content or write it as a table or text that people can read.",
)


def check_blobs(subject: Subject, listing: Listing) -> None:
    """Look for data in letters in the text, in every column, and in lists of a JSON file."""
    for where, what in (*_in_text(subject), *_in_columns(subject)):
        listing.flag("text.encoded", _MESSAGE.fill(what=what), _FIX, where=where)
    if subject.type == "json":
        for path in _lists_of_bytes(subject.json):
            listing.flag("text.encoded", _MESSAGE.fill(what="bytes"), _FIX, where=Where(path=path))
        for path in _cut_strings(subject.json):
            listing.flag("text.encoded", _MESSAGE.fill(what="pieces"), _FIX, where=Where(path=path))


def _in_text(subject: Subject) -> Iterator[tuple[Where, str]]:
    text = subject.text
    for match in _within(subject, _TOKEN, _IN_TOKEN, _SHORTEST_TOKEN):
        if _is_packed(match[0]):
            yield Where(row=subject.line_of(match.start())), "packed"
    for match in _ESCAPES.finditer(text):
        yield Where(row=subject.line_of(match.start())), "escapes"
    for match in _within(subject, _DENSE, _IN_DENSE, _SHORTEST_DENSE):
        # A document without spaces is dense by its marks; what counts there is each of its strings.
        in_json = subject.type == "json" and not subject.json_error
        for part in _QUOTE.split(match[0]) if in_json else [match[0]]:
            if len(part) >= _SHORTEST_DENSE and not _CODE.fullmatch(part) and "://" not in part and _is_dense(part):
                yield Where(row=subject.line_of(match.start())), "dense"
    if subject.type not in ("csv", "tsv"):
        yield from _in_lines(subject)
        if subject.type != "code":
            yield from _in_pieces(subject)


def _in_pieces(subject: Subject) -> Iterator[tuple[Where, str]]:
    """Many short words of mixed letters and digits, as keys, values or ends of lines."""
    found = [match for match in _within(subject, _PIECE, _IN_TOKEN, 8) if _is_mixed(match[0])]
    long = len(found) >= FEWEST_PIECES and sum(len(match[0]) for match in found) >= LEAST_PIECES
    if long and not _are_numbered([match[0] for match in found]):
        yield Where(row=subject.line_of(found[0].start())), "pieces"


def _is_mixed(word: str) -> bool:
    """Whether a word changes between capitals, small letters and digits as no name does."""
    kinds = [_kind(letter) for letter in word]
    return len({0, 1, 2}.intersection(kinds)) > 1 and sum(a != b for a, b in pairwise(kinds)) > len(word) * MIXED


def _within(subject: Subject, pattern: re.Pattern[str], alphabet: Alphabet, least: int) -> Iterator[re.Match[str]]:
    """The matches of a pattern, looked for only where its letters stand in a row."""
    for start, end in stretches(subject.letters, alphabet, least):
        yield from pattern.finditer(subject.text, start, end)


def _in_lines(subject: Subject) -> Iterator[tuple[Where, str]]:
    """Runs of lines that are each one code; in a table the columns say the same."""
    run = last = 0
    for match in _LINE.finditer(subject.text):
        number = subject.line_of(match.start())
        run = run + 1 if number == last + 1 else 1
        last = number
        if not _is_code(match[1]):
            run = 0
        if run == FEWEST_CODES:
            yield Where(row=number - run + 1), "lines of codes"


_NUMBERED = re.compile(r"[^\W\d_]{3,20} \d{1,3}")
"""A word and its number: `Kommun 01`, `Ward 12`."""
FEW_FORMS = 3
"""Forms of words, beside their digits, up to which they are numbered in order: `2021-W01`, `2021-W02`."""


MOST_APART = 20
"""How far apart numbers in order lie on average, at most; digits in which something is written lie anywhere."""


def _are_numbered(words: Sequence[str]) -> bool:
    """Whether words differ in their digits alone, and these are numbers in order, as of weeks and wards."""
    forms: dict[str, list[int]] = {}
    for word in words:
        forms.setdefault(_A_DIGIT.sub("0", word), []).append(int("0" + "".join(_A_DIGIT.findall(word))))
    return len(forms) <= FEW_FORMS and all(max(n) - min(n) <= MOST_APART * len(n) for n in forms.values())


_A_DIGIT = re.compile(r"\d")


def _in_columns(subject: Subject) -> Iterator[tuple[Where, str]]:
    if subject.type not in ("csv", "tsv"):
        return
    for table in subject.tables:
        for index in range(len(table.names)):
            # One look at the lengths spares the rest for columns of numbers and words.
            if max(map(len, table.distinct(index)), default=0) < SHORTEST_CODE:
                words = (cell.strip() for cell in table.distinct(index))
                short = [w for w in words if len(w) >= SHORTEST_PIECE and _is_mixed(w) and not _NUMBERED.fullmatch(w)]
                if len(short) >= FEWEST_PIECES and sum(map(len, short)) >= LEAST_PIECES and not _are_numbered(short):
                    yield Where(row=table.numbers[0], column=index + 1), "pieces"
                continue
            long = [word for cell in table.column(index) if len(word := cell.strip()) >= SHORTEST_CODE]
            if len(long) >= FEWEST_CODES and sum(map(_is_code, long)) >= max(FEWEST_CODES, len(long) // 2):
                yield Where(row=table.numbers[0], column=index + 1), "codes"


def _is_code(word: str) -> bool:
    """Whether a word is of the alphabet of an encoding and as mixed as packed data; names change their kind seldom."""
    if _HEX.fullmatch(word):
        plain = re.sub(r"[ :]", "", word)
        return not plain.isdigit() and not plain.isalpha() and entropy(plain) >= LEAST_ENTROPY
    if not _CODE.fullmatch(word) or entropy(word) < LEAST_ENTROPY:
        return False
    kinds = [_kind(letter) for letter in word]
    changes = sum(a != b for a, b in pairwise(kinds))
    return any(map(str.isdigit, word)) and changes >= len(word) * MIXED


def _kind(letter: str) -> int:
    return 0 if letter.isdigit() else 1 if letter.isupper() else 2 if letter.islower() else 3


def _is_dense(word: str) -> bool:
    if not all(kind.search(word) for kind in (_UPPER, _LOWER, _DIGIT)):
        return False
    marks = len(word.translate(_LETTERS)) / len(word)
    return marks > 0.1 and entropy(word[:_STRETCH]) >= _DENSE_ENTROPY


def _is_packed(word: str) -> bool:
    """Whether a word is base64 or hexadecimal of something packed, or of a text."""
    if _HEX.fullmatch(word):
        return len(word) % 2 == 0 and not word.isdigit() and _is_text(bytes.fromhex(word))
    plain = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (binascii.Error, ValueError):
        return False
    if data.startswith(_PACKED) or _is_text(data):
        return True
    if data[:1] != b"\x78" or (data[0] << 8 | data[1]) % 31:
        return False
    try:
        return len(zlib.decompressobj().decompress(data, 64)) > 0
    except zlib.error:
        return False


def _is_text(data: bytes) -> bool:
    """Whether bytes are a text, as those of a name that happens to be in the alphabet never are."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return len(text) >= LEAST_TEXT and all(c.isprintable() or c in "\r\n\t" for c in text)


def _lists_of_bytes(value: Any, path: str = "$") -> Iterator[str]:
    if isinstance(value, dict):
        for number, inner in enumerate(value.values(), 1):
            yield from _lists_of_bytes(inner, f"{path}[{number}]")
    elif isinstance(value, list):
        numbers = [one for one in value if type(one) is int and 0 <= one <= 255]
        if len(numbers) == len(value) >= FEWEST_BYTES and len(set(numbers)) >= FEWEST_VALUES:
            yield path
            return
        for number, inner in enumerate(value, 1):
            if isinstance(inner, dict | list):
                yield from _lists_of_bytes(inner, f"{path}[{number}]")


def _cut_strings(value: Any) -> Iterator[str]:
    """Places of strings side by side, or under one key of objects side by side, that together are dense."""
    waiting = [(value, "$")] if isinstance(value, dict | list) else []
    while waiting:
        value, path = waiting.pop()
        inner = list(value.values() if isinstance(value, dict) else value)
        beside: dict[object, list[Any]] = {None: inner}
        for number, one in enumerate(inner, 1):
            if isinstance(one, dict | list) and one:
                waiting.append((one, f"{path}[{number}]"))
                for key, held in one.items() if isinstance(one, dict) else enumerate(one):
                    beside.setdefault(key, []).append(held)
        if any(map(_is_cut, beside.values())):
            yield path


_JOINED = ((SHORTEST_CODE, 5.2), (SHORTEST_PIECE, 5.9))
"""Characters of each string of several, and bits for a character of all: short names, together, have many letters."""


def _is_cut(values: list[Any]) -> bool:
    words = [one for one in values if isinstance(one, str) and _WORD.fullmatch(one) and "://" not in one]
    for least, bar in _JOINED:
        joined = "".join(word for word in words if len(word) >= least)
        parts = (joined[at : at + _STRETCH] for at in range(0, len(joined), _STRETCH))
        if any(len(part) >= _SHORTEST_DENSE and _is_dense(part) and entropy(part) >= bar for part in parts):
            return True
    return False


def entropy(word: str) -> float:
    """Bits for a character of a word, by how often each occurs."""
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())
