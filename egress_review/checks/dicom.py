"""The header of a medical image, printed: `(0010,0010) PN [KIM^MINJI]`, `PatientID: 25730981`, DICOM in JSON.

Tags of group 0010 are of the patient (DICOM PS3.6). A list of tags that says what was done to each, a header whose
values were blanked or replaced, and a birth that was cut to its year give nobody away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress_review.checks.subject import Subject

LONGEST = 400
"""Characters of a line that are read."""
MARKS = ("0010", "Patient", "patient")
"""Letters without which no line of a header is of a patient."""

_NAME_TAG = r"\(?0010[,:|]? ?0010\)?"
_ID_TAG = r"\(?0010[,:|]? ?(?:0020|1000|1001|2160|1040|2154)\)?"
_BIRTH_TAG = r"\(?0010[,:|]? ?0030\)?"
_GAP = (
    r"[^\n\w가-힣]{1,40}(?:(?:PN|LO|DA|SH|ST|vr|Value|Alphabetic|Patient'?s? ?(?:Name|ID|Birth ?Date))"
    r"[^\n\w가-힣]{1,40}){0,6}"
)
"""What stands between a tag and its value: marks, the kind of the value, the name of the tag."""
_NAME = re.compile(
    rf"(?:{_NAME_TAG}|\bPatient'?s?[ _]?Name\b){_GAP}(?P<value>[A-Za-z가-힣][A-Za-z가-힣 .-]{{0,40}}\^[A-Za-z가-힣]"
    r"[A-Za-z가-힣 .^=-]{0,40})"
)
_ID = re.compile(
    rf"(?:{_ID_TAG}|\b(?<!De-identified )Patient'?s?[ _]?ID\b){_GAP}(?P<value>[A-Za-z]{{0,3}}-?\d{{5,12}})(?![\w.])"
    r"(?! ?(?:unique|different|distinct|values|records|rows|series|patients|images|개|건|명|행|가지))"
)
_BIRTH = re.compile(
    rf"(?:{_BIRTH_TAG}|\bPatient'?s?[ _]?Birth[ _]?Date\b){_GAP}"
    r"(?P<value>(?:19|20)\d\d[-./]?(?!01[-./]?01)(?:0[1-9]|1[0-2])[-./]?(?:0[1-9]|[12]\d|3[01]))(?!\d)"
)
_BLANKED = re.compile(
    r"(?<![a-z])(?:anon(?:ym\w*)?|remov\w*|redact\w*|delet(?:ed|ion)|dummy|phantom|test|unknown|de-?id\w*|pseudo\w*|none)"
    r"(?![a-z])|익명|가명|삭제",
    re.IGNORECASE,
)
"""What stands where a value was taken out, and what is no patient; whole words, for people are called Shannon."""
_UNIFORM = re.compile(r"[A-Za-z-]{0,4}(\d)\1{4,11}|[A-Za-z-]{0,4}0{1,8}\d{1,3}|12345\d{0,7}")
"""A number that is none: all alike, counted from one, or the example of a manual."""


def of_patients(subject: Subject) -> Iterator[int]:
    """Lines (from 1) of a printed header that give the name, the number or the birth of a patient."""
    if not any(mark in subject.text for mark in MARKS):
        return
    for number, line in enumerate(_joined(subject), 1):
        if any(mark in line for mark in MARKS) and any(_is_told(told, line) for told in (_NAME, _ID, _BIRTH)):
            yield number


def _joined(subject: Subject) -> Iterator[str]:
    """The lines; of JSON, which may break within an element, each with the few below it."""
    lines = subject.lines
    for at, line in enumerate(lines):
        below = lines[at + 1 : at + 7] if '"0010' in line and "Value" not in line else ()
        yield " ".join([line, *map(str.strip, below)])[:LONGEST]


def _is_told(pattern: re.Pattern[str], line: str) -> bool:
    match = pattern.search(line)
    if match is None:
        return False
    return _BLANKED.search(match["value"]) is None and _UNIFORM.fullmatch(match["value"]) is None
