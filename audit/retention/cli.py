"""`ansim audit retention|erase|prune|hold|roles`: how long the record is kept, and the ends of it.

What cannot be undone takes two people, each of whom proves with password and code to be there. Exit 1 says that the
law, a hold or the rule of two people forbids it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getpass
from typing import Any

from audit.cli_context import Context, language_of
from audit.db import Database
from audit.errors import RetentionRefused
from audit.event import Actor, Source
from audit.retention import cleaning, erasure, holding, pruning
from audit.retention.database_roles import OwnerNeeded, role_statements
from audit.retention.deadlines import day
from audit.retention.state import UNFINISHED, state, state_json
from audit.text import Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FORBIDDEN, EXIT_USAGE = 0, 1, 2
HERE = Source(None)  # typed on the zone's own machine: no network address


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add the commands; `guard` explains the errors of this package."""
    kept = commands.add_parser("retention", help=_say("보유기간과 그 상태", "periods of retention and their state"))
    verbs = kept.add_subparsers(required=True)
    _add(verbs, "show", show, guard, ("정책, 보존 조치, 파기 현황", "policy, holds, what was erased and pruned"))
    cleaner = _add(verbs, "clean", clean, guard, ("파기 후 남은 흔적 제거", "remove what erasures left behind"))
    cleaner.add_argument("--vacuum", action="store_true", help=_say("SQLite 파일 다시 쓰기", "rewrite the SQLite file"))

    erased = _add(commands, "erase", erase, guard, ("개인정보 파기", "erase a person whose account is closed"))
    erased.add_argument("person", help=_say("아이디", "user name"))
    erased.add_argument("--reason", choices=sorted(erasure.REASONS), default="request_of_person")
    _add_two(erased)

    pruned = _add(commands, "prune", prune, guard, ("보유기간이 지난 기록 파기", "remove entries past their period"))
    pruned.add_argument("--before", type=_moment, required=True, help="2026-11-21 · 2026-11-21T13:45+09:00")
    pruned.add_argument("--owner-from-stdin", action="store_true", help=_OWNER.say(language_of()))
    _add_two(pruned)
    pruned.set_defaults(as_owner=True)

    hold = commands.add_parser("hold", help=_say("보존 조치", "legal holds")).add_subparsers(required=True)
    made = _add(hold, "set", set_hold, guard, ("보존 조치를 함", "put something on hold"))
    made.add_argument("kind", choices=list(holding.KINDS))
    made.add_argument("ref", nargs="?", default=holding.WHOLE_LOG, help=_say("참조, 아이디", "reference, user name"))
    made.add_argument("--reason", choices=sorted(holding.REASONS), required=True)
    made.add_argument("--note", help=_say("비고 (봉인됨)", "a note, which is sealed"))
    _add_two(made, plan=False)
    lifted = _add(hold, "lift", lift_hold, guard, ("보존 조치를 해제함", "lift a hold"))
    lifted.add_argument("index", type=int, help=_say("보존 조치의 기록 번호", "entry that set the hold"))
    _add_two(lifted, plan=False)
    _add(hold, "list", list_holds, guard, ("효력 있는 보존 조치", "holds in force"))

    roles = _add(commands, "roles", print_roles, guard, ("PostgreSQL 역할", "roles of a PostgreSQL database"))
    roles.add_argument("--sql", action="store_true", required=True, help=_say("SQL 출력", "print them as SQL"))
    roles.add_argument("--schema", default="public")


def show(_arguments: argparse.Namespace, context: Context) -> int:
    """Show policy, holds, erasures and how far the log may be pruned."""
    zone = context.zone()
    with zone.db.read() as tx:
        found = state(tx, zone.retention, datetime.now(UTC))
    if context.json:
        _print(context, state_json(found))
        return EXIT_OK
    language = language_of()
    for line in found.lines():
        context.print(line.say(language))
    return EXIT_OK


def clean(arguments: argparse.Namespace, context: Context) -> int:
    """Remove what erasures and prunings left behind; it goes on where it was interrupted."""
    zone = context.zone()
    answer = _finish(zone, zone.db, vacuum=True if arguments.vacuum else None)
    text = _CLEANED.format(keys=len(answer["keys"]), entries=answer["entries"], cells=answer["cells"])
    answer["left_over"] = pruning.left_over(zone.db)
    if answer["left_over"]:
        text = Text(f"{text.ko}\n{UNFINISHED.ko}", f"{text.en}\n{UNFINISHED.en}")
    _tell(context, answer, text)
    return EXIT_OK


def erase(arguments: argparse.Namespace, context: Context) -> int:
    """Erase a person: one asks, another confirms, both here; with `--plan` only say whether it is possible."""
    zone = context.zone()
    found = zone.registry.erasure_plan(arguments.person, zone.retention)
    if arguments.plan:
        return _show_plan(context, found)
    found.check()
    asks, confirms = _two(arguments, zone)
    zone.registry.request_erasure(arguments.person, arguments.reason, zone.retention, by=asks, source=HERE)
    destroyed = zone.registry.erase_person(arguments.person, zone.retention, by=confirms, source=HERE)
    cleaned = _finish(zone, zone.db)
    _tell(
        context,
        {"person": found.person, **destroyed.detail(), "cleaned": cleaned},
        _ERASED.format(ref=found.person, values=destroyed.values),
    )
    return EXIT_OK


def prune(arguments: argparse.Namespace, context: Context) -> int:
    """Declare that entries from before a moment go, and remove them; with `--plan` only say which would."""
    zone, now = context.zone(), datetime.now(UTC)
    db = zone.db if arguments.plan else _permitted(zone)
    if db is not zone.db and pruning.left_over(db):
        return _go_on(zone, db, context)
    with zone.db.read() as tx:
        found = pruning.plan(tx, zone.retention, now, arguments.before)
    pruning.check(found, zone.retention, now, arguments.before)
    if arguments.plan:
        _tell(context, _pruned_json(found), _WOULD_GO.format(first=found.present, last=found.minimum - 1))
        return EXIT_OK
    by, confirmed_by = _two(arguments, zone)
    found = pruning.declare(
        zone.log, zone.retention, arguments.before, now, by=by, confirmed_by=confirmed_by, source=HERE, db=db
    )
    zone.log.checkpoint()
    answer = {**_pruned_json(found), "cleaned": _finish(zone, db)}
    _tell(context, answer, _PRUNED.format(first=found.present, last=found.minimum - 1))
    return EXIT_OK


def _go_on(zone: Any, db: Database, context: Context) -> int:
    """Remove what an interrupted pruning left; two people decided it when it was declared."""
    cleaned = _finish(zone, db)
    with zone.db.read() as tx:
        minimum = pruning.declared(tx)
    answer = {"minimum": minimum, "previous": minimum, "stopped_by": None, "cleaned": cleaned}
    _tell(context, answer, _CONTINUED.format(entries=cleaned["entries"]))
    return EXIT_OK


def _permitted(zone: Any) -> Database:
    """Return the database as a role that may prune: the owner of the tables where root opened it so.

    Raises: OwnerNeeded — if this is no such role.
    """
    db: Database = zone.owner or zone.db
    if not pruning.permitted(db):
        raise OwnerNeeded("the database lets this role neither declare a pruning nor remove entries")
    return db


def set_hold(arguments: argparse.Namespace, context: Context) -> int:
    """Put something on hold."""
    zone = context.zone()
    ref = arguments.ref
    if arguments.kind == "person" and not ref.startswith("p_"):
        ref = zone.registry.person(ref).ref
    holding.check_target(arguments.kind, ref)
    by, confirmed_by = _two(arguments, zone)
    index = holding.set_hold(
        zone.log,
        arguments.kind,
        ref,
        arguments.reason,
        by=by,
        confirmed_by=confirmed_by,
        source=HERE,
        note=arguments.note,
    )
    _tell(context, {"hold": index, "kind": arguments.kind, "ref": ref}, _HOLD_SET.format(index=index))
    return EXIT_OK


def lift_hold(arguments: argparse.Namespace, context: Context) -> int:
    """Lift a hold."""
    zone = context.zone()
    by, confirmed_by = _two(arguments, zone)
    index = holding.lift_hold(zone.log, arguments.index, by=by, confirmed_by=confirmed_by, source=HERE)
    _tell(context, {"hold": arguments.index, "lifted": index}, _HOLD_LIFTED.format(index=arguments.index))
    return EXIT_OK


def list_holds(_arguments: argparse.Namespace, context: Context) -> int:
    """Show the holds in force."""
    zone = context.zone()
    with zone.db.read() as tx:
        found = state(tx, zone.retention, datetime.now(UTC))
    if context.json:
        _print(context, state_json(found)["holds"])
        return EXIT_OK
    for line in found.hold_lines():
        context.print(line.say(language_of()))
    return EXIT_OK


def print_roles(arguments: argparse.Namespace, context: Context) -> int:
    """Print the SQL by which an operator makes the roles of a PostgreSQL database."""
    statements = role_statements(arguments.schema)
    if context.json:
        _print(context, {"statements": list(statements)})
    else:
        context.print("\n".join(f"{statement};" for statement in statements))
    return EXIT_OK


def _finish(zone: Any, db: Database, *, vacuum: bool | None = None) -> dict[str, Any]:
    """Finish what erasures and prunings began, and say what was done."""
    tables = zone.registry.personal_tables
    done = cleaning.finish(db, zone.log.directory, zone.cells, datetime.now(UTC), vacuum=vacuum, rewrite=tables)
    return {**asdict(done), "keys": list(done.keys)}


def _show_plan(context: Context, found: erasure.Plan) -> int:
    refusal: RetentionRefused | None = None
    try:
        found.check()
    except RetentionRefused as error:
        refusal = error
    answer = {
        "person": found.person,
        "possible": refusal is None,
        "code": None if refusal is None else refusal.code,
        "possible_from": None if found.possible_from is None else found.possible_from.isoformat(),
        "holds": [hold.index for hold in found.holds],
        "keys": found.keys,
        "values": found.values,
    }
    text = _POSSIBLE.format(ref=found.person, values=found.values) if refusal is None else refusal.reason
    _tell(context, answer, text)
    return EXIT_OK if refusal is None else EXIT_FORBIDDEN


def _two(arguments: argparse.Namespace, zone: Any) -> tuple[Actor, Actor]:
    """Return the two people who decide, each after proving to be there.

    Raises: RetentionRefused — if they were not both named.
    """
    if not arguments.by or not arguments.confirm or arguments.by == arguments.confirm:
        raise RetentionRefused("second_person_needed", _NAME_TWO)
    first, second = (_present(zone, handle) for handle in (arguments.by, arguments.confirm))
    return first, second


def _present(zone: Any, handle: str) -> Actor:
    language = language_of()
    password = getpass(_PASSWORD.format(handle=handle).say(language))
    code = getpass(_CODE.format(handle=handle).say(language))
    person = zone.registry.sign_in(handle, password, code, source=HERE)
    return Actor.person(person.ref, sorted(str(role) for role in person.roles))


def _pruned_json(found: pruning.Plan) -> dict[str, Any]:
    stop = found.stop
    return {
        "minimum": found.minimum,
        "previous": found.present,
        "stopped_by": None if stop is None else {"index": stop.index, "code": stop.code, "reason": stop.reason.en},
    }


def _add(commands: Any, name: str, handler: Handler, guard: Guard, about: tuple[str, str]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=_say(*about))
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    parser.set_defaults(func=guard(_ruled(handler)))
    return parser


def _add_two(parser: argparse.ArgumentParser, *, plan: bool = True) -> None:
    parser.add_argument("--by", metavar="USER", help=_say("결정하는 사람의 아이디", "user name of who decides"))
    parser.add_argument("--confirm", metavar="USER", help=_say("확인하는 사람의 아이디", "user name of who confirms"))
    if plan:
        parser.add_argument(
            "--plan", action="store_true", help=_say("가능한지만 확인", "only say whether it is possible")
        )


def _ruled(handler: Handler) -> Handler:
    """Return a handler that answers 1 to what a rule forbids, with the reason and the date if there is one."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        try:
            return handler(arguments, context)
        except RetentionRefused as refusal:
            until = refusal.possible_from
            answer = {
                "error": refusal.code,
                "reason": str(refusal),
                "possible_from": None if until is None else until.isoformat(),
            }
            text = refusal.reason
            if until is not None and day(until) not in text.en:
                text = Text(f"{text.ko} ({day(until)}부터 가능)", f"{text.en} (possible from {day(until)})")
            _tell(context, answer, text)
            return EXIT_FORBIDDEN

    return run


def _tell(context: Context, answer: dict[str, Any], text: Text) -> None:
    if context.json:
        _print(context, answer)
    else:
        context.print(text.say(language_of()))


def _print(context: Context, answer: Any) -> None:
    context.print(json.dumps(answer, ensure_ascii=False))


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise argparse.ArgumentTypeError(_say("날은 2026-11-21처럼 씁니다", "write days as 2026-11-21")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())


_NAME_TWO = Text(
    "두 사람이 필요합니다: --by 와 --confirm 에 서로 다른 아이디를 적으십시오.",
    "It takes two people: name two different ones with --by and --confirm.",
)
_PASSWORD = Text("{handle}의 비밀번호: ", "Password of {handle}: ")
_OWNER = Text(
    "데이터베이스 소유자의 주소를 표준 입력에서 한 줄로 읽음 (root)",
    "read the address of the database's owner from standard input, one line (root)",
)
_CODE = Text("{handle}의 인증번호: ", "Code of {handle}: ")
_CLEANED = Text(
    "정리했습니다: 파기된 키 {keys}개, 기록 {entries}건, 셀 {cells}개.",
    "Cleaned up after {keys} destroyed keys; {entries} entries and {cells} cells were removed.",
)
_POSSIBLE = Text(
    "{ref}: 지금 파기할 수 있습니다 (봉인된 값 {values}개).", "{ref} can be erased now ({values} sealed values)."
)
_ERASED = Text(
    "{ref}의 개인정보를 파기했습니다 (봉인된 값 {values}개). 기록의 증명은 그대로 유효합니다.",
    "{ref} was erased ({values} sealed values). Every proof of the log still holds.",
)
_WOULD_GO = Text("{first}번부터 {last}번까지 파기할 수 있습니다.", "Entries {first} to {last} may go.")
_PRUNED = Text(
    "{first}번부터 {last}번까지 파기했습니다. 해시는 남아 있으므로 이전의 증명서도 유효합니다.",
    "Entries {first} to {last} were removed. Their hashes stay, so earlier receipts still hold.",
)
_CONTINUED = Text(
    "중단된 파기를 이어서 마쳤습니다: 기록 {entries}건. 더 파기하려면 다시 실행하십시오.",
    "A pruning that was interrupted is finished: {entries} entries were removed. Run it again to remove more.",
)
_HOLD_SET = Text(
    "보존 조치를 했습니다. 해제할 때의 번호: {index}", "The hold is set. It is lifted by its number, {index}."
)
_HOLD_LIFTED = Text("{index}번 보존 조치를 해제했습니다.", "Hold {index} was lifted.")
