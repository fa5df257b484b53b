"""Keys of single people or firms that a program lists: `['S27602843' 'S64193390' …]`, a column printed alone.

Keys that were given to people are of one form and spread over all its numbers. Genes, chemicals, papers, trials and
codes of a classification are listed in the same way; theirs begin as the vocabulary prescribes, or stand close to each
other. Bare digits may be amounts or codes of places, so that something near them has to say whom they number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.records",)

FEWEST, FEWEST_NAMED = 10, 5
"""Different keys from which a list is one of single people, and from which it is where its name says whom."""
SPREAD = 20
"""How many times as many numbers as keys lie between the smallest and the largest of keys that were given by chance."""
MOST_ABOVE, MOST_WORDS = 2, 300
"""Lines above a list, and characters of each, that may say whom it numbers."""

_KEY = re.compile(r"(?P<letters>[A-Za-z]{0,4}[-_]?)(?P<digits>\d{5,12})")
_OTHERS = re.compile(
    r"rs|ss|cg|ch|ens[a-z]{0,4}|nm|xm|np|xp|nr|nc|nt|gc[af]|gs[em]|gpl|srr|srx|srp|err|drr|prj[a-z]{0,2}|go|hp|hsa|"
    r"mmu|mir|pmc|pmid|nct|kct|ctri|isrc|cve|cwe|doi|ec|db|mesh|d|c|q|p|omim|snom|cui|kr|us|ep|wo|jp|cn|gb|de|fr|"
    r"iso|rfc|dt|tbl|sku|art|upc|ean|isbn|issn|lc|kb|ms|v|ver|rev|http|seed|run|job|x|y|gh|bug|jira|kosi|ilmn|affx",
    re.IGNORECASE,
)
"""How names of genes, trials, papers, patents, tables, products and versions begin, and those of other things."""
_LONGER = {"p": 6, "c": 8, "d": 8}
"""What keys of people begin with as often, and the digits that they have where those vocabularies have fewer."""
_WORD = re.compile(r"[A-Za-z_]{2,30}|[가-힣]{2,12}(?:ID|id)?")
_BETWEEN = re.compile(r"[\s'\"`,;\[\](){}|]*(?P<row>\d{1,6}[\s'\"`,;\[\](){}|]+)?")
"""Marks between two keys of a list, among them the number of a row."""
_COMPUTED = re.compile(
    r"nunique|count|number of|group_?by|sum|size|len\(|table\(|\btab\b|건수|명수|인원|빈도", re.IGNORECASE
)
_SOMEBODY = re.compile(
    r"(?:학생|환자|대상자|참여자|응답자|직원|사원|고객|회원|가입자|수급자|이용자|근로자|가구|기업|업체|사업체|농가|계좌|피험자|수진자|차트|주민)"
    r"[ _]?(?:ID|id|아이디|번호|코드|키|식별자|등록번호)",
)

_SEX, _BORN = r"(?:[MF]|남|여)", r"(?:(?:19|20)\d\d|\d{1,2} ?(?:세|y/?o?)?)"
_WITH_SEX = re.compile(
    r"(?<![\w.-])(?P<key>[A-Za-z]{0,4}[-_]?\d{5,12}|[A-Za-z]{1,4}[-_]?\d{3,12}|\d{3,6}-\d{3,6})[,:]?\s{0,2}"
    rf"(?:[(\[]\s?(?:{_BORN} ?[/,·]? ?{_SEX}|{_SEX} ?[/,·]? ?{_BORN})|{_BORN} ?/ ?{_SEX}|{_SEX} ?/ ?{_BORN})"
    r"(?:[)\]\s,;.]|$)",
    re.MULTILINE,
)
"""A key with the birth or age and the sex of whom it numbers, as figures label their points: `4566-2273 (1959M)`."""
FEWEST_LABELLED = 3

_LISTED = Text(
    ko="사람이나 업체의 번호로 보이는 값 {number}개가 나열되어 있습니다.",
    en="{number} keys are listed that look like those of single people or firms.",
)
_LABELLED = Text(
    ko="번호에 나이나 출생연도와 성별이 붙은 것이 {number}개 있습니다: 하나하나가 한 사람입니다.",
    en="{number} keys stand beside an age or a birth and a sex: each is of one person.",
)
_LEAVE_OUT = Text(
    ko="번호의 목록을 지우고 몇 개인지만 적으십시오. 사람이나 업체의 번호가 아니면 무엇의 번호인지 설명에 적으십시오.",
    en="Remove the list and say only how many there are; if they number nobody, say in the context what they number.",
)


def check_printed_keys(subject: Subject, listing: Listing) -> None:
    """Flag lists of keys in what a program printed."""
    for line, number in _lists(subject):
        listing.flag("table.records", _LISTED.fill(number=number), _LEAVE_OUT, where=Where(row=line), number=number)
    labelled = {match["key"]: match.start() for match in _WITH_SEX.finditer(subject.text)}
    if len(labelled) >= FEWEST_LABELLED:
        message, where = _LABELLED.fill(number=len(labelled)), Where(row=subject.line_of(min(labelled.values())))
        listing.flag("table.records", message, _LEAVE_OUT, where=where, number=len(labelled))


def _lists(subject: Subject) -> Iterator[tuple[int, int]]:
    """Lines at which a list of keys begins, and how many different ones it has."""
    text = subject.text
    run: list[re.Match[str]] = []
    for match in _KEY.finditer(text):
        if run and not _goes_on(run[-1], match, text):
            yield from _told(run, subject)
            run = []
        if _stands_alone(match, text):
            run.append(match)
        elif run:
            yield from _told(run, subject)
            run = []
    yield from _told(run, subject)


def _goes_on(before: re.Match[str], match: re.Match[str], text: str) -> bool:
    """Whether a key is of the form of the one before it, with nothing but marks and the number of a row between."""
    alike = before["letters"] == match["letters"] and len(before["digits"]) == len(match["digits"])
    between = _BETWEEN.fullmatch(text[before.end() : min(match.start(), before.end() + LONGEST_GAP + 1)])
    if not alike or between is None or match.start() - before.end() > LONGEST_GAP:
        return False
    return bool(match["letters"]) or not between["row"]  # Numbers beside numbers are a table of them.


LONGEST_GAP = 60


def _stands_alone(match: re.Match[str], text: str) -> bool:
    around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
    return not any(c.isalnum() or c in "._/-%" for c in around)


def _told(run: Sequence[re.Match[str]], subject: Subject) -> Iterator[tuple[int, int]]:
    keys = {match[0] for match in run}
    if len(keys) < FEWEST_NAMED:
        return
    line = subject.line_of(run[0].start())
    lettered = bool(run[0]["letters"])
    if _are_named(line, subject, lettered) or (lettered and len(keys) >= FEWEST and _are_of_people(run)):
        yield line, len(keys)


def _are_of_people(run: Sequence[re.Match[str]]) -> bool:
    """Whether keys with letters are none of a vocabulary, and were spread by chance over all their numbers."""
    letters, length = run[0]["letters"].strip("-_").lower(), len(run[0]["digits"])
    if _OTHERS.fullmatch(letters) and not length >= _LONGER.get(letters, 99):
        return False
    numbers = sorted({int(match["digits"]) for match in run})
    steps = [b - a for a, b in pairwise(numbers)]
    # Codes of a classification end in noughts, numbers in a row have equal steps.
    round_ = sum(number % 100 == 0 for number in numbers)
    return numbers[-1] - numbers[0] >= SPREAD * len(numbers) and len(set(steps)) > len(steps) / 2 and not round_ > 2


def _are_named(line: int, subject: Subject, lettered: bool) -> bool:
    """Whether the words above a list, before it in its line, or in the code that printed it say that it numbers people.

    Of bare digits they must not say that something was counted.
    """
    above = subject.lines[max(0, line - 1 - MOST_ABOVE) : line]
    said = " ".join([*(one[:MOST_WORDS] for one in above), subject.printed_by[:MOST_WORDS]])
    if not lettered and _COMPUTED.search(said):
        return False
    return _SOMEBODY.search(said) is not None or any(kind_of(word) is Kind.PERSON for word in _WORD.findall(said))
