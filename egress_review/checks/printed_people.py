"""Single people in what programs print beside their results: one record, effects by person, rows that a model keeps."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.dicom import of_patients
from egress_review.checks.failed_rows import check_failed_rows
from egress_review.checks.listing import Listing
from egress_review.checks.person_rows import check_person_rows
from egress_review.checks.subject import Subject
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

FEWEST_KNOWN, FEWEST_KEYS = 2, 3
"""Particulars of a person that a record has, and keys in all."""
FEWEST_LINES = 5

_RECORD = re.compile(r"\{[^{}\n]{10,800}\}")
_KNOWN = re.compile(
    r"(?:.*[ _])?(?:sex|gender|age|residence|address|birth\w*|dob|admi\w*|discharge\w*|visit\w*|diag\w*|icd\w*)"
    r"(?:[ _]\w*)?"
    r"|.*(?:성별|나이|연령|거주지|주소|생년월일|출생일|입원일?|퇴원일?|내원일?|초진일?|진단\w*|상병\w*)",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"[MFmf]|male|female|남|여|남성|여성|남자|여자|[A-Z]\d{2}(?:\.\d{1,2})?|[가-힣]{2,8}[시군구]|[A-Z][a-z]{3,20}"
)
_OF_PERSON = re.compile(r"\$?`?(?P<name>[\w가-힣.]{2,40})`?")
_CALL = re.compile(r"^>? ?(?:ranef|coef|random\.effects)\([\w.]{1,40}\)\$")
_EFFECT = re.compile(r"\s*\S{1,20}(?:\s+-?\d{1,6}\.\d+(?:[eE][-+]?\d+)?){1,6}\s*")
_KEPT = re.compile(r"\s*[-+]?\d{0,6}\.?\d{1,9}(?:\s+\d{1,6}:-?\d+(?:\.\d+)?){1,500}\s*")

_ONE = Text(ko="한 사람의 기록이 통째로 출력되어 있습니다.", en="The record of one person is printed whole.")
_HEADER = Text(
    ko="의료영상 헤더(DICOM)에 환자의 이름, 번호나 생년월일이 적혀 있습니다.",
    en="The header of a medical image (DICOM) gives the name, number or birth of a patient.",
)
_BLANK = Text(
    ko="환자에 관한 태그(0010 그룹)를 지우고 촬영 조건만 남기십시오.",
    en="Remove the tags of the patient (group 0010) and keep how the image was taken.",
)
_EFFECTS = Text(ko="사람마다의 효과가 {number}줄로 적혀 있습니다.", en="Effects of {number} single people are listed.")
_VECTORS = Text(
    ko="모형이 간직한 학습 자료의 행 {number}개가 적혀 있습니다.",
    en="{number} rows of the training data that a model keeps are written out.",
)
_AGGREGATE = Text(
    ko="개인 단위의 행을 지우고 집단별 값만 남기십시오.",
    en="Remove what is of single people and keep values of groups.",
)


def check_printed_people(subject: Subject, listing: Listing) -> None:
    """Flag what a program prints of single people, in words and deep within JSON."""
    for line in of_patients(subject):
        listing.flag("table.records", _HEADER, _BLANK, where=Where(row=line), number=1)
    if subject.type == "json":
        for table in tables_within(subject.json):
            if check_person_rows(table, listing, fewest=FEWEST_LINES):
                return
        return
    check_failed_rows(subject, listing)
    for line in _records(subject):
        listing.flag("table.records", _ONE, _AGGREGATE, where=Where(row=line), number=1)
    for line, number in _effects(subject):
        listing.flag("table.records", _EFFECTS.fill(number=number), _AGGREGATE, where=Where(row=line), number=number)
    for line, number in _by_observation(subject):
        listing.flag("table.records", _FITTED.fill(number=number), _AGGREGATE, where=Where(row=line), number=number)
    kept = [line for line, text in enumerate(subject.lines, 1) if ":" in text and _KEPT.fullmatch(text)]
    if len(kept) >= FEWEST_LINES:
        message = _VECTORS.fill(number=len(kept))
        listing.flag("table.records", message, _AGGREGATE, where=Where(row=kept[0]), number=len(kept))


def _records(subject: Subject) -> Iterator[int]:
    for number, line in enumerate(subject.lines, 1):
        if "{" in line and any(_is_of_one(match[0]) for match in _RECORD.finditer(line)):
            yield number


def _is_of_one(text: str) -> bool:
    """Whether a record, as Python or JSON writes it, gives particulars of a person with their values."""
    try:
        record: Any = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    if not isinstance(record, Mapping) or len(record) < FEWEST_KEYS:
        return False
    known = [key for key, value in record.items() if _KNOWN.fullmatch(str(key)) and _is_particular(value)]
    return len(known) >= FEWEST_KNOWN


def _is_particular(value: object) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return True
    return isinstance(value, str) and (_SHORT.fullmatch(value) is not None or _is_day(value))


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


_FITTING = re.compile(
    r">\s?(?:round\()?(?:fitted(?:\.values)?|resid(?:uals)?|predict|rstandard|rstudent|cooks\.distance|hatvalues|dffits)\(.{1,80}"
)
FEWEST_FITTED = 20
"""Values behind such a call from which they are those of all observations."""
_FITTED = Text(
    ko="모형의 적합값이나 잔차 {number}개가 관측치마다 출력되어 있습니다.",
    en="{number} fitted values or residuals are printed, one for each observation.",
)


def _by_observation(subject: Subject) -> Iterator[tuple[int, int]]:
    """Where a model's values are printed for each observation, and how many there are."""
    lines = subject.lines
    for at, line in enumerate(lines):
        if not line.startswith(">") or not _FITTING.fullmatch(line.strip()):
            continue
        below: list[str] = []
        for one in lines[at + 1 : at + 201]:
            if one.startswith(">"):
                break
            below += one.split()
        decimals = sum("." in word and word.lstrip("-").replace(".", "", 1).isdecimal() for word in below)
        if decimals >= FEWEST_FITTED:
            yield at + 1, decimals


def _effects(subject: Subject) -> Iterator[tuple[int, int]]:
    """Where the effects of a mixed model are listed by person, and how many there are."""
    at, found = 0, 0
    for number, line in enumerate([*subject.lines, ""], 1):
        if at and _EFFECT.fullmatch(line):
            found += 1
            continue
        if found >= FEWEST_LINES:
            yield at, found
        said = _CALL.sub("$", line.strip())
        named = _OF_PERSON.fullmatch(said) if said.startswith("$") else None
        if named and kind_of(named["name"]) is Kind.PERSON:
            at, found = number, 0
        elif found or number > at + 1:
            at, found = 0, 0
