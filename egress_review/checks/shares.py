"""Percentages: the small counts that they give away, and the 0 % and 100 % that speak of everybody in a group.

A percentage is a share of a count only if share times count is a whole number within its rounding, in every row; a
rate of change, a coefficient of variation or an HbA1c in per cent is told apart by that, and by its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from egress_review.checks.base_words import bases_named
from egress_review.checks.cells import mend
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Count, Reading, read_counts, whole
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.shares_down import turned
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table, count_said
from egress_review.checks.within_json import tables_within
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("cells.percent", "cells.zero")

SHARP = 0.5
"""Width in people of what a rounded percentage leaves open, up to which whole numbers tell a share from chance."""

_NO_SHARE = re.compile(
    r"change|growth|increase|decrease|reduction|loss|gain|differ|\bcv\b|variation|error|bias|interest|inflation|return|"
    r"yield|hba1c|haemoglobin|hemoglobin|glucose|saturation|spo2|ejection|hematocrit|fat|humidity|accuracy|recall|"
    r"precision|sensitivity|specificity|mean|median|average|variance|explained|reliab|\bper\b|1,?000|weight|"
    r"변화|증감|증가|감소|성장|상승|하락|이자|금리|수익|물가|오차|혈색소|포화도|박출|체지방|습도|정확도|민감도|특이도|"
    r"평균|중앙|설명|"
    r"천\s*명|십만|만\s*명당|명당"
)
_SHARE = re.compile(r"%|percent|pct|share|proportion|prevalence|비율|백분율|구성비|분율|유병률|비중|점유율|퍼센트")
_NUMBER = re.compile(r"(\d{1,3}(?:\.(\d{1,10}))?)\s*%?")
_SIZE = re.compile(r"\b[nN]\s*=\s*(\d{1,3}(?:,\d{3})+|\d+)\b")
_PAIR = re.compile(r"[(\[]\s*(\d{1,3}(?:\.\d+)?)\s*(?:%\s*)?[)\]]")

_IMPLIED = Text(
    ko="비율과 기준 수를 곱하면 약 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="The percentage and its base imply a count of about {value}; the smallest cell is {least}.",
)
_EVERYBODY = Text(
    ko="0% 또는 100%는 그 집단의 모두에 관한 사실입니다.",
    en="0 % or 100 % is a fact about every member of the group.",
)
_EVERYBODY_MEND = Text(
    ko="정의상 그럴 수밖에 없는 값이면 설명에 적고, 아니면 범주를 합치거나 ‘<5%’, ‘>95%’로 표시하십시오.",
    en="Say in the context if it must be so by definition; otherwise merge categories or show <5 % or >95 %.",
)


@dataclass(frozen=True, slots=True)
class Share:
    """One published percentage: its place, its value, half of its last shown digit."""

    row: int
    value: float
    slack: float


def check_shares(subject: Subject, listing: Listing) -> None:
    """Hold every column of percentages to the counts that it is of."""
    within = tables_within(subject.json) if subject.type == "json" and not subject.tables else ()
    deep = ((table, read_counts(table, subject.claims)) for table in within if table.names[1:] != ("n",))
    for table, reading in (*bearable(subject, ("cells.percent",), listing), *deep):
        base = _bases(table, reading) or bases_named(table)
        for column, name in enumerate(table.names):
            if not _declared(subject, name):
                continue
            if (_gives_shares(table, column) and _may_be_share(name)) or (
                column
                and kind_of(name) in (Kind.STATISTIC, Kind.UNKNOWN)
                and not _OF_TEST.search(name)
                and _happen_to_be(table, column, base)
            ):
                _check_column(table, column, base, subject, listing)
        for down, numbers in turned(table):
            below = {at: value for at, cell in zip(down.numbers, down.column(1), strict=True) if (value := whole(cell))}
            for column in range(2, len(down.names)):
                if _declared(subject, down.names[column]) and _may_be_share(down.names[column]):
                    _check_column(down, column, below, subject, listing, row=numbers[column - 1])
        _check_pairs(table, reading, subject, listing)


def _gives_shares(table: Table, column: int) -> bool:
    """Whether a column holds percentages; one that is called `deaths (%)` does where no cell has a count as well."""
    kind = kind_of(table.names[column])
    if kind is Kind.COUNT_AND_PERCENT:
        cells = [cell.strip() for cell in table.distinct(column) if cell.strip()]
        return "%" in table.names[column] and bool(cells) and all(_NUMBER.fullmatch(c) and "." in c for c in cells)
    if kind is Kind.UNKNOWN:
        cells = [cell.strip() for cell in table.distinct(column) if cell.strip()]
        return bool(cells) and all(cell.endswith("%") and _NUMBER.fullmatch(cell) for cell in cells)
    return kind is Kind.PERCENT


MOST_CHANCE = 0.005
"""How likely it may be that numbers which are no shares are those of whole people in every row."""


def _happen_to_be(table: Table, column: int, base: dict[int, int]) -> bool:
    """Whether decimals that no name calls shares are those of whole people in every row: means of yes and no."""
    shares, chance, cells = list(_shares(table, column)), 1.0, table.distinct(column)
    if len(shares) < FEWEST_MEANS or len(shares) < sum(bool(cell.strip()) for cell in table.column(column)):
        return False
    for share in shares:
        people = base.get(share.row)
        if not people:
            return False
        exact, open_ = share.value * people / 100, share.slack * people / 100
        if abs(exact - round(exact)) > open_ + 1e-6:
            return False
        chance *= min(1.0, 2 * open_)
    return chance < MOST_CHANCE and any("." in cell for cell in cells)


FEWEST_MEANS = 2
_OF_TEST = re.compile(r"\^ ?2|\*\*2|²|O-E|chi-?sq|statistic\b", re.IGNORECASE)
"""What a column of a test is called, such as `(O-E)^2/E` of the test of two curves."""


def _declared(subject: Subject, name: str) -> bool:
    return subject.claims.declared(name) in (None, "percentages")


def _may_be_share(name: str) -> bool:
    return not _NO_SHARE.search(unicodedata.normalize("NFKC", name).lower())


def _bases(table: Table, reading: Reading) -> dict[int, int]:
    """The one count of each row: of one column of counts or totals, or in its label; else nothing is sure."""
    columns = sorted({count.column for count in reading.counts})
    if len(columns) > 1:
        sizes = [column for column in columns if _SIZED.fullmatch(_bare(table.names[column - 1]))]
        columns = sizes if len(sizes) == 1 else []
        if not columns:
            return {}
    if columns:
        return {count.row: count.value for count in reading.counts if count.column == columns[0]}
    totals = [index for index, name in enumerate(table.names) if index and is_total(name)]
    if len(totals) == 1:
        cells = zip(table.numbers, table.column(totals[0]), strict=True)
        return {number: value for number, cell in cells if (value := whole(cell)) is not None}
    labels = ((number, _SIZE.search(row[0])) for number, row in zip(table.numbers, table.rows, strict=True) if row)
    return {number: count_said(match[1]) for number, match in labels if match}


_SIZED = re.compile(
    r"n|total|n total|total n|base(?: n)?|sample(?: size)?|respondents|participants|patients|people|subjects|tested|"
    r"screened|"
    r"examined|enrolled|population|전체|계|합계|대상자?(?: ?수)?|표본 ?수|응답자 ?수?|사례 ?수|환자 ?수|인원 ?수?|"
    r"검사자 ?수|수검자 ?수"
)
"""What the numbers of all people of each row are called, where other counts stand beside them."""


def _bare(name: str) -> str:
    return " ".join(re.sub(r"[_()\[\],.]+", " ", unicodedata.normalize("NFKC", name).lower()).split())


FEWEST_DIVIDED, DIVIDED = 3, 10
"""Other groups, and per cent of each, from which a group with nobody of a kind is told something of everybody in it."""


def _check_column(
    table: Table, column: int, base: dict[int, int], subject: Subject, listing: Listing, *, row: int | None = None
) -> None:
    """Hold one column of percentages to its bases; `row` is where it stands in a table that was turned about."""
    shares = list(_shares(table, column))
    if not shares:
        return
    labels = {number: row[0] if row else "" for number, row in zip(table.numbers, table.rows, strict=True)}
    for share in shares:
        if share.value in (0, 100) and subject.policy.zeros != "allow" and base and not is_total(labels[share.row]):
            where = Where(row=row, column=share.row) if row else Where(row=share.row, column=column + 1)
            others = [one.value for one in shares if one.row != share.row and not is_total(labels[one.row])]
            alone = len(others) >= FEWEST_DIVIDED and min(others) >= DIVIDED and max(others) <= 100 - DIVIDED
            none = alone and share.value == 0 and base.get(share.row, 0) >= subject.policy.min_cell
            severity = Severity.FAIL if none else Severity(subject.policy.zeros)
            listing.flag("cells.zero", _EVERYBODY, _EVERYBODY_MEND, where=where, severity=severity)
    if not base or _are_parts(shares, base):
        return
    sure = _is_share_of(shares, base, table.names[column])
    if sure is None:
        return
    least = subject.policy.min_cell
    for share in shares:
        people = base.get(share.row, 0)
        value = round(share.value * people / 100)
        # What is left of the group is as small a group as the share itself.
        small = min(value, people - value)
        if 0 < small < least <= people:
            message = _IMPLIED.fill(value=small, least=least)
            where = Where(row=row, column=share.row) if row else Where(row=share.row, column=column + 1)
            weight = None if sure else Severity.WARN
            listing.flag("cells.percent", message, mend(subject.policy), where=where, number=small, severity=weight)


def _shares(table: Table, column: int) -> Iterator[Share]:
    """The percentages of a column; none if one of its numbers cannot be a share."""
    found: list[Share] = []
    for number, cell in zip(table.numbers, table.column(column), strict=True):
        text = cell.strip()
        match = _NUMBER.fullmatch(text)
        if match is None:
            if re.match(r"[-−]\s*\d", text) or re.fullmatch(r"\d{4,}(?:\.\d+)?%?", text):
                return
            continue
        value = float(match[1])
        if value > 100:
            return
        found.append(Share(number, value, 0.5 * 10.0 ** -len(match[2] or "")))
    said = "%" in table.names[column] or any("%" in cell for cell in table.column(column))
    if found and not said and max(s.value for s in found) <= 1 and any("." in cell for cell in table.column(column)):
        # Fractions of one, not of a hundred.
        found = [Share(share.row, 100 * share.value, 100 * share.slack) for share in found]
    yield from found


def _is_share_of(shares: list[Share], base: dict[int, int], name: str) -> bool | None:
    """True if the percentages are shares of the counts, False if they may be, None if they are not."""
    sharp = False
    for share in shares:
        people = base.get(share.row)
        if not people:
            continue
        exact, open_ = share.value * people / 100, share.slack * people / 100
        if abs(exact - round(exact)) > open_ + 1e-6:
            return None
        sharp |= 2 * open_ < SHARP
    return sharp or _SHARE.search(unicodedata.normalize("NFKC", name).lower()) is not None


def _are_parts(shares: list[Share], base: dict[int, int]) -> bool:
    """Whether the percentages only repeat the counts as parts of their sum or of their total."""
    for total in (sum(base.values()), max(base.values())):
        if total and all(abs(s.value - 100 * base.get(s.row, 0) / total) <= s.slack + 0.1 for s in shares):
            return True
    return False


def _check_pairs(table: Table, reading: Reading, subject: Subject, listing: Listing) -> None:
    """Counts that are written with a percentage of 0 or 100 beside them."""
    if subject.policy.zeros == "allow":
        return
    rows = dict(zip(table.numbers, table.rows, strict=True))
    for count in reading.counts:
        if _says_everybody(rows.get(count.row, ()), count):
            where = Where(row=count.row, column=count.column)
            severity = Severity(subject.policy.zeros)
            listing.flag("cells.zero", _EVERYBODY, _EVERYBODY_MEND, where=where, severity=severity)


def _says_everybody(row: object, count: Count) -> bool:
    cells = row if isinstance(row, list | tuple) else ()
    if count.value == 0 or count.column > len(cells) or (cells and is_total(cells[0])):
        return False
    match = _PAIR.search(cells[count.column - 1])
    return match is not None and float(match[1]) == 100
