"""`ansim doctor --mend`: say what will be done, ask, do it one by one, and record each.

Exit codes: 0 nothing was wrong, or all of it is mended · 1 something is left · 2 nobody was there to be asked.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from audit.cli_context import Context, language_of
from audit.errors import AuditError
from audit.event import Event, Outcome
from audit.text import Text
from hub_config.errors import ZoneError
from hub_config.mending.mend import Finder, Mend
from hub_config.mending.places import missing_directories, missing_for_good, open_secrets
from hub_config.mending.running import left_containers, left_data, stale_sockets, stale_state, stopped_units
from hub_config.settings import Settings, load_settings
from hub_config.zone_events import about_zone

FINDERS: tuple[Finder, ...] = (
    open_secrets,
    missing_directories,
    stale_state,
    stale_sockets,
    left_containers,
    left_data,
)
"""What is looked for in the zone itself, in the order in which it is mended; `mending.machine` has what is root's."""
Record = Callable[[Mend, Outcome, str | None], str]
"""Writes what became of a mend into the log, and returns the id of the event; the third is the announcement's."""


class NobodyToAsk(ZoneError):
    """The command would change something, and nobody is there to agree."""

    hint = Text("물어보지 않고 고치려면 --yes를 붙이십시오.", "Add --yes to mend without being asked.")
    exit_code = 2


class OwnerOnly(ZoneError):
    """Root was to mend what belongs to the zone's own user."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Done:
    """One mend and what became of it."""

    mend: Mend
    done: bool
    fault: Text | str = ""


def find(settings: Settings, finders: Iterable[Finder] = FINDERS) -> list[Mend]:
    """Look for everything that can be mended, without changing anything."""
    return [mend for finder in finders for mend in finder(settings)]


def run_mend(context: Context, *, yes: bool) -> int:
    """Mend what is safe to mend in the zone; what stands still on the machine is root's to mend.

    Raises: NobodyToAsk — without `yes`, where no terminal can be asked.
    """
    if os.geteuid() == 0 != context.home.stat().st_uid:
        # Names in that directory are its owner's to exchange for links while root follows them.
        raise OwnerOnly(_NOT_ROOT, hint=_AS_OWNER)
    settings = load_settings(context.home)
    lasting = [str(path) for path in missing_for_good(settings)]
    code = carry_out(context, find(settings), lambda *about: record(context, *about), yes=yes, lasting=lasting)
    if not context.json and next(iter(stopped_units(settings)), None) is not None:
        context.print(_OF_ROOT.say(language_of()))
        return 1
    return code


def carry_out(context: Context, mends: list[Mend], record: Record, *, yes: bool, lasting: list[str]) -> int:
    """Say what will be done, ask, do it, and say what was done; `lasting` are directories that are left alone.

    Raises: NobodyToAsk — without `yes`, where no terminal can be asked.
    """
    if not context.json:
        _say_before(context, mends, lasting)
    results = [Done(mend, done=False) for mend in mends]
    if mends and (yes or _agreed(context)):
        results = [_mend(record, mend) for mend in mends]
        if not context.json:
            _say_after(context, results)
    if context.json:
        rows = [{"mend": r.mend.code, "what": r.mend.what.en, "done": r.done, "fault": str(r.fault)} for r in results]
        context.print(json.dumps({"mends": rows, "left_alone": lasting}, ensure_ascii=False))
    return 0 if all(r.done for r in results) and not lasting else 1


def _agreed(context: Context) -> bool:
    if context.json:
        return False  # a program that wants it done says --yes; without it, it is told what would be done
    if not sys.stdin.isatty():
        raise NobodyToAsk(
            Text("고칠 것이 있지만 물어볼 사람이 없습니다.", "There is something to mend and nobody to ask.")
        )
    said = input(_ASK.say(language_of()) + " ")
    return said.strip().lower() in {"y", "yes", "예", "네"}


def _mend(record: Record, mend: Mend) -> Done:
    """Do one thing between its two entries in the log; where the log itself may need it, both come afterwards."""
    try:
        intent = None if mend.log_needs_it else record(mend, "intent", None)
    except (AuditError, ZoneError) as error:
        return Done(mend, done=False, fault=getattr(error, "reason", str(error)))
    fault: Text | str = ""
    try:
        mend.do()
    except Exception as error:  # whatever it was: it is in the log, and the mends after it are tried
        fault = getattr(error, "reason", None) or str(error) or type(error).__name__
    try:
        record(mend, "failed" if fault else "ok", intent)
    except (AuditError, ZoneError) as error:
        fault = fault or getattr(error, "reason", str(error))
    return Done(mend, done=not fault, fault=fault)


def record(context: Context, mend: Mend, outcome: Outcome, intent: str | None) -> str:
    """Write what became of a mend into the log of the zone that this process may open."""
    zone = context.zone()
    event: Event = replace(about_zone(zone, "zone.mended", mend=mend.code), outcome=outcome, intent_id=intent)
    zone.log.record(event)
    return event.id


def _say_before(context: Context, mends: list[Mend], lasting: list[str]) -> None:
    language = language_of()
    for path in lasting:
        context.print(_LASTING.say(language).format(path=path))
    if not mends:
        context.print(_NOTHING.say(language))
        return
    context.print(_WILL.say(language))
    for mend in mends:
        context.print(f"  – {mend.what.say(language)}")


def _say_after(context: Context, results: list[Done]) -> None:
    language = language_of()
    for one in results:
        fault = one.fault.say(language) if isinstance(one.fault, Text) else str(one.fault)
        context.print(f"{'✓' if one.done else '✗'} {one.mend.what.say(language)}{f' — {fault}' if fault else ''}")


_NOT_ROOT = Text(
    "root는 다른 사용자의 구역을 고치지 않습니다.", "Root does not mend a zone that belongs to another user."
)
_AS_OWNER = Text(
    "구역 사용자로 `ansim doctor --mend`를, root로는 `ansim units --mend`를 실행하십시오.",
    "Run `ansim doctor --mend` as the zone's own user; what is root's is `ansim units --mend`.",
)
_NOTHING = Text("스스로 고칠 것이 없습니다.", "There is nothing that mends itself.")
_WILL = Text("다음을 고칩니다. 데이터는 건드리지 않습니다.", "This will be done; data is not touched.")
_NOBODY = Text("고칠 것이 있지만 물어볼 사람이 없습니다.", "There is something to mend and nobody to ask.")
_ASK = Text("진행할까요? [y/N]", "Go on? [y/N]")
_OF_ROOT = Text(
    "멈춘 유닛이 있습니다. root로 `ansim units --mend`를 실행하십시오.",
    "A unit stands still: as root, `ansim units --mend` starts it.",
)
_LASTING = Text(
    "없는 디렉터리: {path}. 데이터가 있던 곳이므로 만들지 않습니다. 디스크가 연결되어 있는지 확인하고,"
    " 없어졌으면 백업에서 복구하십시오(docs/how-to/back-up-and-restore.ko.md).",
    "{path} is missing. It held data and is not made here: see whether its disk is mounted, or restore it from a"
    " backup (docs/how-to/back-up-and-restore.md).",
)
