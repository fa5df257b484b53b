"""The commands of `ansim deid` that read tables; loaded only when one of them runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from audit.cli_context import Context, language_of
from audit.event import Actor, Source, Subjects
from audit.text import Text
from deid.actions.text import scrub
from deid.anonymise.apply import anonymise
from deid.anonymise.hierarchy import read_hierarchy
from deid.anonymise.mondrian import recode
from deid.engine import Progress as Report
from deid.engine import changed
from deid.errors import UsageError
from deid.keys import DomainKey, KeyStore
from deid.policy import Policy, load_policy
from deid.risk.assessment import Assessment, as_json, assess, assess_policy, criteria
from deid.risk.measures import NotComputed
from deid.risk.report import report_page
from deid.service import DeidDesk
from deid.sources import Table, open_table
from deid.survey import READINESS, draft_policy, survey
from deid.targets import extract_file

KEYS_DIRECTORY = "additional"
SAMPLE_ROWS = 5
CLI = Actor.service("cli")

_MADE = Text(
    "{rows:,}행, {columns}열의 추출본을 만들었습니다. 기준을 위해 {suppressed:,}행을 뺐습니다.",
    "The extract has {rows:,} rows and {columns} columns; {suppressed:,} rows were left out for the criteria.",
)
_UNNAMED = Text("정책에 없어 뺀 열: {names}", "Columns left out because the policy does not name them: {names}")
_DESTROYED = Text("{domain} 영역의 {version}번 키를 파기했습니다.", "Key {version} of {domain} was destroyed.")
_LIVE = Text("사용 중", "in use")


def run_apply(arguments: argparse.Namespace, context: Context) -> int:
    """Make an extract, or show on a few rows what would be made."""
    policy, table = load_policy(arguments.policy), open_table(arguments.table)
    if arguments.dry_run:
        return _dry_run(policy, table, context)
    if arguments.target is None:
        raise UsageError(
            Text("추출본 파일을 지정하거나 --dry-run을 쓰십시오.", "name the file of the extract, or use --dry-run.")
        )
    zone = context.zone()
    desk = DeidDesk(zone.log, KeyStore(zone.home / KEYS_DIRECTORY))
    with _progress(quiet=context.json) as report:
        made = desk.make_extract(
            policy,
            table,
            arguments.target,
            by=CLI,
            source=Source(None),
            subjects=_subjects(zone, policy),
            progress=report,
        )
    applied = made.applied
    if context.json:
        facts = asdict(applied) | {"assessment": None if applied.assessment is None else as_json(applied.assessment)}
        context.print(json.dumps({"sha256": made.sha256, "policy": policy.digest, **facts}, ensure_ascii=False))
        return 0
    language = language_of()
    said = _MADE.format(rows=applied.rows, columns=len(applied.columns), suppressed=applied.suppressed)
    context.print(said.say(language))
    if applied.unnamed:
        context.print(_UNNAMED.format(names=", ".join(applied.unnamed)).say(language))
    context.print(f"SHA-256 {made.sha256}")
    return 0


def run_risk(arguments: argparse.Namespace, context: Context) -> int:
    """Measure a table; 1 if a criterion of the policy is not met or was not computed."""
    policy = load_policy(arguments.policy) if arguments.policy else None
    if policy is None and not arguments.quasi:
        raise UsageError(
            Text("--policy나 --quasi를 지정하십시오.", "name a policy (--policy) or the columns (--quasi).")
        )
    found = _measured(arguments.table, policy, arguments)
    before = _measured(arguments.before, policy, arguments) if arguments.before else None
    demands = criteria(policy.release, found) if policy else []
    if arguments.html:
        page = report_page(found, before, demands, language_of(), name=arguments.table.name)
        arguments.html.write_text(page, encoding="utf-8")
    if context.json:
        document = {
            "after": as_json(found),
            "before": None if before is None else as_json(before),
            "criteria": [
                {"name": d.name, "column": d.column, "required": d.required, "found": _number(d.found), "met": d.met}
                for d in demands
            ],
        }
        context.print(json.dumps(document, ensure_ascii=False))
    else:
        _say_risk(found, before, context)
        for demand in demands:
            where = f"({demand.column})" if demand.column else ""
            context.print(f"  {demand.name}{where} {demand.required:g}: {demand.met}")
    return 0 if all(demand.met == "met" for demand in demands) else 1


def run_anonymise(arguments: argparse.Namespace, context: Context) -> int:
    """Generalise a table over hierarchies, or locally where none are given."""
    source, quasi = open_table(arguments.table), _names(arguments.quasi)
    if missing := [name for name in quasi if name not in source.columns]:
        raise _no_columns(missing)
    table = pa.Table.from_batches(list(source.batches(source.columns)))
    facts: dict[str, Any] = {"k": arguments.k, "rows_before": table.num_rows}
    if arguments.hierarchies is None:
        result = recode(table, quasi, arguments.k, arguments.sensitive, arguments.distinct)
    else:
        hierarchies = [read_hierarchy(arguments.hierarchies / f"{name}.csv", name) for name in quasi]
        made = anonymise(
            table,
            hierarchies,
            k=arguments.k,
            max_suppression=arguments.max_suppression,
            sensitive=arguments.sensitive,
            distinct=arguments.distinct,
            closeness=arguments.closeness,
            metric=arguments.metric,
        )
        result = made.table
        facts |= {"levels": dict(made.levels), "loss": made.found.loss, "checked": made.found.checked}
    with extract_file(arguments.target, {"anonymised": True, "k": arguments.k}) as writer:
        for batch in result.to_batches():
            writer.write(batch)
    facts |= {"rows": result.num_rows, "suppressed": table.num_rows - result.num_rows}
    if context.json:
        context.print(json.dumps(facts, ensure_ascii=False))
    else:
        for name, value in facts.items():
            context.print(f"{name}: {value}")
    return 0


def run_scrub(arguments: argparse.Namespace, _context: Context) -> int:
    """Write a text without its direct identifiers; the same identifier keeps one mark within the text.

    The marks are keyed with random bytes that are forgotten: nothing leads back, and two runs share nothing.
    """
    try:
        text = sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Text("파일이 없거나 UTF-8 글이 아닙니다.", "the file is not there, or is no text in UTF-8.")
        ) from error
    sys.stdout.write(scrub(text, os.urandom(32)))
    return 0


def run_survey(arguments: argparse.Namespace, context: Context) -> int:
    """Show what a table is and what would have to be done before it may be used."""
    found = survey(open_table(arguments.table))
    language = language_of()
    if arguments.draft:
        text = draft_policy(found, name=arguments.table.stem, dataset=arguments.dataset, project=arguments.project)
        arguments.draft.write_text(text, encoding="utf-8")
    if context.json:
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
        document = {
            "rows": found.rows,
            "duplicates": found.duplicates,
            "k": _number(found.k),
            "unique_rows": found.unique_rows,
            "readiness": found.readiness,
            "reasons": [reason.say(language) for reason in found.reasons],
            "columns": columns,
        }
        context.print(json.dumps(document, ensure_ascii=False))
        return 0
    context.print(READINESS[found.readiness].say(language))
    for reason in found.reasons:
        context.print(f"  · {reason.say(language)}")
    for column in found.columns:
        context.print(
            f"{column.name}  [{column.role} · {column.kind}]  {column.distinct:,}  {column.reason.say(language)}"
        )
    return 0


def run_keys_list(_arguments: argparse.Namespace, context: Context) -> int:
    """Show every key that was ever made."""
    records = KeyStore(context.zone().home / KEYS_DIRECTORY).records()
    if context.json:
        context.print(json.dumps([asdict(record) for record in records], ensure_ascii=False))
    for record in () if context.json else records:
        state = record.destroyed_at or _LIVE.say(language_of())
        context.print(f"{record.domain}  {record.version}  {record.created_at}  {state}")
    return 0


def run_keys_destroy(arguments: argparse.Namespace, context: Context) -> int:
    """Destroy one key for ever."""
    zone = context.zone()
    desk = DeidDesk(zone.log, KeyStore(zone.home / KEYS_DIRECTORY))
    record = desk.destroy_key(arguments.domain, arguments.version, arguments.reason, by=CLI, source=Source(None))
    said = _DESTROYED.format(domain=record.domain, version=record.version).say(language_of())
    context.print(json.dumps(asdict(record), ensure_ascii=False) if context.json else said)
    return 0


def _dry_run(policy: Policy, table: Table, context: Context) -> int:
    """Show a few rows before and after; the tokens are of a key made for this once, so they say nothing."""
    sample = _Sample(table)
    key = DomainKey("dry-run", 1, os.urandom(32))
    before = pa.Table.from_batches(
        list(sample.batches(tuple(c.name for c in policy.columns if c.name in table.columns)))
    )
    after = pa.Table.from_batches(list(changed(policy, sample, key)))
    for column in policy.columns:
        shown = after.column(column.name).to_pylist() if column.shown else []
        old = before.column(column.name).to_pylist() if column.name in before.column_names else []
        if context.json:
            entry = {
                "column": column.name,
                "role": column.role,
                "action": column.action_name,
                "technique": column.technique,
            }
            context.print(json.dumps({**entry, "before": old, "after": shown}, ensure_ascii=False, default=str))
            continue
        context.print(f"{column.name}  [{column.role} · {column.action_name}]")
        for one, other in zip(old, shown or ["—"] * len(old), strict=True):
            context.print(f"    {one}  →  {other}")
    return 0


class _Sample:
    """The first rows of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.columns = table.columns
        self.rows = SAMPLE_ROWS
        self.described = table.described

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """Yield the first rows."""
        for batch in self._table.batches(columns):
            yield batch.slice(0, SAMPLE_ROWS)
            return


def _measured(path: Path, policy: Policy | None, arguments: argparse.Namespace) -> Assessment:
    source = open_table(path)
    if policy is not None:
        wanted = [c.name for c in policy.columns if c.role in ("quasi", "sensitive") and c.name in source.columns]
    else:
        wanted = [*_names(arguments.quasi), *_names(arguments.sensitive)]
    if missing := [name for name in wanted if name not in source.columns]:
        raise _no_columns(missing)
    table = pa.Table.from_batches(list(source.batches(tuple(wanted))))
    if policy is not None:
        return assess_policy(table, policy)
    return assess(table, _names(arguments.quasi), _names(arguments.sensitive))


def _no_columns(missing: list[str]) -> UsageError:
    names = ", ".join(missing)
    return UsageError(Text(f"자료에 없는 열입니다: {names}", f"the data has no column {names}."))


def _names(given: str | None) -> list[str]:
    return [name.strip() for name in (given or "").split(",") if name.strip()]


def _number(value: float | NotComputed) -> float | None:
    return None if isinstance(value, NotComputed) else value


def _say_risk(found: Assessment, before: Assessment | None, context: Context) -> None:
    for name in ("rows", "k", "uniques", "class_count"):
        now = _said(getattr(found, name))
        was = "" if before is None else f"{_said(getattr(before, name))} → "
        context.print(f"{name}: {was}{now}")


def _said(value: Any) -> str:
    return value.reason.say(language_of()) if isinstance(value, NotComputed) else f"{value:g}"


def _subjects(zone: Any, policy: Policy) -> Subjects:
    """Return whose data it is, where the dataset is registered."""
    for dataset in zone.registry.datasets():
        if dataset.id == policy.dataset:
            version = max((v.number for v in zone.registry.versions(dataset.id)), default=1)
            return Subjects.datasets([(dataset.id, version, dataset.people)])
    return Subjects.datasets([(policy.dataset, 0, 0)])


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Report]:
    bar = Progress(
        TextColumn("{task.completed:,.0f}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        disable=quiet,
    )
    with bar:
        task = bar.add_task("rows", total=None, rate="")

        def report(done: int, every: int | None) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=every, rate="" if speed is None else f"{speed:,.0f}/s")

        yield report
