"""`ansim audit send` and `outward status`: the record for a SIEM, by hand and by the worker; and `bundle`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.event import Actor, Event, Object, Source, Subjects
from audit.outward import bundle_cli
from audit.outward.delivery import BATCH, due
from audit.outward.formats import ENCODERS
from audit.outward.ocsf import Outgoing
from audit.outward.senders import FileSender
from audit.outward.standing import standings
from audit.store import log_size
from audit.text import Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FAILING, EXIT_USAGE = 0, 1, 2
SCREEN = "-"

_REASON_MISSING = Text(
    "파일로 내려받는 사유를 --reason으로 적으십시오.",
    "Say with --reason why the record is written to a file.",
)
_SENT = Text("{n}건을 {to}에 썼습니다.", "{n} entries were written to {to}.")
_NO_TARGET = Text(
    "보낼 곳이 설정되어 있지 않습니다 (ansim.yaml의 outward.targets).",
    "No target is set (outward.targets in ansim.yaml).",
)


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add the commands; `guard` explains the errors of this package."""
    language = language_of()
    send = commands.add_parser(
        "send",
        help=Text("기록을 다른 시스템의 형식으로 출력", "write entries in the format of another system").say(language),
    )
    send.add_argument("--format", choices=list(ENCODERS), default="ocsf")
    send.add_argument(
        "--from",
        dest="first",
        type=int,
        default=0,
        metavar="INDEX",
        help=Text("이 번호의 기록부터", "begin with this entry").say(language),
    )
    send.add_argument("--limit", type=int, help=Text("최대 건수", "at most so many entries").say(language))
    send.add_argument(
        "--to", default=SCREEN, metavar="FILE", help=Text("파일, 화면은 -", "a file; - for the screen").say(language)
    )
    send.add_argument("--language", choices=["ko", "en"], default=language)
    send.add_argument("--reason", help=Text("내려받는 사유", "why it is downloaded").say(language))
    # What it prints is for a program, whoever types it: a terminal must not wrap or colour it.
    send.set_defaults(func=guard(send_entries), json=True)
    outward = commands.add_parser(
        "outward", help=Text("외부 시스템으로의 전송", "sending the record to other systems").say(language)
    ).add_subparsers(required=True)
    status = outward.add_parser("status", help=Text("보낼 곳마다의 상태", "how each target stands").say(language))
    status.add_argument("--json", action="store_true")
    status.set_defaults(func=guard(show_status))
    bundle_cli.add_parser(commands, guard)


def send_entries(arguments: argparse.Namespace, context: Context) -> int:
    """Write entries as lines, to the screen or to a file, and record who took them."""
    to_file = arguments.to != SCREEN
    if to_file and not (arguments.reason or "").strip():
        context.print(_REASON_MISSING.say(language_of()))
        return EXIT_USAGE
    zone = context.zone()
    zone.log.record(_taken(arguments, to_file=to_file))
    sent = 0
    for lines in _batches(zone, arguments):
        sent += len(lines)
        if to_file:
            FileSender(Path(arguments.to)).send(lines)
        else:
            for line in lines:
                context.print(line)
    if to_file:
        context.print(_SENT.format(n=sent, to=arguments.to).say(language_of()))
    return EXIT_OK


def show_status(_arguments: argparse.Namespace, context: Context) -> int:
    """Show how far each target has the record; 1 if one does not take it."""
    zone = context.zone()
    with zone.db.read() as tx:
        found = standings(tx, zone.settings.outward.targets)
    if context.json:
        context.print(json.dumps({"targets": [one.document() for one in found]}, ensure_ascii=False))
    else:
        for said in [one.said() for one in found] or [_NO_TARGET]:
            context.print(said.say(language_of()))
    return EXIT_FAILING if any(one.position.failing for one in found) else EXIT_OK


def _batches(zone: Any, arguments: argparse.Namespace) -> Iterator[list[str]]:
    """Yield lines of entries, batch by batch, up to where the log ended when it began."""
    encode, position = ENCODERS[arguments.format], max(0, arguments.first)
    with zone.db.read() as tx:
        end = log_size(tx)
    if arguments.limit is not None:
        end = min(end, position + max(0, arguments.limit))
    while position < end:
        with zone.db.read() as tx:
            entries = due(tx, position, min(BATCH, end - position))
        if not entries:
            return
        yield [encode(Outgoing(entry, zone.log.origin), arguments.language) for entry in entries]
        position = entries[-1].index + 1


def _taken(arguments: argparse.Namespace, *, to_file: bool) -> Event:
    return Event(
        "log.downloaded" if to_file else "log.viewed",
        Actor.service("cli"),
        Object("log", "audit"),
        Subjects.none(),
        Source(ip=None),
        detail={"format": arguments.format, "from": max(0, arguments.first)},
        sealed={"reason": arguments.reason} if arguments.reason else {},
    )
