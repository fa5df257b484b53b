"""Means that are of one person, as a missing standard deviation tells, and weights that tell how few were asked.

The words by which columns of means, deviations and numbers of all people are known stand here too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import is_total
from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Where
from registry.text import Text

EVERYBODY = re.compile(
    r"n|total|n total|total n|patients|people|participants|subjects|"
    r"(?:n |number of |all )?(?:graduates|applicants|candidates|entrants|trainees|enrolled|enrollees|job ?seekers|"
    r"borrowers|eligible|invited|examined|screened|registered|admitted|randomi[sz]ed|"
    r"loans|contracts|accounts|applications|invitations)|"
    r"전체|(?:총|전체|입원|외래|내원|등록|검진|조사|응시|대상|재적|모집|수검|가입|방문)? ?"
    r"(?:대상자|환자|인원|응답자|수검자|가입자|학생|입원자) ?수?|"
    r"(?:총|전체)? ?(?:졸업[자생]|입학[자생]|지원자|신청자|응시자|참가자|수강[자생]|훈련생|훈련 ?인원|"
    r"입사자|채용자|구직자|창업자|차입자|대출자|차주|초청자|선정자|등록생|입소자|재학생|"
    r"진료 ?인원|대출|계약|계좌|신청|발송)(?: ?건)? ?수?"
)
ONLY_SD = re.compile(r"sd|std|stdev|std dev|standard deviation|표준 ?편차")
PER_ONE = re.compile(
    r"\bper (?:patient|person|capita|head|member|worker|employee|student|pupil|household|family|firm|company|"
    r"enterprise|establishment|plant|farm|hospital|clinic|school|shop|store|site|borrower|user|case)\b"
    r"|(?:환자|사람|가구|세대|업체|사업체|기업|회사|개사|공장|농가|어가|병원|기관|학교|점포|시설|직원|근로자|학생|회원|차주|1?인|"
    r"(?<![가-힣])명)\s?당"
)
"""Of whom a mean is: the sum divided by it is how many of them there are."""
MEAN = re.compile(rf"\b(?:mean|avg|average)\b|평균|{PER_ONE.pattern}")
SD = re.compile(r"\b(?:sd|std|stdev|std dev|standard deviation)\b|표준\s?편차")
MEND = Text(
    ko="둘 가운데 하나만 남기거나, 범주를 합쳐 집단마다 {least}명 이상이 되게 하거나, 둘 다 굵게 반올림하십시오.",
    en="Keep one of the two numbers, merge categories until each group has {least} people, or round both coarsely.",
)
Range = tuple[float, float]
Number = tuple[float, float]
"""A number and half of its last shown place."""


def plain_name(name: str) -> str:
    return " ".join(re.sub(r"[_()\[\].]+", " ", unicodedata.normalize("NFKC", name).lower()).split())


def of_sum(total: Number, mean: Number) -> Range | None:
    if abs(mean[0]) <= mean[1] or total[0] * mean[0] <= 0:
        return None
    t, m = abs(total[0]), abs(mean[0])
    return (t - total[1]) / (m + mean[1]), (t + total[1]) / (m - mean[1])


def check_lonely(table: Table, names: Sequence[str], subject: Subject, listing: Listing) -> None:
    """A mean whose standard deviation is missing, where the other rows have one, is the value of one person."""
    if not names or _OF_VARIABLES.search(names[0]):
        return
    sizes = [i for i, name in enumerate(names) if EVERYBODY.fullmatch(name)]
    for mean, spread in dict.fromkeys((*_by_name(names), *_side_by_side(names))):
        cells = list(zip(table.numbers, table.rows, table.column(mean), table.column(spread), strict=True))
        alone = [
            number
            for number, row, one, other in cells
            if number_in(one)
            and _MISSING.fullmatch(other.strip())
            and _may_be_alone(row, sizes, subject.policy.min_cell)
        ]
        if not alone or not any(number_in(other) for _, _, _, other in cells):
            continue
        _tell_alone(alone, spread, subject, listing)
    for column, name in enumerate(names):
        if MEAN.search(name) and SD.search(name) and any(map(_WITH_SD.fullmatch, table.distinct(column))):
            alone = [
                number
                for number, row, cell in zip(table.numbers, table.rows, table.column(column), strict=True)
                if _WITHOUT_SD.fullmatch(cell.strip()) and _may_be_alone(row, sizes, subject.policy.min_cell)
            ]
            _tell_alone(alone, column, subject, listing)


def _may_be_alone(row: Sequence[str], sizes: Sequence[int], least: int) -> bool:
    """Whether a row can be of one person: no total, no share, and not of as many as it says it is of."""
    if is_total(row[0]) or _OF_SHARE.search(row[0]):
        return False
    return not any((whole(row[i]) or 0) >= least for i in sizes if i < len(row))


def _tell_alone(rows: Sequence[int], column: int, subject: Subject, listing: Listing) -> None:
    for number in rows:
        where, fix = Where(row=number, column=column + 1), MEND.fill(least=subject.policy.min_cell)
        listing.flag("cells.implied", _LONELY, fix, where=where, number=1)


_WITH_SD = re.compile(r"\s*-?\d{1,9}(?:\.\d{1,9})?\s?(?:\(|±|\+/-)\s?\d{1,9}(?:\.\d{1,9})?\)?\s*")
_WITHOUT_SD = re.compile(
    r"-?\d{1,9}(?:\.\d{1,9})?\s?(?:\(\s?(?:na|nan|n/a|[-–—.])\s?\)|(?:±|\+/-)\s?(?:na|nan|n/a|[-–—.]))", re.IGNORECASE
)
"""A mean with its standard deviation in one cell, and one whose standard deviation is missing."""
_OF_SHARE = re.compile(r"%|비율|percent|\bn\s?\(")
"""The label of a row that is a share, which has no standard deviation."""


def _by_name(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Means and the standard deviations that are called as they are."""
    beside: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        if SD.search(name):
            beside.setdefault(" ".join(SD.sub(" ", name).split()), []).append(column)
    for mean, name in enumerate(names if beside else ()):
        spreads = beside.get(" ".join(MEAN.sub(" ", name).split()), [])
        if MEAN.search(name) and len(spreads) == 1:
            yield mean, spreads[0]


def _side_by_side(names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Means, each with a standard deviation without a name of its own to its right."""
    for mean, (name, beside) in enumerate(pairwise(names)):
        if ONLY_SD.fullmatch(beside) and (MEAN.sub(" ", name).split() if MEAN.search(name) else _SCORE.search(name)):
            yield mean, mean + 1


_SCORE = re.compile(r"score|점수|성적|등급|지수")
_OF_VARIABLES = re.compile(r"변수|특성|문항|항목|지표|variable|characteristic|item|measure|parameter|outcome")
"""What the first column of a table of one group is called, whose rows are no groups of people."""


def check_weights(
    table: Table, names: Sequence[str], subject: Subject, listing: Listing, *, turned: int | None = None
) -> None:
    """An estimated total beside the mean weight of those who were asked gives how many were."""
    weights = [i for i, name in enumerate(names) if _WEIGHT.search(name)]
    totals = [i for i, name in enumerate(names) if _ESTIMATED.search(name) and i not in weights]
    if not weights:
        totals = [i for i, name in enumerate(names) if name.startswith("weighted ")]
        weights = [i for i, name in enumerate(names) if _BARE_WEIGHT.fullmatch(name)]
    if len(weights) != 1 or len(totals) != 1:
        return
    least = subject.policy.min_cell
    for number, one, other in zip(table.numbers, table.column(totals[0]), table.column(weights[0]), strict=True):
        total, weight = number_in(one), number_in(other)
        found = of_sum(total, weight) if total and weight and weight[0] > 1 else None
        if found and found[0] >= MOST_ROUNDED and found[1] < least - MOST_ROUNDED:
            value = round(sum(found) / 2)
            message, where = _WEIGHED.fill(value=value, least=least), place_in(table, number, weights[0], turned)
            listing.flag("cells.implied", message, MEND.fill(least=least), where=where, number=value)


def place_in(table: Table, number: int, column: int, turned: int | None) -> Where:
    """Where a cell stands; of a table that was turned on its side, whose first row has that number, in the file."""
    return Where(row=number, column=column + 1) if turned is None else Where(row=turned + column, column=number)


def turned_about(table: Table) -> Table | None:
    """A small table on its side, with the labels of its rows as headings; None for any other."""
    if not 2 <= len(table.rows) <= MOST_TURNED or not 2 <= len(table.names) <= MOST_TURNED:
        return None
    labels = ("", *(row[0] if row else "" for row in table.rows))
    rows = [[name, *table.column(index)] for index, name in enumerate(table.names) if index]
    return Table(labels, rows, range(2, len(table.names) + 1))


MOST_TURNED = 24
"""Rows and columns of a table that is read on its side too."""
MOST_ROUNDED = 0.5
"""People by which a computed number may be off, as where totals were rounded."""
_WEIGHT = re.compile(
    r"평균\s?(?:표본\s?|설계\s?)?가중[치값]|가중[치값]\s?(?:의\s?)?평균|평균\s?승수"
    r"|\b(?:mean|average|avg) (?:sampling|survey|design|sample|expansion|person|household|final) (?:weight|factor)s?\b"
)
_BARE_WEIGHT = re.compile(r"(?:mean|average|avg) (?:weights?|wgt|wt)")
"""One of a sample where the total beside it is weighted, and of bodies elsewhere."""
_ESTIMATED = re.compile(
    r"추정\s?(?:총|전체)?\s?(?:[가-힣]{1,4}수|인구|인원|모집단|모수|규모)|모집단\s?(?:추정|크기|수|[가-힣]{1,3}수)|가중\s?(?:합계?|인원|빈도|사례수|[가-힣]{1,3}수)"
    r"|\b(?:estimated|weighted) (?:total|n|count|number|population|households?|people|persons|firms|size|freq)\b"
    r"|\bpopulation (?:size|estimate|total)\b"
)
_WEIGHED = Text(
    ko="추정 총수를 평균 가중치로 나누면 표본이 {value}로, 최소 셀 {least}보다 작습니다.",
    en="The estimated total divided by the mean weight gives {value} in the sample; the smallest cell is {least}.",
)

_MISSING = re.compile(r"|nan|na|\.|null|none|<na>|-", re.IGNORECASE)
_LONELY = Text(
    ko="평균은 있는데 표준편차가 비어 있습니다: 한 사람뿐인 집단이며 평균이 곧 그 사람의 값입니다.",
    en="There is a mean and no standard deviation: the group is one person, whose value the mean is.",
)
