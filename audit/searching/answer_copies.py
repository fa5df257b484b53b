"""A copy of the answer to one of the three questions: its lines in full, not only those of a page.

"Who saw what" is a table of its own, counted by person, action and data; what left and who approved it are entries,
copied as any others (`audit.searching.copies`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from audit.catalogue import CATALOGUE
from audit.log import AuditLog
from audit.searching.answers import QUESTIONS, Answer, Ask, Seen, answer
from audit.searching.copies import COLUMNS, KOREAN_TIME, Column, Copy, Line
from audit.searching.naming import Names
from audit.searching.proofs import proofs
from audit.searching.query import MAX_LIMIT
from audit.searching.wording import OUTCOMES, SERVICES, person
from audit.text import Language, Text


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line of "who saw what", ready to be written in a language."""

    seen: Seen
    names: Names

    def who(self, language: Language) -> str:
        """Return the person, or the service, as a reader knows them."""
        ref = self.seen.actor
        if ref.startswith("p_"):
            return person(ref, self.names)
        return SERVICES[ref].say(language) if ref in SERVICES else ref

    def action(self, language: Language) -> str:
        """Return what was done, in words."""
        spec = CATALOGUE.get(self.seen.action)
        return self.seen.action if spec is None else Text(spec.ko, spec.en).say(language)


Value = Callable[[SeenLine, Language], str]


def _of(name: str) -> Value:
    return lambda line, _: str(getattr(line.seen, name) or "")


def _moment(name: str) -> Value:
    return lambda line, _: f"{getattr(line.seen, name).astimezone(KOREAN_TIME):%Y-%m-%d %H:%M:%S}"


SEEN_COLUMNS: tuple[Column[SeenLine], ...] = (
    Column(Text("행위자", "Who"), SeenLine.who, 16),
    Column(Text("행위자 식별자", "Who (reference)"), _of("actor")),
    Column(Text("내용", "What happened"), SeenLine.action, 22),
    Column(Text("수행업무", "Action"), _of("action")),
    Column(Text("결과", "Outcome"), lambda line, language: OUTCOMES[line.seen.outcome].say(language), 7),
    Column(Text("데이터셋", "Dataset"), _of("dataset"), 12),
    Column(Text("반출신청", "Egress request"), _of("request"), 14),
    Column(Text("과제", "Project"), _of("project"), 10),
    Column(Text("횟수", "Times"), lambda line, _: str(line.seen.count), 6),
    Column(Text("처음(한국)", "First (Korea)"), _moment("first_at"), 12),
    Column(Text("마지막(한국)", "Last (Korea)"), _moment("last_at"), 12),
    Column(Text("처음 기록 번호", "First entry"), lambda line, _: str(line.seen.first), 7),
    Column(Text("마지막 기록 번호", "Last entry"), lambda line, _: str(line.seen.last), 7),
)


def copy_of_answer(log: AuditLog, ask: Ask, kind: str, ref: str, names: Names, *, most: int) -> Copy:
    """Return a copy of the whole answer to a question about one thing, at most `most` lines.

    Raises: QuestionRefused — for a kind of thing that this cannot be asked of.
    """
    head, note = log.head(), log.note()
    with log.db.read() as tx:
        found, more = _whole(tx, ask, kind, ref, most)
        size = log.size(tx)
        proven = proofs(tx, found.entries[:most], head)
    lines: Sequence[Line | SeenLine]
    if ask == "saw":
        lines = [SeenLine(one, names) for one in found.seen[:most]]
    else:
        lines = [Line(one, proven[one.index], names) for one in found.entries[:most]]
    columns: tuple[Column[Line], ...] | tuple[Column[SeenLine], ...] = SEEN_COLUMNS if ask == "saw" else COLUMNS
    title = QUESTIONS[ask].text
    return Copy(title, lines, more, log.origin, size, head, note, log.now(), columns)


def _whole(tx: Connection, ask: Ask, kind: str, ref: str, most: int) -> tuple[Answer, bool]:
    """Return an answer with all its pages, and whether it goes on behind the longest copy."""
    found = answer(tx, ask, kind, ref, limit=MAX_LIMIT)
    seen, entries = _merged({}, found.seen), list(found.entries)
    while found.next_after is not None and len(seen) + len(entries) <= most:
        found = answer(tx, ask, kind, ref, after=found.next_after, limit=MAX_LIMIT)
        seen = _merged(seen, found.seen)
        entries += found.entries
    lines = tuple(sorted(seen.values(), key=lambda one: -one.last))
    more = found.next_after is not None or len(lines) + len(entries) > most
    return replace(found, seen=lines, entries=tuple(entries)), more


_Key = tuple[str | None, ...]


def _merged(known: dict[_Key, Seen], more: Sequence[Seen]) -> dict[_Key, Seen]:
    """Return lines and those of the next page, which lie further back, as one table."""
    merged = dict(known)
    for one in more:
        key = (one.actor, one.action, one.project, one.dataset, one.request, one.outcome)
        later = merged.get(key)
        merged[key] = (
            one
            if later is None
            else replace(later, count=later.count + one.count, first=one.first, first_at=one.first_at)
        )
    return merged
