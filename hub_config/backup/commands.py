"""`ansim backup`: set backups up, make one now, list them, read them all again.

Exit codes: 0 done · 2 wrong usage or settings · 3 the machine lacks something · 10 a backup does not come back.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from audit.cli_context import Context, language_of
from audit.text import Text

if TYPE_CHECKING:
    from hub_config.backup.making import Say

STEPS = {
    "copy": Text("데이터베이스 복사", "Copying the database"),
    "snapshot": Text("바뀐 내용 저장", "Storing what changed"),
    "keys": Text("열쇠 봉함", "Closing the keys"),
    "trial": Text("시험 복원과 기록 검증", "Restoring on trial, verifying the log"),
    "restore": Text("백업 내려받기", "Fetching the backup"),
    "verify": Text("기록 검증", "Verifying the log"),
}
_READY = Text(
    "백업 저장소가 준비되었습니다. 지금 한 번 백업하십시오: ansim backup now",
    "The repository is ready. Make the first backup now: ansim backup now",
)
_MADE = Text(
    "백업 {snapshot} 완료: 감사 기록 {size}건까지 시험 복원으로 확인했습니다.\n"
    "열쇠 묶음은 {keys}에 있습니다. 이 파일의 사본을 다른 곳에 보관하십시오.",
    "Backup {snapshot}: restored on trial and verified up to {size} entries of the log.\n"
    "The keys lie in {keys} — keep a copy of that file elsewhere.",
)
_NONE = Text("백업이 아직 없습니다. 만들려면: ansim backup now", "There is no backup yet. Make one: ansim backup now")
_CHECKED = Text(
    "저장소의 모든 내용을 읽어 확인했습니다.", "Every byte of the repository was read and is as it was written."
)


def add_parser(subparsers: Any) -> None:
    """Add `backup` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("backup", help=_say("백업", "backups"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    rows = (
        ("init", _say("암호와 저장소 만들기", "make the password and the repository"), run_init),
        ("now", _say("지금 백업하고 시험 복원하기", "back up now, and restore it on trial"), run_now),
        ("list", _say("백업 목록", "the backups there are"), run_list),
        ("check", _say("저장소 전체를 읽어 확인하기", "read the whole repository again"), run_check),
    )
    for name, text, run in rows:
        parser = commands.add_parser(name, help=text)
        parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
        parser.set_defaults(func=run)


def run_init(arguments: argparse.Namespace, context: Context) -> int:
    """Make the repository."""
    from hub_config.backup.making import set_up
    from hub_config.settings import load_settings

    set_up(load_settings(context.home))
    _answer(context, {"ready": True}, _READY.say(language_of()))
    return 0


def run_now(arguments: argparse.Namespace, context: Context) -> int:
    """Back up, with bars for the long steps."""
    from hub_config.backup.making import back_up
    from hub_config.zone_events import CLI

    with bars(context) as say:
        made = back_up(context.zone(), CLI, say)
    told = {"snapshot": made.snapshot, "size": made.size, "keys": str(made.keys)}
    _answer(context, told, _MADE.format(**{**told, "snapshot": made.snapshot[:8]}).say(language_of()))
    return 0


def run_list(arguments: argparse.Namespace, context: Context) -> int:
    """List the backups, the newest last."""
    from hub_config.backup.making import repository
    from hub_config.settings import load_settings

    found = repository(load_settings(context.home)).snapshots()
    lines = [f"{one.id[:8]}  {one.time.astimezone():%Y-%m-%d %H:%M %Z}" for one in found]
    document = [{"snapshot": one.id, "time": one.time.isoformat()} for one in found]
    _answer(context, document, "\n".join(lines) or _NONE.say(language_of()))
    return 0


def run_check(arguments: argparse.Namespace, context: Context) -> int:
    """Read every byte."""
    from hub_config.backup.making import check
    from hub_config.zone_events import CLI

    check(context.zone(), CLI)
    _answer(context, {"intact": True}, _CHECKED.say(language_of()))
    return 0


@contextmanager
def bars(context: Context) -> Iterator[Say]:
    """Show a bar for each step under way; nothing for a program."""
    if context.json:
        yield lambda step, done: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as progress:
        tasks: dict[str, Any] = {}

        def say(step: str, done: float) -> None:
            for other in tasks.keys() - {step}:
                progress.update(tasks[other], completed=1.0)
            if step not in tasks:
                tasks[step] = progress.add_task(STEPS[step].say(language_of()), total=1.0)
            progress.update(tasks[step], completed=done)

        yield say
        for task in tasks.values():
            progress.update(task, completed=1.0)


def _answer(context: Context, document: Any, text: str) -> None:
    context.print(json.dumps(document, ensure_ascii=False) if context.json else text)


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
