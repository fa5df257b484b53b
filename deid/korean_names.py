"""Korean personal names: what one looks like, and what shows that one stands here.

A name is a surname and one or two more syllables, and so are very many words. So a find needs a reason: a label
before it (성명: …), a title or 씨, 님 behind it, a telephone number or an age beside it, or a list of such names.
A name once found with a reason is found again wherever it stands in the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

from deid.foreign_names import find_written
from deid.korean_name_words import (
    COMPOUND_LABEL,
    DOUBLE_SURNAMES,
    ENGLISH_LABELS,
    FIRST,
    INTRODUCES,
    NAME_LABELS,
    NOT_NAMES,
    OTHER_LABELS,
    PERSONAL,
    SECOND,
    SINGLE,
    SURNAMES,
    TITLES,
)
from deid.korean_words import ENDING, TITLE_WORDS, Reading, read_word
from deid.name_fields import find_fields
from deid.recogniser import NEVER, Found

CONTEXT = ("성명", "이름", "성함", "환자명", "name")
"""Words over a column that make names likely under it."""

_WEAK_TITLES = frozenset(
    ("군", "양", "앞", "프로", "책임", "감사", "검사", "선임", "수석", "통장", "이사", "명의", "본인")
)
_STARTS = "".join(sorted(SURNAMES | {double[0] for double in DOUBLE_SURNAMES}))
# The character class stands first: the search for it is the fast one.
_SECONDS = "".join(sorted(FIRST | SECOND | {double[1] for double in DOUBLE_SURNAMES}))
_TITLE_NEXT = re.compile(rf" (?P<title>{TITLES})(?:{ENDING})?(?![가-힣])")
_SIGNED = re.compile(r" {0,2}(?:드림|올림|배상|拜上|귀하|귀중|\( ?(?:인|서명|날인) ?\)|서명|인\))(?![가-힣])")
_AGED = re.compile(
    r" ?[(\[](?:(?:만 ?)?[0-9]|남[,/)성 ]|여[,/)성 ]|[♂♀]|[MF][,/) ]|☎|T\.|Tel|H\.?P"
    r"|주민|연락|전화|휴대|핸드폰|생년|이하 ?[\"'“‘])"
    r"| ?[/,|] ?(?:남|여|(?:만 ?)?(?:1[01][0-9]|[0-9]{1,2})) ?(?:[/,|세)]|자 ?[/,|])"
    r"| (?:남|여)(?:성|자)? ?[/,( ] ?(?:만 ?)?[0-9]{1,3}세"
)
_BEHIND_NAME = re.compile(f"{_TITLE_NEXT.pattern.replace('?P<title>', '?:')}|{_SIGNED.pattern}|{_AGED.pattern}")
"""What any of the three finds; few words have it behind them."""
_GIVEN_FIRST, _GIVEN_SECOND = "".join(sorted(FIRST)), "".join(sorted(SECOND))
_DOUBLE_SECOND = "".join(sorted({double[1] for double in DOUBLE_SURNAMES}))
_WORD = re.compile(
    rf"[{_STARTS}](?<![가-힣].)(?:[{_DOUBLE_SECOND}]? [{_GIVEN_FIRST}] ?[{_GIVEN_SECOND}]"
    rf"(?= ?[씨님선환고]|[이입예]|(?![가-힣]))|[{_SECONDS}][가-힣]{{0,8}})"
)
"""A word that could be a name, or the parts of a name with spaces between them."""
_CALLED_IN_PIECES = re.compile(rf" ?(?P<title>씨|님|선생님|환자분|고객님)(?:{ENDING})?(?![가-힣])")
_SYLLABLES = re.compile("[가-힣]{1,6}")
_GREETINGS = (
    *("저는 ", "저 ", "이름은 ", "나는 ", "이름이 "),
    *("안녕하세요 ", "안녕하세요, ", "안녕하세요. ", "안녕하십니까 "),
)
_QUESTION = re.compile(r"(?:성함|이름|누구)[^\n]{0,20}\?[ \n]{1,2}[^\s:>]{0,6}[ :>]{0,3}$")
_BETWEEN_NAMES = frozenset((", ", ",", "·", " · ", "/", " / ", "、", "와 ", "과 ", " 및 "))
_BESIDE = frozenset(" ,(/|:·[)]\t\"'☎")
_NEAREST = 4
"""So many such characters at most lie between a name and what stands beside it."""
_LABEL_MARKS = frozenset(" :=|/,[(<>\t\"'-")
_STRONG_MARKS = frozenset(":=|/,[(>\t")
_LABELS = NAME_LABELS | OTHER_LABELS
_LABEL_ENDS = frozenset(
    [label[-1] for label in _LABELS] + [end for label in ENGLISH_LABELS for end in (label[-1], label[-1].upper())]
)
"""Characters with which a label ends; what stands before most words is none of them."""
_LONGEST_LABEL = 9
"""Characters of the longest label, and the one before it is looked at too."""
_LABEL_TAILS = frozenset(label[-2:] for label in _LABELS)
_NUMBERED = frozenset(
    ("RRN", "FRN", "PHONE", "EMAIL", "ADDRESS", "BIRTH_DATE", "DRIVER_LICENSE", "PASSPORT", "VEHICLE", "ACCOUNT")
)
_CLOSES = frozenset(("", "\n", ",", ".", ")", ";"))
_TOPIC = frozenset("은는인")


class Candidate(NamedTuple):
    """A word that could be a name, and what stands around it."""

    text: str
    start: int
    end: int
    reading: Reading
    before: int
    """Where the candidate before it ends; -1 if there is none."""
    beside: frozenset[int]
    """Where finds of other kinds begin and end."""


def find_names(text: str, heading: str, found: Sequence[Found], *, letters: bool = True) -> list[Found]:
    """Return every word that something shows to be a name, with its score; `found` are the finds of other kinds.

    `heading` is what stands over the text; as 성명 or 이름 it is a reason for all of it. `letters` says whether there
    are any but Hangul.
    """
    headed = bool(heading) and any(word in heading for word in CONTEXT)
    beside = frozenset(place for one in found if one[2] in _NUMBERED for place in one[:2])
    asks = "?" in text
    names: list[Found] = []
    before = -1
    for match in _WORD.finditer(text):
        word = match[0]
        reading = read_word(word)
        if reading is None:
            if " " not in word:
                continue
            if one := _in_pieces(text, match, beside):
                names.append(one)
                continue
            later = _WORD.match(text, match.start() + match[0].index(" ") + 1)
            if later is None or " " in later[0]:
                continue
            match = later  # its second part may be a name by itself
            reading = read_word(match[0])
            if reading is None:
                continue
        start = match.start()
        end = start + reading.length
        score, rule = reading.alone, "name-alone"
        if reasons := _reasons(text, start, end, reading, before, beside, asks):
            score, rule = _best(reasons, Candidate(text, start, end, reading, before, beside))
        before = -1 if reading.rest not in ("", "와", "과") or not reading.long else end
        if rule == "name-list" and names and names[-1][3] < score:
            names[-1] = (*names[-1][:3], score, rule)
        if headed:
            score = max(score, 0.8)
        names.append((start, end, "PERSON", score, rule))
    names += [(start, end, "PERSON", score, rule) for start, end, score, rule in find_fields(text)]
    if letters:
        names += [(start, end, "PERSON", score, rule) for start, end, score, rule in find_written(text)]
    return names


def _in_pieces(text: str, match: re.Match[str], beside: frozenset[int]) -> Found | None:
    """Return a name whose parts stand apart, with its reason: 성명 홍 길 동, 이 병헌 씨, 저 김 서 준이요."""
    start, end = match.span()
    reading = read_word(match[0].replace(" ", ""))
    if reading is None or reading.rest or not reading.long:
        return None
    if score := _labelled(Candidate(text, start, end, reading, -1, beside)):
        return start, end, "PERSON", score, "name-label"
    given = match[0].partition(" ")[2].replace(" ", "")
    if given in TITLE_WORDS or given in NOT_NAMES:
        return None
    called = _CALLED_IN_PIECES.match(text, end)
    if called and (reading.usual or called["title"] == "씨"):
        return start, end, "PERSON", 0.8, "name-title"
    rest = _SYLLABLES.match(text, end)
    if rest and rest[0] in INTRODUCES and text[max(0, start - 8) : start].endswith(_GREETINGS):
        return start, end, "PERSON", 0.85, "name-introduced"
    return None


def _reasons(
    text: str, start: int, end: int, reading: Reading, before: int, beside: frozenset[int], asks: bool
) -> Reasons:
    """Return the reasons that there can be, by the characters beside the word: mostly none.

    `asks` says whether the text holds a question.
    """
    mark = text[start - 1] if start else "\n"
    ahead = mark in _LABEL_MARKS
    rest = reading.rest
    return _rules(
        # Nearly every word has a space before it, and few have the end of a label before that.
        ahead and (mark != " " or start < 2 or text[start - 2] in _BEFORE_SPACE),
        ahead and before >= 0,
        ahead and rest in INTRODUCES,
        asks and ahead and text.rfind("?", max(0, start - 16), start) >= 0,
        ("title" if reading.title else "particle" if rest in PERSONAL else "none")
        if rest
        else "behind"
        if (not ahead or _opens_reason(text, end)) and _BEHIND_NAME.match(text, end)
        else "beside"
        if not beside.isdisjoint(range(start - _NEAREST, end + _NEAREST + 1))
        else "none",
    )


def _best(reasons: Reasons, candidate: Candidate) -> tuple[float, str]:
    """Return the strongest reason."""
    best, rule = candidate.reading.alone, "name-alone"
    for name, reason in reasons:
        score = reason(candidate)
        if score > best:
            best, rule = score, name
            if best >= 0.9:
                break
    return best, rule


def _labelled(candidate: Candidate) -> float:
    text, start = candidate.text, candidate.start
    last = start - 1
    while last >= 0 and start - last < 5 and text[last] in _LABEL_MARKS:
        last -= 1
    if last < 0 or last == start - 1:
        return NEVER
    nearest = last
    topic = text[last] in _TOPIC and text[start - 1] == " " and last > 0 and "가" <= text[last - 1] <= "힣"
    last -= topic  # 대리인은 홍길동 변호사입니다
    if text[last] == ")" and (opened := text.rfind("(", max(0, last - 14), last)) > 0:
        last = opened - 1
        last -= text[last] == " "
    if text[last] not in _LABEL_ENDS or not (label := _last_label(text[max(0, last - _LONGEST_LABEL) : last + 1])):
        return NEVER
    marked = not _STRONG_MARKS.isdisjoint(text[nearest + 1 : start])
    sure = label in NAME_LABELS or label.lower() in ENGLISH_LABELS
    if topic and not (sure or candidate.reading.usual):
        return NEVER
    if candidate.reading.long:
        if marked:
            return 0.95 if sure or candidate.reading.usual else 0.85
        return 0.9 if sure else 0.8 if candidate.reading.usual or candidate.reading.common else 0.6
    if marked:
        return 0.8 if sure else 0.5 if candidate.reading.common else 0.4
    return 0.55 if candidate.text[start + 1] in SINGLE and (sure or _closed(candidate)) else 0.4


def _closed(candidate: Candidate) -> bool:
    """Return whether the word ends a line or a clause, or carries what only people carry."""
    rest, end = candidate.reading.rest, candidate.end
    return rest in PERSONAL if rest else candidate.text[end : end + 1] in _CLOSES or _titled(candidate) > NEVER


@lru_cache(maxsize=10_000)
def _last_label(text: str) -> str:
    """Return the label with which a text ends; a short one must be a whole word. Remembered, as labels repeat."""
    end = len(text)
    if text[-1] < "가":
        begin = end
        while begin > 0 and end - begin < 9 and text[begin - 1].isascii() and text[begin - 1].isalpha():
            begin -= 1
        return text[begin:end] if text[begin:end].lower() in ENGLISH_LABELS else ""
    if text[end - 2 : end] not in _LABEL_TAILS and text[end - 1] not in _LABELS:
        return ""
    for begin in (end - 3, end - 2, end - 4, end - 5, end - 6, end - 1):
        if begin < 0 or (label := text[begin:end]) not in _LABELS:
            continue
        if end - begin >= COMPOUND_LABEL or begin == 0 or not "가" <= text[begin - 1] <= "힣":
            return label
    return ""


def _titled(candidate: Candidate) -> float:
    reading = candidate.reading
    title, spaced = reading.title, False
    if not title and not reading.rest and (found := _TITLE_NEXT.match(candidate.text, candidate.end)):
        title, spaced = found["title"], True
    if not title:
        return NEVER
    if not reading.long:
        single = reading.common and candidate.text[candidate.start + 1] in SINGLE
        return 0.6 if single and spaced and title not in _WEAK_TITLES else 0.3
    if title in _WEAK_TITLES and not reading.usual:
        return 0.5 if reading.common else 0.4
    return 0.9 if reading.common else 0.75


def _aged(candidate: Candidate) -> float:
    if candidate.reading.rest or _AGED.match(candidate.text, candidate.end) is None:
        return NEVER
    return 0.9 if candidate.reading.long else 0.4


def _beside(candidate: Candidate) -> float:
    """A number, an address or a date of birth stands right before or behind it, with at most marks between."""
    text, beside = candidate.text, candidate.beside
    if not beside or candidate.reading.rest:
        return NEVER
    for place in range(candidate.end, min(candidate.end + _NEAREST + 1, len(text))):
        if place in beside:
            return 0.8 if candidate.reading.long else 0.5 if candidate.reading.common else 0.3
        if text[place] not in _BESIDE:
            break
    for place in range(candidate.start, max(candidate.start - _NEAREST - 1, 0), -1):
        if place in beside:
            return 0.75 if candidate.reading.long else 0.3
        if text[place - 1] not in _BESIDE:
            break
    return NEVER


def _listed(candidate: Candidate) -> float:
    if candidate.before < 0 or not candidate.reading.long:
        return NEVER
    between = candidate.text[candidate.before : candidate.start]
    if between not in _BETWEEN_NAMES:
        return NEVER
    return 0.85 if candidate.reading.usual else 0.55


def _introduced(candidate: Candidate) -> float:
    if candidate.reading.rest not in INTRODUCES or not candidate.reading.long:
        return NEVER
    return (
        0.85
        if candidate.text.startswith(_GREETINGS, max(0, candidate.start - 3))
        or candidate.text[max(0, candidate.start - 8) : candidate.start].endswith(_GREETINGS)
        else NEVER
    )


def _signed(candidate: Candidate) -> float:
    if candidate.reading.rest or _SIGNED.match(candidate.text, candidate.end) is None:
        return NEVER
    return 0.85 if candidate.reading.long else 0.5


def _asked(candidate: Candidate) -> float:
    text, start = candidate.text, candidate.start
    if text.rfind("?", max(0, start - 16), start) < 0:
        return NEVER
    return 0.85 if _QUESTION.search(text[max(0, start - 40) : start]) else NEVER


def _personal(candidate: Candidate) -> float:
    reading = candidate.reading
    if reading.rest not in PERSONAL or not reading.long or not (reading.common or reading.usual):
        return NEVER
    return 0.8 if reading.common and reading.usual else 0.6


Reasons = tuple[tuple[str, Callable[[Candidate], float]], ...]
REASONS: Mapping[str, Callable[[Candidate], float]] = MappingProxyType(
    {
        "name-label": _labelled,
        "name-title": _titled,
        "name-age": _aged,
        "name-beside": _beside,
        "name-list": _listed,
        "name-introduced": _introduced,
        "name-signed": _signed,
        "name-asked": _asked,
        "name-particle": _personal,
    }
)
"""What may show that a word is a name, and how sure that makes it."""
_BEFORE_SPACE = _LABEL_ENDS | _LABEL_MARKS | _TOPIC | {")"}


@cache
def _rules(label: bool, listed: bool, introduced: bool, asked: bool, behind: str) -> Reasons:
    """Return the reasons to try, in their order, by what stands around a word."""
    names = ["name-label"] * label + ["name-list"] * listed + ["name-introduced"] * introduced + ["name-asked"] * asked
    names += _BEHIND[behind]
    return tuple((name, REASONS[name]) for name in names)


_BEHIND = {
    "title": ("name-title",),
    "particle": ("name-particle",),
    "behind": ("name-title", "name-age", "name-beside", "name-signed"),
    "beside": ("name-beside",),
    "none": (),
}


def _opens_reason(text: str, end: int) -> bool:
    """Return whether the characters behind a word can begin a title, an age or a signature."""
    following = text[end : end + 1]
    return following in _OPENS_REASON if following != " " else text[end + 1 : end + 2] in _OPENS_AFTER_SPACE


_OPENS_AFTER_SPACE = frozenset(title[0] for title in TITLE_WORDS) | frozenset(" 드올배拜귀(서인[남여♂♀/,|")
_OPENS_REASON = frozenset(" ,(/|:·[)]\t\"'☎드올배귀서인\n")
