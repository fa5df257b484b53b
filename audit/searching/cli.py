"""`ansim audit search`, `timeline`, `answer` and `query`: asking the record from a terminal.

Whoever asks is recorded, as on the portal; a file of what was found needs a reason.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

from audit.cli_context import Context, language_of
from audit.errors import QuestionRefused
from audit.event import Actor, Outcome, Source
from audit.searching import saved
from audit.searching.answer_copies import copy_of_answer
from audit.searching.answers import QUESTIONS, Answer, Seen
from audit.searching.asking import Officer, asked, check_reason
from audit.searching.conditions import LINKED
from audit.searching.copies import KOREAN_TIME, MOST_ROWS, Copy, Line, copy_of
from audit.searching.counting import Counts
from audit.searching.csv_copy import csv_copy
from audit.searching.fields import as_query, as_question, file_hash
from audit.searching.naming import Names
from audit.searching.pdf_copy import Occasion, find_font, pdf_copy
from audit.searching.proofs import proofs
from audit.searching.query import Query
from audit.searching.wording import OUTCOMES, SERVICES, about, person, sentence
from audit.text import Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

_MARKS = {"proven": "✓", "unsigned": "·", "broken": "✗"}


def add_parsers(commands: Any, guarded: Guard) -> None:
    """Add the commands; each sets `func`, a handler of (arguments, context)."""
    search = commands.add_parser("search", help=_say("기록 조회", "find entries"))
    _add_fields(search)
    _add_paging(search)
    search.add_argument("--count", action="store_true", help=_say("건수도 표시", "show counts as well"))
    search.set_defaults(func=guarded(find_entries))
    line = commands.add_parser("timeline", help=_say("시간순 기록", "what happened to one thing, in order"))
    line.add_argument("kind", choices=LINKED)
    line.add_argument("ref", help=_say("식별자, 이름 또는 파일 경로", "a reference, a name, or the path of a file"))
    _add_paging(line, newest_first=False)
    line.set_defaults(func=guarded(follow))
    question = commands.add_parser(
        "answer", help=_say("누가 보고, 나가고, 승인했나", "who saw, what left, who approved")
    )
    question.add_argument("ask", choices=list(QUESTIONS))
    of = question.add_mutually_exclusive_group(required=True)
    for kind in LINKED:
        of.add_argument(f"--{kind}")
    question.add_argument("--after", type=_index)
    question.add_argument("--limit", type=_count, default=200)
    _add_copies(question)
    _add_json(question)
    question.set_defaults(func=guarded(answer_question))
    _add_queries(commands.add_parser("query", help=_say("저장된 조회", "saved searches")), guarded)


def _add_queries(parser: argparse.ArgumentParser, guarded: Guard) -> None:
    commands = parser.add_subparsers(required=True)
    kept = commands.add_parser("save", help=_say("조회를 저장", "keep a search by a name"))
    kept.add_argument("name")
    kept.add_argument("--shared", action="store_true", help=_say("다른 담당자와 공유", "let other officers use it"))
    _add_fields(kept)
    kept.set_defaults(func=guarded(save_query))
    listed = commands.add_parser("list", help=_say("저장된 조회 목록", "list saved searches"))
    listed.set_defaults(func=guarded(list_queries))
    ran = commands.add_parser("run", help=_say("저장된 조회 실행", "run a saved search"))
    ran.add_argument("name")
    _add_paging(ran)
    ran.set_defaults(func=guarded(run_query), count=False)
    gone = commands.add_parser("delete", help=_say("저장된 조회 삭제", "delete a saved search"))
    gone.add_argument("name")
    gone.set_defaults(func=guarded(delete_query))
    for command in (kept, listed, gone):
        _add_json(command)


def _add_fields(parser: argparse.ArgumentParser) -> None:
    for name in ("actor", "object", "project", "dataset", "request", "component", "address", "correlation", "text"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--person", help=_say("이름, 아이디 또는 식별자", "a name, a user name or a reference"))
    parser.add_argument("--file", help=_say("SHA-256 또는 파일 경로", "a SHA-256, or the path of a file"))
    parser.add_argument("--action", help=_say("예: egress.voted 또는 egress.", "such as egress.voted, or egress."))
    parser.add_argument("--outcome", choices=get_args(Outcome))
    parser.add_argument("--since", help=_say("이 날부터(한국 시각)", "from this day on (Korean time)"))
    parser.add_argument(
        "--until", help=_say("이 날까지(그날 포함)", "until this day, included; or before 2026-11-21T13:45+09:00")
    )


def _index(word: str) -> int:
    """Return the index of an entry."""
    if (number := int(word)) not in range(2**63):
        raise ValueError(word)
    return number


def _count(word: str) -> int:
    """Return how many lines are wanted: one at least."""
    if (number := _index(word)) == 0:
        raise ValueError(word)
    return number


# What argparse calls the kind of value that it refuses.
_index.__name__, _count.__name__ = "int", "positive int"


def _add_paging(parser: argparse.ArgumentParser, *, newest_first: bool = True) -> None:
    parser.add_argument("--after", type=_index, help=_say("이 번호 다음부터", "continue behind this index"))
    parser.add_argument("--limit", type=_count, default=100)
    if newest_first:
        parser.add_argument("--oldest-first", dest="newest_first", action="store_false")
    else:
        parser.add_argument("--newest-first", action="store_true")
    _add_copies(parser)
    _add_json(parser)


def _add_copies(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--csv", type=Path, metavar="FILE", help=_say("모든 결과를 CSV로", "everything found, as CSV"))
    parser.add_argument("--pdf", type=Path, metavar="FILE", help=_say("모든 결과를 PDF로", "everything found, as PDF"))
    parser.add_argument("--reason", default="", help=_say("파일로 받는 사유(필수)", "why you take a file (required)"))


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def find_entries(arguments: argparse.Namespace, context: Context) -> int:
    """Print the entries that match, or write them to files; record who searched for what."""
    zone = context.zone()
    names = names_of(zone)
    return _show(arguments, context, as_query(_fields(arguments), names), names)


def follow(arguments: argparse.Namespace, context: Context) -> int:
    """Print the timeline of one thing."""
    names, kind = names_of(context.zone()), arguments.kind
    return _show(arguments, context, _about(kind, arguments.ref, names), names, timeline=kind)


def run_query(arguments: argparse.Namespace, context: Context) -> int:
    """Print what a saved search finds."""
    zone = context.zone()
    with zone.db.read() as tx:
        kept = saved.load(tx, officer_of(zone).actor.ref, arguments.name)
    names = names_of(zone)
    return _show(arguments, context, as_query(kept.question, names), names)


def answer_question(arguments: argparse.Namespace, context: Context) -> int:
    """Print who saw what, what left or who approved, of one thing."""
    zone = context.zone()
    names = names_of(zone)
    kind = next(kind for kind in LINKED if getattr(arguments, kind) is not None)
    ref = getattr(_about(kind, getattr(arguments, kind), names), kind)
    if arguments.csv or arguments.pdf:
        question = {"answer": arguments.ask, "kind": kind, "of": ref}
        make = partial(copy_of_answer, zone.log, arguments.ask, kind, ref, names)
        return _write(arguments, context, officer_of(zone), make, question)
    found = officer_of(zone).answer(arguments.ask, kind, ref, after=arguments.after, limit=arguments.limit)
    marked = _lines(zone, found.entries, names)
    if context.json:
        context.print(json.dumps(answer_json(found, marked), ensure_ascii=False))
        return 0
    context.print(f"{_text(QUESTIONS[arguments.ask].text)} · {kind} {ref}")
    for seen in found.seen:
        context.print("  " + _seen_line(seen, names))
    for line in marked:
        context.print(_line(line))
    if found.next_after is not None:
        context.print(_say(f"이어서: --after {found.next_after}", f"Continue with --after {found.next_after}"))
    return 0


def save_query(arguments: argparse.Namespace, context: Context) -> int:
    """Keep a search by a name."""
    zone = context.zone()
    question = as_question(_fields(arguments), names_of(zone))
    kept = saved.save(officer_of(zone), arguments.name, question, shared=arguments.shared)
    context.print(_query_json(kept) if context.json else _say(f"저장함: {kept.name}", f"Saved: {kept.name}"))
    return 0


def list_queries(_arguments: argparse.Namespace, context: Context) -> int:
    """Print the searches that may be run from here."""
    zone = context.zone()
    with zone.db.read() as tx:
        found = saved.every(tx, officer_of(zone).actor.ref)
    for kept in found:
        said = "  ".join(f"{name}={value}" for name, value in kept.question.items())
        context.print(_query_json(kept) if context.json else f"{kept.id}  {kept.name}  {said}")
    if not found and not context.json:
        context.print(
            _say(
                "저장한 조회가 없습니다. `ansim audit query save`로 저장합니다.",
                "No search is saved. Save one with `ansim audit query save`.",
            )
        )
    return 0


def delete_query(arguments: argparse.Namespace, context: Context) -> int:
    """Delete a saved search of one's own."""
    kept = saved.remove(officer_of(context.zone()), arguments.name)
    context.print(_query_json(kept) if context.json else _say(f"삭제함: {kept.name}", f"Deleted: {kept.name}"))
    return 0


def names_of(zone: Any) -> Names:
    """Return the names that the register of a zone knows; a log without a zone around it has none."""
    register = getattr(zone, "registry", None)
    return Names() if register is None else Names.of(register)


def officer_of(zone: Any) -> Officer:
    """Return whoever sits at this terminal; the log knows them as the command line."""
    return Officer(zone.log, Actor.service("cli"), Source(ip=None))


def entry_json(line: Line) -> dict[str, Any]:
    """Return an entry as `--json` prints it."""
    one = line.entry
    said = sentence(one, line.names)
    told = {"ko": said.ko, "en": said.en}
    return {"index": one.index, "leaf_hash": one.leaf_hash.hex(), "proof": line.proof, "said": told, "body": one.body}


def answer_json(found: Answer, marked: Iterable[Line]) -> dict[str, Any]:
    """Return an answer as `--json` prints it."""
    seen = [
        {
            "actor": one.actor,
            "action": one.action,
            "project": one.project,
            "dataset": one.dataset,
            "request": one.request,
            "outcome": one.outcome,
            "count": one.count,
            "first": one.first,
            "last": one.last,
            "first_at": one.first_at.isoformat(),
            "last_at": one.last_at.isoformat(),
        }
        for one in found.seen
    ]
    entries = [entry_json(line) for line in marked]
    of = {"ask": found.ask, "kind": found.kind, "ref": found.ref}
    return {**of, "seen": seen, "entries": entries, "next_after": found.next_after}


def _show(
    arguments: argparse.Namespace, context: Context, query: Query, names: Names, *, timeline: str | None = None
) -> int:
    zone = context.zone()
    officer = officer_of(zone)
    query = replace(query, after=arguments.after, limit=arguments.limit, newest_first=arguments.newest_first)
    if arguments.csv or arguments.pdf:
        make = partial(copy_of, zone.log, query, names, addresses=officer.addresses)
        return _write(arguments, context, officer, make, asked(query))
    if timeline:
        ref = getattr(query, timeline)
        page = officer.follow(timeline, ref, after=query.after, limit=query.limit, newest_first=arguments.newest_first)
        counts = None
    else:
        found = officer.find(query, counted=arguments.count)
        page, counts = found.page, found.counts
    for line in _lines(zone, page.entries, names):
        context.print(json.dumps(entry_json(line), ensure_ascii=False) if context.json else _line(line))
    if not page.entries and page.read_to is None and not context.json:
        context.print(
            _say("맞는 기록이 없습니다. 조건을 줄여 보십시오.", "No entry matches. Ask for less, or for a longer time.")
        )
    if not context.json:
        _print_rest(context, counts, page.read_to)
    elif page.read_to is not None:
        context.print(json.dumps({"read_to": page.read_to}))
    return 0


def _write(
    arguments: argparse.Namespace,
    context: Context,
    officer: Officer,
    make: Callable[..., Copy],
    question: Mapping[str, str],
) -> int:
    """Write everything that was found to files; first it is recorded that this happens, and why."""
    language = language_of()
    reason = check_reason(arguments.reason)
    fonts = (context.home / "fonts",)
    if arguments.pdf:
        find_font(fonts)
    for form, target in (("csv", arguments.csv), ("pdf", arguments.pdf)):
        if target is None:
            continue
        copy = make(most=MOST_ROWS[form])
        officer.downloaded(reason, question, form, len(copy.lines))
        if form == "csv":
            _to_file(target, "".join(csv_copy(copy, language)).encode("utf-8"))
        else:
            occasion = Occasion(tuple(question.items()), _text(SERVICES["cli"]), reason)
            _to_file(target, pdf_copy(copy, occasion, language, fonts=fonts))
        facts = {"file": str(target), "rows": len(copy.lines), "cut": copy.cut}
        told = _say(f"{target}: {len(copy.lines)}줄", f"{target}: {len(copy.lines)} lines")
        context.print(json.dumps(facts, ensure_ascii=False) if context.json else told)
    return 0


def _to_file(target: Path, data: bytes) -> None:
    try:
        with target.open("xb") as file:
            file.write(data)
    except OSError as error:
        why = Text(f"{target}에 쓸 수 없습니다: {error.strerror}", f"{target} cannot be written: {error.strerror}")
        raise QuestionRefused(why) from error


def _lines(zone: Any, entries: Iterable[Any], names: Names) -> list[Line]:
    found = list(entries)
    head = zone.log.head()
    with zone.db.read() as tx:
        proven = proofs(tx, found, head)
    return [Line(one, proven[one.index], names) for one in found]


def _line(line: Line) -> str:
    body = line.entry.body
    facts = (line.when(), _MARKS[line.proof], body["action"], _text(sentence(line.entry, line.names)))
    return "  ".join((f"{line.entry.index:>8}", *facts, _text(about(body, line.names))))


def _seen_line(seen: Seen, names: Names) -> str:
    who = (
        person(seen.actor, names)
        if seen.actor.startswith("p_")
        else _text(SERVICES.get(seen.actor, Text(*[seen.actor] * 2)))
    )
    what = " · ".join(part for part in (seen.project, seen.dataset, seen.request) if part)
    span = f"{seen.first_at.astimezone(KOREAN_TIME):%Y-%m-%d} – {seen.last_at.astimezone(KOREAN_TIME):%Y-%m-%d}"
    return "  ".join(
        (f"{seen.count:>7,}", who, seen.action, _text(OUTCOMES[seen.outcome]), what, span, f"#{seen.last}")
    )


def _print_rest(context: Context, counts: Counts | None, read_to: int | None) -> None:
    if counts is not None:
        context.print(_say(f"모두 {counts.total:,}건", f"{counts.total:,} in all") + ("" if counts.complete else " +"))
        for action, n in counts.actions.items():
            context.print(f"{n:>8,}  {action}")
    if read_to is not None:
        context.print(
            _say(
                f"{read_to}번 기록까지 찾아보았습니다. 이어서 찾으려면 --after {read_to}",
                f"Looked as far as entry {read_to}; continue with --after {read_to}",
            )
        )


def _about(kind: str, given: str, names: Names) -> Query:
    """Return the query for one thing, as it is named at a terminal: a file may be given by its path."""
    return as_query({kind: file_hash(given) if kind == "file" else given}, names)


def _fields(arguments: argparse.Namespace) -> dict[str, str]:
    given: Mapping[str, Any] = vars(arguments)
    found = {name: str(given[name]) for name in Query.__dataclass_fields__ if isinstance(given.get(name), str)}
    if "file" in found:
        found["file"] = file_hash(found["file"])
    return found


def _query_json(kept: saved.Saved) -> str:
    facts = {"id": kept.id, "name": kept.name, "owner": kept.owner, "shared": kept.shared}
    made: datetime = kept.created_at
    return json.dumps({**facts, "question": dict(kept.question), "created_at": made.isoformat()}, ensure_ascii=False)


def _text(text: Text) -> str:
    return text.say(language_of())


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
