"""Going on after every file of a checkpoint was lost: what the database kept is taken over, and that is recorded."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable

from audit.break_glass_cli import become_owner
from audit.cli_context import Context, language_of
from audit.errors import EventRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.head import Head, last_rows
from audit.log import AuditLog
from audit.searching.asking import check_reason
from audit.text import Text

Guarded = Callable[[Callable[[argparse.Namespace, Context], int]], Callable[[argparse.Namespace, Context], int]]

_HELP = Text(
    "체크포인트 파일을 모두 잃은 뒤 데이터베이스에 남은 것으로 계속함",
    "go on with what the database kept after all files of checkpoints were lost",
)
_ROOT = Text("이 명령은 서버의 root만 실행할 수 있습니다.", "Only root on the zone's machine may run this.")
_REASON = Text(
    "받아들이는 사유를 --reason에 {least}자 이상 적으십시오. 사유는 봉인되어 기록에 남습니다.",
    "Say with --reason, in at least {least} characters, why it is accepted; the reason is recorded, sealed.",
)
_THERE = Text(
    "체크포인트 파일이 남아 있거나 데이터베이스에 체크포인트가 없어 할 일이 없습니다.",
    "There is nothing to accept: files of checkpoints are there, or the database knows none.",
)
_ACCEPTED = Text(
    "크기 {size}의 체크포인트를 받아들였고 {index}번 기록에 남겼습니다. 그사이 데이터베이스가 바뀌었는지는"
    " 이제 증인이나 따로 보관한 체크포인트만 말해 줍니다: `ansim audit verify --since`로 대조하십시오.",
    "The checkpoint of size {size} is accepted, as entry {index} records. Only witnesses and checkpoints kept elsewhere"
    " can still tell whether the database was changed: hold it against one with `ansim audit verify --since`.",
)


def accept(log: AuditLog, reason: str) -> tuple[int, int]:
    """Take the last checkpoint of the database for the last one; return its size and the index of what records it.

    Raises: ReasonNeeded — without a reason that says something. EventRefused — if files are there, or no row.
    LogInconsistent — if the log contradicts the row. NotDurable — if it cannot be recorded; nothing is accepted then.
    """
    why = check_reason(reason, _REASON)
    head = Head(log.directory)
    with head.locked():
        with log.db.read() as tx:
            rows = last_rows(tx)
        if head.read() is not None or not rows:
            raise EventRefused(_THERE.en)
        size, note = rows[0]
        log.check_head(note)
        index = log.record(_event(size, why))
        head.prepare()
        head.write(size, note)
    log.checkpoint()
    return size, index


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser], guarded: Guarded) -> None:
    """Add the command."""
    parser = commands.add_parser("accept-head", help=_say(_HELP))
    parser.add_argument(
        "--reason", default="", help=_say(Text("이유 (봉인되어 기록됨)", "why; it is recorded, sealed"))
    )
    parser.add_argument("--json", action="store_true", help=_say(Text("프로그램용 출력", "answer for programs")))
    parser.set_defaults(func=guarded(accept_head))


def accept_head(arguments: argparse.Namespace, context: Context) -> int:
    """Accept what the database kept; 0 done, 2 without a reason or need, 3 for anybody but root."""
    if os.geteuid() != 0:
        return _refuse(_ROOT, context, 3)
    become_owner(context.home)
    check_reason(arguments.reason, _REASON)
    try:
        size, index = accept(context.zone().log, arguments.reason)
    except EventRefused:
        return _refuse(_THERE, context, 2)
    said = _ACCEPTED.format(size=size, index=index)
    context.print(json.dumps({"size": size, "index": index}) if context.json else _say(said))
    return 0


def _event(size: int, reason: str) -> Event:
    sealed = {"who": os.environ.get("SUDO_USER", "root"), "comment": reason}
    about, where = Object("log", "audit"), Source(ip=None)
    actor = Actor.service("cli")
    return Event("log.head_accepted", actor, about, Subjects.none(), where, detail={"size": size}, sealed=sealed)


def _refuse(text: Text, context: Context, code: int) -> int:
    context.print(json.dumps({"error": text.en}) if context.json else _say(text))
    return code


def _say(text: Text) -> str:
    return text.say(language_of())
