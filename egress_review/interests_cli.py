"""`ansim egress interest`: who may not review which project, because of an interest or because they stepped back."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from audit.cli_context import Context, language_of
from audit.event import Source
from registry.desk import CLI
from registry.text import Text

HERE = Source(ip=None)
_DECLARED = Text(
    "{handle}: 과제 {project}의 반출을 더는 심사할 수 없습니다.",
    "{handle} can no longer review what leaves project {project}.",
)
_NONE = Text("등록된 이해관계가 없습니다.", "No interest is on record.")
_KINDS = {"declared": Text("등록", "declared"), "recused": Text("회피", "stepped back")}


def add_commands(commands: Any) -> list[argparse.ArgumentParser]:
    """Add the commands to those of `egress` and return their parsers."""
    interest = commands.add_parser("interest", help=_say("심사자의 이해관계", "conflicts of interest of checkers"))
    acts = interest.add_subparsers(required=True, metavar="COMMAND")
    declared = acts.add_parser(
        "declare", help=_say("과제와의 이해관계를 등록", "bar somebody from a project, for ever")
    )
    declared.add_argument("handle", metavar="HANDLE")
    declared.add_argument("project", metavar="PROJECT")
    declared.add_argument("--reason", required=True, help=_say("이유(감사 기록에 봉인됨)", "why; sealed in the log"))
    declared.set_defaults(func=declare)
    listed = acts.add_parser("list", help=_say("등록된 이해관계", "what is on record"))
    listed.add_argument("--project", metavar="PROJECT")
    listed.set_defaults(func=list_interests)
    return [declared, listed]


def declare(arguments: argparse.Namespace, context: Context) -> int:
    """Declare that somebody has an interest in a project."""
    zone = context.zone()
    person = zone.registry.person(arguments.handle)
    zone.desk.declare_interest(CLI, person.ref, arguments.project, arguments.reason, source=HERE)
    values = {"handle": arguments.handle, "project": arguments.project}
    _write(json.dumps(values) if context.json else _DECLARED.fill(**values).text(language_of()))
    return 0


def list_interests(arguments: argparse.Namespace, context: Context) -> int:
    """Print who may not review what; the reasons stay where they are."""
    zone = context.zone()
    found = zone.desk.interests(arguments.project)
    for one in found:
        handle = zone.registry.person_by_ref(one.person_ref).handle
        row = {"handle": handle, "project": one.project, "request": one.request_ref, "kind": one.kind}
        line = f"{handle:<20} {one.project:<20} {one.request_ref or '':<20} {_KINDS[one.kind].text(language_of())}"
        _write(json.dumps(row | {"at": one.at.isoformat()}) if context.json else line)
    if not found and not context.json:
        _write(_NONE.text(language_of()))
    return 0


def _say(ko: str, en: str) -> str:
    return Text(ko=ko, en=en).text(language_of())


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
