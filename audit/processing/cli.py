"""`ansim audit processing`: the record of processing activities (GDPR art. 30), shown or taken along."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from audit.cli_context import Context, language_of
from audit.errors import QuestionRefused
from audit.processing.html_out import html_copy
from audit.processing.making import Zone, copy, register_of, show
from audit.processing.record import Row, gaps
from audit.searching.asking import check_reason
from audit.searching.cli import officer_of
from audit.searching.copies import Copy
from audit.searching.csv_copy import csv_copy
from audit.searching.pdf_copy import Occasion, find_font, pdf_copy
from audit.searching.wording import SERVICES
from audit.text import Language, Text

Handler = Callable[[argparse.Namespace, Context], int]
Guard = Callable[[Handler], Handler]

_HELP = Text("개인정보 처리활동 기록 (GDPR 제30조)", "the record of processing activities (GDPR art. 30)")
_REASON = Text("파일로 받는 사유(필수)", "why you take a file (required)")
_GAPS = Text("채워야 할 항목 {n}개: processing.yaml에 적으십시오.", "{n} fields to be filled in, in processing.yaml.")
_CANNOT = Text("{target}에 쓸 수 없습니다: {why}", "{target} cannot be written: {why}")
_WROTE = Text("{target}: {n}줄", "{target}: {n} lines")

Form = Callable[[Copy, str, Language, Path], bytes]


def _pdf(made: Copy, reason: str, language: Language, home: Path) -> bytes:
    occasion = Occasion((), SERVICES["cli"].say(language), reason)
    return pdf_copy(made, occasion, language, fonts=(home / "fonts",))


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "html": lambda made, _reason, language, _home: html_copy(made, language).encode("utf-8"),
        "csv": lambda made, _reason, language, _home: "".join(csv_copy(made, language)).encode("utf-8"),
        "pdf": _pdf,
    }
)
"""The forms of a file, and what makes each."""


def add_parsers(commands: Any, guard: Guard) -> None:
    """Add `processing`."""
    language = language_of()
    parser = commands.add_parser("processing", help=_HELP.say(language))
    for form in FORMS:
        parser.add_argument(f"--{form}", type=Path, metavar="FILE")
    parser.add_argument("--reason", default="", help=_REASON.say(language))
    parser.add_argument(
        "--json", action="store_true", help=Text("프로그램용 출력", "answer for programs").say(language)
    )
    parser.set_defaults(func=guard(run))


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print the record, or write it to files; record who read it, and why it is taken along."""
    found = context.zone()
    registry, policy = getattr(found, "registry", None), getattr(found, "retention", None)
    zone, officer = Zone(found.log, context.home, register_of(registry), policy), officer_of(found)
    wanted = {form: target for form in FORMS if (target := getattr(arguments, form)) is not None}
    if not wanted:
        _print(show(zone, officer), context)
        return 0
    reason = check_reason(arguments.reason)
    if "pdf" in wanted:
        find_font((context.home / "fonts",))
    for form, target in wanted.items():
        made = copy(zone, officer, form, reason)
        try:
            with target.open("xb") as file:
                file.write(FORMS[form](made, reason, language_of(), context.home))
        except OSError as error:
            raise QuestionRefused(_CANNOT.format(target=target, why=error.strerror)) from error
        facts = {"file": str(target), "rows": len(made.lines)}
        told = _WROTE.format(target=target, n=len(made.lines)).say(language_of())
        context.print(json.dumps(facts, ensure_ascii=False) if context.json else told)
    return 0


def document(record: tuple[Row, ...]) -> dict[str, Any]:
    """Return the record as JSON values."""
    rows = [
        {
            "of": {"ko": row.part.ko, "en": row.part.en},
            "article": f"30(1)({row.letter})",
            "field": {"ko": row.name.ko, "en": row.name.en},
            "value": {"ko": row.value.ko, "en": row.value.en},
            "known_from": row.origin.name.lower(),
            "entries": list(row.entries),
        }
        for row in record
    ]
    return {"rows": rows, "unknown": gaps(record)}


def _print(record: tuple[Row, ...], context: Context) -> None:
    language = language_of()
    if context.json:
        context.print(json.dumps(document(record), ensure_ascii=False))
        return
    part = None
    for row in record:
        if row.part != part:
            part = row.part
            context.print(part.say(language))
        context.print(f"  ({row.letter}) {row.name.say(language)}: {row.value.say(language)}")
        context.print(f"      {row.origin.value.say(language)}  {' '.join(map(str, row.entries))}".rstrip())
    context.print(_GAPS.format(n=gaps(record)).say(language))
