"""`ansim audit bundle`: the record of one project for its archive."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.event import Actor, Source
from audit.outward.bundle import write_bundle
from audit.outward.ordering import order_for, trusted_keys
from audit.text import Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

_WRITTEN = Text(
    "과제 {project}의 기록 {entries}건을 {directory}에 썼습니다. 검증: python3 {directory}/verify.py --key log.vkey",
    "{entries} entries of the project {project} were written to {directory}. To check them:"
    " python3 {directory}/verify.py --key log.vkey",
)


def add_parser(commands: Any, guard: Guard) -> None:
    """Add the command; `guard` explains the errors of this package."""
    language = language_of()
    bundle = commands.add_parser(
        "bundle", help=Text("과제 하나의 기록 묶음 작성", "write the record of one project").say(language)
    )
    bundle.add_argument("project", help=Text("과제", "project").say(language))
    bundle.add_argument("directory", type=Path, help=Text("새 폴더", "a new directory").say(language))
    why = Text("내려받는 사유", "why it is downloaded")
    bundle.add_argument("--reason", required=True, help=why.say(language))
    names = Text("보고서에 이름을 함께 적음", "with names in the report")
    bundle.add_argument("--names", action="store_true", help=names.say(language))
    bundle.add_argument("--json", action="store_true")
    bundle.set_defaults(func=guard(make_bundle))


def make_bundle(arguments: argparse.Namespace, context: Context) -> int:
    """Write the bundle of a project and record that it was made."""
    zone = context.zone()
    order = order_for(
        zone,
        arguments.project,
        reason=arguments.reason,
        names=arguments.names,
        by=Actor.service("cli"),
        source=Source(ip=None),
    )
    made = write_bundle(zone.log, trusted_keys(context.home), order, arguments.directory)
    facts = {"project": order.project, "entries": made.entries, "directory": str(made.directory)}
    if context.json:
        context.print(json.dumps({**facts, "releases": made.releases, "index": made.index}, ensure_ascii=False))
    else:
        context.print(_WRITTEN.format(**facts).say(language_of()))
    return 0
