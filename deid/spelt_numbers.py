"""Numbers that are not written in digits: read out in words, with letters for digits, with words between their parts.

공일공 다시 삼삼사오 다시 9087, O10-3345-9O87, 850101 뒷자리 1234567: each becomes the digits and dashes that a person
reads, as edits of the text, so that the recognisers know one spelling. A chain of digits and such units is changed
only as a whole, and only where it is as long as an identifier and no ordinary reading is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from deid.recogniser import MASKS

Edit = tuple[int, int, str]
"""The stretch [start, end) of a text, and what it reads."""

NUMERALS: Mapping[str, str] = MappingProxyType(
    {
        **dict(zip("공영령빵일이삼사오육륙칠팔구", "00001234566789", strict=True)),
        **dict(zip("〇零一二三四五六七八九", "00123456789", strict=True)),
        **dict(zip("壹壱弌貳貮弐弍參参叁弎肆伍陸柒漆捌玖", "111222233334567789", strict=True)),
        **dict(
            zip(("제로", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉"), "0123456789", strict=True)
        ),
    }
)
LOOKALIKES = str.maketrans("OoОоΟοㅇIlІіӀΙιㅣSZB", "000000011111111528")
"""Letters of three scripts and Hangul that are drawn like digits."""


def _rare(pattern: str) -> Callable[[], re.Pattern[str]]:
    """Return a pattern that is compiled when the first text needs it: few do, and compiling takes time."""
    return cache(lambda: re.compile(pattern))


_ONES = "".join(numeral for numeral in NUMERALS if len(numeral) == 1)
_LONG = "|".join(numeral for numeral in NUMERALS if len(numeral) > 1)
_NUMERAL = f"(?:{_LONG}|[{_ONES}])"
_DASHED = "다시|대시|하이픈|빼기|마이너스|슬래시|콤마|쉼표|작대기|짝대기|막대기?|dash"
_TAIL_WORDS = (
    r"(?:이고|이며|이요|은|는|,|/)? "
    r"?(?:주민(?:등록)?(?:번호)? ?)?(?:뒷|뒤) ?(?:(?:일곱|7)(?= ?자리) ?)?(?:자리|번호)?(?: ?숫자)?"
    r"(?:는|은|이|가)?"
)
_EXCHANGE = "국에|국|에|의"
_JOINT = rf"(?: ?[^\w\s,;()%] ?| ?(?:{_DASHED}) ?|[ ]{{1,2}}| ?{_TAIL_WORDS} ?:? ?|(?:{_EXCHANGE})[ ,]{{0,2}}|)"
_STEP = _rare(f"(?P<joint>{_JOINT})(?P<unit>[0-9]|{_NUMERAL})")
_CHAIN = _rare(f"(?:[0-9]|{_NUMERAL})(?:{_JOINT}(?:[0-9]|{_NUMERAL}))+")

# The character class stands first in each: the search for it is the fast one.
_SPELT_AT = re.compile(
    rf"[{_ONES}제하둘셋넷다여아국에의](?:(?<![가-힣].)(?:(?<=[{_ONES}])"
    rf"(?:[{_ONES}](?:[{_ONES}]|(?= ?[-.~·]? ?[0-9{_ONES}])|(?<=[0-9][- .]..)(?![가-힣]))"
    rf"|(?: ?[-.~·] ?| )[{_ONES}](?![가-힣])|(?:{_LONG}))"
    rf"|(?:[나섯곱덟홉로]|(?<=[둘셋넷])) ?[-.~·]? ?(?:{_LONG}|[{_ONES}](?![가-힣]|$)))"
    rf"|(?<=[0-9].)(?:(?<=[{_ONES}])[0-9{_ONES}]|(?<=[국에의])에?[ ,]{{0,2}}[0-9]{{3,4}}(?![0-9])))"
)
_PLATE = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호"
_AFTER_DASH = f" ?(?:[0-9]|[{_PLATE}] ?(?:{_DASHED})|[{_ONES}](?:[{_ONES}]| )|{_LONG})"
_AFTER_TAIL = rf"[가-힣 :]{{0,12}}(?:7 ?자리[가-힣 :]{{0,6}})?(?:[0-9]|[{_ONES}]{{3}})"
_FIRST_OF_WORDS = "".join(sorted({word[0] for word in _DASHED.split("|")}))
_WORDS_AT = re.compile(
    rf"[뒷뒤{_FIRST_OF_WORDS}](?<=[0-9A-Z{_ONES}리고며요는, ].)"
    rf"(?<=(?=(?:{_DASHED}){_AFTER_DASH}|[뒷뒤]{_AFTER_TAIL}).)"
)
"""Where a word stands between digits; as a rule looks ahead only, none hides the next."""

_ALONE = "OoОоΟοㅇIlІіӀΙιㅣ"
"""Letters that may make up the whole of a part, as in OlO-3345-9087."""
_SEEN = f"{_ALONE}SZB"
_SEEN_AT = re.compile(rf"[{_SEEN}](?<![AC-HJ-NP-RT-Yac-km-np-z].)(?:(?<=[0-9].)|(?<=[0-9][-. ].)|(?=[-.]?[0-9]))")
_SEEN_PART = rf"[0-9{_SEEN}]{{1,16}}"
_SEEN_CHAIN = _rare(
    rf"(?<![0-9A-Za-z@#/\\_-]){_SEEN_PART}(?:(?: ?[-.~·_/:,] ?| ){_SEEN_PART}){{0,8}}(?![0-9A-Za-z@\\_])"
)
_PART = re.compile(_SEEN_PART)
_DIGIT = re.compile("[0-9]")
_LETTER = re.compile(f"[{_SEEN}]")
_ALL_LETTERS = re.compile(f"[{_ALONE}]{{2,4}}")

_ANY = f"(?:[0-9{_SEEN}]|{_NUMERAL})"
_NOT_IN_WORD = r"(?![0-9A-Za-z])"
_PASSPORT = _rare(
    rf"[MSRODG](?<![A-Za-z0-9].)(?:{_JOINT}{_ANY}){{3}}"
    rf"(?:{_JOINT}[A-Z](?:{_JOINT}{_ANY}){{4}}|(?:{_JOINT}{_ANY}){{5}}){_NOT_IN_WORD}"
)
_VEHICLE = _rare(
    rf"(?<![0-9A-Za-z가-힣]){_ANY}(?:{_JOINT}{_ANY}){{1,2}}{_JOINT}[{_PLATE}](?:{_JOINT}{_ANY}){{4}}{_NOT_IN_WORD}"
)
_PASSPORT_LETTER = 4
"""The place among the digits of a passport where a letter is one: M123A4567."""
_NEAR = 32
"""Characters behind the syllable of every word for a vehicle in which its plate begins and ends."""

FEWEST, MOST = 9, 24
"""Digits of the shortest and the longest chain: a telephone number, and a row that is no number."""
_BACK, _AHEAD = 48, 72
_FEWEST_NEAR = 6
_NEARLY_UNIT = re.compile(f"[0-9{_ONES}로나둘셋넷섯덟홉]")
_PHONE, _LONGEST_PHONE = (10, 11), 12
_WHOLE = (10, 13, 16)
"""Digits of numbers that are complete, with telephone numbers beside them: what stands behind is a word."""
_HALF, _TAIL = 6, 7
"""Digits of the two halves of a resident number."""
_SURE, _LIKELY = 4, 3
"""Syllables that are numerals: so many at the edge of a chain are no word, and fewer may be a title or a name."""


class _Unit(NamedTuple):
    start: int
    end: int
    digit: str
    spelt: bool
    joint: str
    """What stands between it and the unit before."""


_Part = Sequence[_Unit]


def readings(text: str) -> list[Edit]:
    """Return the edits, in order and apart, that give every spelt number of a text its digits."""
    read = [] if text.isascii() and "dash" not in text else _places(text)
    seen = _starts(_SEEN_AT, text)
    if not read and not seen:
        return []
    edits = [edit for match in _around(read, _CHAIN, text) for edit in _as_read(match)]
    more = [edit for match in _around(seen, _SEEN_CHAIN, text) for edit in _as_seen(match)]
    more += [edit for match in _lettered(text) for edit in _shaped(match)]
    taken: set[int] = set()
    kept: list[Edit] = []
    for edit in (*edits, *more):
        places = range(edit[0], edit[1])
        if taken.isdisjoint(places):
            kept.append(edit)
            taken.update(places)
    return sorted(kept)


def _places(text: str) -> list[int]:
    places = _starts(_SPELT_AT, text)
    places += _starts(_WORDS_AT, text)
    return sorted(place for place in places if _among_digits(text, place)) if places else places


def _among_digits(text: str, place: int) -> bool:
    return len(_NEARLY_UNIT.findall(text, max(0, place - _BACK), place + _BACK)) >= _FEWEST_NEAR


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    return [match.start() for match in pattern.finditer(text)]


def _around(places: Sequence[int], chain: Callable[[], re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """Yield the chains in which places lie, each once."""
    done = 0
    for place in places:
        if place < done:
            continue
        for match in chain().finditer(text, max(done, place - _BACK), place + _AHEAD):
            if match.end() > place:
                if match.start() <= place:
                    yield match
                    done = match.end()
                break


def _as_read(chain: re.Match[str]) -> Iterator[Edit]:
    units = _with_edges(_without_particle(_units(chain), chain.string))
    digits = "".join(unit.digit for unit in units)
    hidden = _HIDDEN.match(chain.string, units[-1].end)
    if not FEWEST <= len(digits) + (len(hidden[0]) if hidden else 0) <= MOST or not _meant(units, digits):
        return
    for unit in units:
        if _worded(unit):
            yield unit.start - len(unit.joint), unit.start, "-"
        if unit.spelt:
            yield unit.start, unit.end, unit.digit


_HIDDEN = re.compile(rf"[{MASKS}]{{1,7}}")


def _units(chain: re.Match[str]) -> list[_Unit]:
    units: list[_Unit] = []
    position = chain.start()
    while step := _STEP().match(chain.string, position, chain.end()):
        written = step["unit"]
        units.append(
            _Unit(
                *step.span("unit"), NUMERALS.get(written, written), written in NUMERALS, step["joint"] if units else ""
            )
        )
        position = step.end()
    return units


def _worded(unit: _Unit) -> bool:
    return any(letter.isalpha() for letter in unit.joint)


_AFTER_COPULA = frozenset("에고며라요나지신었시야란구네던거잖다랑")
"""What follows 이 where it is no numeral: 오육칠팔이에요, and not 오육칠이입니다."""


def _without_particle(units: list[_Unit], text: str) -> list[_Unit]:
    """Return a chain without 이 before more Hangul: a particle, as in 오육칠팔이에요."""
    last = units[-1]
    if last.spelt and not last.joint and text[last.start] == "이" and text[last.end : last.end + 1] in _AFTER_COPULA:
        return units[:-1]
    return units


def _with_edges(units: list[_Unit]) -> list[_Unit]:
    """Return a chain without what at its edges more likely is a word: 이사 010-…, 육이오 010-…."""
    parts = _parts(units)
    while len(parts) > 1 and _is_word(parts[0], parts[1][0].joint, parts[1:]):
        parts = parts[1:]
    while len(parts) > 1 and _is_word(parts[-1], parts[-1][0].joint, parts[:-1]):
        parts = parts[:-1]
    first, *rest = [unit for part in parts for unit in part]
    return [first._replace(joint=""), *rest]


def _parts(units: Sequence[_Unit]) -> list[list[_Unit]]:
    parts: list[list[_Unit]] = []
    for unit in units:
        if unit.joint or not parts:
            parts.append([])
        parts[-1].append(unit)
    return parts


def _is_word(part: _Part, joint: str, rest: Sequence[_Part]) -> bool:
    others = [unit for one in rest for unit in one]
    if joint.strip() or len(part) >= _SURE or not all(unit.spelt for unit in part) or all(u.spelt for u in others):
        return False
    if len(part) < _LIKELY:
        return True
    digits = len(others)
    if part[0].start < others[0].start:
        return digits >= FEWEST
    return digits in _WHOLE or (others[0].digit == "0" and FEWEST <= digits <= _LONGEST_PHONE)


def _meant(units: Sequence[_Unit], digits: str) -> bool:
    """Return whether a chain can only be one number."""
    joints = [unit.joint.strip() for unit in units if _worded(unit)]
    if any("뒤" in joint or "뒷" in joint for joint in joints):
        *halves, tail = _parts(units)
        return len(tail) in (1, _TAIL) and sum(map(len, halves)) in (_HALF, _HALF + 2)
    if any(joint[0] in "국에의" for joint in joints):
        return digits[0] == "0" and len(digits) <= _LONGEST_PHONE
    if any(one.spelt != other.spelt and not other.joint for one, other in pairwise(units)):
        # 0일0-3345-9087, and not 3일5시
        return (digits[0] == "0" and len(digits) in _PHONE) or len(digits) == _HALF + _TAIL
    return True


def _as_seen(chain: re.Match[str]) -> Iterator[Edit]:
    """Yield letters that stand for digits, as optical recognition and hurried fingers make them."""
    if _looks_like_digits(chain[0]):
        for letter in _LETTER.finditer(chain.string, *chain.span()):
            yield *letter.span(), letter[0].translate(LOOKALIKES)


def _lettered(text: str) -> Iterator[re.Match[str]]:
    """Yield what could be a passport number anywhere, and a plate behind a word for a vehicle."""
    yield from _PASSPORT().finditer(text)
    done = place = 0
    while (place := text.find("차", place)) >= 0:
        if match := _VEHICLE().search(text, max(place, done), place + _NEAR):
            yield match
            done = match.end()
        place += 1


def _shaped(match: re.Match[str]) -> Iterator[Edit]:
    """Yield the digits of a passport or a plate, where they are not all digits already."""
    text, (position, end) = match.string, match.span()
    letters = _DIGIT.findall(match[0])
    edits: list[Edit] = []
    count = 0
    if text[position] in "MSRODG":
        position += 1
        if len(letters) < _SURE and not any(numeral in match[0] for numeral in NUMERALS):
            return
    while position < end and (step := _SHAPED().match(text, position, end)):
        unit = step["unit"]
        count += 1
        if any(letter.isalpha() for letter in step["joint"]):
            edits.append((*step.span("joint"), "-"))
        if unit in NUMERALS:
            edits.append((*step.span("unit"), NUMERALS[unit]))
        elif unit in _SEEN and not (count == _PASSPORT_LETTER and unit.isascii()):
            edits.append((*step.span("unit"), unit.translate(LOOKALIKES)))
        position = step.end()
    yield from edits


_SHAPED = _rare(rf"(?P<joint>{_JOINT})(?P<unit>{_ANY}|[A-Z{_PLATE}])")


def _looks_like_digits(written: str) -> bool:
    parts = _PART.findall(written)
    digits, letters = len(_DIGIT.findall(written)), len(_LETTER.findall(written))
    if not FEWEST + (len(parts) == 1) <= digits + letters <= MOST or digits < letters:
        return False
    if letters == 1 and digits + letters == FEWEST and written[0] in _SEEN:
        return False  # S1234 5678 is a passport
    return all(_DIGIT.search(part) or _ALL_LETTERS.fullmatch(part) for part in parts)
