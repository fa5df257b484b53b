"""Far quantiles of a group whose size stands elsewhere: in the title, in a note, in a row of its own.

Beyond the 99th percentile of 140 claims lie one or two of them; `spread` sees that where each group has its size beside
it. Here the size is that which the words about a table name, if they name one only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from egress_review.checks.amounts import number_in
from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.counts import whole
from egress_review.checks.listing import Listing
from egress_review.checks.said_sizes import sizes_said
from egress_review.checks.statistics import SHORT, statistic
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table, count_said
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.quantile",)

FEWEST = 2
"""Quantiles of a table from which `P25` names one."""
MOST_ROWS, MOST_BESIDE, LONGEST = 200, 6, 400
"""Rows of a table, lines above and below it, and characters of a line, that are read."""
INNER = 0.25
INNERMOST = frozenset((0.25, 0.5, 0.75))
USUAL = frozenset(
    (0.1, 0.5, 1, 2, 2.5, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 97.5, 98, 99, 99.5, 99.9)
)
"""Per cent at which quantiles are given."""

_QUANTILE = re.compile(
    r"(?:p|q|pct|pctl|perc(?:entile)?|quantile|백분위(?:수)?)[ _]?(?P<a>\d{1,2}(?:\.\d)?|0?\.\d{1,3})|"
    r"(?P<b>\d{1,2}(?:\.\d)?) ?(?:%|%ile|(?:st|nd|rd|th)(?: ?(?:percentile|quantile|pctl?|centile|"
    r"%ile))|번째 ?백분위수?|백분위수?|분위(?:수|값))|"
    r"(?P<d>(?:5|1|[1-9]\d)(?:\.\d)?) ?분위|"
    r"(?:상위|top) ?(?P<c>\d(?:\.\d)?) ?%"
)
_SIZE = (
    re.compile(
        r"(?:\bn|\bobs(?:ervations)?|\bsample(?: size)?|표본(?: ?수)?|사례 ?수|건수|"
        r"인원)\s?[=:]\s?(?P<n>\d{1,3}(?:,\d{3})+|\d{1,9})(?![\d.,]*\d)"
    ),
    re.compile(
        r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,9})\s?(?:명|건|가구|세대|농가|쌍|개 ?(?:기업|업체|"
        r"병원|사업체))(?!\s?(?:당|미만|이상|이하|마다))"
    ),
    re.compile(r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3})+|\d{1,9}) (?P<who>[a-z-]{3,20})(?: (?P<also>[a-z-]{3,20}))?"),
)
_SAID = re.compile(
    r"(?<![\w.])(?:p|q)(?P<a>9[05-9](?:\.\d)?|0?[1-5])\b|(?P<b>\d{1,2}(?:\.\d)?)(?:st|nd|rd|"
    r"th) (?:percentile|centile|quantile)|"
    r"(?P<d>\d{1,2}(?:\.\d)?) ?(?:번째 ?)?백분위수?|(?P<e>9[05-9](?:\.\d)?) ?분위(?:수|값)?"
)
_VALUE = re.compile(r"[^.;\n]{0,40}?(?<![\w.,])\d[\d,]*(?:\.\d+)?")

_FAR = Text(
    ko="대상이 {size}이므로 이 분위수 바깥에는 {least}명보다 적은 사람만 있습니다.",
    en="Of {size}, fewer than {least} lie beyond this quantile.",
)
_MEND = Text(
    ko="10%와 90%처럼 안쪽의 분위수를 쓰거나 값을 반올림하십시오.",
    en="Publish quantiles further inside, such as 10 % and 90 %, or round the value.",
)


def check_quantile_rows(subject: Subject, listing: Listing) -> None:
    """Hold the quantiles of tables without sizes of their own, and those in sentences, to the sizes that are said."""
    least = subject.policy.min_cell
    for where, place, size in (*_in_tables(subject), *_in_sentences(subject)):
        outside = min(place, 1 - place)
        if outside < INNER and 0 < size * outside < least:
            listing.flag("cells.quantile", _FAR.fill(size=size, least=least), _MEND, where=where, number=size)


def _in_tables(subject: Subject) -> Iterator[tuple[Where, float, int]]:
    within = tables_within(subject.json) if subject.type == "json" and not subject.tables else ()
    for table in (*subject.tables, *within):
        if not 0 < len(table.rows) <= MOST_ROWS:
            continue
        bare = _OF_PLACES.search(table.names[0].lower()) is not None if table.names else False
        labels = [row[0].strip() if row else "" for row in table.rows]
        labels = [f"{one}%" if bare and number_in(one) else one for one in labels]
        down = {at: place for at, label in enumerate(labels) if (place := _place(label)) is not None}
        across = {at: place for at, name in enumerate(table.names) if at and (place := _place(name)) is not None}
        size = _size(table, subject) if _are_quantiles(down) or _are_quantiles(across) else None
        if size and _are_quantiles(down):
            for at, place in down.items():
                first = next((i for i, cell in enumerate(table.rows[at][1:], 2) if number_in(cell)), 0)
                if first and not _is_held_by_spread(table, at):
                    yield Where(row=table.numbers[at], column=first), place, size
        elif size and not any(kind_of(name) is Kind.COUNT for name in table.names):
            yield from _across(table, across, size)


_OF_PLACES = re.compile(r"percentile|quantile|centile|백분위|분위수")
"""What the first column is called whose numbers are quantiles, `5` and `95`."""


def _is_held_by_spread(table: Table, at: int) -> bool:
    """Whether a row is called a quantile beyond doubt, in a table with a row of sizes: `spread` has told of it."""
    name = table.rows[at][0].strip().lower()
    known = statistic(name)[0] == "quantile" and not SHORT.fullmatch(name)
    return known and any(row and statistic(row[0])[0] == "n" for row in table.rows)


def _across(table: Table, places: Mapping[int, float], size: int) -> Iterator[tuple[Where, float, int]]:
    """Quantiles in columns, of a table of one row: of several nobody says how large each is."""
    if len(table.rows) == 1:
        for at, place in places.items():
            if number_in(table.column(at)[0]):
                yield Where(row=table.numbers[0], column=at + 1), place, size


def _are_quantiles(places: Mapping[int, float]) -> bool:
    """Whether names are those of quantiles, with a quartile among them: `P10` is a site, 1 % a critical value."""
    usual = all(round(100 * place, 1) in USUAL for place in places.values())
    return len(places) >= FEWEST and usual and not INNERMOST.isdisjoint(places.values())


def _place(name: str) -> float | None:
    """Which quantile a heading or the label of a row names, from 0 to 1."""
    plain = unicodedata.normalize("NFKC", name).strip().lower()
    match = _QUANTILE.fullmatch(plain) if len(plain) <= 40 else None
    return _share_of(match) if match else None


def _share_of(match: re.Match[str]) -> float:
    text = next(group for group in match.groups() if group)
    value = float(text) if text.startswith((".", "0.")) else float(text) / 100
    return 1 - value if "c" in match.groupdict() and match["c"] else value


def _size(table: Table, subject: Subject) -> int | None:
    """The one size that a row of the table, its headings or the words about it say."""
    own = [row for row in table.rows if row and kind_of(row[0]) is Kind.COUNT]
    sizes = {value for row in own for cell in row[1:] if (value := whole(cell))}
    if not sizes:
        about = [*table.names, *_about(table, subject)]
        sizes = {size for line in about for size in _sizes_in(line)}
        sizes = sizes if len(sizes) == 1 else {size for line in about for size in sizes_said(line)}
        sizes = sizes or _of_samples(subject)
    return min(sizes) if len(sizes) == 1 else None


def _of_samples(subject: Subject) -> set[int]:
    """The sizes in those lines of a file with one table that speak of what was studied, however far from it."""
    lines = () if subject.crowded or subject.type in ("md", "txt") else subject.said.splitlines()[subject.own_lines :]
    return {size for line in lines if _STUDIED.search(line[:LONGEST]) for size in sizes_said(line)}


_STUDIED = re.compile(
    r"\bsampl|\bcohort|\bbase\b|compris|consist|analys|studied|\bdata ?set|표본|대상|분석|자료는", re.IGNORECASE
)


def _about(table: Table, subject: Subject) -> Sequence[str]:
    if subject.type in ("md", "txt") and table.numbers:
        first, last = table.numbers[0], table.numbers[-1]
        return [*subject.lines[max(0, first - 1 - MOST_BESIDE) : first - 1], *subject.lines[last : last + MOST_BESIDE]]
    lines = subject.said.splitlines()
    return [line for line in (*lines[:MOST_BESIDE], *lines[len(table.rows) :][-MOST_BESIDE:]) if line.count(",") < 3]


def _sizes_in(line: str) -> Iterator[int]:
    plain = unicodedata.normalize("NFKC", line[:LONGEST]).lower()
    for pattern in _SIZE:
        for match in pattern.finditer(plain):
            who = match.groupdict().get("who")
            if who is None or any(kind_of(word) is Kind.COUNT for word in (who, match["also"] or "")):
                yield count_said(match["n"])


def _in_sentences(subject: Subject) -> Iterator[tuple[Where, float, int]]:
    """Quantiles that a line gives with the size of what they are of."""
    if subject.type not in ("md", "txt"):
        return
    for number, line in enumerate(subject.lines, 1):
        plain = unicodedata.normalize("NFKC", line[:LONGEST]).lower()
        found = [match for match in _SAID.finditer(plain) if _VALUE.match(plain, match.end())]
        if not found or "|" in plain:
            continue
        sizes = set(_sizes_in(plain)) or set(sizes_said(line))
        if not sizes:
            above = [one for one in subject.lines[max(0, number - 1 - MOST_BESIDE) : number - 1] if "|" not in one]
            sizes = {size for one in above for size in sizes_said(one)}
        if len(sizes) == 1:
            for match in found:
                yield Where(row=number), _share_of(match), min(sizes)
