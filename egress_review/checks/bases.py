"""Percentages and rates whose base stands elsewhere: in the heading, in the words above, or beside it as a population.

A share is taken for one of that base only if share times base is a whole number within its rounding, in every row.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from egress_review.checks.amounts import number_in
from egress_review.checks.cells import mend
from egress_review.checks.columns import Kind, is_total, kind_of
from egress_review.checks.counts import Reading, whole
from egress_review.checks.keyed_shares import check_keyed_shares
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.said_sizes import labelled_sizes, sizes_said
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table, count_said
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.percent",)

FEWEST = 2
"""Cells in which a share of a base must be a whole number."""
SHARP = 0.5
"""Width in people of what rounding leaves open, at most; wider, a whole number is no sign of anything."""
MOST_ABOVE = 4
"""Lines above a table that may say how many it is of."""
MOST_CHANCE = 0.005
"""How likely it may be that shares are whole numbers of a size that the words say of something, but of others."""
MOST_SIZES, MOST_WORDS = 12, 200
"""Such sizes of a file that are tried, and lines in which they are looked for."""

_N = re.compile(r"\b[nN]\s*[=:]\s*(\d{1,3}(?:,\d{3})+|\d+)\b")
_TOTAL = re.compile(
    r"\b(?:total|number) (?:number )?(?:of )?(?:patients|people|participants|subjects|persons)\s*(?:[:=]\s*)?"
    r"(\d{1,3}(?:,\d{3})+|\d+)\b"
    r"|(?:전체|총|대상)\s*(?:환자|대상자|인원|참여자)\s*(?:수\s*)?(?:[:=]\s*)?(\d{1,3}(?:,\d{3})+|\d+)\s*명?"
    r"|(?:환자|대상자|참여자|응답자|학생|가구|수검자)\s*(\d{1,3}(?:,\d{3})+|\d+)\s*명"
    r"|\b(\d{1,3}(?:,\d{3}){1,5}|\d+) (?:patients|people|participants|subjects)\b"
)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%")
_PER = re.compile(
    r"(?:per|/)[\s_]*(100[, ]?000|10[, ]?000|1[, ]?000|100|\d{2,3}k)(?![\d,]|(?!pyr?s?\b)[a-z])|"
    r"((?:10|1)?\s?(?:십만|만|천|백))\s*(?:명|인[- ]?년)\s*당|"
    r"인구\s*((?:10|1)?\s?(?:십만|만|천))|"
    r"(?<![\d,])(100,?000|10,?000|1,?000)\s?(?:명|인[- ]?년|인|가구)\s?당"
)
_SCALE = {
    "십만": 100_000,
    "10만": 100_000,
    "만": 10_000,
    "1만": 10_000,
    "천": 1_000,
    "1천": 1_000,
    "백": 100,
    "1백": 100,
}
_SCALE |= {"10천": 10_000, "10백": 1_000, "10십만": 1_000_000, "1십만": 100_000}
_YEARS = re.compile(
    r"(?:person|patient|firm|household|plant)s?[- _]?(?:years?|yrs?|months?|days?|time)|(?<![a-z])pyr?s?(?![a-z])|"
    r"(?:환자|기업)[- ]?년|인[- ]?년|인[- ]?월"
)

_IMPLIED = Text(
    ko="비율과 다른 곳에 적힌 기준 수 {base}를 곱하면 약 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="The share and its base, {base}, which stands elsewhere, imply a count of about {value}; the smallest cell is "
    "{least}.",
)


def check_bases(subject: Subject, listing: Listing) -> None:
    """Multiply every share with the base that is given for it outside its row, and every rate with its population."""
    if subject.type in ("md", "txt", "json"):
        check_keyed_shares(subject, listing)
    for table, reading in bearable(subject, RULES, listing):
        above = _above(table, subject)
        percent = _in_percent(table, subject)
        said = {
            count_said(match[1]) for name in table.names for match in _N.finditer(unicodedata.normalize("NFKC", name))
        }
        alone = _sized(table)
        titled = _scale_said(table, subject)
        sizes = set() if reading.counts else _sizes_around(table, subject)
        for column, name in enumerate(table.names):
            found = _N.search(unicodedata.normalize("NFKC", name))
            base = count_said(found[1]) if found else None if reading.counts or _changes(name) else above
            if column in alone:
                base = alone[column][1]  # One row of a list says how many it is of; the others are their shares.
            elif base is None and len(said) == 1 and not reading.counts:
                base = min(said)
            if base and column:
                itself = alone[column][0] if column in alone else None
                of = {number: float(base) for number in table.numbers if number != itself}
                shares = percent or _add_up(table, column)
                _check(table, column, of, _scale_of(table, column), subject, listing, told=shares)
            if column and not reading.counts and not _changes(name):
                _try_sizes(table, column, sizes - {base}, subject, listing, told=percent or _add_up(table, column))
            if column and percent and not base and (rows := _row_bases(table, reading, column)):
                _check(table, column, rows, 100, subject, listing, told=True)
            scale = _scale(name) or (titled if _is_bare_rate(name) else None)
            if scale and (people := _people(table, reading, column, name)):
                _check(table, column, people, scale, subject, listing, sure=_IS_RATE.search(name.lower()) is not None)


def _sized(table: Table) -> dict[int, tuple[int, int]]:
    """Columns of which one row alone is a number of people, with that row and number; a list of one column has one."""
    told = ((n, row) for n, row in zip(table.numbers, table.rows, strict=True) if row and kind_of(row[0]) is Kind.COUNT)
    rows = [(number, row) for number, row in told if any(whole(cell) is not None for cell in row[1:])]
    if len(rows) != 1 or len(table.names) < FEWEST:
        return {}
    number, row = rows[0]
    return {i: (number, value) for i, cell in enumerate(row[1:], 1) if (value := whole(cell)) and value > 1}


def _scale_of(table: Table, column: int) -> int:
    """1 where the shares of a column are fractions that it is called by, or that add up to one; else 100."""
    cells = [cell.strip() for cell in table.column(column)]
    parts = [float(cell) for cell in cells if _FRACTION.fullmatch(cell)]
    others = [cell for cell in cells if cell and not cell.isdecimal() and not _FRACTION.fullmatch(cell)]
    if len(parts) < FEWEST or others:
        return 100
    whole_of = abs(sum(parts) - 1) < CLOSE * len(parts)
    return 1 if whole_of or (kind_of(table.names[column]) is Kind.PERCENT and max(parts) <= 1) else 100


_FRACTION = re.compile(r"0?\.\d{2,18}")
CLOSE = 0.005
"""What rounding may take from, or add to, each of the fractions that are all of something."""


def _above(table: Table, subject: Subject) -> int | None:
    """How many the words above a table say that it is of; None where they say it of several groups."""
    lines = _lines_about(table, subject)
    said = [
        count_said(next(filter(None, m.groups())))
        for line in lines
        for m in (*_N.finditer(line), *_TOTAL.finditer(line))
    ]
    said = said or [size for line in _lines_near(table, subject) for size in labelled_sizes(line)]
    return said[0] if len(set(said)) == 1 else None


def _lines_near(table: Table, subject: Subject) -> Sequence[str]:
    """The lines above and below a table; of a file with one table, all words around it."""
    if not table.numbers:
        return ()
    if subject.type in ("md", "txt"):
        first, last = table.numbers[0], table.numbers[-1]
        lines = (*subject.lines[max(0, first - MOST_BELOW) : first], *subject.lines[last : last + MOST_BELOW])
        return [line for line in lines if "|" not in line and "&" not in line]
    said = subject.said.splitlines()
    around = [] if subject.crowded else said[subject.own_lines :][:MOST_WORDS]
    own = [line for line in said[: subject.own_lines][:MOST_WORDS] if "\t" not in line and line.count(",") < FEWEST]
    return [*(text for _, text in table.around), *(own if subject.type in ("csv", "tsv") else ()), *around]


MOST_BELOW = 8


def _sizes_around(table: Table, subject: Subject) -> set[int | None]:
    """The sizes that the words of a file say of anything, for a table that gives none; none of too many."""
    found = {size for line in _lines_near(table, subject) for size in sizes_said(line)}
    return {size for size in found if size > 1} if len(found) <= MOST_SIZES else set()


def _try_sizes(
    table: Table, column: int, sizes: set[int | None], subject: Subject, listing: Listing, *, told: bool
) -> None:
    """Hold shares to the one size of several that they are whole numbers of beyond chance."""
    for size in sizes:
        of = dict.fromkeys(table.numbers, float(size or 0))
        scale = _scale_of(table, column)
        cells = [(value, slack) for _, value, slack in _shares(table, column, scale, told=told)]
        chance = math.prod(min(1.0, 2 * slack * (size or 0) / scale) for value, slack in cells if 0 < value < scale)
        if chance * len(sizes) < MOST_CHANCE:
            _check(table, column, of, scale, subject, listing, told=told, sure=True)


def _changes(name: str) -> bool:
    """Whether a heading is of a change or a price, whose per cent are of no people."""
    return _NO_SHARE.search(name.lower()) is not None


_NO_SHARE = re.compile(
    r"change|growth|increase|decrease|\bcv\b|error|interest|inflation|return|yield|tariff|tax|margin|variance|"
    r"증감|증가|감소|성장|상승|하락|이자|금리|수익|물가|오차|세율|마진"
)


def _lines_about(table: Table, subject: Subject) -> Sequence[str]:
    """The words above a table and the notes below it, or what a delimited file and the file around it say of it."""
    if not table.numbers:
        return ()
    first, last = table.numbers[0], table.numbers[-1]
    if subject.type in ("md", "txt"):
        below = [line for line in subject.lines[last : last + MOST_ABOVE] if _NOTE.match(line)] if subject.text else []
        return [*subject.lines[max(0, first - MOST_ABOVE - 3) : first], *below] if subject.text else ()
    if subject.type not in ("csv", "tsv"):
        return ()
    said = subject.said.splitlines()
    captions = [line for line in said[: min(first - 1, MOST_ABOVE, subject.own_lines)] if "\t" not in line.strip()]
    around = [] if subject.crowded else said[subject.own_lines :][:MOST_ABOUT]
    below = [row[0] for row in table.rows[-MOST_ABOVE:] if row and _NOTE.match(row[0]) and not any(row[1:])]
    return [*(text for number, text in table.around if number < first), *captions, *around, *below]


_NOTE = re.compile(
    r"\s{0,20}[-*>(]?\s{0,5}(?:주\s?[:)]|주\d|note|base|비고|분석 ?대상|대상|[※*†] ?[^\s*†])", re.IGNORECASE
)
"""How a note below a table begins."""


def _scale(name: str) -> int | None:
    match = _PER.search(unicodedata.normalize("NFKC", name).lower())
    if match is None:
        return None
    if digits := match[1] or match[4]:
        return int(re.sub("[, ]", "", digits).replace("k", "000"))
    return _SCALE["".join((match[2] or match[3]).split())]


def _scale_said(table: Table, subject: Subject) -> int | None:
    """The one scale of rates that the words about a table name, `per 1,000 births`; None where they name several."""
    said = subject.lines[: table.numbers[0]][-MOST_BETWEEN:] if subject.type in ("md", "txt") and table.numbers else ()
    about = "\n".join(said) or "\n".join(subject.said.splitlines()[:MOST_ABOUT])
    plain = unicodedata.normalize("NFKC", about[:MOST_TITLE]).lower()
    if _ADJUSTED.search(plain):
        return None
    scales = {_scale(match[0]) for match in _PER.finditer(plain)}
    return min(filter(None, scales)) if len(scales) == 1 and None not in scales else None


def _is_bare_rate(name: str) -> bool:
    """Whether a heading says that it is of rates, and not for how many."""
    plain = name.lower()
    rate = kind_of(name) in (Kind.PERCENT, Kind.UNKNOWN) and _RATE.search(plain) is not None
    return rate and "%" not in name and not _ADJUSTED.search(plain) and not _NO_RATE.search(plain)


def _people(table: Table, reading: Reading, column: int, name: str) -> Mapping[int, float]:
    """What each rate is of: person-years where the heading says so, else the one count of the row."""
    if _YEARS.search(name.lower()):
        years = [
            i
            for i, other in enumerate(table.names)
            if i != column and _YEARS.search(other.lower()) and not _scale(other)
        ]
        cells = zip(table.numbers, table.column(years[0]), strict=True) if len(years) == 1 else ()
        return {number: found[0] for number, cell in cells if (found := number_in(cell))}
    columns = {count.column for count in reading.counts if count.column != column + 1}
    if len(columns) > 1:  # Beside the cases, which may be suppressed, stands what they are of.
        columns = {i for i in columns if _POPULATION.search(table.names[i - 1].lower())}
    if not columns:  # Nothing but a rate beside it says that `pop` is of people.
        named = [i for i, other in enumerate(table.names) if i != column and _POPULATION.search(other.lower())]
        cells = zip(table.numbers, table.column(named[0]), strict=True) if len(named) == 1 else ()
        return {number: float(value) for number, cell in cells if (value := whole(cell))}
    if len(columns) != 1:
        return {}
    return {count.row: float(count.value) for count in reading.counts if count.column in columns}


_POPULATION = re.compile(
    r"population|\bpop\b|persons?\b|people|residents|inhabitants|at risk|인구|주민|대상|가입자|수검|거주"
)
_IS_RATE = re.compile(
    r"rate|incidence|(?<![a-z])ir(?![a-z])|prevalence|mortality|cases|deaths|events|[가-힣]{2}[율률]|발생|사망|환자"
)
"""What a heading says that gives people for so many people, not beds or doctors for them."""
_ADJUSTED = re.compile(
    r"adjust|standardi[sz]ed|\basr\b|\basmr\b|smooth|model|expected|growth|change|increase|표준화|보정|기대|추정|증가|감소|증감|성장"
)


def _check(
    table: Table,
    column: int,
    base: Mapping[int, float],
    scale: int,
    subject: Subject,
    listing: Listing,
    *,
    told: bool = False,
    sure: bool = False,
) -> None:
    """Hold shares times their bases to the smallest cell; `sure` where the heading itself says that they are rates."""
    cells = list(_shares(table, column, scale, told=told))
    known = [(number, value, slack, base[number]) for number, value, slack in cells if number in base]
    if len(known) < FEWEST or any(value > scale for _, value, _, _ in known):
        return
    doubt = [(abs(v * n / scale - round(v * n / scale)), s * n / scale) for _, v, s, n in known]
    if any(off > open_ + 1e-6 for off, open_ in doubt):
        return
    sharp = min(open_ for _, open_ in doubt) * 2 <= SHARP
    if not sharp and (not sure or _ADJUSTED.search(table.names[column].lower())):
        return
    least = subject.policy.min_cell
    for number, value, slack, of in known:
        people = round(value * of / scale)
        small = min(people, round(of) - people) if scale in (1, 100) else people
        # Where rounding leaves several numbers open, all of them have to be too small.
        most = slack * of / scale + (0 if sharp else small)
        if 0 < small < least <= of and most < least:
            message = _IMPLIED.fill(base=round(of), value=small, least=least)
            where = Where(row=number, column=column + 1)
            listing.flag("cells.percent", message, mend(subject.policy), where=where, number=small)


_PERCENT_SAID = re.compile(
    r"\(\s?%\s?\)|단위\s?[:：]?\s?%|\bpercent(?:age)?s?\b|백분율|비율|구성비|in %|, %", re.IGNORECASE
)


def _in_percent(table: Table, subject: Subject) -> bool:
    """Whether the first heading, or the words above the table, say that it is in per cent."""
    if table.names and _PERCENT_SAID.search(table.names[0]):
        return True
    if subject.type in ("md", "txt"):
        first = table.numbers[0] if table.numbers else 1
        lines = subject.lines[max(0, first - MOST_ABOVE - 3) : first]
        return any(_PERCENT_SAID.search(line) for line in lines if "|" not in line)
    return any(_PERCENT_SAID.search(line) for line in subject.said[:MOST_TITLE].splitlines()[:2])


MOST_TITLE = 500
FEWEST_ROWS = 3
MOST_BETWEEN, MOST_ABOUT = 6, 12
"""Lines above a table, and of the words around a sheet or page, that may say for how many people its rates are."""
_RATE = re.compile(r"\brates?\b|_rates?\b|incidence|prevalence|mortality|[가-힣][율률](?:$|[\s(])|조[가-힣]{1,4}[율률]")
_NO_RATE = re.compile(
    r"ratio|percent|pct|response|participation|turnover|exchange|interest|tax|employment|백분율|비율|응답률|참여율|이자율|"
    r"세율|환율|실업률|고용률|취업률"
)


def _add_up(table: Table, column: int) -> bool:
    """Whether the decimals of a column come to a hundred, as shares of one number do."""
    found = [
        number_in(cell.strip().removesuffix("%"))
        for row, cell in zip(table.rows, table.column(column), strict=True)
        if cell.strip() and not (row and is_total(row[0]))
    ]
    values = [one for one in found if one]
    if len(values) < 2 or len(values) < len(found) or any(value < 0 or value > 100 for value, _ in values):
        return False
    return abs(sum(value for value, _ in values) - 100) <= sum(slack for _, slack in values) + 1e-6


def _row_bases(table: Table, reading: Reading, column: int) -> Mapping[int, float]:
    """How many each row is of, for a column of decimals without a name of its own kind; empty where nothing says."""
    if kind_of(table.names[column]) not in (Kind.UNKNOWN, Kind.LABEL):
        return {}
    columns = {count.column for count in reading.counts}
    cells = [cell for cell in table.column(column) if cell.strip()]
    decimals = [cell for cell in cells if "." in cell and number_in(cell.strip().removesuffix("%"))]
    if len(columns) != 1 or column + 1 in columns or len(decimals) < max(FEWEST, len(cells) - 1):
        return {}
    return {count.row: float(count.value) for count in reading.counts}


def _shares(table: Table, column: int, scale: int, *, told: bool = False) -> Iterator[tuple[int, float, float]]:
    """The shares of a column with half of their last place: of a hundred they must say so, here or in the heading."""
    told = told or scale != 100 or kind_of(table.names[column]) is Kind.PERCENT or "%" in table.names[column]
    for number, row, cell in zip(table.numbers, table.rows, table.column(column), strict=True):
        match = _PERCENT.fullmatch(cell.strip())
        found = number_in(match[1] if match else cell) if match or told else None
        if (
            found
            and found[0] >= 0
            and not (row and is_total(row[0]))
            and (match or scale != 100 or not cell.strip().isdecimal())
        ):
            yield number, found[0], found[1]
