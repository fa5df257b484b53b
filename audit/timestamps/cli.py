"""`ansim audit timestamp`: get a time stamp now, see how it stands, and check every one that was kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.attesters import attester
from audit.cli_context import Context, language_of
from audit.errors import AuditError, MalformedToken
from audit.text import Text
from audit.timestamps.stamping import Stamp, TimestampRounds, last_stamp, stamps
from audit.timestamps.tokens import Trust, check, stamped_bytes
from audit.witness.cosignatures import newest

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FOUND, EXIT_TAMPERED, EXIT_UNTRUSTED = 0, 1, 10, 12

_NONE_SET = Text(
    "시점 확인 기관이 정해져 있지 않습니다 (ansim.yaml의 timestamp.url).",
    "No time-stamping authority is set (timestamp.url in ansim.yaml).",
)
_STAMPED = Text(
    "크기 {size}의 체크포인트에 시점 확인 토큰을 받았습니다.", "The checkpoint of size {size} has a time stamp."
)
_FAILED = Text(
    "토큰을 받지 못했습니다: {reason}. 자동으로 다시 시도합니다.", "No time stamp: {reason}. It is tried again."
)
_STANDS = Text("{mark} {url}: 크기 {size} / {newest}", "{mark} {url}: size {size} of {newest}")
_HOLDS = Text("✓ 크기 {size}: {time} ({tsa})", "✓ size {size}: {time} ({tsa})")
_FALSE = Text("✗ 크기 {size}: {reason} ({tsa})", "✗ size {size}: {reason} ({tsa})")
_NOTHING = Text("보관된 시점 확인 토큰이 없습니다.", "No time stamp is kept.")


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add `timestamp` and its commands."""
    help_text = _say("시점 확인 토큰 (RFC 3161)", "time stamps (RFC 3161)")
    group = commands.add_parser("timestamp", help=help_text).add_subparsers(required=True)
    made = group.add_parser("now", help=_say("최신 체크포인트의 토큰을 지금 받음", "stamp the newest checkpoint now"))
    made.set_defaults(func=guard(now))
    shown = group.add_parser("status", help=_say("현재 상태", "how it stands"))
    shown.set_defaults(func=guard(status))
    checked = group.add_parser("verify", help=_say("보관된 토큰을 모두 검증", "check every token"))
    checked.add_argument("--certificates", type=Path, metavar="PEM")
    checked.set_defaults(func=guard(verify))
    for command in (made, shown, checked):
        command.add_argument("--json", action="store_true")


def now(_arguments: argparse.Namespace, context: Context) -> int:
    """Sign the head of the log and have it stamped."""
    zone = context.zone()
    rounds: TimestampRounds | None = zone.timestamps
    if rounds is None:
        return _nothing_set(context)
    zone.log.checkpoint()
    done = rounds.stamp(at_once=True)
    with zone.db.read() as tx:
        state, last = attester(tx, "tsa", rounds.url), last_stamp(tx, rounds.url)
    if context.json:
        found = {"stamped": done, "size": None if last is None else last[0], "reason": state.reason}
        context.print(json.dumps(found))
    elif done and last is not None:
        context.print(_STAMPED.format(size=last[0]).say(language_of()))
    else:
        context.print(_FAILED.format(reason=state.reason).say(language_of()))
    return EXIT_OK if done else EXIT_FOUND


def status(_arguments: argparse.Namespace, context: Context) -> int:
    """Show how the authority stands; 1 if it fails."""
    zone = context.zone()
    rounds: TimestampRounds | None = zone.timestamps
    if rounds is None:
        return _nothing_set(context)
    with zone.db.read() as tx:
        state, last, head = attester(tx, "tsa", rounds.url), last_stamp(tx, rounds.url), newest(tx)
    size, largest = 0 if last is None else last[0], 0 if head is None else head[0]
    failing = state.failing_since is not None
    if context.json:
        since = state.failing_since.isoformat() if state.failing_since else None
        facts = {"url": rounds.url, "size": size, "newest": largest, "failing_since": since, "reason": state.reason}
        context.print(json.dumps(facts))
    else:
        line = _STANDS.format(mark="✗" if failing else "✓", url=rounds.url, size=size, newest=largest)
        context.print(line.say(language_of()) + (f" ({state.reason})" if failing else ""))
    return EXIT_FOUND if failing else EXIT_OK


def verify(arguments: argparse.Namespace, context: Context) -> int:
    """Check every token against its checkpoint and the certificates that are trusted."""
    zone = context.zone()
    if arguments.certificates is None and zone.timestamps is None:
        return _nothing_set(context)
    trust = zone.timestamps.trust if arguments.certificates is None else Trust.load(arguments.certificates)
    with zone.db.read() as tx:
        found = [(stamp, *_outcome(stamp, trust)) for stamp in stamps(tx)]
    if context.json:
        rows = [{"size": s.size, "tsa": s.tsa, "holds": code == EXIT_OK, "said": said} for s, code, said in found]
        context.print(json.dumps({"stamps": rows}, ensure_ascii=False))
    else:
        for stamp, code, said in found:
            line = _FALSE if code else _HOLDS
            context.print(line.format(size=stamp.size, tsa=stamp.tsa, time=said, reason=said).say(language_of()))
        if not found:
            context.print(_NOTHING.say(language_of()))
    codes = [code for _, code, _ in found]
    return EXIT_TAMPERED if EXIT_TAMPERED in codes else max(codes, default=EXIT_FOUND)


def _outcome(stamp: Stamp, trust: Trust) -> tuple[int, str]:
    try:
        return EXIT_OK, check(stamp.token, stamped_bytes(stamp.note), trust).isoformat()
    except MalformedToken as error:
        return EXIT_TAMPERED, str(error)
    except AuditError as error:
        return EXIT_UNTRUSTED, str(error)


def _nothing_set(context: Context) -> int:
    context.print(json.dumps({"url": None}) if context.json else _NONE_SET.say(language_of()))
    return EXIT_FOUND


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
