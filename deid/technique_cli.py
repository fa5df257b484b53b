"""The commands for techniques of the guideline that work on whole tables, or answer instead of showing rows."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of


def add_techniques(commands: Any) -> None:
    """Add `techniques`, `anatomise`, `sample` and `query`."""
    _command(
        commands,
        "techniques",
        ("가이드라인의 기법과 그 처리, 제공하지 않는 이유", "techniques of the guideline; why some are missing"),
    )
    cut = _command(commands, "anatomise", ("해부화: 표를 둘로 나눔", "cut a table in two that share only groups"))
    cut.add_argument("table", type=Path, help=_say("자료", "data"))
    cut.add_argument("people", type=Path, help=_say("식별가능정보를 쓸 파일", "file for the quasi-identifiers"))
    cut.add_argument("values", type=Path, help=_say("민감정보를 쓸 파일", "file for the sensitive values"))
    cut.add_argument(
        "--quasi", required=True, help=_say("식별가능정보 열, 쉼표로 구분", "quasi-identifiers, by commas")
    )
    cut.add_argument("--sensitive", required=True, help=_say("민감정보 열", "sensitive column"))
    cut.add_argument(
        "--l", type=int, required=True, dest="least", help=_say("묶음 안의 서로 다른 값", "values a group")
    )
    drawn = _command(commands, "sample", ("표본추출", "draw a share of the people"))
    drawn.add_argument("table", type=Path, help=_say("자료", "data"))
    drawn.add_argument("target", type=Path, help=_say("결과 파일", "file of the result"))
    drawn.add_argument("--share", type=float, required=True, help=_say("비율 (0과 1 사이)", "between 0 and 1"))
    drawn.add_argument("--person", help=_say("사람을 나타내는 열", "column that says whose row it is"))
    _add_query(commands)


def _add_query(commands: Any) -> None:
    asked = _command(
        commands, "query", ("차분 프라이버시로 개수나 합을 답함", "a count or sum with differential privacy")
    )
    asked.add_argument("table", type=Path, help=_say("자료", "data"))
    asked.add_argument("--dataset", required=True, help=_say("등록된 데이터셋", "id of the registered dataset"))
    asked.add_argument("--version", type=int, default=1, help=_say("데이터셋 버전", "version of the dataset"))
    asked.add_argument("--epsilon", required=True, help=_say("쓸 예산, 예: 0.5", "what it may cost, such as 0.5"))
    asked.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help=_say("조건, 여럿 가능", "a condition; may be repeated"),
    )
    asked.add_argument("--sum", dest="total", help=_say("더할 열 (없으면 개수)", "column to add up; else a count"))
    asked.add_argument("--low", type=int, default=0, help=_say("한 사람의 최소", "the least of one person"))
    asked.add_argument("--high", type=int, default=1, help=_say("한 사람의 최대", "the most of one person"))
    asked.add_argument("--by", help=_say("집단 열", "column of groups"))
    asked.add_argument("--values", default="", help=_say("답할 집단, 쉼표로 구분", "the groups, by commas"))
    asked.add_argument("--person", help=_say("사람을 나타내는 열", "column that says whose row it is"))


def _command(commands: Any, name: str, about: tuple[str, str]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=_say(*about))
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    parser.set_defaults(func=_later(f"run_{name}"))
    return parser


def _later(name: str) -> Callable[[argparse.Namespace, Context], int]:
    """Return a handler that loads what it needs only when it runs."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        from deid import technique_commands

        handler: Callable[[argparse.Namespace, Context], int] = getattr(technique_commands, name)
        return handler(arguments, context)

    return run


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
