"""A copy of a part of the record to take along: its lines, what was asked, and the state of the log it is from.

Each line has the five facts that the safety standards ask for (who, when, from where, whose data, what: art. 2) and
the index and leaf hash by which it can be proven. Sealed values are not in a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from audit.db import Database
from audit.log import AuditLog
from audit.search import look
from audit.searching.conditions import Addresses
from audit.searching.naming import Names
from audit.searching.proofs import PROOFS, Proof, proofs
from audit.searching.query import MAX_LIMIT, Entry, Query
from audit.searching.wording import OUTCOMES, about, actor, sentence, whose
from audit.text import Language, Text
from audit.tree_head import Checkpoint

KOREAN_TIME = ZoneInfo("Asia/Seoul")
MOST_ROWS: Mapping[str, int] = MappingProxyType({"csv": 100_000, "pdf": 1_000})
"""The longest copy in each form; a longer answer is cut, and the copy says so."""


TITLE = Text("감사 기록 조회 결과", "Entries of the audit log")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, ready to be written in a language."""

    entry: Entry
    proof: Proof
    names: Names

    def when(self) -> str:
        """Return the time in Korea, to the second."""
        return f"{self.entry.ts.astimezone(KOREAN_TIME):%Y-%m-%d %H:%M:%S}"

    def source(self, language: Language) -> str:
        """Return from where it was done: a sealed address is said to be one."""
        host = str(self.entry.body["source"]["host"])
        sealed = Text("주소 봉인됨", "address sealed").say(language)
        return f"{host} ({sealed})" if "source.ip" in self.entry.body.get("c", {}) else host


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a copy, for lines of one kind."""

    title: Text
    value: Callable[[Row, Language], str]
    pdf: float = 0
    """Its share of the width of a page; 0 where the PDF leaves it out."""


def _said(of: Callable[[Line], Text]) -> Callable[[Line, Language], str]:
    return lambda line, language: of(line).say(language)


def _body(*path: str) -> Callable[[Line, Language], str]:
    def read(line: Line, _language: Language) -> str:
        value: object = line.entry.body
        for name in path:
            value = value.get(name, "") if isinstance(value, Mapping) else ""
        return str(value)

    return read


COLUMNS: tuple[Column[Line], ...] = (
    Column(Text("번호", "No."), lambda line, _: str(line.entry.index), 6),
    Column(Text("시각(한국)", "Time (Korea)"), lambda line, _: line.when(), 12),
    Column(Text("내용", "What happened"), _said(lambda line: sentence(line.entry, line.names)), 30),
    Column(Text("행위자", "Who"), _said(lambda line: actor(line.entry.body, line.names))),
    Column(Text("행위자 식별자", "Who (reference)"), _body("actor", "ref")),
    Column(Text("접속지", "From where"), lambda line, language: line.source(language), 12),
    Column(Text("정보주체", "Whose data"), _said(lambda line: whose(line.entry.body, line.names)), 14),
    Column(Text("수행업무", "Action"), _body("action")),
    Column(
        Text("결과", "Outcome"),
        lambda line, language: OUTCOMES[str(line.entry.body["outcome"])].say(language),
    ),
    Column(Text("사유 코드", "Reason code"), _body("reason")),
    Column(Text("대상", "About"), _said(lambda line: about(line.entry.body, line.names)), 18),
    Column(Text("과제", "Project"), _body("object", "project")),
    Column(Text("기록한 구성 요소", "Written by"), _body("component")),
    Column(Text("증명", "Proof"), _said(lambda line: PROOFS[line.proof]), 8),
    Column(Text("사건 식별자", "Event id"), _body("id")),
    Column(Text("잎 해시", "Leaf hash"), lambda line, _: line.entry.leaf_hash.hex()),
)


@dataclass(frozen=True, slots=True)
class Copy:
    """Lines of the record with everything that says where they are from."""

    title: Text
    lines: Sequence[Any]
    cut: bool
    """Whether the answer has more lines than the copy."""
    origin: str
    size: int
    head: Checkpoint | None
    note: str | None
    """The last checkpoint as it was signed."""
    made_at: datetime
    columns: Sequence[Column[Any]] = COLUMNS
    """What is written of a line; they are made for its kind."""


def lines(
    db: Database, query: Query, names: Names, head: Checkpoint | None, *, most: int, addresses: Addresses | None = None
) -> tuple[list[Line], bool]:
    """Return the lines of everything that a query finds, at most `most`, and whether there are more.

    Raises: QuestionRefused — as `audit.search.search`.
    """
    found: list[Line] = []
    with db.read() as tx:
        for entries in _pages(tx, query, addresses):
            room = most - len(found)
            proven = proofs(tx, entries[:room], head)
            found += [Line(one, proven[one.index], names) for one in entries[:room]]
            if len(entries) > room:
                return found, True
    return found, False


def copy_of(log: AuditLog, query: Query, names: Names, *, most: int, addresses: Addresses | None = None) -> Copy:
    """Return a copy of everything that a query finds, at most `most` lines.

    Raises: QuestionRefused — as `audit.search.search`.
    """
    head, note = log.head(), log.note()
    found, cut = lines(log.db, query, names, head, most=most, addresses=addresses)
    with log.db.read() as tx:
        size = log.size(tx)
    return Copy(TITLE, found, cut, log.origin, size, head, note, log.now())


def _pages(tx: Connection, query: Query, addresses: Addresses | None) -> Iterator[tuple[Entry, ...]]:
    """Yield the pages of an answer, to the end of the log."""
    after = query.after
    while True:
        page = look(tx, replace(query, after=after, limit=MAX_LIMIT), addresses=addresses)
        yield page.entries
        if page.next_after is None:
            return
        after = page.next_after
