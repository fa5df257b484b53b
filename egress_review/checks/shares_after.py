"""Shares of those whom an earlier sentence counts: `334명이 응답하였다. … 비율은 97.9%였고, 나머지는 …`.

A number of people holds for the sentences behind it until another is said. All shares of these must be whole numbers of
it; then a small one is few people, and so is what a large one leaves where the text speaks of a share or of the rest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from egress_review.checks.cells import mend
from egress_review.checks.labelled_shares import check_labelled_shares
from egress_review.checks.left_out_bars import check_left_out_bars
from egress_review.checks.listing import Listing
from egress_review.checks.said_shares import shares_of_people
from egress_review.checks.said_sizes import sizes_said
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

MOST_SENTENCES, LONGEST = 8, 1_000
"""Sentences behind a number of people that are taken to be of them, and characters of a line that are read."""
MOST_CHANCE = {2: 0.5, 1: 0.25, 0: 0.1}
"""How likely it may be, by the widths that rounding leaves open, that shares are whole numbers of others.

2 where the text speaks of the rest, 1 where it calls what it gives a share, 0 where it says neither.
"""
COUNTED = 0.1
"""How much less likely chance is for each part that is given in numbers as well."""
CERTAIN = 0.05
"""Likelihood below which a share leaves the rest of those people, though nothing is said of it."""

_SENTENCE = re.compile(r"(?:[^.。!?\n]|\.(?=\d)|(?<=\d)\.(?=[가-힣]))+")
_PAIR = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3}){1,3}|\d{1,7})\s?(?:명|개소|곳|건|가구|[a-z]{3,15})?\s?[(\[]\s?$")
_REST = re.compile(
    r"나머지|그 ?외|이외|여타|잔여|못 ?한|않은|않았|the rest|remain|the others?\b|rest of|did not|was not|were not|"
    r"had not|미[가-힣]{2,4}",
    re.IGNORECASE,
)
_SHARE_WORD = re.compile(
    r"비율|비중|[가-힣][율률][은이의]|응답|참여|proportion|percentage|share of|\brates?\b|respond|answered|"
    r"per cent of|% of (?:them|those|these|the (?:respondents|participants|patients|sample|class|firms|graduates))",
    re.IGNORECASE,
)
_OF_NOBODY = re.compile(
    r"interest|inflation|growth|margin|confidence|power|alpha|accura|sensitivit|specificit|humid|tolerance|threshold|"
    r"agreement|kappa|\bcv\b|variance|coverage|\bauc\b|explained|weighted|가중|금리|이자|물가|성장|세율|증감|오차|신뢰|검정력|"
    r"정확|민감도|특이도|습도|농도|임계|일치도|설명력|포괄|수율|혈색소|포화도|전국|전체 인구|national|literature|"
    r"previous|선행|기존 연구|other stud",
    re.IGNORECASE,
)

_IMPLIED = Text(
    ko="앞 문장에 적힌 수와 이 비율을 곱하면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="This share of the number that an earlier sentence gives is {value} people; the smallest cell is {least}.",
)


@dataclass
class Stretch:
    """A number of people and the shares behind it: their line, value, half of the last place, whether what they leave
    is told as well, and whether they stand behind the sentence with the number, of which others tell."""

    people: int
    sentences: int = 0
    shares: list[tuple[int, float, float, bool, bool]] = field(default_factory=list)
    said: int = 0
    """2 where a sentence with a share speaks of the rest, 1 where it calls what it gives a share."""
    counted: int = 0
    """Shares beside which the text gives the part in numbers, and so says what they are of."""
    fits: bool = True


def check_shares_after(subject: Subject, listing: Listing) -> None:
    """Hold the shares of a text to the number of people that was said before them, and those that a figure writes."""
    check_labelled_shares(subject, listing)
    check_left_out_bars(subject, listing)
    least = subject.policy.min_cell
    if "%" not in subject.text and "ercent" not in subject.text and "퍼센트" not in subject.text:
        return
    for stretch in _stretches(subject):
        for line, value in _few(stretch, least):
            message = _IMPLIED.fill(value=value, least=least)
            listing.flag("cells.percent", message, mend(subject.policy), where=Where(row=line), number=value)


def _stretches(subject: Subject) -> Iterator[Stretch]:
    now: Stretch | None = None
    for number, line in enumerate(subject.lines, 1):
        if line.lstrip().startswith("#") or "|" in line or "\\" in line or len(line) > LONGEST:
            yield from (now,) if now else ()
            now = None
            continue
        for match in _SENTENCE.finditer(line):
            words = match[0]
            sizes = set(sizes_said(words))
            if sizes and sizes != {now.people if now else 0}:
                yield from (now,) if now else ()
                # Of several groups nobody can say of which the next share is.
                now = Stretch(min(sizes)) if len(sizes) == 1 else None
                if now:
                    _read(now, number, words, own=True)
            elif now:
                now.sentences += bool(words.strip())
                if now.sentences <= MOST_SENTENCES and not sizes:
                    _read(now, number, words, own=False)
    yield from (now,) if now else ()


def _read(stretch: Stretch, line: int, words: str, *, own: bool) -> None:
    """Add the shares of a sentence; a part in numbers beside one must be that part of the people."""
    if _OF_NOBODY.search(words):
        return
    rest, said = _REST.search(words) is not None, _SHARE_WORD.search(words) is not None
    for match in shares_of_people(words):
        value = float(match["p"])
        slack = 0.5 * 10 ** -len(match["p"].partition(".")[2])
        people = value * stretch.people / 100
        pair = _PAIR.search(words[max(0, match.start() - 30) : match.start()])
        if pair and abs(int(pair[1].replace(",", "")) - people) > slack * stretch.people / 100 + 1e-6:
            stretch.fits = False
        stretch.counted += pair is not None
        stretch.shares.append((line, value, slack, rest or (said and not own), own))
        stretch.said = max(stretch.said, 2 * rest, int(said))


def _few(stretch: Stretch, least: int) -> Iterator[tuple[int, int]]:
    """Lines and values of the shares that are few people, or leave few, if all are whole numbers of people."""
    of = stretch.people
    if not stretch.fits or of < least:
        return
    widths = []
    for _, value, slack, _, _ in stretch.shares:
        exact, open_ = value * of / 100, slack * of / 100
        if abs(exact - round(exact)) > open_ + 1e-6:
            return
        widths.append(min(1.0, 2 * open_))
    chance = math.prod(widths) * COUNTED**stretch.counted
    if not widths or chance > MOST_CHANCE[stretch.said]:
        return
    for line, value, slack, complement, own in stretch.shares:
        people, open_ = round(value * of / 100), slack * of / 100
        small = min(people, of - people) if complement or chance < CERTAIN else people
        if own and small == people:
            continue
        if 0 < small < least and small + open_ < least:
            yield line, small
