"""Entries of a bibliography: who wrote a published work is named in it, and is nobody whom a study is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from deid.identifiers import Span
from egress_review.checks.subject import Subject
from egress_review.findings import Where

LONGEST, MOST_BETWEEN = 1_500, 400
"""Characters of an entry, and lines from the heading down to which entries may stand."""

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
_OF_STUDY = re.compile(
    r"환자\s?(?:번호|명|이름)|참여자|대상자\s?(?:번호|명)|응답자|피험자|생년월일|주민등록|거주|전화|연락처|휴대|"
    r"(?<![\d-])\d{2,3}-\d{3,4}-\d{4}(?![\d-])|(?<![\d-])\d{6}-[1-4]|세\s?\(?[남여]|[남여]\s?,\s?\d|"
    r"\b(?:patient (?:id|no|name)|participants?|respondents?|born|dob|phone|address|lives|mobile)\b",
    re.IGNORECASE,
)


def outside_bibliography(subject: Subject, found: Iterable[tuple[Where, Span]]) -> Iterator[tuple[Where, Span]]:
    """Finds without the names of persons in entries of a bibliography."""
    announced: bool | None = None
    for where, span in found:
        if span.label == "PERSON" and is_entry(_said_at(subject, where)):
            announced = _is_announced(subject) if announced is None else announced
            if announced or _is_of_works(subject, where):
                continue
        yield where, span


def is_entry(said: str) -> bool:
    """Whether a line is an entry: a year, a title in quotation marks, and where it was published; nothing of a "
    "study."""
    if not 12 <= len(said) <= LONGEST or _OF_STUDY.search(said) or not _YEAR.search(said):
        return False
    published = _PUBLISHED.search(said) is not None
    return published and (_TITLE.search(said) is not None or _of_sentences(said))


def _of_sentences(said: str) -> bool:
    """Whether an entry is written without quotation marks: authors, a year in brackets, a title, a volume with "
    "pages."""
    match = re.search(
        r"[(（]\s?(?:19|20)\d\d[a-z]?\s?[)）]\s?[.,]?\s?(?P<title>[^.\n]{8,300})\.\s?(?P<rest>[^\n]{4,300})", said
    )
    return (
        match is not None
        and re.search(r"\d{1,4}\s?\(\d{1,4}\)\s?[,:]\s?\d|pp?\.|doi|출판|press", match["rest"], re.IGNORECASE)
        is not None
    )


def _is_announced(subject: Subject) -> bool:
    """Whether a heading above says that entries follow, in the text itself or in what stands around a table."""
    lines: Sequence[str] = subject.said.split("\n") if subject.type in ("csv", "tsv") else subject.lines
    stem = subject.name.rpartition(".")[0]
    return any(len(line) < 60 and _HEADING.fullmatch(line) for line in lines) or _HEADING.fullmatch(stem) is not None


def _is_of_works(subject: Subject, where: Where) -> bool:
    """Whether the column of a table is called that of works."""
    tables = subject.tables if subject.type in ("csv", "tsv") and where.column else ()
    return any(len(t.names) >= where.column and _COLUMN.match(t.names[where.column - 1].strip()) for t in tables)


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
