"""`ansim audit`: search the log, sign its head, verify it, hand out receipts and check them.

Exit codes: 0 done or whole · 2 wrong input · 3 the environment is missing something · 10 tampered · 11
incomplete · 12 signed by no trusted key. Whoever reads the log through this command is recorded in it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.catalogue import CATALOGUE
from audit.cli_context import Context, language_of
from audit.errors import AuditError, EventRefused, Malformed, NotInLog, NotTrusted, ProofInvalid, SignatureInvalid
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.keys import VKEY_FILE
from audit.note import Verifier, parse_vkey
from audit.proof import verify_receipt
from audit.search import Entry, Query, search
from audit.text import Text
from audit.verification import Problem, Verdict, Verification
from audit.verify import verify

EXIT_OK, EXIT_USAGE, EXIT_ENVIRONMENT = 0, 2, 3
EXIT_BY_VERDICT: Mapping[Verdict, int] = {"intact": 0, "tampered": 10, "incomplete": 11, "untrusted": 12}

VERDICTS: Mapping[Verdict, Text] = {
    "intact": Text(
        "온전함: 기록 {size}건 중 {covered}건이 서명과 일치합니다.",
        "Intact: {covered} of {size} entries are as they were signed.",
    ),
    "tampered": Text("변조됨: 기록 {size}건을 검사했습니다.", "Tampered with: {size} entries were checked."),
    "incomplete": Text("불완전함: 기록 {size}건을 검사했습니다.", "Incomplete: {size} entries were checked."),
    "untrusted": Text(
        "신뢰할 수 없음: 신뢰하는 키로 서명되지 않았습니다 (기록 {size}건).",
        "Not trusted: not signed by the trusted key ({size} entries).",
    ),
}
_RECEIPT_HOLDS = Text(
    "증명됨: {origin} 감사 기록의 {index}번 기록입니다 (크기 {size}).",
    "Proven: it is entry {index} of the log {origin} at size {size}.",
)
_RECEIPT_FAILS: Mapping[type[AuditError], int] = {SignatureInvalid: 10, NotTrusted: 12, ProofInvalid: 10, Malformed: 10}

Handler = Callable[[argparse.Namespace, Context], int]


def add_parser(subparsers: Any) -> None:
    """Add `audit` and its commands; each sets `func`, a handler of (arguments, context)."""
    commands = subparsers.add_parser("audit", help=_say("감사 기록", "the audit log")).add_subparsers(required=True)
    checked = commands.add_parser(
        "verify", help=_say("본문에서 모두 다시 계산하여 검증", "recompute everything from the bodies")
    )
    checked.add_argument("--key", type=Path, help=_say("신뢰하는 검증 키 파일", "file of the trusted verifier key"))
    checked.set_defaults(func=_guarded(verify_log))
    _add_search(commands.add_parser("search", help=_say("기록 조회", "find entries")))
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
    for command in (checked, signed, made, proven):
        _add_json(command)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def _add_search(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    for name in ("actor", "project", "object", "dataset", "person", "text"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--action", help=_say("예: egress.voted 또는 egress.", "such as egress.voted, or egress."))
    parser.add_argument("--outcome", choices=["intent", "ok", "denied", "failed"])
    parser.add_argument("--since", type=_moment, help="2026-11-21 · 2026-11-21T13:45+09:00")
    parser.add_argument("--until", type=_moment)
    parser.add_argument("--after", type=int, help=_say("이 번호 다음부터", "continue behind this index"))
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--oldest-first", dest="newest_first", action="store_false")
    parser.set_defaults(func=_guarded(find_entries))


def verify_log(arguments: argparse.Namespace, context: Context) -> int:
    """Verify the whole log and record that it was verified."""
    verifier = _trusted_key(arguments.key, context)
    zone = context.zone()
    result = verify(zone.db, verifier, zone.log.directory)
    outcome: Outcome = "ok" if result.ok else "failed"
    facts = {"verdict": result.verdict, "size": result.size, "problems": len(result.problems)}
    zone.log.record(_own_event("log.verified", outcome=outcome, detail=facts))
    if context.json:
        context.print(json.dumps(verification_json(result), ensure_ascii=False))
    else:
        language = language_of()
        context.print(VERDICTS[result.verdict].format(size=result.size, covered=result.covered).say(language))
        for problem in result.problems:
            context.print(f"  {problem.code}: {problem.text.say(language)}")
    return EXIT_BY_VERDICT[result.verdict]


def find_entries(arguments: argparse.Namespace, context: Context) -> int:
    """Print the entries that match and record who searched for what."""
    given = {field.name: getattr(arguments, field.name) for field in fields(Query)}
    zone = context.zone()
    with zone.db.read() as tx:
        found = search(tx, Query(**given))
    asked = {name: str(value) for name, value in given.items() if value is not None}
    zone.log.record(_own_event("log.searched", detail={"found": len(found)}, sealed=asked))
    for entry in found:
        context.print(json.dumps(entry_json(entry), ensure_ascii=False) if context.json else _line(entry))
    return EXIT_OK


def sign_checkpoint(_arguments: argparse.Namespace, context: Context) -> int:
    """Sign the head of the log and print the checkpoint."""
    note = context.zone().log.checkpoint()
    context.print(json.dumps({"checkpoint": note}, ensure_ascii=False) if context.json else note.rstrip("\n"))
    return EXIT_OK


def make_receipt(arguments: argparse.Namespace, context: Context) -> int:
    """Print the receipt of one entry."""
    receipt = context.zone().log.receipt(arguments.index)
    context.print(json.dumps({"receipt": receipt}, ensure_ascii=False) if context.json else receipt.rstrip("\n"))
    return EXIT_OK


def check_receipt(arguments: argparse.Namespace, context: Context) -> int:
    """Check a receipt against a trusted key, without the zone."""
    verifier = _trusted_key(arguments.key, context)
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


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return an entry as `--json` prints it."""
    return {"index": entry.index, "leaf_hash": entry.leaf_hash.hex(), "body": entry.body}


def verification_json(result: Verification) -> dict[str, Any]:
    """Return a verification as `--json` prints it."""
    first = result.first_bad
    return {
        "verdict": result.verdict,
        "size": result.size,
        "root": result.root.hex(),
        "covered": result.covered,
        "checkpoints": result.checkpoints_checked,
        "first_bad": None if first is None else _problem_json(first),
        "problems": [_problem_json(problem) for problem in result.problems],
    }


def _problem_json(problem: Problem) -> dict[str, Any]:
    message = problem.text.say(language_of())
    return {
        "code": problem.code,
        "weight": problem.weight,
        "index": problem.index,
        "last": problem.last,
        "message": message,
    }


def _line(entry: Entry) -> str:
    body = entry.body
    said = CATALOGUE[body["action"]].say(language_of()) if body["action"] in CATALOGUE else ""
    where = f"{body['object']['kind']} {body['object']['ref']}"
    facts = (body["ts"], f"{body['outcome']:<6}", body["action"], body["actor"]["ref"], where, said)
    return "  ".join((f"{entry.index:>8}", *facts))


def _trusted_key(path: Path | None, context: Context) -> Verifier:
    source = path or context.home / "keys" / VKEY_FILE
    try:
        return parse_vkey(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise NotTrusted(f"no verifier key at {source}") from None


def _own_event(action: str, **rest: Any) -> Event:
    return Event(action, Actor.service("cli"), Object("log", "audit"), Subjects.none(), Source(ip=None), **rest)


def _moment(text: str) -> datetime:
    """Return the moment in an argument; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _guarded(handler: Handler) -> Handler:
    """Return a handler that explains the errors of this package and turns them into exit codes."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        try:
            return handler(arguments, context)
        except AuditError as error:
            _explain(error, context)
            wrong_input = isinstance(error, (NotInLog, EventRefused))
            return EXIT_USAGE if wrong_input else EXIT_ENVIRONMENT

    return run


def _explain(error: AuditError, context: Context) -> None:
    if context.json:
        context.print(json.dumps({"error": type(error).__name__, "reason": str(error), "hint": error.hint}))
    else:
        context.print(f"{error.text(language_of())} ({error})\n{error.hint}")


def _say(ko: str, en: str) -> str:
    return Text(ko, en).say(language_of())
