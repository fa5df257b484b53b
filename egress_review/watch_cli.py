"""`ansim egress canary|fingerprints|rechecks`: what the zone keeps of its sources, and what was looked at again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.event import Source
from egress_review.fingerprints import Manifest
from egress_review.rechecking import Recheck, Upheld
from registry.desk import CLI
from registry.text import Text

_HERE_ALREADY = Text(
    "{dataset}: 카나리아 {count}개가 등록되어 있습니다. 기록 파일은 이제 파기하십시오.",
    "{dataset}: {count} canaries are declared. Destroy the file with the records now.",
)
_NO_CANARIES = Text("등록된 카나리아가 없습니다.", "No canaries are declared.")
_MADE = Text(
    "{dataset} {number}: 표 {tables}개 {rows}행의 지문을 만들었습니다({seconds}초). 읽지 못한 파일 {unread}개.",
    "{dataset} {number}: fingerprints of {tables} tables, {rows} rows ({seconds} s). Not read: {unread}.",
)
_NONE = Text("{dataset} {number}: 지문 없음", "{dataset} {number}: no fingerprints")
_LINE = Text(
    "{dataset} {number}: 표 {tables}개 {rows}행, 읽지 못한 파일 {unread}개",
    "{dataset} {number}: {tables} tables, {rows} rows; files not read: {unread}",
)
_UPHELD = Text(
    "뽑힌 반출 {drawn}건 가운데 {answered}건을 다시 확인했고 {upheld}건에 동의했습니다.",
    "{drawn} releases drawn, {answered} checked again, {upheld} upheld.",
)
HERE = Source(ip=None)
_WAITS = Text("대기", "waits")
_AGREES = Text("동의", "agrees")
_DISAGREES = Text("동의하지 않음", "disagrees")


def add_commands(commands: Any) -> list[argparse.ArgumentParser]:
    """Add the commands to those of `egress` and return their parsers."""
    canary = commands.add_parser("canary", help=_say("가짜 기록(카나리아)", "records that do not exist"))
    birds = canary.add_subparsers(required=True, metavar="COMMAND")
    added = birds.add_parser("add", help=_say("CSV 파일의 기록을 카나리아로 등록", "declare the records of a CSV file"))
    added.add_argument("dataset", metavar="DATASET")
    added.add_argument("file", type=Path, metavar="FILE")
    added.set_defaults(func=add_canaries)
    counted = birds.add_parser("list", help=_say("데이터셋별 개수", "how many there are, by dataset"))
    counted.set_defaults(func=list_canaries)
    prints = commands.add_parser("fingerprints", help=_say("원자료의 지문", "fingerprints of source data"))
    acts = prints.add_subparsers(required=True, metavar="COMMAND")
    shown = acts.add_parser("list", help=_say("데이터셋 버전별 상태", "how it stands, by version"))
    shown.set_defaults(func=list_fingerprints)
    made = acts.add_parser("make", help=_say("지금 다시 만들기", "make them anew, now"))
    made.add_argument("dataset", metavar="DATASET")
    made.add_argument("number", type=int, metavar="VERSION")
    made.add_argument(
        "--code-list",
        action="append",
        default=[],
        metavar="FILE",
        help=_say("사람이 아닌 코드표인 파일(데이터셋 안의 경로)", "a file that lists codes, not people"),
    )
    made.set_defaults(func=make_fingerprints)
    rechecks = commands.add_parser("rechecks", help=_say("다시 확인할 반출", "releases drawn to be checked again"))
    rechecks.set_defaults(func=list_rechecks)
    return [added, counted, shown, made, rechecks]


def add_canaries(arguments: argparse.Namespace, context: Context) -> int:
    """Declare canaries."""
    count = context.zone().desk.declare_canaries(arguments.dataset, arguments.file, by=CLI, source=HERE)
    values = {"dataset": arguments.dataset, "count": count}
    _print(context, values, _HERE_ALREADY.fill(**values))
    return 0


def list_canaries(_arguments: argparse.Namespace, context: Context) -> int:
    """Print how many canaries each dataset has."""
    counts = context.zone().desk.canary_counts()
    if context.json:
        _write(json.dumps(counts))
    else:
        _write("\n".join(f"{name}  {count}" for name, count in counts.items()) or _NO_CANARIES.text(language_of()))
    return 0


def list_fingerprints(_arguments: argparse.Namespace, context: Context) -> int:
    """Print what is kept of each dataset version; 1 if something has no fingerprints."""
    whole = True
    for dataset, number, manifest in context.zone().desk.fingerprint_standing():
        about: dict[str, Any] = {"dataset": dataset, "number": number}
        values = about | ({"made": True} | _facts(manifest) if manifest else {"made": False})
        _print(context, values, (_LINE if manifest else _NONE).fill(**values))
        whole = whole and manifest is not None
    return 0 if whole else 1


def make_fingerprints(arguments: argparse.Namespace, context: Context) -> int:
    """Make the fingerprints of one version anew."""
    desk = context.zone().desk
    made = desk.fingerprint(arguments.dataset, arguments.number, arguments.code_list, again=True, by=CLI, source=HERE)
    values = {"dataset": made.dataset, "number": made.number, "seconds": made.seconds, **_facts(made)}
    _print(context, values, _MADE.fill(**values))
    return 0


def list_rechecks(_arguments: argparse.Namespace, context: Context) -> int:
    """Print the releases that were drawn, and how many were upheld."""
    every = context.zone().desk.every_recheck()
    for one in every:
        values = {
            "ref": one.request.ref,
            "project": one.request.project,
            "drawn_at": one.drawn_at.isoformat(),
            "agrees": one.agrees,
        }
        line = f"{one.request.ref}  {one.request.project:<20} {_standing(one)}  {values['drawn_at']}"
        _print(context, values, Text(line, line))
    if not context.json:
        found = Upheld.of(every)
        _write(_UPHELD.fill(drawn=found.drawn, answered=found.answered, upheld=found.upheld).text(language_of()))
    return 0


def _standing(one: Recheck) -> str:
    text = _WAITS if one.agrees is None else _AGREES if one.agrees else _DISAGREES
    return text.text(language_of())


def _facts(made: Manifest) -> dict[str, Any]:
    return {"tables": len(made.tables), "rows": made.total, "unread": made.unread}


def _print(context: Context, values: Any, line: Text) -> None:
    _write(json.dumps(values, ensure_ascii=False) if context.json else line.text(language_of()))


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _say(ko: str, en: str) -> str:
    return Text(ko, en).text(language_of())
