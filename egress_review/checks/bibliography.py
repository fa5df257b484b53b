"""Entries of a bibliography: who wrote a published work is named in it, and is nobody whom a study is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from deid.identifiers import Span
from egress_review.checks.subject import Subject
from egress_review.findings import Where

LONGEST, MOST_BETWEEN, LONGEST_HEADING = 1_500, 400, 60
"""Characters of an entry, lines from the heading down to which entries may stand, and characters of a heading."""

_HEADING = re.compile(
    r"[\s#*_\d.=-]{0,12}(?:참고\s?문헌|인용\s?문헌|참고\s?자료\s?목록|문헌\s?목록|서지\s?목록|문헌|"
    r"선행\s?연구\s?목록|저작\s?목록|출판물\s?목록|"
    r"references?(?: list)?|reference list|bibliography|works cited|literature(?: cited)?|cited literature|"
    r"further reading|publications?(?: list)?|"
    r"literatur(?:verzeichnis)?|bibliographie|références|referencias|bibliografía|bibliografia|参考文献|引用文献|"
    r"文献)"
    r"\s?[:：]?[\s*_=-]{0,12}",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    r"문헌|서지|출처|참고문헌|references?|citations?|sources?|bibliograph\w*|works?|publications?", re.IGNORECASE
)
_BESIDE = re.compile(
    r"|no\.?|id|#|key|cite_?key|years?|doi|isbn|issn|url|link|volumes?|vol|issues?|pages?|pp|titles?|journals?|publishers?|"
    r"authors?|editors?|types?|language|place|city|country|cited(?: by| in)?|citations?|references?|sources?|notes?|"
    r"번호|순번|연번|연도|년도|발행(?:연도|년도|처|지)|출판(?:연도|사)|제목|논문명|서명|저자|저자명|학술지|학술지명|권|호|권호|쪽|면|"
    r"페이지|언어|비고|유형|종류|구분|출처|문헌|인용(?:횟수|수)?|주제|활용|n|주소",
    re.IGNORECASE,
)
"""Columns beside entries that tell of works as well."""
_MARKED = re.compile(r"#{1,6}\s|\\(?:sub)*(?:section|chapter|paragraph)\b|={2,6}\s")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d[a-z]?(?!\d)")
_TITLE = re.compile(
    r"[「『《〈“][^」』》〉”\n]{4,300}[」』》〉”]|\"[^\"\n]{8,300}\"|(?<!\w)[*_][^*_\n]{8,200}[*_](?!\w)|"
    r"\\(?:emph|textit)\{"
)
_PUBLISHED = re.compile(
    r"\bISBN\b|\bISSN\b|\bdoi\b|https?://|\d{1,4}\s?\(\d{1,4}(?:[-–]\d{1,4})?\)|"
    r"\d{1,4}\s?권\s?(?:제?\s?\d{1,3}\s?호)?|\bpp?\.\s?\d|\d{1,5}\s?[-–~]\s?\d{1,5}\s?(?:쪽|면|\.|$)|"
    r"\b(?:vol|no|eds?|press|verlag|publish\w*|journal|proceedings|working paper|thesis|dissertation|report)\b|"
    r"출판|학회지|학회|논집|"
    r"논문|연구원|대학교|저널|보고서|연구$|문화사|서적|서울\s?:|한울|박영사|학지사|집문당",
    re.IGNORECASE,
)
_OF_THE_ILL = re.compile(r"진단|환자|\d\s?기\b|양성|\b(?:diagnos\w*|stage|positive|hiv)\b", re.IGNORECASE)
"""What a work may be about, and what is told of a person who is dressed as one: then it says where it was published."""
_SURELY_PUBLISHED = re.compile(
    r"\bISBN\b|\bISSN\b|\bdoi\b|https?://|\b(?:press|verlag|publish\w*|journal|proceedings|annals|archives|thesis|"
    r"dissertation|lancet|medicine|review|letters)\b|출판|학회|학술지|논집|저널|대학교|연구원|보건사회|의학|간호|문화사|박영사|학지사|집문당",
    re.IGNORECASE,
)
_OF_STUDY = re.compile(
    r"환자\s?(?:번호|명|이름)|참여자|대상자\s?(?:번호|명)|응답자|피험자|생년월일|주민등록|거주|전화|연락처|휴대|"
    r"(?<![\d-])\d{2,3}-\d{3,4}-\d{4}(?![\d-])|(?<![\d-])\d{6}-[1-4]|세\s?\(?[남여]|[남여]\s?,\s?\d|"
    r"\b(?:patient (?:id|no|name)|participants?|respondents?|born|dob|phone|address|lives|mobile)\b",
    re.IGNORECASE,
)


def outside_bibliography(subject: Subject, found: Iterable[tuple[Where, Span]]) -> Iterator[tuple[Where, Span]]:
    """Finds without the names of persons in entries of a bibliography."""
    sections: frozenset[int] | None = None
    for where, span in found:
        if span.label == "PERSON" and is_entry(_said_at(subject, where)):
            if subject.type in ("csv", "tsv"):
                if _is_among_works(subject, where):
                    continue
            else:
                sections = _announced(subject) if sections is None else sections
                if where.row in sections:
                    continue
        yield where, span


def is_entry(said: str) -> bool:
    """Whether a line is an entry: a year, a title in quotation marks, and where it was published; nothing of a
    study."""
    if not 12 <= len(said) <= LONGEST or _OF_STUDY.search(said) or not _YEAR.search(said):
        return False
    published = (_SURELY_PUBLISHED if _OF_THE_ILL.search(said) else _PUBLISHED).search(said) is not None
    return published and (_TITLE.search(said) is not None or _of_sentences(said))


def _of_sentences(said: str) -> bool:
    """Whether an entry is written without quotation marks: authors, a year in brackets, a title, a volume with
    pages."""
    match = re.search(
        r"[(（]\s?(?:19|20)\d\d[a-z]?\s?[)）]\s?[.,]?\s?(?P<title>[^.\n]{8,300})\.\s?(?P<rest>[^\n]{4,300})", said
    )
    return (
        match is not None
        and re.search(r"\d{1,4}\s?\(\d{1,4}\)\s?[,:]\s?\d|pp?\.|doi|출판|press", match["rest"], re.IGNORECASE)
        is not None
    )


def _announced(subject: Subject) -> frozenset[int]:
    """The numbers of the lines that stand below a heading of works, no farther than a list goes, before the next."""
    lines: Sequence[str] = subject.lines
    found: list[int] = []
    last = MOST_BETWEEN if _HEADING.fullmatch(subject.name.rpartition(".")[0]) else 0
    for number, line in enumerate(lines, 1):
        if len(line) < LONGEST_HEADING and _HEADING.fullmatch(line):
            last = number + MOST_BETWEEN
        elif _is_heading(lines, number):
            last = 0
        elif number <= last:
            found.append(number)
    return frozenset(found)


def _is_heading(lines: Sequence[str], number: int) -> bool:
    """Whether a line (from 1) is a heading: by its mark, or short and alone, with no year and no end of a sentence."""
    line = lines[number - 1].strip()
    if len(line) >= LONGEST_HEADING or _YEAR.search(line) or line.isdecimal() or _BESIDE.fullmatch(line):
        return False
    if _MARKED.match(line):
        return True
    alone = not (number > 1 and lines[number - 2].strip()) and not (number < len(lines) and lines[number].strip())
    return alone and line[-1] not in '.,;)]»”"'


def _is_among_works(subject: Subject, where: Where) -> bool:
    """Whether a column of a table is called that of works, or a heading says so, and the others tell of works too."""
    tables = [table for table in subject.tables if 0 < where.column <= len(table.names)]
    names = [[name.strip() for name in table.names] for table in tables]
    if any(not _BESIDE.fullmatch(n) for of in names for at, n in enumerate(of, 1) if at != where.column):
        return False
    lines = subject.said.split("\n")
    stem = subject.name.rpartition(".")[0]
    announced = _HEADING.fullmatch(stem) or any(_HEADING.fullmatch(one) for one in lines if len(one) < LONGEST_HEADING)
    return bool(announced) or any(_COLUMN.match(of[where.column - 1]) for of in names)


def _said_at(subject: Subject, where: Where) -> str:
    """The line, or the cell, in which something was found."""
    if subject.type not in ("csv", "tsv"):
        return subject.lines[where.row - 1].strip() if 0 < where.row <= len(subject.lines) else ""
    for table in subject.tables:
        # Rows of words alone are taken for parts of the heading.
        at = bisect_left(table.numbers, where.row)
        row = table.rows[at] if at < len(table.numbers) and table.numbers[at] == where.row else table.names
        if 0 < where.column <= len(row):
            return row[where.column - 1].strip()
    return ""
