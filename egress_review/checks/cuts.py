"""A table as what it says of groups of people, whichever way it was cut.

Every count is of a set of categories: in a long table those of its row, in a cross-table those of row and heading,
and a total is of the set without one of them. Two tables can be compared wherever they speak of the same set, in
whatever layout; and what a table leaves out, its other cells may add up to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TypeAlias

from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Reading
from egress_review.checks.masks import mask_range
from egress_review.checks.ranges import Span, may_be_made, span_in
from egress_review.checks.tables import Table
from egress_review.claims import FileClaims, spelling
from egress_review.findings import Where

MOST_CELLS = 20_000
"""Counts up to which a table is taken apart; a larger one is compared cell by cell only."""

MOST_DIMENSIONS = 4
FEWEST_ROUNDED = 6
"""Counts from which a common divisor is taken for rounding, not for chance."""

_GENERIC_WORDS = """
    n no count counts cnt freq frequency number num of total size patients people persons subjects participants
    individuals respondents
    명 인원 인원수 환자 환자수 대상자 대상자수 사람수 명수 수 건수 빈도 도수 사례수 표본수 개수
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
_AMBIGUOUS = re.compile(
    r"\d{1,3}|yes|no|y|n|true|false|예|아니오|아니요|유|무|있음|없음|other|others|기타|unknown|미상|결측"
)
_WORD = re.compile(r"[^\W_]+")
_YEAR_PRINTED = re.compile(r"(?:1,9|2,0)\d\d")
"""A year as a printer of numbers writes it."""

Key: TypeAlias = tuple[str, frozenset[str]]
"""What a count is of: what was counted ("" for people), and the categories that it is restricted to."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A count and where it stands; `slack` is how far rounding may have moved it."""

    value: int
    slack: int
    where: Where
    direct: bool
    """Whether it is published; else it is the sum of published counts."""


@dataclass(frozen=True)
class Group:
    """Counts that differ in one category only, so that they may add up to their parent."""

    parent: Key
    members: Mapping[str, Key]

    @cached_property
    def may_merge(self) -> bool:
        """Whether one of the categories may be made of others."""
        return any(map(may_be_made, self.members))


@dataclass(frozen=True)
class Cut:
    """One table taken apart; what it is compared by is worked out once, for it may be held to hundreds of others."""

    facts: Mapping[Key, Fact]
    masked: Mapping[Key, Where]
    groups: tuple[Group, ...]
    ranges: Mapping[Key, tuple[int, int | None]] = field(default_factory=dict)
    """What each mask says of the number behind it, from least to most."""

    @property
    def labelled(self) -> frozenset[Key]:
        """What the table speaks of beside its grand total."""
        return frozenset(key for key in (*self.facts, *self.masked) if key[1])

    @cached_property
    def counted(self) -> frozenset[str]:
        """What the table counts, by its headings."""
        return frozenset(measure for measure, _ in (*self.facts, *self.masked))

    def counting(self, measure: str) -> Cut:
        """The table, all of whose cells count this."""
        return Cut(
            {(measure, labels): fact for (_, labels), fact in self.facts.items()},
            {(measure, labels): where for (_, labels), where in self.masked.items()},
            tuple(
                Group((measure, one.parent[1]), {name: (measure, key[1]) for name, key in one.members.items()})
                for one in self.groups
            ),
            {(measure, labels): span for (_, labels), span in self.ranges.items()},
        )

    @cached_property
    def direct(self) -> Mapping[Key, Fact]:
        """The counts that the table shows; what a list of some groups adds up to is no count of all."""
        return {key: fact for key, fact in self.facts.items() if fact.direct}

    @cached_property
    def shown(self) -> frozenset[Key]:
        """What the table has a cell of, be it masked."""
        return frozenset((*self.direct, *self.masked))

    @cached_property
    def exact(self) -> Mapping[Key, int]:
        """The counts that rounding leaves exact."""
        return {key: fact.value for key, fact in self.facts.items() if fact.slack == 0}

    @cached_property
    def measures(self) -> Mapping[str, Mapping[frozenset[str], Fact]]:
        """The counts that it shows of groups, by what was counted."""
        found: dict[str, dict[frozenset[str], Fact]] = {}
        for (measure, labels), fact in self.direct.items():
            if labels:
                found.setdefault(measure, {})[labels] = fact
        return found

    @cached_property
    def labels(self) -> frozenset[str]:
        """Every category to which a count that it shows is restricted."""
        return frozenset[str]().union(*(labels for _, labels in self.direct))

    @cached_property
    def by_parent(self) -> Mapping[Key, Sequence[Group]]:
        """Its groups by what they may add up to."""
        found: dict[Key, list[Group]] = {}
        for group in self.groups:
            found.setdefault(group.parent, []).append(group)
        return found

    @cached_property
    def spans(self) -> Mapping[tuple[Key, str], Sequence[tuple[Span, Fact]]]:
        """The ranges that its counts are restricted to, by what is left of the words and the rest of the key."""
        found: dict[tuple[Key, str], list[tuple[Span, Fact]]] = {}
        for (measure, labels), fact in self.direct.items():
            if within := span_in(measure):
                found.setdefault((("", labels), f"measure {within[0]}"), []).append((within[1], fact))
            for label in labels:
                if within := span_in(label):
                    found.setdefault(((measure, labels - {label}), within[0]), []).append((within[1], fact))
        return found


@dataclass(frozen=True, slots=True)
class _Entry:
    """One cell: its count or None for a mask, and one label per dimension, "" for all."""

    value: int | None
    measure: str
    labels: tuple[str, ...]
    where: Where
    span: tuple[int, int | None] | None = None
    """What a mask says; None for a count."""


def cut_of(table: Table, reading: Reading, claims: FileClaims) -> Cut | None:
    """The table taken apart; None for one without counts, without labels, or too large."""
    if not reading.counts or len(reading.counts) > MOST_CELLS:
        return None
    entries = list(_entries(table, reading))
    if not entries:
        return None
    slack = rounding_of([entry.value for entry in entries if entry.value], claims.rounded_to) // 2
    facts: dict[Key, Fact] = {}
    masked: dict[Key, Where] = {}
    ranges: dict[Key, tuple[int, int | None]] = {}
    # Where zeros are published, a mask is at least one.
    fewest = int(any(entry.value == 0 for entry in entries))
    clashing: set[Key] = set()
    for entry in entries:
        key = entry.measure, frozenset(filter(None, entry.labels))
        if entry.value is None:
            masked.setdefault(key, entry.where)
            if entry.span is not None:
                ranges.setdefault(key, (max(fewest, entry.span[0]), entry.span[1]))
        elif facts.setdefault(key, Fact(entry.value, slack, entry.where, direct=True)).value != entry.value:
            clashing.add(key)
    for key in clashing:
        del facts[key]  # Several subtotals of one name: nobody can say which is of what.
    for key, fact in _sums(entries, slack):
        if key not in masked and key not in clashing:
            facts.setdefault(key, fact)
    return Cut(facts, masked, tuple(_groups(entries)), ranges)


def rounding_of(counts: Sequence[int], claimed: int | None) -> int:
    """The base to which counts are rounded: as claimed, else the one that many counts share; 1 for none."""
    if claimed:
        return claimed
    if len(counts) >= FEWEST_ROUNDED:
        for base in (100, 50, 10, 5):
            if all(count % base == 0 for count in counts):
                return base
    return 1


def _entries(table: Table, reading: Reading) -> Iterator[_Entry]:
    """Every count and every masked cell among the counts."""
    counted = {count.column - 1 for count in reading.counts}
    columns = _label_columns(table, counted)[:MOST_DIMENSIONS]
    headings = {column: _of_heading(table.names[column], alone=len(counted) == 1) for column in counted}
    values = {(count.row, count.column - 1): count.value for count in reading.counts}
    rows = [
        tuple(_label(row[column] if column < len(row) else "", table.names[column]) for column in columns)
        for row in table.rows
    ]
    for labels, row, number in zip(rows, table.rows, table.numbers, strict=True):
        for column in counted:
            measure, heading = headings[column]
            value = values.get((number, column))
            span = mask_range(row[column]) if value is None and column < len(row) else None
            if value is not None or span is not None:
                yield _Entry(value, measure, (*labels, heading), Where(row=number, column=column + 1), span)


def labelled_by(table: Table, reading: Reading) -> int:
    """How many columns of labels a table of counts has; by more than `MOST_DIMENSIONS` it is not taken apart."""
    counted = {count.column - 1 for count in reading.counts}
    return len(_label_columns(table, counted)) if counted else 0


def _label_columns(table: Table, counted: set[int]) -> list[int]:
    return [column for column in range(len(table.names)) if column not in counted and _labels(table, column)]


def _labels(table: Table, column: int) -> bool:
    """Whether a column names categories: neither a measure, nor a mere running number, nor one remark for all."""
    if kind_of(table.names[column]) in (Kind.PERCENT, Kind.STATISTIC, Kind.EXTREME, Kind.COUNT):
        return False
    cells = [cell.strip() for cell in table.column(column)]
    filled = [cell for cell in cells if cell]
    if not filled or any(re.fullmatch(r"[-+]?\d*\.\d+%?|\d+(?:\.\d+)?%", cell) for cell in filled):
        return False
    if not table.names[column].strip() and cells == [str(i) for i in range(len(cells))]:
        return False
    return len(set(filled)) > 1 or len(cells) < 3 or kind_of(table.names[column]) is Kind.LABEL


def _label(text: str, heading: str) -> str:
    """The category in a cell; "" for a total. One that means something else elsewhere is told by its heading."""
    plain = spelling(text)
    if not plain or is_total(plain):
        return ""
    plain = plain[:-2] if re.fullmatch(r"\d+\.0", plain) else plain
    plain = plain.replace(",", "") if _YEAR_PRINTED.fullmatch(plain) else plain
    return f"{spelling(heading)}={plain}" if _AMBIGUOUS.fullmatch(plain) else plain


def _of_heading(name: str, *, alone: bool) -> tuple[str, str]:
    """What a column of counts says: what was counted, and the category to which it is restricted."""
    plain = re.sub(r"[(\[].*?[)\]]", " ", unicodedata.normalize("NFKC", name)).strip()
    words = _WORD.findall(spelling(plain))
    if not words or is_total(plain) or _GENERIC.issuperset(words):
        return "", ""
    if kind_of(plain) is Kind.COUNT:
        kept = [word for word in words if word not in _GENERIC]
        if alone or len(kept) == len(words):
            return " ".join(kept), ""
        return "", " ".join(kept)
    return (" ".join(words), "") if alone else ("", _label(plain, ""))


def _sums(entries: Sequence[_Entry], slack: int) -> Iterator[tuple[Key, Fact]]:
    """What the finest cells add up to over every set of dimensions; nothing where a mask is in the way."""
    depth = len(entries[0].labels)
    used = [i for i in range(depth) if any(entry.labels[i] for entry in entries)]
    finest = [entry for entry in entries if all(entry.labels[i] for i in used)]
    if len({(entry.measure, entry.labels) for entry in finest}) < len(finest):
        return  # Rows that say the same twice are not the parts of anything.
    for size in range(len(used)):
        for kept in combinations(used, size):
            sums: dict[Key, list[_Entry]] = {}
            for entry in finest:
                key = entry.measure, frozenset(entry.labels[i] for i in kept)
                sums.setdefault(key, []).append(entry)
            for key, parts in sums.items():
                if len(parts) > 1 and all(part.value is not None for part in parts):
                    total = sum(part.value or 0 for part in parts)
                    yield key, Fact(total, slack * len(parts), parts[0].where, direct=False)


def _groups(entries: Sequence[_Entry]) -> Iterator[Group]:
    """Every set of counts that differ in one dimension only."""
    for dimension in range(len(entries[0].labels)):
        members: dict[tuple[str, tuple[str, ...]], dict[str, Key]] = {}
        for entry in entries:
            if label := entry.labels[dimension]:
                rest = (*entry.labels[:dimension], "", *entry.labels[dimension + 1 :])
                key = entry.measure, frozenset(filter(None, entry.labels))
                members.setdefault((entry.measure, rest), {})[label] = key
        for (measure, rest), of in members.items():
            if len(of) > 1:
                yield Group((measure, frozenset(filter(None, rest))), of)
