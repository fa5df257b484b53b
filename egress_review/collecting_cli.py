"""`ansim egress allow-collections`: let a release be collected more often, for a reason that the log keeps."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from audit.cli_context import Context, language_of
from audit.event import Source
from registry.desk import CLI
from registry.text import Text

_ALLOWED = Text(
    "{ref}: 신청자가 모두 {most}번까지 받을 수 있습니다.",
    "{ref}: its author can collect it {most} times in all.",
)


def add_command(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of `egress` and return its parser."""
    about = _say("반출물을 더 받을 수 있게 함", "let a release be collected more often")
    parser: argparse.ArgumentParser = commands.add_parser("allow-collections", help=about)
    parser.add_argument("ref", metavar="REQUEST")
    parser.add_argument(
        "--more", type=int, default=5, metavar="N", help=_say("몇 번 더(기본 5)", "how many times more (5)")
    )
    parser.add_argument("--reason", required=True, help=_say("이유(감사 기록에 봉인됨)", "why; sealed in the log"))
    parser.set_defaults(func=allow)
    return parser


def allow(arguments: argparse.Namespace, context: Context) -> int:
    """Allow the author of one release some more collections."""
    desk, ref = context.zone().desk, arguments.ref
    most = desk.allow_collections(CLI, ref, arguments.more, arguments.reason, source=Source(ip=None))
    values = {"ref": ref, "most": most}
    sys.stdout.write((json.dumps(values) if context.json else _ALLOWED.fill(**values).text(language_of())) + "\n")
    return 0


def _say(ko: str, en: str) -> str:
    return Text(ko=ko, en=en).text(language_of())
