"""The words of the commands of `ansim deid` that read tables; what they do is loaded only when one of them runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of


def add_survey(commands: Any) -> None:
    """Add `survey`."""
    surveyed = commands.add_parser(
        "survey", help=_say("자료의 열·품질·식별 위험을 조사", "look at a table's columns, quality and risk")
    )
    surveyed.add_argument(
        "table",
        nargs="+",
        help=_say("자료 파일 또는 폴더, 여럿 가능", "files or folders of data, or with --connection tables"),
    )
    surveyed.add_argument("--draft", type=Path, help=_say("정책 초안을 쓸 파일", "file for a draft policy"))
    surveyed.add_argument(
        "--inventory",
        type=Path,
        help=_say("자료 목록을 쓸 파일 (.csv, .html)", "file for the inventory of all tables (.csv, .html)"),
    )
    surveyed.add_argument("--dataset", default="dataset", help=_say("정책 초안의 데이터셋", "dataset of the draft"))
    surveyed.add_argument("--project", default="project", help=_say("정책 초안의 과제", "project of the draft"))
    _add_connection(surveyed)
    _add_json(surveyed)
    surveyed.set_defaults(func=_later("survey_command", "run"))


def add_apply(commands: Any) -> None:
    """Add `apply`."""
    applied = commands.add_parser("apply", help=_say("정책에 따라 추출본 작성", "make the extract of a policy"))
    applied.add_argument("policy", type=Path, help=_say("정책 YAML 파일", "policy in YAML"))
    applied.add_argument(
        "table",
        help=_say("원자료 (Parquet, CSV), --connection이 있으면 테이블", "source data (Parquet, CSV), or a table"),
    )
    applied.add_argument("target", type=Path, nargs="?", help=_say("추출본 파일", "file of the extract"))
    applied.add_argument(
        "--dry-run",
        action="store_true",
        help=_say("몇 행의 전후를 열별로 보이고 쓰지 않음", "show a few rows before and after, write nothing"),
    )
    applied.add_argument(
        "--until",
        metavar="DATE",
        help=_say(
            "키가 필요한 마지막 날 (2027-12-31). 없으면 과제의 끝, 등록되지 않은 과제면 1년 뒤",
            "last day on which it needs its key (2027-12-31); without it the end of the project, or a year",
        ),
    )
    applied.add_argument("--by", metavar="USER", help=_say("만드는 사람의 아이디", "user name of who makes it"))
    _add_connection(applied)
    applied.add_argument(
        "--scheduler",
        metavar="URL",
        help=_say("Dask 스케줄러 주소 (tls://…)로 여러 기계에서 처리", "address of a Dask scheduler (tls://…)"),
    )
    for name, what in (
        ("ca", ("인증기관", "authority")),
        ("cert", ("인증서", "certificate")),
        ("key", ("개인키", "key")),
    ):
        applied.add_argument(
            f"--tls-{name}", type=Path, metavar="FILE", help=_say(f"TLS {what[0]} 파일", f"TLS {what[1]}, a file")
        )
    _add_json(applied)
    applied.set_defaults(func=_later("commands", "run_apply"))


def add_risk(commands: Any) -> None:
    """Add `risk`."""
    measured = commands.add_parser("risk", help=_say("재식별 위험 측정", "measure the risk of re-identification"))
    measured.add_argument("table", help=_say("자료 (Parquet, CSV)", "data (Parquet, CSV), or a table"))
    measured.add_argument(
        "--policy", type=Path, help=_say("열의 역할과 기준을 정한 정책", "policy with roles and criteria")
    )
    measured.add_argument("--before", type=Path, help=_say("비교할 원자료", "source data to compare with"))
    measured.add_argument("--quasi", help=_say("식별가능정보 열, 쉼표로 구분", "quasi-identifiers, by commas"))
    measured.add_argument("--sensitive", help=_say("민감정보 열, 쉼표로 구분", "sensitive columns, by commas"))
    measured.add_argument(
        "--population",
        type=Path,
        help=_say("모집단 묶음 크기 파일 (기자 모형)", "file of class sizes of the population (journalist)"),
    )
    measured.add_argument(
        "--population-count", default="count", help=_say("그 파일의 사람 수 열", "its column with the people")
    )
    measured.add_argument("--html", type=Path, help=_say("한 장짜리 보고서 파일", "file of a one-page report"))
    measured.add_argument("--pdf", type=Path, help=_say("PDF 보고서 파일", "file of the report as PDF"))
    measured.add_argument("--language", choices=["ko", "en"], help=_say("보고서의 언어", "language of the report"))
    _add_connection(measured)
    _add_json(measured)
    measured.set_defaults(func=_later("risk_command", "run"))


def add_synth(commands: Any) -> None:
    """Add `synth`."""
    made = commands.add_parser(
        "synth", help=_say("합성자료 작성과 위험 점검", "make a synthetic extract and attack it before it is written")
    )
    made.add_argument("policy", type=Path, help=_say("합성 정책 YAML 파일", "policy of the synthetic extract, YAML"))
    made.add_argument(
        "table",
        help=_say(
            "원자료 (Parquet, CSV). 표가 여럿이면 표 이름의 파일이 든 폴더",
            "source data (Parquet, CSV), or a table; a folder of files named like the tables, where there are several",
        ),
    )
    made.add_argument(
        "target",
        type=Path,
        help=_say(
            "합성자료 파일, 표가 여럿이면 폴더", "file of the synthetic extract; a folder where there are several"
        ),
    )
    made.add_argument("--html", type=Path, help=_say("보고서 파일", "file of the report"))
    made.add_argument("--pdf", type=Path, help=_say("PDF 보고서 파일", "file of the report as PDF"))
    made.add_argument("--language", choices=["ko", "en"], help=_say("보고서의 언어", "language of the report"))
    _add_connection(made)
    _add_json(made)
    made.set_defaults(func=_later("synth.command", "run"))


def add_dummy(commands: Any) -> None:
    """Add `dummy`."""
    made = commands.add_parser(
        "dummy",
        help=_say("연습용 견본 자료 작성: 스키마만 보고 지어냄", "make dummy rows for rehearsals from a schema alone"),
    )
    made.add_argument("schema", type=Path, help=_say("열의 종류를 적은 YAML 파일", "kinds of columns, YAML"))
    made.add_argument("target", type=Path, help=_say("견본 파일 (.parquet, .csv)", "file to write (.parquet, .csv)"))
    made.add_argument("--rows", type=_rows, default=1_000, help=_say("행 수", "rows to make"))
    _add_json(made)
    made.set_defaults(func=_later("synth.dummy_command", "run"))


def _rows(given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) <= 10_000_000:
        raise argparse.ArgumentTypeError(_say("1~10000000", "1 to 10000000"))
    return int(given)


def add_anonymise(commands: Any) -> None:
    """Add `anonymise`."""
    made = commands.add_parser(
        "anonymise", help=_say("k-익명성을 만족하도록 일반화", "generalise until everybody hides among others")
    )
    made.add_argument("table", help=_say("자료 (Parquet, CSV)", "data (Parquet, CSV), or a table"))
    made.add_argument("target", type=Path, help=_say("결과 파일", "file of the result"))
    made.add_argument(
        "--quasi", required=True, help=_say("식별가능정보 열, 쉼표로 구분", "quasi-identifiers, by commas")
    )
    made.add_argument(
        "--hierarchies",
        type=Path,
        help=_say(
            "계층표 폴더 (열이름.csv). 계층이 하나도 없으면 Mondrian 부분 일반화",
            "folder of hierarchies (COLUMN.csv); without any hierarchy rows are recoded locally (Mondrian)",
        ),
    )
    made.add_argument(
        "--builtin",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help=_say("내장 계층: age, date, region, flat 중 하나", "a built-in hierarchy: age, date, region or flat"),
    )
    made.add_argument("--k", type=int, default=5, help=_say("묶음의 최소 크기", "rows that every class has"))
    made.add_argument(
        "--max-suppression",
        type=float,
        default=0.0,
        help=_say("뺄 수 있는 행의 비율", "share of rows that may be left out"),
    )
    made.add_argument("--sensitive", help=_say("민감정보 열", "sensitive column"))
    made.add_argument("--l", type=int, default=1, dest="distinct", help=_say("l-다양성", "l-diversity"))
    made.add_argument("--t", type=float, dest="closeness", help=_say("t-근접성", "t-closeness"))
    made.add_argument(
        "--metric",
        choices=["entropy", "loss"],
        default="entropy",
        help=_say("정보손실 지표", "what loss is counted in"),
    )
    _add_connection(made)
    _add_json(made)
    made.set_defaults(func=_later("anonymise_command", "run"))


def _add_connection(parser: Any) -> None:
    parser.add_argument(
        "--connection",
        type=Path,
        metavar="FILE",
        help=_say("데이터베이스 주소 한 줄이 든 파일 (chmod 600)", "file with the address of a database (chmod 600)"),
    )
    parser.add_argument(
        "--order-by",
        metavar="COLUMNS",
        help=_say("기본 키가 없을 때 정렬할 열", "columns to sort by, without a primary key"),
    )


def _add_json(parser: Any) -> None:
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))


def _later(module: str, name: str) -> Callable[[argparse.Namespace, Context], int]:
    """Return a handler that loads what it needs only when it runs."""

    def run(arguments: argparse.Namespace, context: Context) -> int:
        handler: Callable[[argparse.Namespace, Context], int] = getattr(import_module(f"deid.{module}"), name)
        return handler(arguments, context)

    return run


def _say(ko: str, en: str) -> str:
    return ko if language_of() == "ko" else en
