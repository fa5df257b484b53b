"""`ansim audit export` and `ansim audit verifier`: a copy of the log for a stranger, and the program to check it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.errors import AuditError
from audit.event import Actor, Event, Object, Source, Subjects
from audit.export.standalone import source
from audit.export.write import Export, current_key, export_log
from audit.searching.asking import check_reason
from audit.text import Text
from audit.verifying.cli import progress_bar, trusted_keys

EXIT_OK = 0
_DONE = Text(
    "기록 {size}건의 사본을 {target}에 만들었습니다 (파일 {written}개를 씀). 신뢰하는 키는 따로 전달하십시오: {vkey}",
    "{target} holds {size} entries ({written} files written). Hand over the key separately: {vkey}",
)
_SEALED = Text(
    "주의: {file}에 봉인된 값이 평문으로 들어 있습니다.", "Beware: {file} holds the sealed values in the open."
)

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add `export` and `verifier`."""
    made = commands.add_parser("export", help=_say("검증 가능한 사본 만들기", "make a copy that anybody can verify"))
    made.add_argument("directory", type=Path)
    made.add_argument("--reason", required=True, help=_say("사유 (봉인되어 기록됨)", "why; it is recorded, sealed"))
    made.add_argument(
        "--since", type=int, default=0, metavar="SIZE", help=_say("이 번호부터", "leave out bodies before this entry")
    )
    made.add_argument(
        "--with-sealed", action="store_true", help=_say("봉인된 값도 평문으로", "also the sealed values, in the open")
    )
    made.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    made.set_defaults(func=guard(export))
    program = commands.add_parser("verifier", help=_say("독립 검증 프로그램 출력", "print the program for strangers"))
    program.set_defaults(func=guard(print_verifier))


def export(arguments: argparse.Namespace, context: Context) -> int:
    """Make or update a copy; that it is made, and why, is in the log and in the copy before it is made."""
    why = {"reason": check_reason(arguments.reason)}
    zone = context.zone()
    # With both ends: the review looks at copies that were made, and each must say why.
    announced = _event("intent", why, since=arguments.since, with_sealed=arguments.with_sealed)
    zone.log.record(announced)
    trusted = trusted_keys(None, context)
    try:
        zone.log.checkpoint()
        with progress_bar(context) as progress:
            made = export_log(
                zone.db,
                zone.log.directory,
                trusted,
                arguments.directory,
                since=arguments.since,
                unseal=zone.log.unseal if arguments.with_sealed else None,
                progress=progress,
            )
    except (AuditError, OSError):
        zone.log.record(_event("failed", why, announced.id))
        raise
    zone.log.record(_event("ok", why, announced.id, size=made.manifest.size, files=made.written))
    _show(made, current_key(trusted).vkey(), context)
    return EXIT_OK


def print_verifier(_arguments: argparse.Namespace, context: Context) -> int:
    """Print the self-contained verifier."""
    context.print(source().decode("utf-8").rstrip("\n"))
    return EXIT_OK


def _show(made: Export, vkey: str, context: Context) -> None:
    if context.json:
        facts = {"directory": str(made.target), "written": made.written, "vkey": vkey, **made.manifest.document()}
        context.print(json.dumps(facts, ensure_ascii=False))
        return
    done = _DONE.format(size=made.manifest.size, target=made.target, written=made.written, vkey=vkey)
    context.print(done.say(language_of()))
    if made.manifest.sealed:
        context.print(_SEALED.format(file=made.target / "sealed.jsonl").say(language_of()))


def _event(outcome: Any, sealed: dict[str, str], intent_id: str | None = None, **detail: int) -> Event:
    return Event(
        "log.exported",
        Actor.service("cli"),
        Object("log", "audit"),
        Subjects.none(),
        Source(ip=None),
        outcome=outcome,
        intent_id=intent_id,
        sealed=sealed,
        detail=detail,
    )


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
