"""Which part of a sentence is of counts: one that promises rounding may speak of shares and amounts beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PERCENTAGE = re.compile(r"\d[\d.,]{0,10}\s?(?:%|percent\b|per cent\b|퍼센트)(?:\s?points?\b)?", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[（][^()\[\]（）]{0,80}[)\]）]")
_SHARES = re.compile(
    r"percent|%|proportion|\brates?\b|\bmeans?\b|averages?|decimal|quantile|비율|백분|평균|소수", re.IGNORECASE
)
_AMOUNTS = re.compile(r"\bages?\b|weights?|dose|amounts?|income|연령|나이|금액|매출|소득|임금|체중|용량", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:counts?|frequenc\w+|cells?|numbers?|groups?|members|people|persons|participants|patients)\b|anonym|익명|"
    r"빈도|도수|인원|환자|\d\s?명|칸|셀|[가-힣]수(?=는|를|가|도|\s|$)|건수|개수",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"\b(?:figures?|totals?|tables?|values?|n|data)\b|수치|모든 ?수|합계|표|값|명|<\s?\d", re.IGNORECASE
)
"""What counts are called, and amounts are as well."""
_COUNTS = re.compile(
    r"\W*(?:all |the |cell |unweighted )*"
    r"(?:counts?|frequencies|cells?|numbers?|빈도|도수|인원|건수|개수|[가-힣]{0,4} ?수)(?:를|을|는|은)?\W*",
    re.IGNORECASE,
)
_TOPIC = re.compile(r"(?:셀|칸|빈도|도수|인원|건수|개수|수|집단|범주)(?:은|는)\s")
"""The subject of a Korean clause that goes on to speak of something else."""
_BESIDE = re.compile(
    r"\s(?:and|or|및)\s(?:(?:the|their|its|all|any|corresponding)\s)*(?:percent\w*|proportions?|rates?|means?|averages?|%|비율)|"
    r"(?:비율|백분율|구성비|평균)(?:과|와) 함께|(?:비율|백분율|구성비)도",
    re.IGNORECASE,
)
"""What is promised of counts and of shares alike."""
_BREAK = re.compile(r"[,:;，]\s+|(?<=[하되했였었았음림됨함])(?:고|으며|며|지만|으나)\s+")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|we|round\w*|suppress\w*|mask\w*|given|shown)\b", re.IGNORECASE
)
_AND = re.compile(r"\s(?:and|but|while|whereas)\s", re.IGNORECASE)
_JOINED = re.compile(r"\s(?:and|or|및)\s|[&/·]|(?<=[가-힣])(?:와|과)\s", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\b(?:of|by|in|for|per|among|within|across|from|to|at|with|below|under|than|on)\b", re.IGNORECASE
)
_SAYS = re.compile(
    r"\d|반올림|올림|내림|라운딩|round|suppress|mask|\b(?:is|are|was|were|has|have|had)\b", re.IGNORECASE
)
"""Where the subject of a clause ends at the latest."""


def about_counts(words: str) -> str:
    """A sentence without what it says of shares, means and amounts; the whole of one that says nothing of them.

    A semicolon is left of a word for one of them, which no promise reaches across.
    """
    plain = _PERCENTAGE.sub(" ", _BRACKETS.sub(lambda found: " " if _is_of_others(found[0]) else found[0], words))
    if not _is_of_others(plain):
        return plain
    clauses = list(_clauses(plain))
    told = [_is_of_counts(clause) for clause in clauses]
    last = next((one for one in told if one is not None), None)
    kept = []
    for clause, of_counts in zip(clauses, told, strict=True):
        last = last if of_counts is None else of_counts
        kept += [clause] if last else []
    return _AMOUNTS.sub(";", _SHARES.sub(";", _BESIDE.sub("", ", ".join(kept))))


def _is_of_others(text: str) -> bool:
    return _SHARES.search(text) is not None or _AMOUNTS.search(text) is not None


def _clauses(sentence: str) -> Iterator[str]:
    """The pieces between commas; a word for `and` ends one where it has a verb."""
    for part in _BREAK.split(sentence):
        verb = _VERB.search(part)
        start = verb.end() if verb else len(part)
        first, *more = _AND.split(part[start:])
        yield part[:start] + first
        yield from more


def _is_of_counts(clause: str) -> bool | None:
    """Whether the subject of a clause are counts; None where it names none."""
    pieces = _PREPOSITION.split(clause)
    of_each = (_names_counts(text) for piece in pieces for text in (_SAYS.split(piece, maxsplit=1)[0], piece))
    return next((one for one in of_each if one is not None), None)


def _names_counts(text: str) -> bool | None:
    """Whether the words of a subject are counts; the last of several is what the others belong to."""
    if share := _SHARES.search(text):
        return _TOPIC.search(text, 0, share.start()) is not None or any(map(_COUNTS.fullmatch, _JOINED.split(text)))
    people, amounts = (max((m.end() for m in one.finditer(text)), default=-1) for one in (_PEOPLE, _AMOUNTS))
    if people < 0 and amounts < 0:
        return True if _NUMBERS.search(text) else None
    return people > amounts
