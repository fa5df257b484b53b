"""`ansim audit clock`: how right the clock is now, and what was kept of it beside the checkpoints."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from audit.body import timestamp
from audit.cli_context import Context, language_of
from audit.clock.keeping import Kept, furthest, last_kept
from audit.clock.reading import UNREAD, told
from audit.searching.copies import KOREAN_TIME
from audit.text import Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

EXIT_OK, EXIT_FOUND = 0, 1
_MARKS = {"right": "✓", "off": "✗", "unknown": "?"}
_NONE_KEPT = Text("아직 체크포인트와 함께 남긴 시각 기록이 없습니다.", "Nothing is kept beside a checkpoint yet.")
_WORST = Text(
    "지난 {days}일에 가장 큰 차이: {seconds}초 (크기 {size}, {at})",
    "largest offset in {days} days: {seconds} s (size {size}, {at})",
)


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add `clock`."""
    shown = commands.add_parser("clock", help=_say("시각 동기화 상태와 기록", "how right the clock is and was"))
    shown.add_argument("--limit", type=int, default=10, help=_say("체크포인트 몇 개까지", "of how many checkpoints"))
    shown.add_argument("--days", type=int, default=31, help=_say("가장 큰 차이를 찾을 날수", "days of the largest"))
    shown.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    shown.set_defaults(func=guard(show))


def show(arguments: argparse.Namespace, context: Context) -> int:
    """Print what the machine says now and what was kept; 1 if the clock is not synchronised or too far off."""
    zone, days, language = context.zone(), min(max(1, arguments.days), 36_500), language_of()
    now = zone.time_source.read() or UNREAD
    with zone.db.read() as tx:
        kept = last_kept(tx, limit=min(max(1, arguments.limit), 100_000))
        worst = furthest(tx, zone.log.now() - timedelta(days=days))
    if context.json:
        rows = [_row(one) for one in kept]
        largest = None if worst is None else _row(worst)
        context.print(json.dumps({"now": now.document(), "days": days, "largest": largest, "checkpoints": rows}))
    else:
        context.print(f"{_MARKS[now.state]} {told(now).say(language)} ({now.source})")
        if worst is not None:
            values = {"days": days, "seconds": worst.reading.seconds(), "size": worst.size, "at": _at(worst)}
            context.print(_WORST.format(**values).say(language))
        for one in kept:
            facts = (_MARKS[one.reading.state], _at(one), one.reading.source, one.reading.seconds() or "–")
            context.print(f"{one.size:>8}  " + "  ".join(facts))
        if not kept:
            context.print(_NONE_KEPT.say(language))
    return EXIT_FOUND if now.state == "off" else EXIT_OK


def _row(one: Kept) -> dict[str, object]:
    return {"size": one.size, "read_at": timestamp(one.read_at), **one.reading.document()}


def _at(one: Kept) -> str:
    return f"{one.read_at.astimezone(KOREAN_TIME):%Y-%m-%d %H:%M:%S}"


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
