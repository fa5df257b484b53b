"""Rows of values in brackets anywhere in a program: lists in lists, tuples, calls, VALUES of SQL; and who they are of.

A program that may leave has its settings in brackets as well. Rows are of people only where a column of codes, names or
days in no order stands beside another mark of a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from egress_review.checks.person_rows import is_jumbled
from egress_review.checks.tables import Table

FEWEST_ROWS = 4
MOST_GAP = 120
"""Characters between two rows of one table: `),\\nINSERT INTO patients VALUES (`."""
MOST_NAMES = 60

_LITERAL = (
    r"""(?:"[^"\n]{0,60}"|N?'[^'\n]{0,60}'|[-+]?\d[\d.]{0,20}(?:[eE][-+]?\d{1,3})?L?|NA(?:_\w{1,10}_)?|None|NULL|nan|"""
    r"""True|False|TRUE|FALSE|[\w.]{0,20}[dD]ate\w{0,10}\(['"][^()\n]{1,30}['"]\))"""
)
_NAMED = rf"(?:[^\W\d][\w.]{{0,30}}\s{{0,2}}=\s{{0,2}})?{_LITERAL}"
_GROUP = re.compile(
    rf"[\[({{]\s{{0,8}}({_NAMED}(?:\s{{0,20}},\s{{0,20}}{_NAMED}){{1,{MOST_NAMES}}})\s{{0,8}},?\s{{0,8}}[\])}}]"
)
_PART = re.compile(rf"(?:([^\W\d][\w.]{{0,30}})\s{{0,2}}=\s{{0,2}})?({_LITERAL})")
_INSIDE = re.compile(r"""['"](.{1,30}?)['"]\)""")
_DECLARED = re.compile(r"(?:insert\s{1,5}into|create\s{1,5}table)\s{1,5}[\w.\"`\[\]]{1,80}\s{0,5}\(", re.IGNORECASE)
_SIZE = re.compile(r"\(\s{0,3}\d{1,5}(?:\s{0,3},\s{0,3}\d{1,5})?\s{0,3}\)")
_WORD = re.compile(r"[^\W\d][\w.]{0,40}")

_CODE = re.compile(r"(?!(?:rs|nct|gse|gsm|srr|ens\w|chr|kct|pmid|doi|fig|ver)[-_]?\d)[A-Za-z]{0,4}[-_]?\d{5,12}", re.I)
_DAY = re.compile(r"(?:19|20)\d\d[-./]?(?:0?[1-9]|1[0-2])[-./]?(?:0?[1-9]|[12]\d|3[01])(?:[ T][\d:.]{4,15})?")
_SEXES = frozenset(("m", "f", "male", "female", "남", "여", "남자", "여자", "남성", "여성"))
_NAME = re.compile(
    r"[김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변염여추"
    r"도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용]"
    r"[가-힣]{1,2}(?<![시군구동읍면리과실부팀원청역산형법율업])"
)


def tables_in_brackets(text: str, fewest: int = FEWEST_ROWS) -> Iterator[Table]:
    """Every run of bracketed rows of one width, headed by the names that the program gives its columns."""
    block: list[tuple[int, list[str]]] = []
    lists: list[tuple[str, ...]] = []
    found: list[list[tuple[int, list[str]]]] = []
    end, line, at = 0, 1, 0
    given: dict[int, tuple[str, ...]] = {}
    for match in _GROUP.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        parts = _PART.findall(match[1])
        row = [_plain(value) for _, value in parts]
        if all(name for name, _ in parts):
            given.setdefault(len(parts), tuple(name for name, _ in parts))
        if all(value[:1] in "\"'" for _, value in parts) and all(map(_WORD.fullmatch, row)):
            lists.append(tuple(row))
        if block and (len(row) != len(block[0][1]) or match.start() - end > MOST_GAP):
            found.append(block)
            block = []
        block.append((line, row))
        end = match.end()
    names: dict[int, tuple[str, ...]] = {}
    for one in (*_declared(text), *lists, *given.values()):
        names.setdefault(len(one), one)
    for rows in (*found, block):
        if len(rows) >= fewest:
            yield _headed(rows, names)


def _headed(block: list[tuple[int, list[str]]], names: dict[int, tuple[str, ...]]) -> Table:
    width = len(block[0][1])
    heading = names.get(width) or tuple(f"V{n}" for n in range(1, width + 1))
    rows = [(number, row) for number, row in block if tuple(row) != heading]
    return Table(heading, [tuple(row) for _, row in rows], [number for number, _ in rows])


def _declared(text: str) -> Iterator[tuple[str, ...]]:
    """The columns that SQL declares a table to have, or inserts into."""
    for match in _DECLARED.finditer(text):
        said = _SIZE.sub("", text[match.end() : match.end() + 2_000]).partition(")")[0]
        words = tuple(found[0] if (found := _WORD.search(part)) else "" for part in said.split(",")[:MOST_NAMES])
        if all(words):
            yield words


def _plain(value: str) -> str:
    inside = _INSIDE.search(value) if value.endswith(")") else None
    return (
        inside[1]
        if inside
        else value.removeprefix("N'").strip("\"'").removesuffix("L" if value[:1].isdigit() else "\0")
    )


FEWEST_NAMES = 5
_FULL_NAME = re.compile(
    r"[김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하][가-힣]{2}(?<![시군구동읍면리과실부원암])"
)


def lists_of_names(text: str) -> Iterator[tuple[int, int]]:
    """Where in a program lists stand that hold nothing but names of people, and how many."""
    for match in _GROUP.finditer(text):
        cells = [_plain(value) for _, value in _PART.findall(match[1])]
        if len(cells) >= FEWEST_NAMES and len(set(cells)) == len(cells) and all(map(_FULL_NAME.fullmatch, cells)):
            yield match.start(), len(cells)


_CODES = re.compile(
    r"""[\[({]\s{0,20}(?:\w{1,40}\s{0,5},\s{0,20})?(?P<codes>['"][A-Za-z]{1,5}[-_]?\d{4,12}['"]"""
    r"""(?:\s{0,20},\s{0,20}['"][A-Za-z]{1,5}[-_]?\d{4,12}['"]){1,2000})\s{0,20},?\s{0,20}[\])}]"""
)
_PLAIN_CODES = re.compile(
    r"""[\[({]\s{0,20}(?:[^\W\d]\w{0,40}\s{0,5},\s{0,20})?(?P<codes>['"]?\d{7,12}['"]?"""
    r"""(?:\s{0,20},\s{0,20}['"]?\d{7,12}['"]?){1,2000})\s{0,20},?\s{0,20}[\])}]"""
)
FEWEST_CODES, LONGEST_NAME = 3, 60
"""Codes of a list, and characters before it that may say what they are of."""
_OF_THINGS = re.compile(
    r"column|feature|variable|field|icd|kcd|atc|edi|loinc|snomed|dx|diag|drug|proc|code|item|gene|snp|lot|device|"
    r"model|concept|"
    r"version|commit|issue|ticket|수가|상병|약|코드|품목|항목|질병|진단",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"patient|person|subj|member|participant|customer|mrn|study|\bpt|hosp_?(?:no|id)|chart|환자|대상자|회원|등록번호|"
    r"병록|차트",
    re.IGNORECASE,
)
_REMARK = re.compile(
    r"(?:#|//|--|\*).{0,80}(?:등록번호|(?:차트|병록|환자|대상자) ?번호|\bmrn\b|(?:chart|patient|record|"
    r"hospital) (?:no|number|id)s?\b)",
    re.IGNORECASE,
)
"""What a remark above a list says that its numbers are."""
_LEFT_OUT = re.compile(r"exclu|drop|remov|outlier|left|제외|삭제", re.IGNORECASE)
_MONTH = re.compile(r"[A-Za-z]{0,5}[-_]?(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])?")
_STRING_OR_COMMENT = re.compile(
    r"""(?P<string>"[^"\n]{0,400}"|'[^'\n]{0,400}')|/\*(?:[^*]|\*(?!/)){0,2000}\*/|(?:\#|//|--)[^\n]*"""
)


def lists_of_codes(text: str, form: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The lines of a program in which lists of nothing but codes of people begin, and how many codes each has.

    What a comment says of each code stands between them and is left out first.
    """
    lines = text.splitlines()
    bare = _STRING_OR_COMMENT.sub(lambda m: m["string"] or "\n" * m[0].count("\n"), text)
    for pattern in (_CODES, _PLAIN_CODES):
        line, at = 1, 0
        for match in pattern.finditer(bare):
            line, at = line + bare.count("\n", at, match.start("codes")), match.start("codes")
            start = max(bare.rfind("\n", 0, match.start()) + 1, match.start() - LONGEST_NAME)
            name = bare[start : match.start("codes")]
            codes = [code.strip("\"'") for code in re.split(r"\s*,\s*", match["codes"])]
            fewest = 2 if "inlist" in name else FEWEST_CODES
            told = (
                all(map(form.fullmatch, codes))
                if pattern is _CODES
                else _numbers_people(name) or _remarked(lines, line)
            )
            if told and len(set(codes)) == len(codes) >= fewest and are_of_people(name, codes):
                yield line, len(codes)


def _remarked(lines: Sequence[str], line: int) -> bool:
    """Whether a remark in a line (from 1) or right above it says that numbers are those of people."""
    return any(_REMARK.search(one[-LONGEST_TOLD:]) for one in lines[max(0, line - 2) : line])


def _numbers_people(name: str) -> bool:
    """Whether mere numbers are of people by the name of their list."""
    return _OF_PEOPLE.search(name) is not None or _LEFT_OUT.search(name) is not None


def names_things(name: str) -> bool:
    """Whether the words before a code say that it is of a disease, an item, a version, and of nobody."""
    return _OF_THINGS.search(name) is not None and _OF_PEOPLE.search(name) is None


def are_of_people(name: str, codes: Sequence[str]) -> bool:
    """Whether codes under a name may number people: not what it says are things, months, or items in a row."""
    if names_things(name):
        return False
    numbers = sorted(int(re.sub(r"\D", "", code)) for code in codes)
    in_turn = len(numbers) > 1 and numbers[-1] - numbers[0] < 2 * len(numbers)
    return not in_turn and not all(map(_MONTH.fullmatch, codes))


def people_typed(table: Table, code: re.Pattern[str] = _CODE) -> int:
    """How many rows are of single people by what stands in them, whatever their headings say; 0 for anything else."""
    rows = len(table.rows)
    if rows < FEWEST_ROWS:
        return 0
    columns = [[cell.strip() for cell in table.column(index)] for index in range(len(table.names))]
    days = any(_are_days(cells) for cells in columns)
    sexes = any({cell.lower() for cell in cells} <= _SEXES and len(set(cells)) <= 2 for cells in columns)
    codes = any(_all_differ(cells, code) for cells in columns)
    names = any(_all_differ(cells, _NAME) for cells in columns)
    more = len(columns) > 2 or any(cell.replace(".", "").isdigit() for cells in columns for cell in cells)
    named = names and (days or sexes or codes or (more and len(columns) > 2))
    return rows if named or (codes and (days or sexes)) or (days and sexes) else 0


FEWEST_CASES = 2
_CASE = re.compile(
    r"(?:(?:case|person|patient|pat|pt|subj(?:ect)?|member|worker|emp(?:loyee)?|resp(?:ondent)?|student|study|panel|hh|"
    r"record|p)?[ _.]?(?:id|no|num|key)|mrn|persnr|"
    r"(?:환자|대상자|개인|근로자|응답자|직원|학생|사례|등록|회원) ?(?:번호|id))",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?:date[ _.]of[ _.])?(?:birth|dob|born|b)[ _.]?(?:date|day|dt|year|yr|ymd|dob)?|생년월일|생일|출생.{0,5}", re.I
)
_NUMBERED = re.compile(r"[A-Za-z]{0,5}[-_]?\d{3,12}")


def cases_typed(table: Table) -> int:
    """How many rows are of single people by their headings: a number of each, and when they were born; else 0."""
    rows = len(table.rows)
    if rows < FEWEST_CASES:
        return 0
    columns = {name: [cell.strip() for cell in table.column(at)] for at, name in enumerate(table.names)}
    numbered = any(
        _CASE.fullmatch(name) and len(set(cells)) == rows and all(map(_NUMBERED.fullmatch, cells))
        for name, cells in columns.items()
    )
    born = any(_BORN.fullmatch(name) and all(map(_BIRTH.fullmatch, cells)) for name, cells in columns.items())
    return rows if numbered and born else 0


_BIRTH = re.compile(rf"(?:19|20)\d\d|{_DAY.pattern}")

PRINTED_CODE = re.compile(r"[A-Za-z]{1,4}[-_]?\d{5,12}|\d{7,12}")
"""What numbers a person in words that a program printed, where a number of five places may be a count."""
_TOLD = re.compile(r"[A-Za-z][-_]?\d{5,12}|(?<!\d)\d{7,12}|(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}")
_TOKEN = re.compile(r"[^\s\[\](){},;:='\"|]{1,40}")
LONGEST_TOLD, MOST_TOKENS = 300, 24


def tables_in_lines(text: str) -> Iterator[Table]:
    """Lines one below the other that are made of as many words, some of which number or date a person.

    The words that all of them share are those of a sentence, and no column.
    """
    block: list[tuple[int, list[str]]] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        told = len(line) <= LONGEST_TOLD and _TOLD.search(line)
        words = _TOKEN.findall(line) if told else []
        if block and len(words) != len(block[0][1]):
            if len(block) >= FEWEST_ROWS:
                varied = [len(set(column)) > 1 for column in zip(*(row for _, row in block), strict=True)]
                rows = [(at, [word for word, kept in zip(row, varied, strict=True) if kept]) for at, row in block]
                yield _headed(rows, {})
            block = []
        if 2 < len(words) <= MOST_TOKENS:
            block.append((number, words))


def _all_differ(cells: Sequence[str], form: re.Pattern[str]) -> bool:
    return len(set(cells)) >= 0.9 * len(cells) and all(
        form.fullmatch(cell) and not _DAY.fullmatch(cell) for cell in cells
    )


def _are_days(cells: Sequence[str]) -> bool:
    """Whether cells are days in no order, most of which differ."""
    if not all(map(_DAY.fullmatch, cells)) or len(set(cells)) <= len(cells) / 2:
        return False
    numbers = [float(re.sub(r"\D", "", cell)[:8]) for cell in cells]
    return is_jumbled(numbers) and len({b - a for a, b in pairwise(numbers)}) > 2
