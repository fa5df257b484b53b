"""Sensitivity and specificity beside the numbers of those with and without the disease: how many a test got wrong.

A sensitivity of 87.5 % in 24 who have the disease is 3 who were missed. The numbers may stand in another column or
anywhere in the words of the file; a share is one of them only if it gives a whole number within its rounding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from egress_review.checks.cells import mend
from egress_review.checks.counts import whole
from egress_review.checks.lengths import bearable
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.checks.tables import LONGEST_NUMBER, Table, count_said
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

RULES = ("cells.percent",)

SHARP = 0.25
"""People that rounding may leave open for a whole number to be no chance."""
MOST_LINES, LONGEST_LINE, MOST_BASES = 400, 1_000, 4

_WITH = re.compile(
    r"\b(?:sensitivity|recall|true positive rate|tpr|positive predictive value|ppv)\b|민감도|재현율|양성 ?예측도"
)
_WITHOUT = re.compile(r"\b(?:specificity|true negative rate|tnr|negative predictive value|npv)\b|특이도|음성 ?예측도")
_N = r"(?<![\d.,])(\d{1,3}(?:,\d{3}){1,3}|\d{1,6})(?![\d.%,])"
_UNIT = r"\s?(?:명|건|례|예|인|마리|patients|people|persons|participants|subjects|samples|specimens|cases)"
_WHO = r"(?:\s?(?:환자|대상자|검체|자|군|례|patients|people|persons|participants|subjects|samples|specimens|cases))?"
_DISEASED = (
    re.compile(rf"(?:양성|확진|질환|유병|환자){_WHO}(?:은|는|이|가)?\s?(?:[:=]|\(?n\s?=)?\s?{_N}{_UNIT}"),
    re.compile(
        rf"\b(?:positives?|diseased|cases|with (?:the )?(?:disease|condition)){_WHO}\s?(?:[:=]|\(?n\s?=)\s?{_N}"
    ),
    re.compile(rf"{_N} (?:[a-z-]{{2,20}}[ -]){{0,2}}(?:positives?|diseased|with (?:the )?(?:disease|condition))\b"),
)
_HEALTHY = (
    re.compile(rf"(?:음성|정상|비질환|대조|건강){_WHO}(?:은|는|이|가)?\s?(?:[:=]|\(?n\s?=)?\s?{_N}{_UNIT}"),
    re.compile(rf"\b(?:negatives?|controls|healthy|without (?:the )?disease){_WHO}\s?(?:[:=]|\(?n\s?=)\s?{_N}"),
    re.compile(rf"{_N} (?:[a-z-]{{2,20}}[ -]){{0,2}}(?:negatives?|controls|healthy|without (?:the )?disease)\b"),
)
_COLUMN_WITH = re.compile(
    r"(?:n |no |number of )?(?:pos|positives?|cases|diseased|events)(?: n)?"
    r"|(?:양성|질환|환자|확진)(?: ?환자|자|군)?(?: ?수)?(?: ?n)?"
)
_COLUMN_WITHOUT = re.compile(
    r"(?:n |no |number of )?(?:neg|negatives?|controls|healthy)(?: n)?"
    r"|(?:음성|정상|대조|비질환)(?:자|군)?(?: ?수)?(?: ?n)?"
)
_SHARE = re.compile(r"(\d{1,3})(?:\.(\d{1,6}))?\s?(%?)(?:\s?[(\[].{0,60})?")
_SAID = re.compile(r"[^\d\n;.]{0,25}(?<![\d.])(\d{1,3}(?:\.\d{1,4})?\s?%)")
_PLANNED = re.compile(r"assum|expect|planned|hypothe|target|require|literature|가정|예상|기대|목표|계획|문헌|선행")
_SIZED = re.compile(r"sample[- ]size (?:calculation|estimation)|표본 ?수 ?(?:산정|산출|계산|시나리오)")
"""What says that nobody was tested yet."""

_MISSED = Text(
    ko="{name}와 그 기준 수 {base}를 곱하면 {value}명으로, 최소 셀 {least}보다 작습니다.",
    en="{name} and the number that it is of, {base}, give {value} people; the smallest cell is {least}.",
)
_NAMES = {True: Text(ko="민감도", en="The sensitivity"), False: Text(ko="특이도", en="The specificity")}


def check_accuracy(subject: Subject, listing: Listing) -> None:
    """Hold what tells how well a test does to those whom it was tried on."""
    text = subject.said.lower()
    if not (_WITH.search(text) or _WITHOUT.search(text)) or _SIZED.search(text):
        return
    lines = [
        unicodedata.normalize("NFKC", line[:LONGEST_LINE]).lower() for line in subject.said.splitlines()[:MOST_LINES]
    ]
    bases = {True: _bases(lines, _DISEASED), False: _bases(lines, _HEALTHY)}
    held = tables_within(subject.json) if subject.type == "json" and not subject.tables else ()
    for table in (*(table for table, _ in bearable(subject, RULES, listing)), *held):
        for with_it, where, told, beside in _in_table(table):
            _judge(told, [beside] if beside else bases[with_it], with_it, where, subject, listing)
    for number, line in enumerate(lines[: subject.own_lines], 1) if subject.type in ("md", "txt") else ():
        for with_it, pattern in ((True, _WITH), (False, _WITHOUT)):
            for match in pattern.finditer(line) if "|" not in line and not _PLANNED.search(line) else ():
                if (said := _SAID.match(line, match.end())) and (share := _share(said[1])):
                    _judge(share, bases[with_it], with_it, Where(row=number), subject, listing)


def _bases(lines: Sequence[str], patterns: Sequence[re.Pattern[str]]) -> list[int]:
    told = [line for line in lines if not _PLANNED.search(line)]
    found = dict.fromkeys(count_said(m[1]) for line in told for p in patterns for m in p.finditer(line))
    return list(found)[:MOST_BASES]


Share = tuple[float, float]
"""A percentage and half of its last place."""


def _share(text: str) -> Share | None:
    match = _SHARE.fullmatch(text.strip()) if len(text) <= LONGEST_NUMBER else None
    if match is None:
        return None
    value, slack = float(f"{match[1]}.{match[2] or 0}"), 0.5 * 10.0 ** -len(match[2] or "")
    if not match[3] and match[2] and value <= 1:
        value, slack = 100 * value, 100 * slack
    return (value, slack) if 0 < value <= 100 else None


def _in_table(table: Table) -> Iterator[tuple[bool, Where, Share, int | None]]:
    """What a table tells of a test, by its headings or by the labels of its rows, with the people beside it."""
    names = [_plain(name) for name in table.names]
    labels = [_plain(row[0]) if row else "" for row in table.rows]
    sides = ((True, _WITH, _COLUMN_WITH), (False, _WITHOUT, _COLUMN_WITHOUT))
    for with_it, pattern, people in sides:
        sized = [i for i, name in enumerate(names) if people.fullmatch(name)]
        across = [i for i, name in enumerate(names) if i and pattern.search(name)]
        above = [
            row[1] for label, row in zip(labels, table.rows, strict=True) if people.fullmatch(label) and len(row) > 1
        ]
        for number, label, row in zip(table.numbers, labels, table.rows, strict=True):
            beside = whole(row[sized[0]]) if len(sized) == 1 and sized[0] < len(row) else None
            beside = whole(above[0]) if len(above) == 1 and not across else beside
            labelled = pattern.search(label) is not None
            for column in across or ((1,) if labelled else ()):
                if column < len(row) and (share := _share(row[column])):
                    yield with_it, Where(row=number, column=column + 1), share, beside


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_()\[\].]+", " ", unicodedata.normalize("NFKC", name[:LONGEST_LINE]).lower()).split())


def _judge(share: Share, bases: Sequence[int], with_it: bool, where: Where, subject: Subject, listing: Listing) -> None:
    least = subject.policy.min_cell
    for base in bases:
        exact, open_ = share[0] * base / 100, share[1] * base / 100
        small = min(round(exact), base - round(exact))
        if open_ <= SHARP and abs(exact - round(exact)) <= open_ + 1e-6 and 0 < small < least <= base:
            name = _NAMES[with_it]
            message = Text(
                ko=_MISSED.fill(name=name.ko, base=base, value=small, least=least).ko,
                en=_MISSED.fill(name=name.en, base=base, value=small, least=least).en,
            )
            listing.flag("cells.percent", message, mend(subject.policy), where=where, number=small)
            return
