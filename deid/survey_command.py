"""`ansim deid survey`: what tables are, what would have to be done before they may be used, and an inventory."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.cli_context import Context, language_of
from audit.text import Language, Text
from deid.errors import DataError, UsageError
from deid.inventory import Surveyed, inventory_csv, inventory_html, tables_in
from deid.number_windows import Rules
from deid.progress import shown
from deid.reading import opened
from deid.recogniser_file import kept_recognisers
from deid.risk.measures import NotComputed
from deid.survey import KINDS, READINESS, Survey, draft_policy, survey
from deid.written import WRITTEN, write_report
from deid.zone_recognisers import compiled

_FACTS = Text("값 {distinct}가지 · 결측 {missing}", "{distinct} different values · {missing} missing")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Look at tables; 1 if one of several cannot be read."""
    language = language_of()
    wanted = arguments.table if arguments.connection else [str(p) for p in tables_in(map(Path, arguments.table))]
    if not wanted:
        raise UsageError(Text("폴더에 자료 파일이 없습니다.", "there is no file of data in the folder."))
    alone = len(wanted) == 1 and arguments.inventory is None
    if arguments.draft and len(wanted) > 1:
        raise UsageError(Text("--draft는 자료 하나에만 쓸 수 있습니다.", "--draft is for one table."))
    if arguments.inventory and arguments.inventory.suffix.lower() not in (".csv", ".html"):
        raise UsageError(Text("자료 목록은 .csv나 .html로 씁니다.", "an inventory is a .csv or a .html file."))
    more = compiled(kept_recognisers(context.home))
    rows = list(_surveyed(wanted, arguments, more, quiet=context.json, forgiving=not alone))
    first = rows[0].found
    if arguments.draft and isinstance(first, Survey):
        name = Path(wanted[0]).stem
        text = draft_policy(first, name=name, dataset=arguments.dataset, project=arguments.project, language=language)
        write_report(arguments.draft, text.encode("utf-8"))
    if arguments.inventory:
        page = arguments.inventory.suffix.lower() == ".html"
        data = inventory_html(rows, language).encode("utf-8") if page else inventory_csv(rows, language)
        write_report(arguments.inventory, data)
    if context.json:
        documents = [_json(row, language) for row in rows]
        context.print(json.dumps(documents[0] if alone else documents, ensure_ascii=False))
    else:
        for row in rows:
            _say(row, context, language, many=not alone)
        for written in filter(None, (arguments.draft, arguments.inventory)):
            context.print(WRITTEN.format(path=written).say(language))
    return 1 if any(isinstance(row.found, Text) for row in rows) else 0


def _surveyed(
    wanted: list[str], arguments: argparse.Namespace, more: Rules, *, quiet: bool, forgiving: bool
) -> Iterator[Surveyed]:
    """Yield what was found in each; of several, one that cannot be read is a line of its own."""
    for name in wanted:
        path = Path(name)
        size = path.stat().st_size if not arguments.connection and path.is_file() else 0
        try:
            with opened(name, arguments) as table, shown("survey", quiet=quiet) as report:
                form = ", ".join(value for value in map(_visible, table.described.values()) if value)
                yield Surveyed(name, form, size, survey(table, report, more=more))
        except DataError as error:
            if not forgiving:
                raise
            yield Surveyed(name, "", size, error.reason)


def _visible(text: str) -> str:
    return repr(text)[1:-1] if not text.isprintable() else text


def _json(row: Surveyed, language: Language) -> dict[str, Any]:
    found = row.found
    if isinstance(found, Text):
        return {"name": row.name, "unreadable": found.say(language)}
    columns = [
        {
            "name": column.name,
            "kind": column.kind,
            "missing": column.missing,
            "distinct": column.distinct,
            "identifiers": dict(column.identifiers),
            "role": column.role,
            "reason": column.reason.say(language),
        }
        for column in found.columns
    ]
    return {
        "name": row.name,
        "form": row.form,
        "rows": found.rows,
        "duplicates": found.duplicates,
        "k": None if isinstance(found.k, NotComputed) else found.k,
        "unique_rows": found.unique_rows,
        "readiness": found.readiness,
        "reasons": [reason.say(language) for reason in found.reasons],
        "columns": columns,
    }


def _say(row: Surveyed, context: Context, language: Language, *, many: bool) -> None:
    found = row.found
    if isinstance(found, Text):
        said = found.say(language)
        for name in (row.name, Path(row.name).name):
            said = said.removeprefix(f"{name}: ")
        context.print(f"{row.name}: {said}")
        return
    verdict = READINESS[found.readiness].say(language)
    context.print(f"{row.name}: {verdict}" if many else verdict)
    for why in found.reasons:
        context.print(f"  · {why.say(language)}")
    for column in () if many else found.columns:
        facts = _FACTS.format(distinct=f"{column.distinct:,}", missing=f"{column.missing:.0%}").say(language)
        kind, reason = KINDS[column.kind].say(language), column.reason.say(language)
        context.print(f"{column.name}  [{column.role} · {kind}]  {facts}  {reason}")
