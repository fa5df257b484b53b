"""`ansim audit`: search the log, sign its head, verify it, hand out receipts and check them.

Exit codes: 0 done or whole · 2 wrong input · 3 the environment is missing something · 10 tampered · 11
incomplete · 12 signed by no trusted key. Whoever reads the log through this command is recorded in it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audit import break_glass_cli, head_loss, keys_cli
from audit.cli_context import Context, language_of
from audit.clock import cli as clock_cli
from audit.errors import (
    AuditError,
    EventRefused,
    ExportRefused,
    Malformed,
    MalformedCheckpoint,
    MalformedExport,
    MalformedNote,
    MalformedPolicy,
    NotInLog,
    NotTrusted,
    ProofInvalid,
    QuestionRefused,
    RetentionPolicyInvalid,
    SignatureInvalid,
)
from audit.event import Actor, Event, Object, Source, Subjects
from audit.export import cli as export_cli
from audit.outward import cli as outward_cli
from audit.processing import cli as processing_cli
from audit.proof import verify_receipt
from audit.retention import cli as retention_cli
from audit.review import cli as review_cli
from audit.searching import cli as searching_cli
from audit.text import Text
from audit.timestamps import cli as timestamp_cli
from audit.verifying import cli as verify_cli
from audit.witness import cli as witness_cli
from audit.witness.zone_cli import add_zone_commands

EXIT_OK, EXIT_USAGE, EXIT_ENVIRONMENT = 0, 2, 3
_RECEIPT_HOLDS = Text(
    "증명됨: {origin} 감사 기록의 {index}번 기록입니다 (크기 {size}).",
    "Proven: it is entry {index} of the log {origin} at size {size}.",
)
_RECEIPT_FAILS: Mapping[type[AuditError], int] = {SignatureInvalid: 10, NotTrusted: 12, ProofInvalid: 10, Malformed: 10}

_WRONG_INPUT = (
    *(NotInLog, EventRefused, ExportRefused, QuestionRefused),
    *(MalformedCheckpoint, MalformedExport, MalformedNote, MalformedPolicy, RetentionPolicyInvalid),
)

Handler = Callable[[argparse.Namespace, Context], int]


def add_parser(subparsers: Any) -> None:
    """Add `audit` and its commands; each sets `func`, a handler of (arguments, context)."""
    commands = subparsers.add_parser("audit", help=_say("감사 기록", "the audit log")).add_subparsers(required=True)
    searching_cli.add_parsers(commands, _guarded)
    signed = commands.add_parser("checkpoint", help=_say("현재 상태에 서명", "sign the head of the log"))
    signed.set_defaults(func=_guarded(sign_checkpoint))
    receipts = commands.add_parser("receipt", help=_say("증명서", "receipts")).add_subparsers(required=True)
    made = receipts.add_parser("make", help=_say("기록 하나의 증명서 작성", "write the receipt of one entry"))
    made.add_argument("index", type=int)
    made.set_defaults(func=_guarded(make_receipt))
    proven = receipts.add_parser("verify", help=_say("증명서를 오프라인으로 검증", "check a receipt offline"))
    proven.add_argument("file", type=Path)
    proven.add_argument("--key", type=Path, help=_say("신뢰하는 검증 키 파일", "file of the trusted verifier key"))
    proven.set_defaults(func=_guarded(check_receipt))
    for command in (signed, made, proven):
        _add_json(command)
    verify_cli.add_parsers(commands, _guarded)
    export_cli.add_parsers(commands, _guarded)
    outward_cli.add_parsers(commands, _guarded)
    keys_cli.add_parsers(commands, _guarded)
    witness_cli.add_parsers(commands, _guarded, zone=add_zone_commands)
    timestamp_cli.add_parsers(commands, _guarded)
    clock_cli.add_parsers(commands, _guarded)
    processing_cli.add_parsers(commands, _guarded)
    retention_cli.add_parsers(commands, _guarded)
    break_glass_cli.add_parsers(commands, _guarded)
    head_loss.add_parsers(commands, _guarded)
    review_cli.add_parsers(commands, _guarded)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def sign_checkpoint(_arguments: argparse.Namespace, context: Context) -> int:
    """Sign the head of the log and print the checkpoint."""
    note = context.zone().log.checkpoint()
    context.print(json.dumps({"checkpoint": note}, ensure_ascii=False) if context.json else note.rstrip("\n"))
    return EXIT_OK


def make_receipt(arguments: argparse.Namespace, context: Context) -> int:
    """Print the receipt of one entry, which carries its body, and record who took it."""
    log = context.zone().log
    receipt = log.receipt(arguments.index)
    about, here = Object("log", "audit"), Source(ip=None)
    facts = {"receipt_of": arguments.index}
    log.record(Event("log.viewed", Actor.service("cli"), about, Subjects.none(), here, detail=facts))
    context.print(json.dumps({"receipt": receipt}, ensure_ascii=False) if context.json else receipt.rstrip("\n"))
    return EXIT_OK


def check_receipt(arguments: argparse.Namespace, context: Context) -> int:
    """Check a receipt against a trusted key, without the zone."""
    verifier = verify_cli.trusted_keys(arguments.key, context)
    try:
        text = arguments.file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        context.print(f"{arguments.file}: {error.strerror}")
        return EXIT_USAGE
    try:
        receipt = verify_receipt(text, verifier)
    except tuple(_RECEIPT_FAILS) as error:
        _explain(error, context)
        return next(code for kind, code in _RECEIPT_FAILS.items() if isinstance(error, kind))
    head = receipt.checkpoint
    if context.json:
        proven = {"origin": head.origin, "size": head.size, "index": receipt.index, "body": receipt.body}
        context.print(json.dumps(proven, ensure_ascii=False))
    else:
        holds = _RECEIPT_HOLDS.format(origin=head.origin, index=receipt.index, size=head.size)
        context.print(holds.say(language_of()))
        context.print(json.dumps(receipt.body, ensure_ascii=False, indent=2))
    return EXIT_OK


def _guarded(handler: Handler) -> Handler:
    """Return a handler that explains the errors of this package and turns them into exit codes."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        try:
            return handler(arguments, context)
        except AuditError as error:
            _explain(error, context)
            wrong_input = isinstance(error, _WRONG_INPUT)
            return EXIT_USAGE if wrong_input else EXIT_ENVIRONMENT

    return run


def _explain(error: AuditError, context: Context) -> None:
    if context.json:
        context.print(json.dumps({"error": type(error).__name__, "reason": str(error), "hint": error.hint.en}))
    else:
        said = error.text(language_of())
        # Some errors say everything themselves; of the others the reason is for whoever looks into it.
        whole = said if isinstance(error, (QuestionRefused, RetentionPolicyInvalid)) else f"{said} ({error})"
        context.print(f"{whole}\n{error.hint.say(language_of())}")


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
