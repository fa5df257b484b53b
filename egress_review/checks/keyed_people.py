"""Rows that a key of many digits or an opaque token names, beside what is told of people: a few rows suffice.

    pers_ref  birth_yr  muni  grad          {"k": "GE3DGMBQGUZDI", "by": 1945, "s": 2, "dx": "C34.1"}
    70011384      1983   681  2007          {"k": "GU4TIOBTHAYDO", "by": 1942, "s": 1, "dx": "C18.7"}

They stand in tables, in what a program prints of a frame, in JSON at any depth and in YAML. Files, runs, products and
genes have such keys as well: what stands beside theirs is no birth, sex, diagnosis or day of somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from egress_review.checks.columns import Kind, kind_of
from egress_review.checks.keyed_rows import tables_by_line
from egress_review.checks.listing import Listing
from egress_review.checks.row_keys import counts_groups
from egress_review.checks.subject import Subject
from egress_review.checks.tables import Table
from egress_review.checks.within_json import tables_within
from egress_review.findings import Where
from registry.text import Text

RULES = ("table.singular",)
FEWEST_ROWS, MOST_ROWS, LONGEST_CELL, LONGEST_LINE = 2, 20_000, 64, 300
"""Rows from which keys can differ, rows that are read, and characters of a cell and of a printed line."""
FEWEST_MARKS, FEWEST_UNNAMED = 2, 3
"""Columns of people beside a key, and beside one whose heading does not say that it is a key."""

_NUMBERED = re.compile(r"(?P<letters>[A-Za-z]{0,4}[-_]?)(?P<digits>\d{6,20})(?:\.0)?")
_TOKEN = re.compile(r"(?=[^\d]{0,63}\d)(?=[^A-Za-z]{0,63}[A-Za-z])[A-Za-z0-9_+/-]{5,64}={0,3}")
"""A token of letters and digits, as hashes, base32, base64 and random codes are."""
MIXED = 0.5
"""Share of the tokens of a column that have both letters and digits, and that go from one to the other and back."""
_PERSON_KEY = re.compile(
    r"(?:.{0,20}[ _.])?(?:(?:pers(?:on)?|indiv?|individual|subj(?:ect)?|pat|pt|patient|resp(?:ondent)?|hh|house_?hold|"
    r"emp|employee|stud(?:ent)?|cust(?:omer)?|mem(?:ber)?|user|worker|case|client|claim(?:ant)?|owner|driver|"
    r"mother|child|"
    r"resident|participant|enrollee|benef(?:iciary)?|bene|taxpayer|farmer)"
    r"[ _.]?(?:ref|ids?|key|no|num|nr|number|code|cd|hash|token|x|seq|serial)|sid|pid|hhid|mrn|enrolid|lopnr|pnr|cpr)"
    r"|.{0,10}(?:환자|대상자?|개인|가구|세대|학생|직원|근로자|고객|회원|가입자|수급자|응답자|참여자|경영체|"
    r"농가|사업주)"
    r"[ _]?(?:등록|식별|고유|일련)?[ _]?(?:번호|코드|키|id|아이디|식별자)",
    re.IGNORECASE,
)
_PLAIN_KEY = re.compile(
    r"(?:.{0,12}[ _.])?(?:id|idx?_?hash|hash|key|k|ref|reference|no|num|nr|uid|uuid|token|serial|pseudo\w{0,5}|"
    r"alias|code_?name|"
    r"join_?key|link_?(?:id|key)|연결키|결합키|번호|식별자|일련번호|가명|대체키)",
    re.IGNORECASE,
)
_OF_THINGS = re.compile(
    r"sha\d{0,3}|md5|commit|digest|checksum|run|job|task|model|experiment|trial|nct|file|path|url|doi|pmid|"
    r"isbn|issn|gene|snp|rs|"
    r"rsid|probe|transcript|protein|product|item|drug|atc|edi|sku|barcode|gtin|station|stop|route|site|patent|grant|"
    r"version|build|image|paper|article|dataset|variable|question|branch|epoch|fold|seed|metric|loss|auc|"
    r"accuracy|rmse|"
    r"mean|median|avg|average|sd|std|se|coef|beta|hr|rr|pval|pvalue|estimate|ratio|pct|percent|lr|iteration|lambda|"
    r"price|title|name|label|description|type_name|parcel|chip|lot|batch|strain|specimen_type|species|compound|cas",
    re.IGNORECASE,
)
"""Words of headings that are about files, runs, products, papers, genes and statistics."""
_THINGS_KO = re.compile(
    r"약품|품목|제품|상품|물품|자재|논문|특허|문항|변수|모형|모델|파일|정류장|노선|측정소|관측|필지|평균|표준|"
    r"계수|비율|율$|"
    r"(?:품|제품|상품|기관|시설|업체|회사)명|설명"
)
_WORD = re.compile(r"[a-z]+\d{0,3}")

_BORN = re.compile(
    r"(?:.{0,12}[ _.])?(?:birth|dob|yob|born|b_?(?:yr?|year|date|ym|md)|by|byear|birth.{0,12})|(?:출생|생년|"
    r"생일|생월).{0,6}",
    re.IGNORECASE,
)
_BIRTH = re.compile(r"(?:18|19|20)\d\d(?:[-./]?(?:0?[1-9]|1[0-2])(?:[-./]?(?:0?[1-9]|[12]\d|3[01]))?)?(?:\.0)?")
_SEX = re.compile(
    r"(?:.{0,12}[ _.])?(?:sex|gender|s|sx|gen|male|female)(?:[ _]?(?:cd|code|tp|type))?|.{0,4}성별.{0,4}", re.IGNORECASE
)
_SEXES = frozenset(("m", "f", "male", "female", "남", "여", "남자", "여자", "남성", "여성"))
_CODED = frozenset(("0", "1", "2", "9", "1.0", "2.0"))
_AGE = re.compile(r"(?:.{0,12}[ _.])?age(?:[ _.].{0,12})?|.{0,6}(?:나이|연령)(?:\(.{0,4}\))?", re.IGNORECASE)
_YEARS = re.compile(r"\d{1,3}(?:\.\d{1,2})?")
_ICD = re.compile(r"[A-TV-Z]\d{2}(?:\.?\d{1,2}[A-Z]?)?")
_DAY = re.compile(
    r"(?:19|20)\d\d[-./]?(?:0?[1-9]|1[0-2])[-./]?(?:0?[1-9]|[12]\d|3[01])(?:[ T]\d\d:\d\d(?::\d\d)?.{0,8})?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./ ]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|0?[1-9]|"
    r"1[0-2])[-./ ]?(?:19|20)\d\d",
    re.IGNORECASE,
)
_BEFELL = re.compile(
    r"(?:.{0,16}[ _.])?(?:dx|diag\w{0,8}|death|dth|died|dod|adm\w{0,8}|dis(?:ch\w{0,6})?|visit|surg\w{0,4}|op|"
    r"onset|birth|idx|index|"
    r"enrol\w{0,5}|event|fu|follow_?up|censor\w{0,3}|hosp\w{0,8}|rx|treat\w{0,5}|hire\w{0,2}|marri\w{0,4}|exit|entry)"
    r"(?:[ _.]?(?:dt|date|day|d|ymd|ym))?|.{0,6}(?:사망|입원|퇴원|진단|수술|내원|발병|출산|결혼|입사|퇴사|가입|"
    r"방문|추적|처방).{0,4}",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"(?:.{0,16}[ _.])?(?:muni\w{0,9}|sgg\w{0,4}|sido|region|district|county|city|area|zip\w{0,4}|post_?code|"
    r"addr\w{0,4}|occ\w{0,8}|job|"
    r"edu\w{0,8}|degree|field|grad\w{0,4}|income|inc|gross|wages?|salary|earn\w{0,5}|pay|tax|debt|spouse|"
    r"marital|married|"
    r"kids|children|insur\w{0,5}|smok\w{0,4}|bmi|hb|hba1c|sbp|dbp|stage|os|pfs|status|dead|nation\w{0,6}|"
    r"ethnic\w{0,4}|race)"
    r"(?:[ _.].{0,12})?|.{0,8}(?:지역|시군구|시도|읍면동|거주|주소|직업|학력|소득|급여|임금|배우자|혼인|자녀|"
    r"보험|흡연|국적|장애|재산|"
    r"상병|질환|등급).{0,6}",
    re.IGNORECASE,
)
_FLAGS = frozenset(("0", "1", "0.0", "1.0", "y", "n", "yes", "no", "true", "false", "t", "f", "예", "아니오"))
_EMPTY = frozenset(("", "na", "nan", "none", "null", ".", "<na>", "nat", "-"))

_PEOPLE = Text(
    ko="서로 다른 긴 번호나 부호 {number}개가 사람의 특성(출생, 성별, 날짜, 상병, 지역) 옆에 있습니다: 한 행이 "
    "한 사람입니다.",
    en="{number} different long numbers or tokens stand beside what is told of people (birth, sex, days, "
    "diagnoses, places): "
    "each row is one person.",
)
_AGGREGATE = Text(
    ko="개인 단위의 행을 지우고 집단별로 집계하십시오. head()나 list의 출력도 지우십시오.",
    en="Remove the rows of single people and aggregate to groups; clear what head() or list printed as well.",
)


@dataclass(frozen=True, slots=True)
class _Marks:
    strong: int
    """Columns that tell what only people have: a birth, a sex, an age, a diagnosis, a day on which something "
    "befell."""
    weak: int


def check_keyed_people(subject: Subject, listing: Listing) -> None:
    """Flag the first rows of people that a key names."""
    for table in _tables(subject):
        if number := people_keyed(table):
            where = Where(row=max(1, table.numbers[0] - 1)) if subject.type != "json" else Where()
            listing.flag("table.singular", _PEOPLE.fill(number=number), _AGGREGATE, where=where, number=number)
            return


def _tables(subject: Subject) -> Iterator[Table]:
    yield from subject.tables
    if subject.type == "json":
        yield from tables_within(subject.json)
    elif subject.type in ("md", "txt"):
        yield from _frames(subject.lines)
        yield from tables_by_line(subject.text, FEWEST_ROWS)


def people_keyed(table: Table) -> int:
    """How many rows of a table are people whom a key names; 0 for any other table."""
    rows = len(table.rows)
    if not 1 <= rows <= MOST_ROWS or len(table.names) < FEWEST_MARKS or counts_groups(table):
        return 0
    for index, name in enumerate(table.names):
        heading = name.strip()[:LONGEST_CELL]
        person = kind_of(heading) is Kind.PERSON or _PERSON_KEY.fullmatch(heading) is not None
        if rows < FEWEST_ROWS and not person:
            continue
        named = person or not heading or _PLAIN_KEY.fullmatch(heading) is not None
        if not _is_key(table, index, named=named, person=person):
            continue
        if not person and any(map(_is_of_things, table.names)):
            continue
        marks = _marks(table, index)
        fewest = 1 if person and rows >= FEWEST_ROWS else FEWEST_MARKS if named else FEWEST_UNNAMED
        if marks.strong and marks.strong + marks.weak >= fewest:
            return rows
    return 0


def _is_of_things(heading: str) -> bool:
    words = _WORD.findall(heading.lower()[:LONGEST_CELL])
    return any(map(_OF_THINGS.fullmatch, words)) or _THINGS_KO.search(heading[:LONGEST_CELL]) is not None


def _is_key(table: Table, index: int, *, named: bool, person: bool) -> bool:
    """Whether a column names each row by a long number of its own or by a token that is no word."""
    cells = [cell.strip() for cell in table.column(index)]
    if len(set(cells)) < len(cells) or max(map(len, cells)) > LONGEST_CELL or not all(cells):
        return False
    numbers = [match for cell in cells if (match := _NUMBERED.fullmatch(cell))]
    if len(numbers) == len(cells):
        return _are_given(numbers, sure=person, named=named)
    mixed = sum(_TOKEN.fullmatch(cell) is not None for cell in cells)
    plain = all(re.fullmatch(r"[A-Za-z0-9_+/=-]{5,64}", cell) for cell in cells)
    shapes = {re.sub("[A-Z]", "A", re.sub("[a-z]", "a", re.sub(r"\d", "9", cell))) for cell in cells}
    long = max(map(len, cells)) - min(map(len, cells)) <= FEWEST_MARKS
    # The codes of a classification are of one shape, and have letters where the others have them.
    opaque = person or 2 * len(shapes) > len(cells) or sum(map(_is_opaque, cells)) >= MIXED * len(cells)
    return plain and long and mixed >= MIXED * len(cells) and opaque


def _is_opaque(cell: str) -> bool:
    """Whether a token is long and goes from letters to digits and back, as no code of a classification does."""
    return len(cell) >= LEAST_OPAQUE and len(_RUN.findall(cell)) >= FEWEST_RUNS


LEAST_OPAQUE, FEWEST_RUNS = 10, 3
_RUN = re.compile(r"[A-Za-z]+|\d+")


def _are_given(numbers: Sequence[re.Match[str]], *, sure: bool, named: bool) -> bool:
    """Whether long numbers were given to somebody: of one length, no days, no round amounts."""
    digits = [match["digits"] for match in numbers]
    if len({match["letters"].lower() for match in numbers}) > 1 or all(map(_DAY.fullmatch, digits)):
        return False
    if sure:
        return True
    alike = len(set(map(len, digits))) == 1
    round_ = sum(one.endswith("00") for one in digits)
    months = all(re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])", one) for one in digits)
    marked = bool(numbers[0]["letters"]) or any(one[0] == "0" for one in digits) or len(digits[0]) > len("1234567")
    return alike and not months and 2 * round_ < len(digits) and (named or marked)


def _marks(table: Table, key: int) -> _Marks:
    strong, weak = 0, 0
    for index, name in enumerate(table.names):
        cells = {cell.strip().lower() for cell in table.distinct(index)} - _EMPTY
        if index == key or not cells or max(map(len, cells)) > LONGEST_CELL:
            continue
        heading = name.strip()[:LONGEST_CELL]
        if _is_strong(heading, cells):
            strong += 1
        elif _BESIDE.fullmatch(heading) or cells <= _FLAGS or all(map(_DAY.fullmatch, cells)):
            weak += heading != ""
    return _Marks(strong, weak)


def _is_strong(heading: str, cells: set[str]) -> bool:
    if _BORN.fullmatch(heading):
        return all(map(_BIRTH.fullmatch, cells)) or all(map(_DAY.fullmatch, cells))
    if cells <= _SEXES or (_SEX.fullmatch(heading) and cells <= _CODED):
        return True
    if _AGE.fullmatch(heading):
        return all(map(_YEARS.fullmatch, cells))
    if all(_ICD.fullmatch(cell.upper()) for cell in cells):
        return True
    return _BEFELL.fullmatch(heading) is not None and all(map(_DAY.fullmatch, cells))


_BARS = re.compile(r"[|│┃┆]")
_INDEX = re.compile(r"\d{1,9}[:.]?")
_SKIPPED = re.compile(r"[\s|:=+─━│┃┆┼├┤┬┴┌┐└┘╪╞╡═╌-]+|\s{0,8}(?:<[a-z+]{3,8}>\s{0,40}){1,60}|#.{0,80}")
"""Rules, the types of columns and the shape of a frame, between its heading and its rows."""


def _frames(lines: Sequence[str]) -> Iterator[Table]:
    """Rows of as many words as each other, with a key in each, below a heading: what a program prints of a frame."""
    head: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate([*lines, ""], 1):
        if len(line) <= LONGEST_LINE and line.strip() and _SKIPPED.fullmatch(line):
            continue
        cells = _BARS.sub(" ", line).split() if len(line) <= LONGEST_LINE else []
        keyed = len(cells) > FEWEST_MARKS and any(_NUMBERED.fullmatch(c) or _TOKEN.fullmatch(c) for c in cells[:3])
        keyed = keyed and len(cells) - len(head) in (0, 1)
        if rows and (not keyed or len(cells) != len(rows[0][1])):
            yield _frame(head, rows)
            rows = []
        if keyed:
            rows.append((number, cells))
        else:
            head = cells


def _frame(head: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Table:
    width = len(rows[0][1])
    names = [*[""] * (width - len(head)), *head]
    # The numbers of the rows, as R and Stata print them, are no key.
    numbered = all(_INDEX.fullmatch(cells[0]) and len(cells[0]) < len("1234567") for _, cells in rows)
    start = 1 if numbered and len(head) < width else 0
    return Table(tuple(names[start:]), [tuple(cells[start:]) for _, cells in rows], [number for number, _ in rows])
