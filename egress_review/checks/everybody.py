"""Groups all of which are alike, where others differ: what the table says of the group is said of each member.

An isolated zero is left to the reviewers; here the whole group stands in one cell, or its share is 100 %.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from statistics import median

from egress_review.checks.all_said import all_said
from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Reading, paired, whole
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Severity, Where
from registry.text import Text

RULES = ("cells.zero",)

MOST_ROWS, MOST_COLUMNS = 500, 60
"""Size up to which the groups of a table are compared with each other."""
FEWEST_OTHERS = 2
"""Other groups that vary, beside which one that does not is told."""
ORDINARY = 0.8
"""Share in other groups up to which all of a group are something out of the ordinary; nearly all of the others are "
"not."""

_ALL = Text(
    ko="이 집단은 모두가 같은 범주에 있습니다: 집단에 속한 사람이면 누구나 그렇다는 사실이 드러납니다.",
    en="Everybody of this group is in one category: the table tells it of each member.",
)
_ALL_MEND = Text(
    ko="범주나 집단을 합치거나 ‘>95%’처럼 표시하십시오. 정의상 그럴 수밖에 없으면 설명에 적으십시오.",
    en="Merge categories or groups, or show >95 %. If it must be so by definition, say so in the context.",
)
_BY_NATURE = re.compile(
    r"전립선|자궁|난소|고환|임신|분만|출산|산모|산과|부인|비뇨|소아|신생아|폐경|월경|유방|prostat|uter|ovar|cervi|"
    r"testic|pregnan|"
    r"obstet|gyn|paediat|pediat|neonat|matern|deliver|breast|menopaus|해당 ?없|not applicable|n/?a\b|신설|폐지"
)
_OF_TIME = re.compile(
    r"(?:19|20)\d\d|\d{1,2}\s?(?:월|분기|주|일|차)|q[1-4]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
)
_CLASSES = re.compile(r"predict|actual|true|pred\b|예측|실제|정답|cluster|군집|leaf")
_NO_TRAIT = re.compile(
    r"accura|answer|returned|weight|sensitiv|specific|complete|cumul|valid|response|coverage|power|confidence|누적|정확|민감|특이|완전|응답|"
    r"유효|회수|"
    r"목표|달성|참여율|coverage|of total|구성비"
)
_EVENT_ALL = re.compile(
    r"n|total|tested|screened|examined|base(?: n)?|sample(?: size)?|n total|검사자? ?수?|수검자 ?수?|대상자 ?수?|전체|"
    r"계|합계"
)


def check_everybody(subject: Subject, listing: Listing) -> None:
    """Look at every group of every table, by row and by column."""
    if subject.policy.zeros == "allow":
        return
    for number, people in all_said(subject.lines) if subject.type in ("md", "txt") else ():
        where = Where(row=number)
        listing.flag("cells.zero", _ALL, _ALL_MEND, where=where, number=people, severity=Severity.FAIL)
    for table, reading in bearable(subject, RULES, listing):
        if len(table.rows) > MOST_ROWS or len(table.names) > MOST_COLUMNS or not table.numbers:
            continue
        told: set[int] = set()
        for where in (
            *_crossed(table, reading, subject.policy.min_cell),
            *_listed(table, reading, subject.policy.min_cell),
            *_shared(table, reading, subject.policy.min_cell),
        ):
            if where.row not in told:
                told.add(where.row)
                listing.flag("cells.zero", _ALL, _ALL_MEND, where=where, number=100, severity=Severity.FAIL)


@dataclass(frozen=True, slots=True)
class _Group:
    """The counts of one row or column, and where its largest stands."""

    label: str
    values: tuple[int, ...]
    where: Where

    @property
    def size(self) -> int:
        """Everybody of the group."""
        return sum(self.values)

    @property
    def alone(self) -> bool:
        return sum(value > 0 for value in self.values) == 1

    @property
    def varies(self) -> bool:
        return all(value > 0 for value in self.values)


def _crossed(table: Table, reading: Reading, least: int) -> Iterator[Where]:
    """Rows and columns of a table of categories by categories of which one cell holds everybody."""
    counted = sorted({count.column - 1 for count in reading.counts})
    parts = [
        c
        for c in counted
        if c and not is_total(table.names[c]) and kind_of(table.names[c]) in (Kind.UNKNOWN, Kind.LABEL)
    ]
    rows = [p for p, row in enumerate(table.rows) if row and not _is_whole(row)]
    values = {(count.row, count.column - 1): count.value for count in reading.counts}
    cells = {(p, c): values.get((table.numbers[p], c)) for p in rows for c in parts}
    rows = [p for p in rows if all(cells[p, c] is not None for c in parts)]
    parts = _without_sum(parts, rows, cells)
    if len(parts) < 2 or len(rows) < 2 or _are_classes(table, parts, rows):
        return
    names = [table.names[c].lower() for c in parts]
    by_row = [
        _group(table.rows[p][0], [cells[p, c] or 0 for c in parts], table.numbers[p], [c + 1 for c in parts])
        for p in rows
    ]
    yield from _alike(by_row, names, least)
    by_column = [
        _Group(
            table.names[c],
            tuple(cells[p, c] or 0 for p in rows),
            Where(row=table.numbers[max(rows, key=lambda p, c=c: cells[p, c] or 0)], column=c + 1),  # type: ignore[misc]
        )
        for c in parts
    ]
    if len(rows) <= MOST_CATEGORIES:
        yield from _alike(by_column, [str(table.rows[p][0]).lower() for p in rows], least)


def _listed(table: Table, reading: Reading, least: int) -> Iterator[Where]:
    """Groups of a table with a row for each group and category, and one column of counts."""
    counted = {count.column for count in reading.counts}
    labels = [i for i in range(len(table.names)) if i + 1 not in counted and kind_of(table.names[i]) in _OF_LABELS]
    if len(counted) != 1 or len(labels) != OF_TWO or len(reading.counts) != len(table.rows):
        return
    counts_down = sorted(reading.counts, key=attrgetter("row"))
    values = dict(zip(zip(*map(table.column, labels), strict=True), counts_down, strict=True))
    for turn in (1, -1):
        names = [list(dict.fromkeys(key[::turn][axis] for key in values)) for axis in (0, 1)]
        if min(map(len, names)) < OF_TWO or len(names[1]) > MOST_CATEGORIES or len(values) < len(table.rows):
            return
        if len(values) != len(names[0]) * len(names[1]) or any(is_total(one) for one in (*names[0], *names[1])):
            return
        groups = []
        for name in names[0]:
            counts = [values[(name, other)[::turn]] for other in names[1]]
            largest = max(counts, key=attrgetter("value"))
            where = Where(row=largest.row, column=largest.column)
            groups.append(_Group(name, tuple(count.value for count in counts), where))
        yield from _alike(groups, [name.lower() for name in names[1]], least)


def _without_sum(parts: list[int], rows: list[int], cells: Mapping[tuple[int, int], int | None]) -> list[int]:
    """The columns of categories without one that is the sum of the others, whatever it is called."""
    for whole_of in parts if len(parts) > OF_TWO and rows else ():
        others = [c for c in parts if c != whole_of]
        if all(sum(cells[p, c] or 0 for c in others) == cells[p, whole_of] for p in rows):
            return others
    return parts


_OF_LABELS = frozenset((Kind.UNKNOWN, Kind.LABEL))


def _is_whole(row: Sequence[str]) -> bool:
    return not row or any(is_total(cell) for cell in row[:3])


MOST_CATEGORIES = 12
"""Rows up to which they are taken for the categories that a column is divided into."""


def _group(label: str, values: Sequence[int], row: int, columns: Sequence[int]) -> _Group:
    return _Group(label, tuple(values), Where(row=row, column=columns[values.index(max(values))]))


def _alike(groups: Sequence[_Group], categories: Sequence[str], least: int) -> Iterator[Where]:
    if all(_OF_TIME.search(name) for name in categories) or any(_BY_NATURE.search(name) for name in categories):
        return
    alone = [group for group in groups if group.alone and group.size >= least]
    others = [group for group in groups if group not in alone and group.size]
    varied = [group for group in others if group.varies]
    # What is a finding or its absence is found out of each person; few kinds of groups have either by their nature.
    opposed = len(categories) == OF_TWO and _are_opposed(*categories) and len(alone) <= 2 * len(varied)
    few = len(varied) < FEWEST_OTHERS or len(varied) <= len(alone)
    if not varied or (few and not opposed) or 2 * len(varied) < len(others):
        return
    for group in alone:
        at = max(range(len(group.values)), key=group.values.__getitem__)
        usual = median(one.values[at] / one.size for one in varied)
        if (
            usual <= ORDINARY
            and not _BY_NATURE.search(group.label.lower())
            and not _OF_TIME.fullmatch(group.label.lower())
        ):
            yield group.where


OF_TWO = 2


def _are_opposed(one: str, other: str) -> bool:
    """Whether two categories are a finding and its absence: 양성 and 음성, yes and no, injury and no injury."""
    first, second = (" ".join(unicodedata.normalize("NFKC", name).split()) for name in (one, other))
    for a, b in ((first, second), (second, first)):
        if _OPPOSED.fullmatch(f"{a}/{b}") or (a and _LACKS.sub("", b) == a != b):
            return True
    return False


_OPPOSED = re.compile(
    r"양성/음성|예/아니[오요]|유/무|있음/없음|이상/정상|합격/불합격|사망/생존|적합/부적합|찬성/반대|가입/탈퇴|"
    r"(?:.{0,30} )?(?:positive/.{0,30}negative|abnormal/.{0,30}normal)|yes/no|true/false|y/n|present/absent|"
    r"pass(?:ed)?/fail(?:ed)?|(?:died|dead|deceased)/(?:survived|alive)|ever/never|exposed/unexposed"
)
_LACKS = re.compile(
    r"^(?:no |non[ -]?|not |without |un|ej |inte |nicht |ohne |kein(?:e)? |ikke |pas |sans |sin |비|미|"
    r"무|불)|(?: ?(?:없음|아님|안 ?함))$"
)
"""What turns a category into its absence."""


def _are_classes(table: Table, parts: Sequence[int], rows: Sequence[int]) -> bool:
    """Whether the table is a matrix of classes, which a good classifier fills along its diagonal."""
    labels = [table.rows[p][0].strip().lower() for p in rows]
    names = [table.names[c].strip().lower() for c in parts]
    return labels == names or any(_CLASSES.search(word) for word in (*labels, *names, table.names[0].lower()))


def _shared(table: Table, reading: Reading, least: int) -> Iterator[Where]:
    """Rows whose share is 100 % by a column of percentages, or by two counts of which one is all."""
    sizes = _sizes(table, reading)
    kept = {number for number, row in zip(table.numbers, table.rows, strict=True) if not _is_whole(row)}
    kept -= {number for number, row in zip(table.numbers, table.rows, strict=True) if _BY_NATURE.search(row[0].lower())}
    for column, name in enumerate(table.names):
        plain = unicodedata.normalize("NFKC", name).lower()
        if not column or _NO_TRAIT.search(plain) or _BY_NATURE.search(plain) or is_total(name):
            continue
        shares = {}
        for number, cell in zip(table.numbers, table.column(column), strict=True):
            share = _share(cell, kind_of(name), sizes.get(number))
            if share is not None and number in kept:
                shares[number] = share
        others = [share for share in shares.values() if 0 < share < 100]
        if len(others) < FEWEST_OTHERS or _runs(table, column):
            continue
        for number, share in shares.items():
            if sizes.get(number, least) < least or median(others) > 100 * ORDINARY:
                continue
            if share == 100:
                yield Where(row=number, column=column + 1)


def _runs(table: Table, column: int) -> bool:
    """Whether a column that ends with 100 is the running total of another: such an end says nothing."""
    cells = [number_in(cell.strip().removesuffix("%")) for cell in table.column(column)]
    running = [cell[0] for cell in cells if cell]
    if running != sorted(running) or len(running) < 2:
        return False
    for other in range(1, len(table.names)):
        numbers = [number_in(cell.strip().removesuffix("%")) for cell in table.column(other)]
        parts = [found[0] for found, cell in zip(numbers, cells, strict=True) if found and cell]
        if other != column and len(parts) == len(running):
            sums = list(accumulate(parts))
            if all(abs(a - b) <= RUNNING for a, b in zip(sums, running, strict=True)):
                return True
    return False


RUNNING = 0.6
"""What rounding may add up to in a running total of percentages."""


def _sizes(table: Table, reading: Reading) -> Mapping[int, int]:
    columns = sorted({count.column for count in reading.counts})
    whole_of = [c for c in columns if is_total(table.names[c - 1]) or _EVENT_ALL.fullmatch(_bare(table.names[c - 1]))]
    chosen = whole_of[:1] or (columns if len(columns) == 1 else [])
    return {count.row: count.value for count in reading.counts if chosen and count.column == chosen[0]}


def _bare(name: str) -> str:
    return " ".join(re.sub(r"[_()\[\],.]+", " ", unicodedata.normalize("NFKC", name).lower()).split())


_WITHIN = re.compile(r"\((\d{1,3}(?:\.\d{1,4})?) ?%\)$")
"""The share of a count in one cell with it: `25 (100.0%)`."""


def _share(cell: str, kind: Kind, size: int | None) -> float | None:
    """The share that a cell gives: a percentage, or a count of the number of the row."""
    plain = cell.strip()
    if (within := _WITHIN.search(plain)) and paired(plain):
        return float(within[1])
    if plain.endswith("%") or kind is Kind.PERCENT:
        found = number_in(plain.removesuffix("%").strip())
        return found[0] if found and found[0] <= 100 else None
    count = whole(plain) if size and kind in (Kind.UNKNOWN, Kind.COUNT) else None
    return 100 * count / size if count is not None and size and count <= size else None
