"""`ansim egress verify`: hold the requests of a zone, as its database has them, against its audit log."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from audit.cli_context import Context, language_of
from egress_review.as_recorded import Compared
from egress_review.as_recorded import Progress as Told
from egress_review.errors import NotFound
from egress_review.workflow import STATE_TEXT
from registry.text import Text

EXIT_TAMPERED = 10

_ALL = Text("신청 {total}건이 모두 감사 기록과 같습니다.", "All {total} requests are as the audit log has them.")
_SOME = Text(
    "신청 {total}건 가운데 {wrong}건이 감사 기록과 다릅니다. 이 신청들에는 아무것도 결정되지 않습니다.",
    "{wrong} of {total} requests are not as the audit log has them. Nothing is decided on these.",
)
_HELD = Text(
    "{held}건은 두 사람이 살펴볼 때까지 멈춰 있습니다. 포털의 ‘기록과 다른 신청’에서 살펴보십시오.",
    "{held} wait until two people have looked into them, in the portal under “Not as recorded”.",
)
_PRUNED = Text(
    "{pruned}건은 기록의 보존 기간이 지나 비교할 것이 없습니다.",
    "{pruned} are older than what the log still keeps, so there is nothing to compare them with.",
)
_NONE = Text("그런 신청이 없습니다: {ref}", "There is no such request: {ref}")
_GONE = Text("지워짐", "gone")
_ENTRY = Text("기록 {index}", "entry {index}")


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of `egress` and return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify", help=_say(Text("신청을 감사 기록과 비교", "hold requests against the audit log"))
    )
    parser.add_argument("ref", nargs="?", metavar="REF", help=_say(Text("신청 하나만", "one request alone")))
    parser.set_defaults(func=verify)
    return parser


def verify(arguments: argparse.Namespace, context: Context) -> int:
    """Print what differs; 10 if anything does, or waits for people to look into it.

    Raises: NotFound — for a reference that neither the database nor the log knows.
    """
    desk = context.zone().desk
    refs = [arguments.ref] if arguments.ref else None
    with _bar(context) as progress:
        found = list(desk.compare_with_log(refs, progress))
    if refs and found[0].request is None and found[0].told.begun is None:
        raise NotFound("request_unknown", _NONE.fill(ref=arguments.ref))
    language = language_of()
    if context.json:
        _write(json.dumps(_document(found, language), ensure_ascii=False))
    else:
        _print(found, language)
    return EXIT_TAMPERED if any(one.differences or _waits(one) for one in found) else 0


def _waits(one: Compared) -> bool:
    """Whether a request that is as recorded again waits for people."""
    return not one.differences and not one.pruned and not one.holds


def _document(found: list[Compared], language: str) -> dict[str, Any]:
    rows = [one for one in found if one.differences or one.told.alarm is not None]
    return {
        "requests": len(found),
        "different": sum(bool(one.differences) for one in found),
        "waiting": sum(_waits(one) for one in found),
        "pruned": sum(one.pruned for one in found),
        "found": [
            {
                "ref": one.ref,
                "state": one.request.state.value if one.request else None,
                "recorded_state": one.told.state.value if one.told.state else None,
                "holds": one.holds,
                "looked_into": one.looked_into,
                "differences": [difference.as_json(language) for difference in one.differences],
            }
            for one in rows
        ],
    }


def _print(found: list[Compared], language: str) -> None:
    for one in found:
        if one.differences:
            state = STATE_TEXT[one.request.state] if one.request else _GONE
            _write(f"{one.ref}  {state.text(language)}")
            for difference in one.differences:
                index = "" if difference.index is None else f"  ({_ENTRY.fill(index=difference.index).text(language)})"
                _write(f"    {difference.text.text(language)}{index}")
    wrong, held, pruned = (sum(map(test, found)) for test in (lambda o: bool(o.differences), _waits, _is_pruned))
    _write((_SOME if wrong else _ALL).fill(total=len(found), wrong=wrong).text(language))
    if held:
        _write(_HELD.fill(held=held).text(language))
    if pruned:
        _write(_PRUNED.fill(pruned=pruned).text(language))


def _is_pruned(one: Compared) -> bool:
    return one.pruned


@contextmanager
def _bar(context: Context) -> Iterator[Told]:
    """Show how far the block is, to a person at a terminal."""
    if context.json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_say(Text("신청", "requests")), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _say(text: Text) -> str:
    return text.text(language_of())
