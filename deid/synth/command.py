"""`ansim deid synth`: makes a synthetic extract, or says why there is none; 1 if a risk forbids it."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.event import Source
from audit.text import Language, Text
from deid.commands import CLI, subjects_of
from deid.errors import DataError
from deid.progress import shown
from deid.reading import opened
from deid.risk.page import Page
from deid.risk.page_html import html
from deid.risk.page_pdf import pdf
from deid.sources import Table, open_table
from deid.synth.policy import SynthPolicy
from deid.synth.relations import RelatedPolicy, load_extract_policy
from deid.synth.report import VERDICTS, document, report
from deid.synth.sdv_engine import LICENCE
from deid.synth.service import SynthDesk, SyntheticExtract
from deid.synth.words import RISKS
from deid.targets import refuse_target
from deid.written import write_report

SUFFIXES = (".parquet", ".csv")
_STOPPED = Text("중단했습니다. 아무것도 쓰지 않았습니다.", "Stopped; nothing was written.")
_REFUSED = Text(
    "쓰지 않았습니다. 한도를 넘은 위험을 보고 열을 줄이거나 묶거나, privacy 항목으로 잡음을 더하십시오.",
    "Nothing was written. See which risk is too high; take fewer or coarser columns, or set a privacy budget.",
)
_REFUSED_TOGETHER = Text(
    "쓰지 않았습니다. 한도를 넘은 위험을 보고 열을 줄이거나 묶으십시오.",
    "Nothing was written. See which risk is too high; take fewer or coarser columns.",
)
"""A budget does not go with several tables."""
_ONLY_WIDE = Text(
    "쓰지 않았습니다. 잰 값은 한도 안에 있지만 구간의 위쪽 끝이 한도를 넘습니다."
    " 떼어 둔 행이 적으면 구간이 넓으니 원자료의 행을 늘리십시오.",
    "Nothing was written. What was measured lies within the limit, but not the upper end of its interval, which few"
    " held-out rows make wide: take more rows of the source.",
)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make the synthetic extract of a policy; it is written only if every risk lies below its limit."""
    policy = load_extract_policy(arguments.policy)
    language: Language = arguments.language or language_of()
    if policy.engine != "marginals" and not context.json:
        context.print(LICENCE.say(language))
    try:
        extract = (
            _make_related(policy, arguments, context)
            if isinstance(policy, RelatedPolicy)
            else _make(policy, arguments, context)
        )
    except KeyboardInterrupt:
        sys.stderr.write(_STOPPED.say(language) + "\n")
        raise
    _write_reports(extract, policy, arguments, context, language)
    if context.json:
        context.print(json.dumps(_document(extract, policy), ensure_ascii=False))
    else:
        _say(extract, arguments.target, context, language)
    return 1 if extract.sha256 is None else 0


def _make(policy: SynthPolicy, arguments: argparse.Namespace, context: Context) -> SyntheticExtract:
    refuse_target(arguments.target)
    zone = context.zone()
    with opened(arguments.table, arguments) as source:
        return SynthDesk(zone.log).make(policy, source, arguments.target, **_by(zone, policy, context))


def _make_related(policy: RelatedPolicy, arguments: argparse.Namespace, context: Context) -> SyntheticExtract:
    """Make several tables from the files of a folder into another. Raises: DataError."""
    sources = {table.name: _source(Path(arguments.table), table.name) for table in policy.tables}
    zone, target = context.zone(), Path(arguments.target)
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise DataError(
            Text(f"{target} 폴더를 만들 수 없습니다: {error.strerror}", f"{target}: {error.strerror}.")
        ) from error
    try:
        return SynthDesk(zone.log).make_related(policy, sources, target, **_by(zone, policy, context))
    finally:
        # Whatever came of it, a folder with nothing in it is not left behind.
        if not any(target.iterdir()):
            target.rmdir()


def _source(directory: Path, table: str) -> Table:
    for suffix in SUFFIXES:
        if (path := directory / f"{table}{suffix}").is_file():
            return open_table(path)
    raise DataError(
        Text(
            f"{directory} 폴더에 {table}.parquet나 {table}.csv가 없습니다.",
            f"{directory} holds neither {table}.parquet nor {table}.csv.",
        )
    )


def _by(zone: Any, policy: SynthPolicy | RelatedPolicy, context: Context) -> dict[str, Any]:
    return {
        "by": CLI,
        "source": Source(None),
        "subjects": subjects_of(zone, policy.dataset),
        "shown": partial(shown, quiet=context.json),
    }


def _document(extract: SyntheticExtract, policy: SynthPolicy | RelatedPolicy) -> dict[str, object]:
    """Return the result for programs: of one table as it stands, of several by table."""
    if isinstance(policy, SynthPolicy):
        return {"sha256": extract.sha256, **document(extract.made, policy)}
    tables = {name: document(made, policy) for name, made in extract.tables.items()}
    return {"sha256": extract.sha256, "passed": extract.sha256 is not None, "tables": tables}


def _write_reports(
    extract: SyntheticExtract,
    policy: SynthPolicy | RelatedPolicy,
    arguments: argparse.Namespace,
    context: Context,
    language: Language,
) -> None:
    page: Page = report(extract.tables, policy, language)
    if arguments.html:
        write_report(arguments.html, html(page).encode("utf-8"))
    if arguments.pdf:
        write_report(arguments.pdf, pdf(page, fonts=[context.home / "fonts"]))


def _say(extract: SyntheticExtract, target: Path, context: Context, language: Language) -> None:
    for table, made in extract.tables.items():
        if len(extract.tables) > 1:
            context.print(f"\n{table}: {made.rows:,}")
        for risk in made.judged.risks:
            name = RISKS[risk.name].say(language) + (f" ({risk.about})" if risk.about else "")
            verdict = VERDICTS[risk.verdict].say(language)
            context.print(f"{verdict:<24} {name}: {risk.held:.3f} / {risk.limit:.3f}")
        for task in made.useful.tasks:
            real = Text("실제", "real").say(language)
            context.print(f"AUC {task.target}: {task.synthetic:.3f} ({real} {task.real:.3f})")
    rows = extract.made.rows
    refused = _REFUSED if len(extract.tables) == 1 else _REFUSED_TOGETHER
    written = Text(f"{target}: 합성 {rows:,}행을 썼습니다.", f"{target}: {rows:,} synthetic rows.")
    not_below = [risk for made in extract.tables.values() for risk in made.judged.risks if risk.verdict != "below"]
    if not_below and all(risk.only_wide for risk in not_below):
        refused = _ONLY_WIDE
    end = written if extract.sha256 is not None else refused
    context.print(end.say(language))
