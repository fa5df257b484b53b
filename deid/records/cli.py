"""`ansim extract`: from raw data to a dataset version that a project may be granted, and to its end.

Exit codes: 0 done · 1 the rules say no · 2 wrong usage or input, or another state · 3 the machine lacks something.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of

VERDICTS = ("adequate", "inadequate")


def add_parser(subparsers: Any) -> None:
    """Add `extract` and its commands; each sets `func`, a handler of (arguments, context)."""
    group = subparsers.add_parser("extract", help=_say("가명처리 추출본과 적정성 검토", "extracts and their reviews"))
    commands = group.add_subparsers(required=True, metavar="COMMAND")
    made = _add(commands, "make", "run_make", "신청서(YAML)와 정책으로 추출본 작성", "make an extract of an order")
    made.add_argument("order", type=Path, help=_say("신청서 YAML 파일", "order in YAML"))
    made.add_argument("--again", metavar="REF", help=_say("이 추출본을 다시 처리", "a new run of this extract"))
    _by(made)
    submitted = _add(commands, "submit", "run_submit", "적정성 검토 요청", "ask for the adequacy review")
    _ref(submitted)
    _by(submitted)
    _add(commands, "list", "run_list", "추출본 목록", "show every extract")
    _ref(_add(commands, "show", "run_show", "추출본 하나의 상태와 할 일", "show one extract and what comes next"))
    reviewed = _add(
        commands, "review", "run_review", "적정·부적정 판정(본인 로그인)", "decide, signed in with password and code"
    )
    _ref(reviewed)
    reviewed.add_argument("verdict", choices=VERDICTS)
    reviewed.add_argument("--as", dest="reviewer", required=True, help=_say("검토자 아이디", "the reviewer"))
    reviewed.add_argument("--binding", required=True, help=_say("show에 나온 검토 대상의 해시", "as shown by show"))
    reviewed.add_argument("--reason", required=True, help=_say("판정 사유", "why"))
    reviewed.add_argument("--conditions", default="", help=_say("이용 조건", "conditions of use"))
    reviewed.add_argument(
        "--check", nargs="*", default=[], help=_say("확인한 점검 항목, 모두면 all", "items confirmed, or all")
    )
    drawn = _add(commands, "draw", "run_draw", "검토된 합성 추출본의 모형에서 더 만들기", "more rows from a kept model")
    _ref(drawn)
    where = _say("쓸 파일(.parquet, .csv), 표가 여럿이면 새 폴더", "file to write, or a new folder for several tables")
    drawn.add_argument("target", type=Path, help=where)
    many = _say("행 수, 표가 여럿이면 사람 수", "rows to draw, or people where there are several tables")
    drawn.add_argument("--rows", type=_rows, default=1_000, help=many)
    _by(drawn)
    _ref(_add(commands, "register", "run_register", "검토된 추출본을 데이터셋으로 등록", "register what was reviewed"))
    recorded = _add(commands, "record", "run_record", "가명정보 처리 기록", "show the record of pseudonymisation")
    _ref(recorded)
    recorded.add_argument("--review", action="store_true", help=_say("검토 결과서를 대신 표시", "the review instead"))
    recorded.add_argument("--pdf", type=Path, help=_say("PDF로 저장할 파일", "write it as a PDF"))
    told = _add(
        commands, "notice", "run_notice", "처리방침의 가명정보 부분", "what the privacy policy says of extracts"
    )
    told.add_argument("--pdf", type=Path, help=_say("PDF로 저장할 파일", "write it as a PDF"))
    destroyed = _add(commands, "destroy", "run_destroy", "추출본과 추가정보의 파기", "destroy an extract and its key")
    _ref(destroyed)
    destroyed.add_argument("--reason", required=True, help=_say("파기 사유", "why"))
    destroyed.add_argument("--confirm", required=True, help=_say("추출본 번호를 한 번 더", "its reference once more"))


def _add(commands: Any, name: str, run: str, ko: str, en: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=_say(ko, en))
    command.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    command.set_defaults(func=_later(run))
    return command


def _rows(given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) <= 100_000_000:
        raise argparse.ArgumentTypeError(_say("1~100000000", "1 to 100000000"))
    return int(given)


def _ref(command: argparse.ArgumentParser) -> None:
    command.add_argument("ref", help=_say("추출본 번호 x_…", "reference of the extract, x_…"))


def _by(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--by",
        required=True,
        metavar="HANDLE",
        help=_say("가명처리 담당자의 아이디", "user name of the de-identification operator whose work it is"),
    )


def _later(name: str) -> Callable[[argparse.Namespace, Context], int]:
    """Return a handler that loads what it needs only when it runs."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        from deid.records import commands

        handler: Callable[[argparse.Namespace, Context], int] = getattr(commands, name)
        return handler(arguments, context)

    return run


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
