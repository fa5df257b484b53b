"""`ansim audit break-glass`: read the record while it cannot be written, and say why."""

from __future__ import annotations

import argparse
import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.break_glass import DEFAULT_MINUTES, MOST_MINUTES
from audit.break_glass_log import close_glass, open_glass
from audit.cli_context import Context, language_of
from audit.event import Actor, Event, Object, Source, Subjects
from audit.searching.asking import ReasonNeeded, check_reason
from audit.text import Text

Guarded = Callable[[Callable[[argparse.Namespace, Context], int]], Callable[[argparse.Namespace, Context], int]]

_HELP = Text(
    "기록할 수 없을 때 감사 기록을 읽기 위한 비상 접근", "emergency access: read the log while it cannot be written"
)
_OPENED = Text(
    "비상 접근을 시작했습니다. {until}까지 감사 기록을 읽을 수 있습니다. 다른 작업은 여전히 거부됩니다.",
    "Emergency access is open: the log can be read until {until}. Everything else is still refused.",
)
_RECORDED = Text("이 사실을 감사 기록에 남겼습니다.", "This is recorded in the log.")
_KEPT = Text(
    "감사 기록에 쓸 수 없어 파일에 보관했습니다. 쓸 수 있게 되면 바로 기록됩니다.",
    "The log cannot be written, so it is kept in a file and recorded as soon as the log can be.",
)
_CLOSED = Text("비상 접근을 끝냈습니다.", "Emergency access is closed.")
_ROOT = Text("이 명령은 서버의 root만 실행할 수 있습니다.", "Only root on the zone's machine may run this.")
_REASON = Text(
    "비상 접근의 사유를 --reason에 {least}자 이상 적으십시오. 사유는 봉인되어 기록에 남습니다.",
    "Say with --reason, in at least {least} characters, what emergency it is; the reason is recorded, sealed.",
)


def add_parsers(commands: Any, guarded: Guarded) -> None:
    """Add the command."""
    glass = commands.add_parser("break-glass", help=_say(_HELP))
    glass.add_argument("--reason", default="", help=_say(Text("이유 (봉인되어 기록됨)", "why; it is recorded, sealed")))
    glass.add_argument("--minutes", type=int, default=DEFAULT_MINUTES, help=f"1–{MOST_MINUTES}")
    glass.add_argument("--end", action="store_true", help=_say(Text("지금 끝냄", "close it now")))
    glass.add_argument("--json", action="store_true", help=_say(Text("프로그램용 출력", "answer for programs")))
    glass.set_defaults(func=guarded(break_glass))


def break_glass(arguments: argparse.Namespace, context: Context) -> int:
    """Open or close emergency access; 0 done, 2 without a reason, 3 for anybody but root."""
    if os.geteuid() != 0:
        return _refuse(_ROOT, context, 3)
    become_owner(context.home)
    log = context.zone().log
    if arguments.end:
        close_glass(log, _event("log.break_glass_ended", ""))
        return _tell([_CLOSED, _state(log)], {"open": False, "recorded": not log.glass.kept()}, context)
    try:
        reason = check_reason(arguments.reason, _REASON)
    except ReasonNeeded as error:
        return _refuse(error.why, context, 2)
    grant = open_glass(log, _event("log.break_glass", reason), arguments.minutes)
    until = grant.until.astimezone().isoformat(timespec="minutes")
    recorded = not log.glass.kept()
    return _tell(
        [_OPENED.format(until=until), _state(log)], {"open": True, **grant.document(), "recorded": recorded}, context
    )


def become_owner(home: Path) -> None:
    """Go on as the user to whom the zone's directory belongs, once it is clear that root asked.

    Under systemd that user is no root: its files stay its own, root follows no name that it chose, and the database
    takes it for what it is.
    """
    owner = home.stat().st_uid
    if owner == 0:
        return
    entry = pwd.getpwuid(owner)
    os.initgroups(entry.pw_name, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _state(log: Any) -> Text:
    return _KEPT if log.glass.kept() else _RECORDED


def _event(action: str, reason: str) -> Event:
    who = os.environ.get("SUDO_USER", "root")
    sealed = {"who": who, **({"comment": reason} if reason else {})}
    return Event(action, Actor.service("cli"), Object("log", "audit"), Subjects.none(), Source(ip=None), sealed=sealed)


def _tell(texts: list[Text], document: dict[str, Any], context: Context) -> int:
    if context.json:
        context.print(json.dumps(document))
    else:
        for text in texts:
            context.print(_say(text))
    return 0


def _refuse(text: Text, context: Context, code: int) -> int:
    context.print(json.dumps({"error": text.en}) if context.json else _say(text))
    return code


def _say(text: Text) -> str:
    return text.say(language_of())
