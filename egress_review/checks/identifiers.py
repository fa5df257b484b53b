"""Direct identifiers of people in every cell, line and string of a file; findings say where, never what."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain

from deid.identifiers import Span, detect, is_context
from deid.number_windows import Rules
from deid.zone_recognisers import compiled
from egress_review.checks.bibliography import outside_bibliography
from egress_review.checks.comments import words_around
from egress_review.checks.foreign_people import is_person, people_in_lines
from egress_review.checks.listing import Listing
from egress_review.checks.national_numbers import accounts_abroad, persons_abroad
from egress_review.checks.numbers_spelled import check_spelled
from egress_review.checks.offices import is_list_of_addresses, without_offices
from egress_review.checks.place_names import is_province, without_places
from egress_review.checks.secrets import outside_passwords
from egress_review.checks.stretches import lies_within
from egress_review.checks.subject import Subject, piece_of
from egress_review.checks.tables import Table, delimiter_of
from egress_review.checks.workbook import Workbook
from egress_review.findings import Severity, Where
from egress_review.rules import RULE, Rule
from egress_review.terms import Policy
from registry.text import Text

CERTAIN = 0.8
"""Score from which a find keeps the weight of its rule; a less certain one can be overruled by people."""

_PLAIN_NUMBERS = re.compile(r"(?:[-+]?\d{0,7}(?:\.\d*)?(?:[eE][-+]?\d+)?\n)*")
"""Cells too short to identify anybody; columns of them need no reading."""

_MESSAGE = Text(
    ko="다음과 같아 보이는 값이 있습니다: {what}.",
    en="This looks like a {what}.",
)
_FIX = Text(
    ko="식별정보를 지우거나 집계하십시오. 사람의 식별정보가 아니라면 설명에 까닭을 적으십시오.",
    en="Remove or aggregate the identifier; if it identifies nobody, say in the context why.",
)


def check_identifiers(subject: Subject, listing: Listing) -> None:
    """All rows, not a sample: row 51 can name somebody as well as row 1."""
    more = compiled(subject.policy.recognisers)
    if subject.type in ("csv", "tsv"):
        for table in subject.tables:
            for where, span in outside_bibliography(subject, in_table(table, more)):
                _flag(where, span, listing)
        dropped = chain.from_iterable(table.around for table in subject.tables)
        if any(words := words_around(subject.text, delimiter_of(subject.text), dropped)):
            check_identifiers(piece_of(subject, "md", text="\n".join(words)), listing)
    elif subject.type == "json":
        for path, text, heading in strings_in(subject.json):
            for span in _detect(text, heading, more):
                _flag(Where(path=path), span, listing)
    else:
        for where, span in outside_bibliography(subject, in_lines(subject.text, more)):
            _flag(where, span, listing)
    if subject.type == "json":
        for path in _lists_of_codes(subject.json):
            listing.flag("identifier.other_id", _OF_SOMEBODY, _FIX, where=Where(path=path), number=1)
    for where in _numbered(subject):
        listing.flag("identifier.other_id", _OF_SOMEBODY, _FIX, where=where, number=1)
    for where in _abroad(subject):
        flag_name(where, listing)
    for rule, find in (("identifier.other_id", persons_abroad), ("identifier.account", accounts_abroad)):
        for line in sorted({subject.line_of(at) for at in find(subject.text)}):
            listing.flag(rule, _looks_like(RULE[rule]), _FIX, where=Where(row=line), number=1)
    check_spelled(subject, listing)


def flag_name(where: Where, listing: Listing) -> None:
    """Say that somebody is named there."""
    listing.flag("identifier.person", _looks_like(RULE["identifier.person"]), _FIX, where=where, number=1)


def _looks_like(rule: Rule) -> Text:
    return Text(ko=_MESSAGE.ko.format(what=rule.title.ko), en=_MESSAGE.en.format(what=rule.title.en.lower()))


def _abroad(subject: Subject) -> Iterator[Where]:
    """Names of people in Latin letters that nothing but a given name shows."""
    if subject.type == "json":
        yield from (Where(path=path) for path, text, heading in strings_in(subject.json) if is_person(text, heading))
    elif subject.type not in ("csv", "tsv"):
        yield from (Where(row=number) for number in people_in_lines(subject.lines))
    for table in subject.tables if subject.type in ("csv", "tsv") else ():
        for index, name in enumerate(table.names):
            held = {cell for cell in table.distinct(index) if " " in cell and is_person(cell, name)}
            for number, cell in zip(table.numbers, table.column(index), strict=True) if held else ():
                if cell in held:
                    yield Where(row=number, column=index + 1)


FEWEST_CODES = 3
CODE = re.compile(r"(?:PT|PAT|PID|ID|SUB|SUBJ|MRN|HN|EMR|CASE)[-_]?\d{4,10}|[A-Z][-_]?\d{6,12}", re.IGNORECASE)
"""Codes as people are numbered by; those of diseases, genes, trials and substances are of another form."""


def _lists_of_codes(value: object, path: str = "$", depth: int = 0) -> Iterator[str]:
    """Paths of lists that hold nothing but codes of people."""
    if isinstance(value, list) and len(value) >= FEWEST_CODES and all(isinstance(one, str) for one in value):
        if all(map(CODE.fullmatch, value)) and len(set(value)) == len(value):
            yield path
        return
    inner = value.items() if isinstance(value, dict) else enumerate(value, 1) if isinstance(value, list) else ()
    for key, one in inner if depth < DEEPEST else ():
        if isinstance(one, dict | list):
            yield from _lists_of_codes(
                one, f"{path}.{_step(key)}" if isinstance(key, str) else f"{path}[{key}]", depth + 1
            )


DEEPEST = 40


def _numbered(subject: Subject) -> Iterator[Where]:
    if subject.type not in ("csv", "tsv"):
        for pattern in (NUMBERED, _CARD, _ABROAD, _CALLED):
            yield from (Where(row=subject.line_of(match.start())) for match in pattern.finditer(subject.text))
        lines = [(number, line.strip()) for number, line in enumerate(subject.text.splitlines(), 1)]
        coded = [(number, line) for number, line in lines if CODE.fullmatch(line) and line[0].isupper()]
        if len({line for _, line in coded}) >= FEWEST_CODES:
            yield from (Where(row=number) for number, _ in coded)
        return
    for table in subject.tables:
        for index in range(len(table.names)):
            long = (cell for cell in table.distinct(index) if len(cell) >= SHORTEST_NUMBERED and not cell.isascii())
            said = (cell for cell in table.distinct(index) if len(cell) >= SHORTEST_NUMBERED and " " in cell)
            held = {cell for cell in chain(long, said) if any(p.search(cell) for p in (NUMBERED, _ABROAD, _CALLED))}
            for number, cell in zip(table.numbers, table.column(index), strict=True) if held else ():
                if cell in held:
                    yield Where(row=number, column=index + 1)


_CARD = re.compile(r"(?<![\w-])(?!000[09]-000)\d{4}-\d{4}-\d{4}-\d{4}(?![\w-])")
"""A number as it is printed on cards, of transport and members too, which have no checksum; an ORCID is none."""
_ABROAD = re.compile(
    r"\b(?:NI|NINO|[Nn]ational [Ii]nsurance)(?: ?(?:[Nn]umber|[Nn]o\.?))?\s?[:=#]?\s?"
    r"[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b"
    r"|\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d\d \d\d \d\d [A-D]\b"
    r"|\b\d{1,4}(?:-\d{1,4})?,? [A-Z][a-z]+-?(?:daero|ro|gil)\b[^\n]{0,60}\b(?:[Aa]pt|[Uu]nit|[Hh]o|[Ff]lat)\b"
    r"|\bNHS (?:[Nn]umber|[Nn]o\.?)\s?[:=#]?\s?\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)"
    r"|\b(?:SSN|[Ss]ocial [Ss]ecurity (?:[Nn]umber|[Nn]o\.?))\s?[:=#]?\s?\d{3}-?\d{2}-?\d{4}(?!\d)"
)
"""Numbers of persons in the United Kingdom and the United States, and Korean dwellings in Latin letters."""
_CALLED = re.compile(
    r"(?<![A-Za-z-])(?:(?:patient|participant|respondent|pupil|student|claimant|employee|tenant|resident|widow|child)"
    r"(?:,| named| called)?|(?:mother|father|son|daughter|wife|husband|case|claim|file|records?|statement) of|"
    r"M(?:rs|r|s)\b\.?|Miss) (?!(?:The|This|In|And|Of|From|For)\b)[A-Z][a-z]{2,15} [A-Z][a-z]{2,20}(?! [A-Z])(?![\w-])"
)
"""Two names behind a word for somebody whom the data are about; capitals alone could be anything."""
SHORTEST_NUMBERED = 8
"""Characters of the shortest words with the number of somebody."""
NUMBERED = re.compile(
    r"(?<![가-힣A-Za-z])(?:환자|대상자|피험자|연구대상자|병원|차트|병록|등록|수진자|회원|patient|subject|participant|"
    r"chart|"
    r"hospital|medical record|\bMRN)(?: ?(?:등록|고유|식별))?(?: ?(?:번호|ID|no\.?|number|#)|(?<=MRN))\s?"
    r"(?:[:=#(]\s?|은 |는 |이 |가 )?(?:[A-Za-z]{1,3}-?)?\d{6,10}(?![\d.,]*\d)"
    r"|(?<![A-Za-z_])(?:pt|patient|person|subject|member|study|hosp|chart|mrn|환자|등록|차트)_?(?:id|no|key|"
    r"(?<!hosp_)(?<!hosp)code|번호)"
    r"\s{0,3}(?:={1,2}|:|in\s{0,3}\()\s{0,3}['\"]?[A-Za-z]{0,3}-?\d{5,12}(?!\d)",
    re.IGNORECASE,
)
"""A number that words call that of a person, wherever it stands: `등록번호 12345678`."""
_OF_SOMEBODY = Text(
    ko="사람의 번호라고 적힌 숫자가 글 속에 있습니다.",
    en="The words call a number that of a person.",
)


def _detect(text: str, heading: str, more: Rules) -> list[Span]:
    """What identifies somebody; the name of a region is a category, whatever its column is called."""
    found = _without_digests(detect(text, heading=heading, more=more), text)
    kept = [s for s in found if s.label != "ADDRESS" or not _REGION.fullmatch(text[s.start : s.end].strip())]
    kept = [s for s in kept if s.label != "PERSON" or not is_province(text, s.start, s.end)]
    kept = outside_passwords(kept, text)
    listed = _OF_MAIL.search(heading) is not None or is_list_of_addresses(kept, text)
    labels = _OF_OFFICES if listed else _OF_OFFICES | {"EMAIL"}
    kept = [s._replace(score=CERTAIN) if s.label == "PERSON" and _KIN.match(text, s.end) else s for s in kept]
    return without_offices(kept, text, labels)


_KIN = re.compile(
    r"(?<!별)(?<!군)(?<!자) ?(?:보호자|어머니|아버지|모친|부친|배우자|할머니|할아버지|어르신|산모)(?! ?수)"
)
"""What stands behind the name of somebody whom the data are about."""


def _without_digests(found: list[Span], text: str) -> list[Span]:
    """Without the digits that the hash of a file has within it."""
    hashes = [match.span() for match in _DIGEST.finditer(text)] if found else []
    return [s for s in found if not lies_within(hashes, s.start, s.end)]


_DIGEST = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9a-f]{0,40}[a-f])(?=[0-9a-f]{0,40}\d)(?:[0-9a-f]{64}|[0-9a-f]{40}|"
    r"[0-9a-f]{32})(?![0-9A-Za-z])"
)
_OF_OFFICES = frozenset(("PHONE", "ADDRESS"))
"""Labels of what institutions have as well; of e-mail only outside a column of it, which is a list."""
_OF_MAIL = re.compile(r"mail|contact|메일|우편|연락", re.IGNORECASE)
_REGION = re.compile(
    r"(?:(?:서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)"
    r"|[가-힣]{2,7}(?:특별자치도|특별자치시|특별시|광역시|도|시|군|구))(?: {1,2}[가-힣]{1,5}[시군구]){0,2}"
)
"""A province, a city or a district of it, and nothing finer: tens of thousands of people live in the smallest."""


_CODED = re.compile(
    r"(?:patients?|persons?|subjects?|participants?|members?|customers?|mrn|환자|대상자|연구|등록|회원|고객|차트)"
    r"[ _-]*(?:(?:id|no|number|번호)[ _-]*)?[A-Za-z]?\d{4,}(?!\d)",
    re.IGNORECASE,
)
_A_NUMBER = Text(
    ko="이름에 사람이나 건의 번호로 보이는 것이 있습니다.",
    en="The name holds what looks like the number of a person or a case.",
)


def check_names(subject: Subject, listing: Listing) -> None:
    """What the file is called, and its sheets: names are shown to everybody who handles it."""
    stem = subject.name.rpartition(".")[0] or subject.name
    book = subject.workbook if subject.type == "xlsx" and subject.content.kind == "zip" else None
    sheets = [sheet.name for sheet in book.sheets] if isinstance(book, Workbook) else []
    more = compiled(subject.policy.recognisers)
    for name, where in ((stem, Where(path="name")), *((sheet, Where(path="name of a sheet")) for sheet in sheets)):
        # An underscore is part of a word for the recognisers, and no part of a number for people.
        for span in detect(name.replace("_", " "), more=more):
            _flag(where, span, listing)
        if _CODED.search(name) or _CARD.search(name.replace("_", " ")):
            listing.flag("identifier.other_id", _A_NUMBER, _RENAME, where=where, number=1)


_RENAME = Text(
    ko="이름에서 번호를 빼십시오. 사람의 번호가 아니라면 설명에 까닭을 적으십시오.",
    en="Take the number out of the name; if it is of nobody, say in the context why.",
)


def flag_lines(text: str, policy: Policy, listing: Listing) -> None:
    """Flag what identifies somebody in words that were read out of a picture."""
    for where, span in in_lines(text, compiled(policy.recognisers)):
        _flag(replace(where, path="text"), span, listing)
    for number in people_in_lines(text.splitlines()):
        flag_name(Where(row=number, path="text"), listing)


def in_table(table: Table, more: Rules = ()) -> Iterator[tuple[Where, Span]]:
    """Finds in the heading and in every cell; equal cells of a column are read once."""
    top = table.numbers[0] - 1 if table.numbers else 1
    for index, name in enumerate(table.names):
        for span in without_places(_detect(name, "", more), name, [*name.split()[1:], *table.distinct(index)]):
            yield Where(row=max(1, top), column=index + 1), span
        for row, span in _in_column(name, table, index, more):
            yield Where(row=table.numbers[row], column=index + 1), span
    yield from _split_in_two(table)


def _in_column(name: str, table: Table, index: int, more: Rules) -> Iterator[tuple[int, Span]]:
    distinct = [*table.distinct(index), ""]
    joined = "\n".join(distinct)
    if joined.count("\n") >= len(distinct):
        joined = "\n".join(cell.replace("\n", " ") for cell in distinct)
    if not more and not is_context(name) and _PLAIN_NUMBERS.fullmatch(joined):
        return
    starts = [0, *accumulate(len(cell) + 1 for cell in distinct)]
    spans = [span for span in _detect(joined, name, more) if "\n" not in joined[span.start : span.end].strip()]
    spans = without_places(spans, joined, [*name.split()[1:], *distinct])
    if _is_of_names(name, distinct, spans, joined):
        spans = [span._replace(score=CERTAIN) if span.label == "PERSON" else span for span in spans]
    rows: dict[str, list[int]] = {distinct[bisect_right(starts, span.start) - 1]: [] for span in spans}
    for row, cell in enumerate(table.column(index) if rows else ()):
        if cell in rows:
            rows[cell].append(row)
    for span in spans:
        for row in rows[distinct[bisect_right(starts, span.start) - 1]]:
            yield row, span


def _is_of_names(heading: str, cells: Collection[str], spans: Sequence[Span], joined: str) -> bool:
    """Whether nearly every cell of a column has the shape of a name and no heading says that it is of anything else."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(filled) < FEWEST_NAMES or _OF_OTHERS.search(heading) or not all(map(_NAME.fullmatch, filled)):
        return False
    named = {joined[span.start : span.end].strip() for span in spans if span.label == "PERSON"}
    return len(named.intersection(filled)) >= MOSTLY_NAMES * len(filled)


FEWEST_NAMES, MOSTLY_NAMES = 4, 0.9
_NAME = re.compile(r"[가-힣]{2,4}")
_OF_OTHERS = re.compile(
    r"지역|시도|시군구|읍면동|진료과|과목|질환|질병|상병|증상|약|구분|항목|범주|집단|업종|부서|학과|품목|변수|유형|"
    r"종류|"
    r"region|area|district|disease|drug|group|category|type|item|department|variable|sector",
    re.IGNORECASE,
)
_FRONT, _BACK = re.compile(r"\s*\d{6}\s*"), re.compile(r"\s*[1-8]\d{6}(?:\.0)?\s*")


def _any(pattern: re.Pattern[str], cells: Collection[str]) -> bool:
    return any(map(pattern.fullmatch, cells))


def _split_in_two(table: Table) -> Iterator[tuple[Where, Span]]:
    """Resident numbers whose halves stand in neighbouring columns."""
    for index in range(len(table.names) - 1):
        if not (_any(_BACK, table.distinct(index + 1)) and _any(_FRONT, table.distinct(index))):
            continue
        pairs = zip(table.numbers, table.column(index), table.column(index + 1), strict=True)
        for number, front, back in pairs:
            if _FRONT.fullmatch(front) and _BACK.fullmatch(back):
                for span in detect(f"{front.strip()}-{back.strip()}"):
                    yield Where(row=number, column=index + 1), span


def in_lines(text: str, more: Rules = ()) -> Iterator[tuple[Where, Span]]:
    """Finds in running text by line."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    listed = {bisect_right(starts, match.start()) for match in _CITED.finditer(text)}
    for span in _detect(text, "", more):
        if span.label == "PERSON" and bisect_right(starts, span.start) in listed:
            continue
        if span.label != "CARD" or span.score >= CERTAIN or not _is_of_columns(text[span.start : span.end]):
            yield Where(row=bisect_right(starts, span.start)), span
    for file in _FILE.finditer(text):
        for span in detect(file[0].replace("_", " "), more=more) if "_" in file[0] else ():
            sure = span._replace(score=CERTAIN) if _BORN.search(file[0]) else span
            yield Where(row=bisect_right(starts, file.start() + span.start)), sure


_CITED = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s?;\s?\d{1,4}\s?(?:\(\d{1,3}\)|\([A-Za-z. ]{0,8}\d{1,3}\))?\s?:\s?[A-Za-z]?\d{1,6}"
)
"""The year, volume and pages of an article: the names in the line are of its authors."""
_BORN = re.compile(r"(?<![^_-])(?:19|20)?\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?![^_.-])")
"""A day of birth, which makes a person of what has the shape of a name."""
_FILE = re.compile(
    r"[^\s\\/:\"'<>|,;()=*?]{3,120}\.(?:png|jpe?g|tiff?|bmp|pdf|docx?|xlsx?|pptx?|hwpx?|csv|tsv|txt|dcm|mp[34]|wav|"
    r"avi|mov|"
    r"zip|dta|sav|parquet)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
"""The name of a file, whose underscores are part of a word for the recognisers and none for people."""


def _is_of_columns(words: str) -> bool:
    """Whether digits are numbers of several columns: decimals among them, or groups as no card is printed in."""
    groups = re.split(r"\s{2,}", words.strip())
    apart = len(groups) > 2 and all(map(str.isdecimal, groups)) and tuple(map(len, groups)) not in _OF_CARDS
    pointed = (
        re.search(r"\.\d+\s", words) is not None
        and tuple(map(len, re.split(r"[\s.-]+", words.strip()))) not in _OF_CARDS
    )
    return apart or pointed or _STATISTICS.fullmatch(words) is not None


_OF_CARDS = frozenset(((4, 4, 4, 4), (4, 6, 5), (4, 4, 4, 2), (4, 6, 4)))
_STATISTICS = re.compile(
    r"(?=\S+\s{2})(?:\d{1,7}\s{2,})?\d{1,7}\.\d{2,9}(?:\s{2,}\d{1,7}(?:\.\d{2,9})?)*(?:\s{2,}\d{1,7}\.?)?"
)
"""Two columns or more of a printed table, whose digits together may have the checksum of a card by chance."""


def strings_in(value: object, path: str = "$", heading: str = "") -> Iterable[tuple[str, str, str]]:
    """Every string and number of a JSON value with its path and its key; keys count as text too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.(key)", key, ""
            yield from strings_in(inner, f"{path}.{_step(key)}", key)
    elif isinstance(value, list):
        for position, inner in enumerate(value, 1):
            yield from strings_in(inner, f"{path}[{position}]", heading)
    elif isinstance(value, str):
        yield path, value, heading
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**7:
        yield path, str(value), heading


def _step(key: str) -> str:
    """A key as part of a path; one that may identify somebody is not repeated in a report."""
    return key if len(key) <= 60 and not detect(key) else "(key)"


def _flag(where: Where, span: Span, listing: Listing) -> None:
    if span.label == "PERSON" and span.score < CERTAIN:
        # Many words have the shape of a Korean name; only one with a reason beside it is worth a person's time.
        return
    rule = RULE[f"identifier.{span.label.lower()}"]
    severity = rule.severity
    if severity is Severity.BLOCK and span.score < CERTAIN:
        severity = Severity.FAIL
    listing.flag(rule.id, _looks_like(rule), _FIX, where=where, number=1, severity=severity)
