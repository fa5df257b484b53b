"""`ansim deid`: find direct identifiers in text, make extracts by policy, measure risk, look after the keys.

Exit codes: 0 done · 1 a criterion is not met · 2 wrong usage or input. What was found never appears in the output,
only where it stands.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
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
    scrubbed = commands.add_parser("scrub", help=_say("글에서 식별정보를 가림", "replace identifiers in text"))
    scrubbed.add_argument("file", help=_say("글 파일, 표준 입력은 -", "text file, or - for standard input"))
    scrubbed.set_defaults(func=_later("run_scrub"))
    surveyed = commands.add_parser(
        "survey", help=_say("자료의 열·품질·식별 위험을 조사", "look at a table's columns, quality and risk")
    )
    surveyed.add_argument("table", type=Path, help=_say("자료 (Parquet, CSV)", "data (Parquet, CSV)"))
    surveyed.add_argument("--draft", type=Path, help=_say("정책 초안을 쓸 파일", "file for a draft policy"))
    surveyed.add_argument("--dataset", default="dataset")
    surveyed.add_argument("--project", default="project")
    surveyed.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    surveyed.set_defaults(func=_later("run_survey"))
    _add_apply(commands)
    _add_risk(commands)
    _add_anonymise(commands)
    _add_keys(commands)


def _add_apply(commands: Any) -> None:
    applied = commands.add_parser("apply", help=_say("정책에 따라 추출본 작성", "make the extract of a policy"))
    applied.add_argument("policy", type=Path, help=_say("정책 YAML 파일", "policy in YAML"))
    applied.add_argument("table", type=Path, help=_say("원자료 (Parquet, CSV)", "source data (Parquet, CSV)"))
    applied.add_argument("target", type=Path, nargs="?", help=_say("추출본 파일", "file of the extract"))
    applied.add_argument(
        "--dry-run",
        action="store_true",
        help=_say("몇 행의 전후를 열별로 보이고 쓰지 않음", "show a few rows before and after, write nothing"),
    )
    applied.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    applied.set_defaults(func=_later("run_apply"))


def _add_risk(commands: Any) -> None:
    measured = commands.add_parser("risk", help=_say("재식별 위험 측정", "measure the risk of re-identification"))
    measured.add_argument("table", type=Path, help=_say("자료 (Parquet, CSV)", "data (Parquet, CSV)"))
    measured.add_argument(
        "--policy", type=Path, help=_say("열의 역할과 기준을 정한 정책", "policy with roles and criteria")
    )
    measured.add_argument("--before", type=Path, help=_say("비교할 원자료", "source data to compare with"))
    measured.add_argument("--quasi", help=_say("식별가능정보 열, 쉼표로 구분", "quasi-identifiers, by commas"))
    measured.add_argument("--sensitive", help=_say("민감정보 열, 쉼표로 구분", "sensitive columns, by commas"))
    measured.add_argument("--html", type=Path, help=_say("한 장짜리 보고서 파일", "file of a one-page report"))
    measured.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    measured.set_defaults(func=_later("run_risk"))


def _add_anonymise(commands: Any) -> None:
    made = commands.add_parser(
        "anonymise", help=_say("k-익명성을 만족하도록 일반화", "generalise until everybody hides among others")
    )
    made.add_argument("table", type=Path, help=_say("자료 (Parquet, CSV)", "data (Parquet, CSV)"))
    made.add_argument("target", type=Path, help=_say("결과 파일", "file of the result"))
    made.add_argument(
        "--quasi", required=True, help=_say("식별가능정보 열, 쉼표로 구분", "quasi-identifiers, by commas")
    )
    made.add_argument(
        "--hierarchies",
        type=Path,
        help=_say(
            "계층표 폴더 (열이름.csv). 없으면 부분 일반화", "folder of COLUMN.csv; without it rows are recoded locally"
        ),
    )
    made.add_argument("--k", type=int, default=5)
    made.add_argument("--max-suppression", type=float, default=0.0)
    made.add_argument("--sensitive", help=_say("민감정보 열", "sensitive column"))
    made.add_argument("--l", type=int, default=1, dest="distinct")
    made.add_argument("--t", type=float, dest="closeness")
    made.add_argument("--metric", choices=["entropy", "loss"], default="entropy")
    made.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    made.set_defaults(func=_later("run_anonymise"))


def _add_keys(commands: Any) -> None:
    keys = commands.add_parser("keys", help=_say("추가정보(가명 키)", "the additional information"))
    acts = keys.add_subparsers(required=True, metavar="COMMAND")
    listed = acts.add_parser("list", help=_say("키와 파기 기록", "keys and destruction records"))
    listed.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    listed.set_defaults(func=_later("run_keys_list"))
    destroyed = acts.add_parser("destroy", help=_say("키 하나를 영구 파기", "destroy one key for ever"))
    destroyed.add_argument("domain")
    destroyed.add_argument("version", type=int)
    destroyed.add_argument("--reason", required=True, help=_say("파기 사유", "why"))
    destroyed.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    destroyed.set_defaults(func=_later("run_keys_destroy"))


def _later(name: str) -> Callable[[argparse.Namespace, Context], int]:
    """Return a handler that loads what it needs only when it runs: `scan` must start at once."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        from deid import commands

        handler: Callable[[argparse.Namespace, Context], int] = getattr(commands, name)
        return handler(arguments, context)

    return run


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
