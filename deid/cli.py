"""`ansim deid`: find direct identifiers in text from standard input.

Exit codes: 0 done · 2 wrong usage or input. What was found never appears in the output, only where it stands.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from audit.cli_context import Context, language_of
from deid.errors import InputError
from deid.identifiers import Span, detect

LANGUAGES = ("ko", "en")


def add_parser(subparsers: Any) -> None:
    """Add `deid` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("deid", help=_say("비식별 처리", "de-identification"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    scanned = commands.add_parser(
        "scan", help=_say("표준 입력에서 식별정보 찾기", "find direct identifiers in standard input")
    )
    scanned.add_argument(
        "--jsonl",
        action="store_true",
        help=_say('한 줄에 {"id", "text", "lang"} 하나', 'one {"id", "text", "lang"} per line'),
    )
    scanned.set_defaults(func=scan)


def scan(arguments: argparse.Namespace, _context: Context) -> int:
    """Write where identifiers stand: JSON per line of JSON, or one line of text per find.

    Raises: InputError — naming the line.
    """
    lines = answers(sys.stdin) if arguments.jsonl else plain(sys.stdin)
    for line in lines:
        sys.stdout.write(line + "\n")
    return 0


def answers(lines: Iterable[str]) -> Iterator[str]:
    """One answer in JSON per line of JSON, in order.

    Raises: InputError — for the first line that is not of the form.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        document = _document(line, number)
        spans = [as_json(span) for span in detect(document["text"])]
        yield json.dumps({"id": document["id"], "spans": spans}, ensure_ascii=False)


def plain(lines: Iterable[str]) -> Iterator[str]:
    """One line per find: line and column from 1, label, score, rule."""
    for number, line in enumerate(lines, 1):
        for span in detect(line.rstrip("\n")):
            yield f"{number}:{span.start + 1}-{span.end}  {span.label}  {span.score:.2f}  {span.rule}"


def as_json(span: Span) -> dict[str, Any]:
    """A span as the command writes it; offsets in code points of the text as given."""
    return {
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "score": span.score,
        "rule": span.rule,
    }


def _document(line: str, number: int) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError(f"line {number}: not JSON") from None
    if not isinstance(document, dict) or not {"id", "text"} <= set(document) <= {"id", "text", "lang"}:
        raise InputError(f"line {number}: an object with id, text and at most lang is expected")
    if not isinstance(document["text"], str):
        raise InputError(f"line {number}: text is not a string")
    if document.get("lang") not in (None, *LANGUAGES):
        raise InputError(f"line {number}: lang is ko, en or absent")
    return document


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
