"""`ansim maintenance on|off|status`: say that nothing new begins for now, why, and until when.

Exit codes: 0 done · 1 announced, but the gate did not answer and says it later · 2 wrong usage or input.
"""

from __future__ import annotations

import argparse
import contextlib
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from audit.cli_context import language_of
from audit.event import Source
from audit.text import Text
from registry.desk import CLI
from registry.maintenance import KINDS, Maintenance

if TYPE_CHECKING:
    from hub_config.cli import Context
    from hub_config.zone import Zone

HERE = Source(None)
SPAN = re.compile(r"([1-9][0-9]{0,3})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_HELP = Text("점검 알림: 새로 시작하는 일만 막음", "announce maintenance: only what is new is held back")
_ON = Text("점검을 알리거나 알린 내용을 바꿈", "announce maintenance, or change what is announced")
_OFF = Text("점검을 끝냄", "end maintenance")
_STATUS = Text("무엇을 알리고 있는지 보기", "show what is announced")
_WHY = Text("까닭: {kinds}", "why: {kinds}")
_UNTIL = Text(
    "예상 종료: 90m, 2h, 1d 또는 2026-11-22T18:00 (구역의 시각, `zone.time_zone`)",
    "the expected end: 90m, 2h, 1d, or 2026-11-22T18:00 by the clocks of the zone (`zone.time_zone`)",
)
_NOTE = Text(
    "모든 사람에게 보일 한 줄 설명 (선택)", "one line that everybody reads (optional); no names, no data of people"
)
_JSON = Text("프로그램용 출력", "answer for programs")
_GOES_ON = Text(
    "실행 중인 분석환경과 심사는 계속됩니다. 끝나면 `ansim maintenance off`를 실행하십시오.",
    "Workspaces that run and reviews go on. When it is over: `ansim maintenance off`.",
)
_ENDED = Text(
    "점검을 끝냈습니다. 이제 모두 다시 시작할 수 있습니다.", "Maintenance is over; everything can begin again."
)
_NONE = Text("점검 중이 아닙니다.", "The zone is not in maintenance.")
_OVERDUE = Text("예상 종료 시각이 지났습니다.", "The expected end has passed.")
_GATE = Text(
    "게이트가 응답하지 않아 작업 화면에는 아직 나타나지 않습니다. 자동 처리가 다시 알립니다.",
    "The gate did not answer, so it does not say so above workspaces yet. The worker tells it again.",
)


def add_parser(commands: Any) -> None:
    """Add `maintenance`."""
    language = language_of()
    verbs = commands.add_parser("maintenance", help=_HELP.say(language)).add_subparsers(required=True, metavar="VERB")
    on = verbs.add_parser("on", help=_ON.say(language))
    on.add_argument("--why", required=True, choices=KINDS, help=_WHY.say(language).format(kinds=", ".join(KINDS)))
    on.add_argument("--until", required=True, type=end_of, help=_UNTIL.say(language))
    on.add_argument("--note", default="", help=_NOTE.say(language))
    off = verbs.add_parser("off", help=_OFF.say(language))
    status = verbs.add_parser("status", help=_STATUS.say(language))
    for verb, act in ((on, run_on), (off, run_off), (status, run_status)):
        verb.add_argument("--json", action="store_true", help=_JSON.say(language))
        verb.set_defaults(func=act)


def end_of(given: str) -> datetime:
    """Return the moment that a person means: a span from now, or a time, without a time zone where none was given.

    Raises: argparse.ArgumentTypeError — for anything else.
    """
    span = SPAN.fullmatch(given.removeprefix("+"))
    try:
        if span is not None:
            return datetime.now(UTC) + timedelta(**{UNITS[span[2]]: int(span[1])})
        return datetime.fromisoformat(given)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(_UNTIL.say(language_of())) from error


def run_on(arguments: argparse.Namespace, context: Context) -> int:
    """Announce maintenance."""
    zone = context.zone()
    until: datetime = arguments.until
    if until.tzinfo is None:
        until = until.replace(tzinfo=ZoneInfo(zone.settings.zone.time_zone))
    note = arguments.note.strip()
    new = zone.registry.begin_maintenance(arguments.why, until.astimezone(UTC), note, by=CLI, source=HERE)
    return _answer(context, new, told=_tell_gate(zone), also=_GOES_ON)


def run_off(arguments: argparse.Namespace, context: Context) -> int:
    """End maintenance."""
    zone = context.zone()
    zone.registry.end_maintenance(by=CLI, source=HERE)
    return _answer(context, None, told=_tell_gate(zone), also=_ENDED)


def run_status(arguments: argparse.Namespace, context: Context) -> int:
    """Show what is announced."""
    found = context.zone().registry.maintenance()
    late = found is not None and found.overdue(datetime.now(UTC))
    return _answer(context, found, told=True, also=_NONE if found is None else _OVERDUE if late else None)


def _answer(context: Context, found: Maintenance | None, *, told: bool, also: Text | None) -> int:
    here = ZoneInfo(context.zone().settings.zone.time_zone)
    if context.json:
        context.emit({"maintenance": None if found is None else found.document(here), "gate_told": told})
    else:
        said = (None if found is None else found.said(here), also, None if told else _GATE)
        for line in said:
            if line is not None:
                context.print(line.say(language_of()))
    return 0 if told else 1


def _tell_gate(zone: Zone) -> bool:
    """Have the gate say it now; the worker does so within seconds anyway. One that does not run has nothing to say."""
    import httpx2 as httpx

    from hub_config.gate_control import SOCKET, GateControl

    if not (zone.home / SOCKET).exists():
        return True
    said = zone.registry.announcement()
    with contextlib.closing(GateControl(zone.home)) as gate:
        try:
            gate.announce(said)
        except httpx.HTTPError:
            return False
    return True
