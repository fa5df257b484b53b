"""Rows that a program prints because something is wrong with them: SAS, SPSS, Stata, R, pandas, databases, validators.

    NOTE: Invalid data for wage in line 4417 28-33.
    hhid=320440918 line=2 sex=2 birth=197206 wage=. _ERROR_=1 _N_=4417

A message that names a line, a column or a type tells of nobody. One that quotes the record, its key or the value that
could not be read is about one person. What stands for a value that was taken out is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.listing import Listing
from egress_review.checks.subject import Subject
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.records",)
FEWEST_FIELDS, MOST_FIELDS, LONGEST_FIELD, LONGEST = 3, 120, 40, 2_000
"""Fields of a record, characters of each, and characters of a line that are read."""
FEWEST_GIVEN, MOST_WRAPPED, MOST_BELOW = 2, 12, 60
"""Variables with a value, lines over which SAS goes on with them, and lines of a list of failures."""

_PAIR = re.compile(r"(?<![\w.])([^\W\d][\w.]{0,40})=([^\s=]{0,60})(?=\s|$)")
_OF_SAS = frozenset(("_ERROR_", "_N_", "_IORC_", "_INFILE_", "_LAST_"))
_FIRST_LAST = re.compile(r"(?:first|last)\..{1,40}", re.IGNORECASE)
_GIVEN = re.compile(r"(?=[^*#xX█…<\[])[\w가-힣][\w가-힣.:/-]{0,59}")
_MASKED = re.compile(
    r"(?:x{2,}|removed|redacted|hidden|masked|na|nan|null|none|value|missing|가림|삭제|생략)", re.IGNORECASE
)

_RULE_LINE = re.compile(r"\s{0,4}RULE:\s{1,12}-{4}\+-{4}1-{4}\+.{0,200}")
_INVALID = re.compile(
    r"Invalid (?:data|numeric data|argument)[^\n]{0,160}\bin line (\d{1,12})\b|LOST CARD", re.IGNORECASE
)
_CARD = re.compile(r"\s{0,6}(\d{1,12})\s{1,12}(\S.{0,400})")

_FIELD = re.compile(
    r"(?:[\"']?[^\W\d][\w .]{0,30}[\"']?\s?[:=]\s?)?[\"'(\[<{]{0,4}([^\"'()\[\]<>{}]{0,60})[\"')\]>}]{0,4}\.?"
)
_KEY = re.compile(r"[A-Za-z]{0,4}[-_]?\d{6,20}|[0-9]{2,6}-[0-9]{3,8}|[0-9a-f]{12,64}", re.IGNORECASE)
_DAY = re.compile(
    r"(?:19|20)\d\d[-./]?(?:0[1-9]|1[0-2])[-./]?(?:0[1-9]|[12]\d|3[01])(?:[ T][\d:.]{5,18}Z?)?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|1[0-2])[-./](?:19|20)\d\d|(?:19|20)\d\d-\d{1,2}-\d{1,2}|"
    r"\d{1,2}(?:[a-z]{3})(?:19|20)\d\d",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])?(?:0[1-9]|[12]\d|3[01])?")
_OF_ROW = re.compile(
    r"\b(?:rows?|records?|lines?|cases?|observations?|obs|entry|entries|tuples?)\b|행|레코드|줄|번째|건|자료|관측치",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"[:=>](?:\s{1,4}(?=\S)|(?=[\[({\"']))|[:=>]\s{0,4}$")
"""Where a record may begin in a line that says that something is wrong with it; behind the last mark it may follow."""
_TALLIED = re.compile(
    r"[\"']?(?:rows?|cols?|columns?|kept|skipped|dropped|rejected|errors?|warnings?|total|read|written|n|count|"
    r"elapsed|seconds?|"
    r"chunk|size|bytes|행|열|건수|제외|오류|전체)[\"']?\s?[:=]\s?"
    r"(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,12})(?![\d|;\t]|,\S)|\d (?:rows?|cols?|columns?|records?|lines?|행|열|건)\b",
    re.IGNORECASE,
)
"""What a log counts of its own work."""
_WRONG = re.compile(
    r"invalid|\bbad\b|malformed|reject|skipp|fail|error|discard|dropp|offend|duplicat|pars(?:e|ing)|mismatch|"
    r"unexpected|assert|"
    r"cannot|could not|broken|violat|quarantin|exception|warn|out of range|original line|외\s?구간|잘못|오류|실패|"
    r"제외|중복|거부|건너|불량|맞지|위반|누락|변환|이상값|이상치|읽을 수 없",
    re.IGNORECASE,
)

_DETAIL = re.compile(
    r"(?:Key |키 ?|[:：] {0,4})\((?P<keys>[^()\n]{1,200})\)=\((?P<held>[^()\n]{1,300})\)|"
    r"Duplicate entry '(?P<entry>[^'\n]{1,200})' for key"
    r"|duplicate key value is \((?P<value>[^()\n]{1,200})\)",
    re.IGNORECASE,
)
_ROW_OF_TABLE = re.compile(
    r"(?:Failing row contains|실패한 행(?:은|:)?|row violat\w{1,6}[^\n(]{0,60})\s?\((?P<row>[^()\n]{3,600})\)"
    r"|\bCOPY [\w.\"]{1,60}, line \d{1,12}: \"(?P<copy>[^\n]{3,600})\""
    r"|<<(?P<fread>[^\n<>]{5,600})>>|Original Line:\s{0,4}(?P<duck>[^\n]{5,600})",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"(?:input_value=|KeyError: |with base \d{1,2}: |convert string to \w{1,9}: ?|parse string |time data |"
    r"input syntax for [\w ]{1,40}: |"
    r"Field contents: ?|"
    r"\bgot ['\"]?(?=['\"])|out of range: )"
    r"(?P<mark>['\"{])(?P<said>[^'\"\n]{1,80})"
    r"|^\s{0,8}'(?P<stata>[^'\n]{1,60})' cannot be read as a number for \w{1,40}\[\d{1,12}\]",
    re.IGNORECASE,
)
_AT_CASE = re.compile(
    r"Field contents: ?'(?P<spss>[^'\n]{1,60})'|"
    r"\bCOPY [\w.\"]{1,60}, line \d{1,12}, column [\w.\"]{1,60}: \"(?P<copy>[^\"\n]{1,80})\"|"
    r"'(?P<stata>[^'\n]{1,60})' cannot be read as a number for \w{1,40}\["
)
_OF_ONE = re.compile(
    r"(?P<name>[^\W\d][\w.]{0,30})[\"']?\s{0,2}(?:={1,2}|:|for|은|는)?\s{0,2}[\[('\"]{0,3}"
    r"(?P<key>[A-Za-z]{0,4}[-_]?\d{6,20})(?![\d,.]\d)"
)
_ABOUT = re.compile(
    r"\b(?:birth\w{0,6}|dob|sex|gender|age|dx\w{0,4}|diag\w{0,6}|death\w{0,4}|adm\w{0,6})\s?[=:]|(?:출생|성별|"
    r"나이|생년|진단)\w{0,6}\s?[=:]",
    re.IGNORECASE,
)
"""The name of a key before one, and what a message says of a person beside it."""
_DATE_CALL = re.compile(r"(?:datetime\.)?(?:date|datetime|Timestamp)\((\d{4}), ?(\d{1,2}), ?(\d{1,2})[\d, ]{0,20}\)")
_LISTED = re.compile(
    r"duplicate\w{0,2} (?:keys?|ids?|values?|index|entries)[^:\n]{0,30}: ?[\[{(]?['\"]?"
    r"(?P<key>[A-Za-z]{0,4}[-_]?\d{6,20})(?![\d,.]\d)",
    re.IGNORECASE,
)
_CASES = re.compile(
    r"(?:failure cases?|unexpected_(?:index_)?(?:list|values?)|"
    r"partial_unexpected_list)[\"']?\s?[:=]\s?\[?(?P<row>[^\n\]]{1,300})",
    re.IGNORECASE,
)
_READR = re.compile(
    r"\s{0,12}(?:\|\s?)?(?:row|line)\s{1,20}\|?\s?col\w{0,4}\s{1,20}\|?\s?expected\s{1,40}\|?\s?actual\b.{0,80}",
    re.IGNORECASE,
)
_EXPECTED = re.compile(
    r"\b(?:(?:a|an) (?:double|integer|number|logical|date|time|datetime)|date (?:like|in) [^\s]{0,16}|"
    r"no trailing characters|value in level set|1/0/T/F/TRUE/FALSE|valid date)\s{1,60}(\S{1,40}(?: \S{1,12})?)",
    re.IGNORECASE,
)
_PANDERA = re.compile(r"(?=[^\n]{0,200}\bfailure_case\b)(?=[^\n]{0,200}\b(?:index|check)\b)[^\n]{1,240}")
_CELL = re.compile(r"(?<!\S)(?=\S{0,30}\d)(?!(?:u?int|float|datetime|complex|str|string)\d{0,3}\b)[\w.:/-]{2,40}(?!\S)")

_PRINTED = Text(
    ko="오류 메시지가 잘못된 행이나 그 값을 그대로 보입니다: 한 사람의 기록입니다.",
    en="A message prints the record, the key or the value that is wrong: it is the record of one person.",
)
_KEEP_PLACE = Text(
    ko="행의 내용을 지우고 줄 번호, 열 이름, 건수만 남기십시오. SAS는 변수 뒤에 ??를 쓰면 보이지 않습니다.",
    en="Remove what stands in the record; keep the line, the name of the column and how many there were. SAS prints "
    "none after `??` behind the variable.",
)


def check_failed_rows(subject: Subject, listing: Listing) -> None:
    """Flag each place at which a program prints a record that it could not use; the text is never repeated."""
    for line in sorted(set(_found(subject.lines))):
        listing.flag("table.records", _PRINTED, _KEEP_PLACE, where=Where(row=line), number=1)


_SAYS_MORE = re.compile(r"\d|:\s{0,4}$|row|record|행|레코드", re.IGNORECASE)


def _found(lines: Sequence[str]) -> Iterator[int]:
    """Lines (from 1) that print a record, a key or a value of one."""
    for at, raw in enumerate(lines):
        line = raw[:LONGEST]
        if "_ERROR_=" in line and _is_vector(lines, at):
            yield at + 1
        elif _RULE_LINE.fullmatch(line) or _INVALID.search(line):
            if (below := _card_below(lines, at)) is not None:
                yield below + 1
        elif ("actual" in line and _READR.fullmatch(line)) or ("failure_case" in line and _PANDERA.fullmatch(line)):
            yield from _listed(lines, at, pandera="failure_case" in line)
        elif _SAYS_MORE.search(line) and (_quotes(line) or _shows(line, lines[at + 1 : at + 3])):
            yield at + 1


def _is_vector(lines: Sequence[str], at: int) -> bool:
    """Whether SAS prints the variables of one row: several with values, and none that counts people."""
    said = lines[at][:LONGEST]
    for above in reversed(lines[max(0, at - MOST_WRAPPED) : at]):
        if not _PAIR.match(above.strip()[:LONGEST]) or "_ERROR_=" in above:
            break
        said = f"{above[:LONGEST]} {said}"
    pairs = [(name, value) for name, value in _PAIR.findall(said) if name.upper() not in _OF_SAS]
    pairs = [(name, value) for name, value in pairs if not _FIRST_LAST.fullmatch(name)]
    given = [name for name, value in pairs if value != "." and _is_given(value)]
    return len(given) >= FEWEST_GIVEN and not any(kind_of(name) in _OF_GROUPS for name, _ in pairs)


_OF_GROUPS = frozenset((Kind.COUNT, Kind.COUNT_AND_PERCENT, Kind.PERCENT))


def _is_given(value: str) -> bool:
    return _GIVEN.fullmatch(value) is not None and _MASKED.fullmatch(value) is None


def _card_below(lines: Sequence[str], at: int) -> int | None:
    """The line below a note of SAS in which the raw record stands; None where it does not."""
    for below in range(at + 1, min(at + 4, len(lines))):
        if _RULE_LINE.fullmatch(lines[below][:LONGEST]):
            continue
        card = _CARD.fullmatch(lines[below][:LONGEST])
        if card is None:
            return None
        fields = re.split(r"[\s|,;\t]+", card[2])
        given = sum(_is_given(field) and any(map(str.isdigit, field)) for field in fields)
        return below if given >= FEWEST_GIVEN or _KEY.search(card[2]) else None
    return None


def _listed(lines: Sequence[str], at: int, *, pandera: bool) -> Iterator[int]:
    """Lines of a table of failures in which a value of the data stands."""
    for number, raw in enumerate(lines[at + 1 : at + 1 + MOST_BELOW], at + 2):
        line = raw[:LONGEST]
        if not line.strip():
            return
        if pandera:
            cells = _CELL.findall(line)
            # The number of the row, of the check and of the failing case are three.
            told = [cell for cell in cells if not (cell.isdecimal() and len(cell) < len("123456"))]
            if told or (sum(cell.isdecimal() for cell in cells) > 2):
                yield number
                return
        elif (found := _EXPECTED.search(line)) and _is_value(found[1]):
            yield number
            return


def _is_value(said: str) -> bool:
    """Whether words that a message quotes are a value with a digit, and neither a number of columns nor a mask."""
    plain = said.strip("'\"` ,")
    return any(map(str.isdigit, plain)) and " col" not in plain and _is_given(plain.split()[0] if plain else "")


def _quotes(line: str) -> bool:
    """Whether a message quotes a record, the key of one or a long value of it."""
    for detail in _DETAIL.finditer(line):
        if detail["keys"] and _is_key(detail["keys"], detail["held"]):
            return True
        if (one := detail["entry"] or detail["value"]) and _KEY.search(one) and not _MONTH.fullmatch(one.strip("'\" ")):
            return _is_key("", one)
    if any(is_record(next(filter(None, row.groups())), sure=True) for row in _ROW_OF_TABLE.finditer(line)):
        return True
    for quoted in _QUOTED.finditer(line):
        said = quoted["said"] or quoted["stata"]
        if quoted["mark"] == "{" or _KEY.search(said) or _DAY.fullmatch(said.strip()):
            return True
    if (case := _AT_CASE.search(line)) and _is_value(next(filter(None, case.groups()))):
        return True
    cases = _CASES.search(line)
    return cases is not None and _are_values(cases["row"])


def _shows(line: str, below: Sequence[str]) -> bool:
    """Whether a line says that something is wrong and gives the row, behind a mark or below it, or its key."""
    if not _WRONG.search(line):
        return False
    listed = _LISTED.search(line)
    if (listed and not _MONTH.fullmatch(listed["key"])) or any(map(_is_of_one, _OF_ONE.finditer(line))):
        return True
    if _ABOUT.search(line) and (found := _OF_ONE.search(line)) and not _MONTH.fullmatch(found["key"]):
        return True
    if not _OF_ROW.search(line) or _TALLIED.search(line):
        return False
    for number, begun in enumerate(_BEGINS.finditer(line)):
        rest = line[begun.end() :]
        if is_record(rest or (below[0][:LONGEST] if below else "")) or _is_spaced(rest):
            return True
        if number >= MOST_BEGINNINGS:
            break
    return any(is_record(one[:LONGEST], keyed=True) for one in below)


def _is_of_one(found: re.Match[str]) -> bool:
    """Whether the name before a long number is that of a key of people, and not of a process nor of how many "
    "there are."""
    if kind_of(found["name"]) is not Kind.PERSON or _MONTH.fullmatch(found["key"]):
        return False
    return not _COUNTED.match(found.string, found.end()) and not (
        found["name"].lower() == "pid" and _PROCESS.search(found.string)
    )


_COUNTED = re.compile(
    r"\s?(?:unique|distinct|non|values?|rows?|records?|missing|duplicat|of\b|keys?|건|개|명|행)", re.IGNORECASE
)
_PROCESS = re.compile(r"process|worker|kill|exit|signal|thread|daemon|\bport\b|fork|프로세스", re.IGNORECASE)


def _is_spaced(text: str) -> bool:
    """Whether words begin with the fields of a record between spaces: a long key and numbers beside it."""
    fields = list(takewhile(lambda field: not _SPOKEN.fullmatch(field), text.split()[:MOST_FIELDS]))
    numbered = [field for field in fields if any(map(str.isdigit, field))]
    keyed = any(_KEY.fullmatch(field) for field in fields)
    return keyed and len(numbered) > FEWEST_FIELDS and len({re.sub(r"\d", "9", field) for field in fields}) > 1


_SPOKEN = re.compile(r"[a-z가-힣]{2,40}[,.:]?", re.IGNORECASE)
MOST_BEGINNINGS = 12


def _are_values(said: str) -> bool:
    """Whether failing cases are values with digits, and no types."""
    first = said.strip().lstrip("[({'\"").split(",")[0].strip("'\")]} ")
    return re.fullmatch(r"-?\d[\d.:/-]{1,30}|[A-Za-z]{1,4}[-_]?\d{3,20}", first) is not None


def _is_key(names: str, held: str) -> bool:
    """Whether one of the values of a key is a long number, and it is neither a time nor the code of a place."""
    headings = [name.strip().strip('"') for name in names.split(",")] if names else [""]
    values = [value.strip().strip("'\"") for value in held.split(",")]
    headings += [""] * (len(values) - len(headings))
    return any(
        (_KEY.fullmatch(value) or (not names and _KEY.search(value))) is not None
        and not _MONTH.fullmatch(value)
        and not _OF_PLACE.search(name)
        for name, value in zip(headings, values, strict=False)
    ) or any(
        kind_of(name) is Kind.PERSON and any(map(str.isdigit, value))
        for name, value in zip(headings, values, strict=False)
    )


_OF_PLACE = re.compile(
    r"region|area|sgg|sido|dong|code|_cd$|item|product|model|run|job|file|batch|year|month|date|icd|kcd|지역|"
    r"시군구|코드|연도|품목",
    re.IGNORECASE,
)


_WRAPPED = re.compile(r"^[A-Za-z_]\w{0,30}(?=\()")
"""The name of a class before the values of one, `Row(pid=…)`."""


def is_record(text: str, *, sure: bool = False, keyed: bool = False) -> bool:
    """Whether words are the fields of one record: short, between marks of one kind, with a long key or a day.

    Where a program says that they are a row, two fields with digits are enough; `keyed` asks for a key that is no day.
    """
    said = _DATE_CALL.sub(r"\1-\2-\3", text.partition(" -> ")[0].partition(" => ")[0])
    plain = _WRAPPED.sub("", said.strip(), count=1).strip("\"'()[]{}<> ")
    mark = max("|\t;,", key=plain.count)
    fields = [field.strip() for field in plain.split(mark)]
    if not FEWEST_FIELDS <= len(fields) <= MOST_FIELDS or max(map(len, fields)) > 2 * LONGEST_FIELD:
        return False
    values = [
        found[1].strip() for field in fields if (found := _FIELD.fullmatch(field)) and len(found[1]) <= LONGEST_FIELD
    ]
    if len(values) < len(fields) or sum(len(value.split()) > 2 for value in values) > len(values) / 3:
        return False
    numbered = [value for value in values if any(map(str.isdigit, value))]
    if sure or len(numbered) < FEWEST_GIVEN:
        return len(numbered) >= FEWEST_GIVEN
    keys = [value for value in values if _KEY.fullmatch(value) and not (keyed and _DAY.fullmatch(value))]
    days = [] if keyed else [value for value in values if _DAY.fullmatch(value)]
    # A list of days or of codes repeats one shape.
    return bool(keys or days) and len({re.sub(r"\d", "9", value) for value in values}) > 1
