"""Korean personal names: what one looks like, and what shows that one stands here.

A name is a surname and one or two more syllables, and so are very many words. So a find needs a reason: a label
before it (성명: …), a title or 씨, 님 behind it, a telephone number or an age beside it, or a list of such names.
A name once found with a reason is found again wherever it stands in the same text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

from deid.korean_name_words import (
    COMMON_SURNAMES,
    COMPOUND_LABEL,
    DOUBLE_SURNAMES,
    ENGLISH_LABELS,
    FIRST,
    INTRODUCES,
    NAME_LABELS,
    NOT_NAMES,
    OTHER_LABELS,
    PARTICLES,
    PERSONAL,
    SECOND,
    SINGLE,
    SURNAMES,
    TITLES,
    usual,
)
from deid.name_fields import find_fields
from deid.recogniser import NEVER

Found = tuple[int, int, str, float, str]
"""A find in the normalised text: start, end, label, score, rule."""

REASONED = 0.75
"""A name found with this score or more stands for itself wherever it stands again in the text."""
CONTEXT = ("성명", "이름", "성함", "환자명", "name")
"""Words over a column that make names likely under it."""

_TITLE_WORDS = frozenset(TITLES.split("|"))
_WEAK_TITLES = frozenset(
    ("군", "양", "앞", "프로", "책임", "감사", "검사", "선임", "수석", "통장", "이사", "명의", "본인")
)
_STARTS = "".join(sorted(SURNAMES | {double[0] for double in DOUBLE_SURNAMES}))
# The character class stands first: the search for it is the fast one.
_SECONDS = "".join(sorted(FIRST | SECOND | {double[1] for double in DOUBLE_SURNAMES}))
_WORD = re.compile(f"[{_STARTS}](?<![가-힣].)[{_SECONDS}][가-힣]{{0,8}}")
_ENDING = "|".join(sorted(PARTICLES, key=len, reverse=True))
_TITLED_END = re.compile(f"(?P<title>{TITLES})(?:{_ENDING})?")
_TITLE_NEXT = re.compile(rf" (?P<title>{TITLES})(?:{_ENDING})?(?![가-힣])")
_SIGNED = re.compile(r" {0,2}(?:드림|올림|배상|拜上|귀하|귀중|\( ?(?:인|서명|날인) ?\)|서명|인\))(?![가-힣])")
_AGED = re.compile(
    r" ?[(\[](?:(?:만 ?)?[0-9]|남[,/)성 ]|여[,/)성 ]|[♂♀]|[MF][,/) ]|☎|T\.|Tel|H\.?P"
    r"|주민|연락|전화|휴대|핸드폰|생년|이하 ?[\"'“‘])"
    r"| ?[/,|] ?(?:남|여|만 ?[0-9]{1,3}|[0-9]{1,3}) ?(?:[/,|세)]|자 ?[/,|])"
    r"| (?:남|여)(?:성|자)? ?[/,( ] ?(?:만 ?)?[0-9]{1,3}세"
)
_IN_PIECES = re.compile(f"[{_STARTS}](?= [가-힣] [가-힣](?![가-힣]))(?<![가-힣].)....")
_GREETINGS = (
    *("저는 ", "저 ", "이름은 ", "나는 ", "이름이 "),
    *("안녕하세요 ", "안녕하세요, ", "안녕하세요. ", "안녕하십니까 "),
)
_QUESTION = re.compile(r"(?:성함|이름|누구)[^\n]{0,20}\?[ \n]{1,2}[^\s:>]{0,6}[ :>]{0,3}$")
_BETWEEN_NAMES = frozenset((", ", ",", "·", " · ", "/", " / ", "、", "와 ", "과 ", " 및 "))
_BESIDE = frozenset(" ,(/|:·[)]\t\"'☎")
_LABEL_MARKS = frozenset(" :=|/,[(<>\t\"'-")
_STRONG_MARKS = frozenset(":=|/,[(>\t")
_LABELS = NAME_LABELS | OTHER_LABELS
_LABEL_ENDS = frozenset(
    [label[-1] for label in _LABELS] + [end for label in ENGLISH_LABELS for end in (label[-1], label[-1].upper())]
)
"""Characters with which a label ends; what stands before most words is none of them."""
_NUMBERED = frozenset(
    ("RRN", "FRN", "PHONE", "EMAIL", "ADDRESS", "BIRTH_DATE", "DRIVER_LICENSE", "PASSPORT", "VEHICLE", "ACCOUNT")
)
_CLOSES = frozenset(("", "\n", ",", ".", ")", ";"))
_TOPIC = frozenset("은는인")
_MEMORY = 100_000


@dataclass(frozen=True, slots=True)
class Reading:
    """How a word can be a name: its length, what is stuck to it, and how sure the word alone makes it."""

    length: int
    rest: str
    title: str
    usual: bool
    common: bool

    long: bool
    """Whether the given name has two syllables."""
    alone: float
    """How sure the word alone makes it."""


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


def plausible(name: str) -> bool:
    """Return whether a word could be a name: a surname, then syllables that given names have at that place."""
    size = len(name)
    if size in (3, 4) and name[:2] in DOUBLE_SURNAMES and _given(name[2:]):
        return True
    if size not in (2, 3) or name[0] not in SURNAMES or name in NOT_NAMES or name in _TITLE_WORDS:
        return False
    return _given(name[1:])


def _given(syllables: str) -> bool:
    if len(syllables) == 1:
        return syllables in FIRST or syllables in SECOND
    return syllables[0] in FIRST and syllables[1] in SECOND


@lru_cache(maxsize=_MEMORY)
def read_word(word: str) -> Reading | None:
    """Return how a word of Hangul can be a name with what is stuck to it, or None; remembered, as words repeat."""
    double = word[:2] in DOUBLE_SURNAMES
    for length in (4, 3) if double and len(word) > 3 else (3, 2):
        name, rest = word[:length], word[length:]
        if len(name) < length or not plausible(name):
            continue
        if length == 3 and not rest and name[2] in "은을의" and not double and not usual(name[1:]):
            continue  # 안건을, 전솔의: a word with a particle rather than a name that hardly anybody has
        titled = _TITLED_END.fullmatch(rest) if rest and rest not in PARTICLES else None
        if rest and rest not in PARTICLES and titled is None:
            continue
        title = titled["title"] if titled else rest if rest in ("님", "씨") else ""
        given = name[2:] if double and length > 2 else name[1:]
        often, common, long = usual(given), name[0] in COMMON_SURNAMES or double, length > 2
        alone = NEVER if not (long and common) else 0.55 if often else 0.3
        return Reading(length, rest, title, often, common, long, alone)
    return None


def find_names(text: str, heading: str, found: Sequence[Found]) -> list[Found]:
    """Return every word that something shows to be a name, with its score; `found` are the finds of other kinds.

    `heading` is what stands over the text; as 성명 or 이름 it is a reason for all of it.
    """
    headed = bool(heading) and any(word in heading for word in CONTEXT)
    beside = frozenset(place for one in found if one[2] in _NUMBERED for place in one[:2])
    names: list[Found] = []
    before = -1
    for match in _WORD.finditer(text):
        reading = read_word(match[0])
        if reading is None:
            continue
        start = match.start()
        end = start + reading.length
        score, rule = _best_reason(Candidate(text, start, end, reading, before, beside))
        before = -1 if reading.rest not in ("", "와", "과") or not reading.long else end
        if rule == "name-list" and names and names[-1][3] < score:
            names[-1] = (*names[-1][:3], score, rule)
        if headed:
            score = max(score, 0.8)
        names.append((start, end, "PERSON", score, rule))
    names += [(start, end, "PERSON", score, rule) for start, end, score, rule in find_fields(text)]
    for match in _IN_PIECES.finditer(text):
        name = match[0].replace(" ", "")
        reading = read_word(name)
        if reading and (score := _labelled(Candidate(text, *match.span(), reading, -1, beside))):
            names.append((*match.span(), "PERSON", score, "name-label"))
    return names


def names_again(text: str, names: Sequence[Found], others: frozenset[str] = frozenset()) -> list[Found]:
    """Return where names that were found with a reason stand once more.

    So do their given names and surnames with what people are called by behind them: 철수야, 김 씨. `others` are names
    that the rest of a set of documents has shown.
    """
    shown = {text[start:end] for start, end, _, score, _ in names if score >= REASONED and end - start > 2}
    again: list[Found] = []
    for surname in {name[0] for name in shown if name[0] in SURNAMES} if "씨" in text else ():
        again += [(*place, "PERSON", 0.7, "name-surname") for place in _places(text, surname, _MISTER, whole=True)]
    for name in shown | others:
        again += [(*place, "PERSON", REASONED, "name-again") for place in _places(text, name, _ENDS)]
        if len(name) == 3:
            again += [(*place, "PERSON", 0.7, "name-given") for place in _places(text, name[1:], _CALLED)]
    return again


_ENDS = re.compile(rf"(?:님|씨)?(?:{_ENDING})?(?![가-힣])")
_CALLED = re.compile(rf"(?:아|야|이| ?씨| ?군| ?양| ?님)(?:{_ENDING})?(?![가-힣])")


_MISTER = re.compile(rf" ?씨(?=(?:{_ENDING})?(?![가-힣]))")


def _places(text: str, name: str, behind: re.Pattern[str], *, whole: bool = False) -> list[tuple[int, int]]:
    """Return where a name stands with a pattern behind it; `whole` counts what the pattern matched as part of it."""
    places: list[tuple[int, int]] = []
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not (start and "가" <= text[start - 1] <= "힣") and (found := behind.match(text, end)):
            places.append((start, found.end() if whole else end))
        start = text.find(name, end)
    return places


def _best_reason(candidate: Candidate) -> tuple[float, str]:
    """Return the strongest reason; the characters beside the word say which reasons there can be."""
    text, start, end, reading, before, _ = candidate
    best, rule = reading.alone, "name-alone"
    mark = text[start - 1] if start else "\n"
    ahead = mark in _LABEL_MARKS
    rules = _rules(
        # Nearly every word has a space before it, and few have the end of a label before that.
        ahead and (mark != " " or start < 2 or text[start - 2] in _BEFORE_SPACE),
        ahead and before >= 0,
        ahead,
        "" if reading.rest else "behind" if not ahead or text[end : end + 1] in _OPENS_REASON else "none",
    )
    for name, reason in rules:
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
    if text[last] not in _LABEL_ENDS or not (label := _label_that_ends(text, last + 1)):
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


def _label_that_ends(text: str, end: int) -> str:
    """Return the label whose last character stands before `end`; a short one must be a whole word."""
    if text[end - 1] < "가":
        begin = end
        while begin > 0 and end - begin < 9 and text[begin - 1].isascii() and text[begin - 1].isalpha():
            begin -= 1
        return text[begin:end] if text[begin:end].lower() in ENGLISH_LABELS else ""
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
    for place in range(candidate.end, min(candidate.end + 5, len(text))):
        if place in beside:
            return 0.8 if candidate.reading.long else 0.5 if candidate.reading.common else 0.3
        if text[place] not in _BESIDE:
            break
    for place in range(candidate.start, max(candidate.start - 5, 0), -1):
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
def _rules(label: bool, listed: bool, ahead: bool, behind: str) -> tuple[tuple[str, Callable[[Candidate], float]], ...]:
    """Return the reasons to try, in their order, by what stands around a word."""
    names = ["name-label"] * label + ["name-list"] * listed + ["name-introduced", "name-asked"] * ahead
    if not behind:
        names += ["name-title", "name-particle"]
    elif behind == "behind":
        names += ["name-title", "name-age", "name-beside", "name-signed"]
    return tuple((name, REASONS[name]) for name in names)


_OPENS_REASON = frozenset(" ,(/|:·[)]\t\"'☎드올배귀서인\n")
