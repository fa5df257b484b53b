"""What the words around a table say of its numbers: totals, averages, and numbers of masked cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from egress_review.checks.number_words import ENGLISH, KOREAN, number_of
from egress_review.checks.subject import Subject
from egress_review.checks.tables import count_said

MOST_LINES, LONGEST_LINE, MOST_TOTALS = 400, 1_000, 60

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CELLS = re.compile(r"\t|\s{2,}|[|;│]|,(?=\S)")
_NUMBER = r"(?<![\d.])(\d{2,9})(?![\d]|\.\d|\s?%|\s?(?:년|월|일|세|호|쪽|장|회|km|kg|원|만원|억))"
_TOTALS = (
    re.compile(
        rf"(?:\b(?:total|overall|altogether|sum|all|n\s*[=:]|base\b)|합계|총계|총|전체|모두|도합|전원|모집단|(?<![가-힣])계)"
        rf"[^\d\n]{{0,40}}?{_NUMBER}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:of|among|from|in|for) (?:the |all |these |a total of ){{0,3}}{_NUMBER} [a-z]{{3}}", re.IGNORECASE
    ),
    re.compile(
        rf"{_NUMBER}\s?(?:명|건|가구|개소|개사|인|례|사례)"
        r"(?:의|을|를|이|은|중|가운데|에서|으로|\s(?:중|가운데|전체|전원|모두|규모)|[가-힣]{0,2}\s(?:대상|분석|조사|집계)|\)|\.|,|$)"
    ),
    re.compile(
        rf"{_NUMBER} (?:[a-z-]{{2,20}} ){{0,2}}(?:in total|overall|altogether|in all|were (?:included|analy[sz]ed|"
        r"enrolled|counted|recorded|registered)|(?:patients|people|persons|admissions|cases|pupils|students|workers|"
        r"firms|households|deaths|visits|events|respondents|participants|children|women|men)\b)",
        re.IGNORECASE,
    ),
)
_MEANS = re.compile(
    r"(?:평균|\b(?:average|mean|averaging)\b)[^\d\n]{0,30}(?<![\d.])(\d{1,7}(?:\.\d{1,4})?)(?![\d.]*\s?%)",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"\s*(?:(?:grand |row |column |overall )?totals?\b(?! (?:hip|knee|chol|prot|bili|joint))|sum\b|"
    r"all (?:sites|regions|"
    r"groups|areas|ages|sexes|patients|schools|centres|centers)|overall\b|합\s?계|총\s?계|총합|총원|소\s?계|전\s?체)",
    re.IGNORECASE,
)
_MEAN = re.compile(r"\s*(?:평균|averages?\b|means?\b)", re.IGNORECASE)


def is_sum(label: str) -> bool:
    """Whether the label of a row begins as one that sums up the others."""
    return _SUM.match(label[:LONGEST_LINE]) is not None


def is_mean(label: str) -> bool:
    """Whether the label of a row begins as one that averages the others."""
    return _MEAN.match(label[:LONGEST_LINE]) is not None


def words_of(subject: Subject) -> list[str]:
    """The lines of a file that are words, not rows of cells; numbers in them without commas for thousands."""
    lines = list(_leaves(subject.json)) if subject.type == "json" else subject.said.splitlines()
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], *lines[-MOST_LINES // 2 :]]
    plain = (_THOUSANDS.sub("", re.sub(r"<[^<>\n]{1,200}>", " ", line[:LONGEST_LINE])).strip() for line in lines)
    return [line for line in plain if line and _is_words(line)]


def _is_words(line: str) -> bool:
    cells = [cell for cell in _CELLS.split(line) if cell.strip()]
    if len(cells) == 1:
        return True
    bare = sum(re.fullmatch(r"[\s\"]*[<>]?\d*\.?\d*%?\*?[\s\"]*", cell) is not None for cell in cells)
    return bare == 0 or (len(cells) == 2 and is_sum(cells[0].strip(' "')))


def _leaves(value: Any, key: str = "", depth: int = 0) -> Iterator[str]:
    if depth > 20:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, str(name)[:60], depth + 1)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict | list | str):
                yield from _leaves(inner, "", depth + 1)
    elif isinstance(value, str):
        yield value
    elif type(value) is int and key:
        yield f"{key.replace('_', ' ')}: {value}"


def totals_in(lines: Sequence[str]) -> tuple[int, ...]:
    """Numbers that may be totals."""
    found = dict.fromkeys(
        count_said(match[1]) for line in lines for pattern in _TOTALS for match in pattern.finditer(line)
    )
    return tuple(found)[:MOST_TOTALS]


def means_in(lines: Sequence[str]) -> tuple[tuple[float, float], ...]:
    """Averages that the words give with decimals, and half of the last place that they show."""
    texts = dict.fromkeys(match[1] for line in lines for match in _MEANS.finditer(line) if "." in match[1])
    return tuple((float(text), 0.5 * 10.0 ** -len(text.partition(".")[2])) for text in texts)[:MOST_TOTALS]


_NUMBERS = "|".join((*ENGLISH, *KOREAN))
_N = rf"(?<![\d.,~–<>≤≥-])(?<!than )(?<!under )(?<!below )(?<!least )(?<!미만 )(\d{{1,2}}|{_NUMBERS})"
_NO_LIMIT = r"(?!\s?(?:~|–|-|to\b)\s?\d)(?!\s*(?:명|건|인)?\s*(?:미만|이하|이상|초과|보다|단위|or (?:fewer|less|more)))"
_FEW = re.compile(
    rf"{_N}\s?(?:명|건|인|례|가구|개소)(?![가-힣]*\s?(?:미만|이하|이상|초과|보다|단위))"
    rf"|\b(?:n|count|was|is|were|are|only|equals?|had|has|recorded|=|:)\s?[=:]?\s?{_N}\b(?!\s?(?:%|"
    rf"\.\d|of\b)){_NO_LIMIT}"
    rf"|{_N} (?:[a-z-]{{2,15}} )?(?:patients?|people|persons?|cases?|women|men|children|deaths?|"
    rf"pupils?|students?|workers?|"
    rf"firms?|events?|visits?|admissions?|participants?|respondents?|households?|births?|claims?)\b{_NO_LIMIT}",
    re.IGNORECASE,
)
_HIDES = re.compile(
    r"가렸|가린|가림|숨[겼긴김]|비공개|마스킹|표시하지 않|공개하지 않|"
    r"\b(?:suppress|mask|hidden|hid\b|withh[eo]ld|redact|not shown)",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?:[^.。!?;\n]|\.(?=\d))+")


def few_said(label: str, lines: Sequence[str]) -> Iterator[int]:
    """Small numbers that a sentence says of the group of that label."""
    plain = label.strip(" *※†‡").casefold()
    if len(plain) < 2 or plain.isdecimal():
        return
    named = re.compile(rf"(?<![\w]){re.escape(plain)}(?![a-z0-9])", re.IGNORECASE)
    for line in lines:
        if not named.search(line):
            continue
        for sentence in SENTENCE.finditer(line):
            if place := named.search(sentence[0]):
                for match in _FEW.finditer(sentence[0], place.end()):
                    text = next(group for group in match.groups() if group)
                    yield number_of(text)
                    break


def hidden_said(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Lines (from 0) in which a sentence says that something is hidden and how many it is."""
    for number, line in enumerate(lines):
        for sentence in SENTENCE.finditer(line[:LONGEST_LINE]):
            if not _HIDES.search(sentence[0]):
                continue
            for pattern in _OF_HIDDEN:
                for match in pattern.finditer(sentence[0]):
                    text = match[1]
                    yield number, number_of(text)


_OF_HIDDEN = (
    re.compile(
        r"(?:가린|가려진|숨긴|비공개(?:한|된)?|마스킹(?:한|된)?) (?:셀|값|칸|수|항목|집단|곳)"
        r"(?:의 (?:값|수))?(?:은|는|이|가|:)?\s?"
        rf"(?:실제로? |각각 )?{_N}\s?(?:명|건|인|례)(?!\s?(?:미만|이하|이상))"
    ),
    re.compile(rf"{_N}\s?(?:명|건|인|례)(?:이라|이라서|이어서|여서|뿐이라|이므로|밖에|뿐이어서|으로 적어)"),
    re.compile(
        r"(?:suppressed|masked|hidden|withheld|redacted) (?:cell|value|count|number|figure|entry|group)s? "
        rf"(?:is|was|equals|=|contains?|holds?|stands for)(?: (?:in fact|actually|only))?\s?{_N}\b{_NO_LIMIT}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:because|since|as) (?:there (?:are|were|was|is)|it (?:is|was|has|had)|only|they (?:are|"
        rf"were)) (?:only )?{_N}\b"
        rf"{_NO_LIMIT}(?=[^.]{{0,40}}(?:suppress|mask|hid|withh|redact|not shown))",
        re.IGNORECASE,
    ),
)
