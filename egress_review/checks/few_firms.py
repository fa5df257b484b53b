"""Sums of one, two or a few firms in a sentence: `선박용엔진(2개사): 3조 1,204억원`, `£4.1m across two firms`.

The sum of two firms tells each of them the other's; that of a few is a small cell as any other. Shares of the largest
few, as ratios of concentration give them, are of a whole market and no cell of their own; neither are limits and
conditions, which say a number of firms of no sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.cells import judge
from egress_review.checks.listing import Listing
from egress_review.checks.number_words import ENGLISH, KOREAN, number_of
from egress_review.checks.subject import Subject
from egress_review.findings import Where

RULES = ("cells.small",)
LONGEST_LINE, NEAR = 2_000, 60
"""Characters of a line that is read, and between a number of firms and the sum that it is of."""

_END = r"(?=[의은는이가을를에도,:)·\s]|$)"
_KIND = r"(?:기업|업체|회사|사업체|법인|농가|점포|공장|업소)"
_FIRMS = re.compile(
    rf"(?<![\d.,~–-])(?:(?P<ko>\d{{1,2}})\s?(?:개사|(?:개\s?)?{_KIND}){_END}"
    rf"|(?<=\()(?P<alone>\d{{1,2}})사(?=\))"
    rf"|(?P<said>{'|'.join(KOREAN)})\s?(?:개\s?)?(?:{_KIND}|곳){_END}"
    rf"|\b(?P<en>\d{{1,2}}|{'|'.join(ENGLISH)})\s(?P<sort>[a-z-]{{3,15}} )?(?:firms?|compan(?:y|ies)|enterprises?|"
    r"plants?|business(?:es)?|manufacturers?|producers?|contractors?|suppliers?|farms?|employers?|contributors?)\b)"
    r"(?P<after>.{0,12})",
    re.IGNORECASE,
)
"""Numbers of firms. Those of a whole market go by a number alone, `이동통신 3사`, unless it stands in brackets."""
_AMOUNT = re.compile(
    r"\d[\d,.]{0,18}\s?(?:조|억|만|천|백만|십억)(?:\s?[\d,]{1,9}\s?(?:억|만|천))?\s?(?:원|달러|엔|유로)|\d[\d,.]{1,18}\s?(?:원|달러|유로)"
    r"|(?:[£$€₩]|\b(?:USD|GBP|EUR|KRW)\s?)\s?\d[\d,.]{0,18}|\d[\d,.]{0,18}\s?(?:(?:b|m|tr)illion|bn\b|m\b)?\s?(?:won|pounds|dollars|euros?)\b"
    r"|\d[\d,.]{0,18}\s?(?:톤|tonnes?|tons?|MWh|GWh|TOE|배럴|barrels?)",
    re.IGNORECASE,
)
_OF_LARGEST = re.compile(
    r"(?:상위|주요|최대|톱|나머지|기타|매출 ?순|\b(?:top|big|largest|biggest|leading|other|remaining|first|last))"
    r"\s?(?:the )?\(?$",
    re.IGNORECASE,
)
_SORTS = frozenset(("top", "largest", "biggest", "leading", "other", "remaining", "first", "last"))
"""What stands before a number, or behind it, where it is of the largest or of the rest of a market."""
_LIMIT_BEFORE = re.compile(
    r"(?:\b(?:at least|at most|than|under|below|within|up to|per|every|each|any|no|if|unless|only (?:when|where))"
    r"|\b(?:minimum|maximum|limit|threshold|rule)(?: \w{1,15})?(?: of| is|:|=)|최소|적어도|많아야)"
    r"\s?(?:the |only |just )?\(?$",
    re.IGNORECASE,
)
"""What stands before a number of firms that is a limit, a condition or a rate."""
_OF_GRANTS = re.compile(
    r"fund(?:ed|ing)|grants?\b|sponsor|support(?:ed)? by|연구비|후원|협찬|지원(?:을 ?받|받)", re.IGNORECASE
)
"""Who paid for the work is no contributor to what it counts."""
_LIMIT_AFTER = re.compile(
    r"\s?(?:미만|이하|이상|이내|초과(?!이익|수요|공급)|까지|당(?![기월해사시초분])|마다|보다|"
    r"or (?:more|fewer|less)\b|per\b|(?:may|must|shall|should|can|cannot|might)\b|"
    rf"in (?:every|each|ten|{'|'.join(ENGLISH[1:])})\b(?!\s\w+s\b))|[을를]\s?(?:초과|넘)",
    re.IGNORECASE,
)
"""What begins behind one: a limit, what a rule allows, or what it is one in."""


def check_few_firms(subject: Subject, listing: Listing) -> None:
    """Hold the numbers of firms behind sums in sentences to the smallest cell."""
    for number, line in enumerate(subject.lines, 1):
        if len(line) > LONGEST_LINE or not _AMOUNT.search(line) or _OF_GRANTS.search(line):
            continue
        for value in _few(line, subject.policy.min_cell):
            judge(value, Where(row=number), subject.claims, subject.policy, listing)


def _few(line: str, least: int) -> Iterator[int]:
    for match in _FIRMS.finditer(line):
        value = number_of(match["ko"] or match["alone"] or match["said"] or match["en"])
        before = line[max(0, match.start() - NEAR) : match.start()]
        end = match.start("after")
        sort = (match["sort"] or "").strip().lower()
        if not 0 < value < least or _OF_LARGEST.search(before) or sort in _SORTS:
            continue
        if _LIMIT_BEFORE.search(before) or _LIMIT_AFTER.match(line, end):
            continue
        # The sum stands behind the number of firms, or right before it in the same clause.
        clause = re.split(r"[.;。]\s", line[end : end + NEAR])[0]
        if _AMOUNT.search(clause) or _AMOUNT.search(re.split(r"[.;。]\s", before)[-1][-NEAR // 2 :]):
            yield value
