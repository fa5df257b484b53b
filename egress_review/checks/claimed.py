"""What the words of a file claim of its counts, or of those of the files that leave with it: rounded, none below.

A note below a table, a heading, a paragraph and a README promise as much as the description of the request does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from egress_review.checks.claim_subjects import about_counts
from egress_review.checks.cut_off import may_be_share, shares_cut_off
from egress_review.checks.json_tables import tables_in
from egress_review.checks.json_values import counts_in
from egress_review.checks.listing import Listing
from egress_review.checks.promises import SCALED, THOUSAND, Promises, breaks, promises_in
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.findings import Severity, Where
from registry.text import Text

MOST_CLAIMS, LONGEST_CLAIM = 50, 400
"""Claims of one file that are held to its counts, and characters of a sentence that is read for one."""
MOST_KEPT = 20_000
"""Counts of the files of a request that are kept for a README after them."""

_MAY_CLAIM = re.compile(
    r"round|nearest|midpoint|반올림|올림|내림|라운딩|below|under|fewer|less than|smaller|minimum|at least|anonym|익명|"
    r"미만|이상|최소|작은|적은|미드포인트",
    re.IGNORECASE,
)
_OF_COUNTS = re.compile(
    r"\b(?:counts?|frequenc\w+|cells?|numbers?|figures?|totals?|tables?|values?|n|data|groups?|members|"
    r"people|persons|participants|patients)\b|anonym|익명|빈도|도수|수치|모든 ?수|"
    r"인원|환자|명|칸|셀|"
    r"합계|표|값|[가-힣]수(?:는|를|가|도|\s|$)|건수|개수|<\s?\d"
)
_OF_SAMPLE = re.compile(
    r"(?:기관|병원|의원|시설|업체|지역|시군구|학교|hospitals?|sites?|clinics?|firms?|schools?|centres?|centers?|"
    r"households?|practices?)\b.{0,40}(?:제외|빼|exclud|dropp|left out|omitted)"
)
_GENERAL = re.compile(r"모든|전체 ?(?:표|파일|수)|각 ?표|\ball\b|\bevery\b|throughout|\beach table", re.IGNORECASE)
_FILE = re.compile(
    r"[^\s/\\,;:()'\"`]{1,80}\.(?:csv|tsv|xlsx|docx|pptx|hwpx|md|txt|json|html|pdf|ipynb|tex|log)\b", re.IGNORECASE
)
ABOUT = re.compile(r"read[ _-]?me|설명|안내|노트|주석|notes?\b|about|descri|codebook|메모|manifest|목록", re.IGNORECASE)
_ONE_TABLE = re.compile(r"(?:\btable|표)\s?\d", re.IGNORECASE)

_NOT_ROUNDED = Text(
    ko="글에는 {base} 단위로 반올림했다고 적혀 있으나 {at}의 값은 {value}입니다.",
    en="The words say that counts are rounded to {base}, but {value} stands {at}.",
)
_TOO_SMALL = Text(
    ko="글에는 {base}보다 작은 수가 없다고 적혀 있으나 {at}의 값은 {value}입니다.",
    en="The words say that no count is below {base}, but {value} stands {at}.",
)
_HERE = Text(ko="여기", en="here")
_THERE = Text(ko="{name} {row}:{column}", en="in {name} at {row}:{column}")
_MEND = Text(
    ko="모든 수와 합계를 글대로 고치거나 글을 표에 맞게 고치십시오.",
    en="Correct every count and total as the words say, or correct the words.",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that promises something of counts, and where it stands."""

    promises: Promises
    line: int
    words: str
    files: frozenset[str]
    """Names of files that it speaks of."""

    @property
    def general(self) -> bool:
        """Whether it is of everything, not of the table beside it."""
        return _GENERAL.search(self.words) is not None


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of a file, where it stands, and the number of its table."""

    value: int
    where: Where
    table: int
    heading: str
    unsure: bool = False
    """Whether it may be a share, of a piece of a table that was cut off its heading; the words speak of shares."""


@dataclass(slots=True)
class Words:
    """What the files of a request claimed so far, and what they counted."""

    claims: list[Claim] = field(default_factory=list)
    counts: list[tuple[str, Counted]] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    """What files say that are about the others, such as a README."""
    tables: list[tuple[str, Table]] = field(default_factory=list)


_COMMENT = re.compile(r"^\s*%{1,3}\s")
"""What a note in LaTeX is hidden behind; it is no sign of a share."""


@lru_cache(maxsize=16)
def claims_in(text: str) -> tuple[Claim, ...]:
    """The sentences of a text that promise something of counts."""
    found: list[Claim] = []
    scaled = SCALED.search(text) is not None
    for number, line in enumerate(text.splitlines(), 1):
        if not _MAY_CLAIM.search(line):
            continue
        for words in re.split(r"(?<=[.;。])\s|[\t|]", _COMMENT.sub("", line)):
            if len(words) <= LONGEST_CLAIM and (promises := _promised(words)) != Promises():
                if scaled and promises.rounded_to >= THOUSAND:
                    continue
                files = frozenset(name.lower() for name in _FILE.findall(words))
                found.append(Claim(promises, number, words, files))
    return tuple(found[:MOST_CLAIMS])


_OF_SHARES = re.compile(r"percent|%|비율|백분율|구성비", re.IGNORECASE)


def _promised(words: str) -> Promises:
    plain = about_counts(words).lower()
    if not _OF_COUNTS.search(plain):
        return Promises()
    found = promises_in(plain)
    return Promises(found.rounded_to, found.midpoint) if _OF_SAMPLE.search(plain) else found


def check_claimed(subject: Subject, name: str, request: Words, listing: Listing) -> None:
    """Hold the counts of a file to its own words and to those of the files before it, and theirs to its words."""
    # Of a long table that nobody claims anything of, only what may be held to a README after it is kept.
    claimed = claims_in(subject.said) or request.claims
    counts = list(_counts(subject) if claimed else islice(_counts(subject), MOST_KEPT))
    headings = {heading for heading in (one.heading for one in counts) if heading}
    own = [claim for claim in claims_in(subject.said) if not any(claim.words.strip() in head for head in headings)]
    tables = sorted({one.table for one in counts})
    told: set[Where] = set()
    for claim in own:
        if claim.files and name.lower() not in claim.files:
            continue
        of, severity = _tables_of(claim, subject, tables)
        for one in counts:
            if one.table in of:
                _hold(claim.promises, one, told, listing, severity=severity)
    for one in counts:
        if _MAY_CLAIM.search(one.heading):
            _hold(_promised(f"{one.heading} count"), one, told, listing)
    for claim in request.claims:
        if _is_about(claim, name):
            for one in counts:
                _hold(claim.promises, one, told, listing)
    beyond = [claim for claim in own if claim.files or (ABOUT.search(name) and not _ONE_TABLE.search(claim.words))]
    for claim in beyond:
        _hold_others(claim, name, request, listing)
    request.claims += beyond
    if len(request.counts) < MOST_KEPT:
        request.counts += [(name, one) for one in counts]


def about(said: str, name: str) -> str:
    """What a text about several files says of one: its lines but those at and below the names of others."""
    kept, of = [], frozenset[str]()
    for line in said.splitlines():
        of = frozenset(found.lower() for found in _FILE.findall(line)) or of
        kept += [line] if not of or name.lower() in of else []
    return "\n".join(kept)


def _is_about(claim: Claim, name: str) -> bool:
    return not claim.files or name.lower() in claim.files


def _hold_others(claim: Claim, name: str, request: Words, listing: Listing) -> None:
    """One finding for each file before this one whose counts break what it says of them."""
    told: set[str] = set()
    for other, one in request.counts:
        if other == name or other in told or not _is_about(claim, other):
            continue
        for message, base in _broken(claim.promises, one.value):
            told.add(other)
            places = {"name": other if len(other) < 60 else "…", "row": one.where.row, "column": one.where.column}
            at = _THERE.fill(**places)
            filled = Text(
                ko=message.ko.format(base=base, value=one.value, at=at.ko),
                en=message.en.format(base=base, value=one.value, at=at.en),
            )
            severity = Severity.WARN if one.unsure else None
            listing.flag(
                "request.claim", filled, _MEND, where=Where(row=claim.line), number=one.value, severity=severity
            )


def _hold(
    promises: Promises, one: Counted, told: set[Where], listing: Listing, *, severity: Severity | None = None
) -> None:
    for message, base in _broken(promises, one.value):
        if one.where not in told:
            told.add(one.where)
            filled = Text(
                ko=message.ko.format(base=base, value=one.value, at=_HERE.ko),
                en=message.en.format(base=base, value=one.value, at=_HERE.en),
            )
            weight = Severity.WARN if one.unsure else severity
            listing.flag("request.claim", filled, _MEND, where=one.where, number=one.value, severity=weight)


def _broken(promises: Promises, value: int) -> Iterator[tuple[Text, int]]:
    if breaks(value, promises):
        yield _NOT_ROUNDED, 6 if promises.midpoint else promises.rounded_to
    if 0 < value < promises.least:
        yield _TOO_SMALL, promises.least


def _tables_of(claim: Claim, subject: Subject, tables: list[int]) -> tuple[set[int], Severity | None]:
    """The tables that a claim is of: all of them, or the one that it stands below or above."""
    if claim.general or len(tables) < 2:
        unsure = subject.crowded and not claim.general and claim.line > subject.own_lines
        return set(tables), Severity.WARN if unsure else None
    if subject.type not in ("md", "txt"):
        return set(tables), Severity.WARN
    starts = [(subject.tables[at].numbers[0], at) for at in tables if subject.tables[at].numbers]
    above = [at for start, at in starts if start < claim.line]
    return {above[-1] if above else starts[0][1]}, None


def _counts(subject: Subject) -> Iterator[Counted]:
    if subject.type == "json" and not (isinstance(subject.json, dict) and tables_in(subject.json)):
        for path, value in counts_in(subject.json, subject.claims):
            yield Counted(value, Where(path=path), 0, "")
    of_shares = _OF_SHARES.search(subject.said) is not None
    for at, (table, reading) in enumerate(subject.readings):
        shares = shares_cut_off(table)
        for count in reading.counts:
            if count.column - 1 not in shares:
                where, heading = Where(row=count.row, column=count.column), table.names[count.column - 1]
                yield Counted(count.value, where, at, heading, of_shares and may_be_share(heading, count.value))
