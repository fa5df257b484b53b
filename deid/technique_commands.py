"""What the commands for whole-table techniques do; loaded only when one of them runs."""

from __future__ import annotations

import argparse
import json
import os
from fractions import Fraction
from typing import Any

import pyarrow as pa

from audit.cli_context import Context, language_of
from audit.event import Actor, Source
from audit.text import Text
from deid.anatomise import anatomise
from deid.catalogue import ACTIONS
from deid.errors import UsageError
from deid.keys import KeyStore
from deid.queries import BUDGET, QueryDesk, Question
from deid.sampling import sampled
from deid.sources import open_table
from deid.targets import extract_file
from deid.techniques import TECHNIQUES

CLI = Actor.service("cli")
_CUT = Text("{rows:,}행을 묶음 {groups:,}개로 나누었습니다.", "{rows:,} rows were cut into {groups:,} groups.")
_DRAWN = Text("{rows:,}행을 뽑았습니다.", "{rows:,} rows were drawn.")
_LEFT = Text(
    "답에는 잡음이 들어 있습니다. 이 데이터셋에 남은 예산: {left:g} (전체 {whole:g})",
    "The answer is noisy. Budget left for this dataset: {left:g} of {whole:g}",
)
_BY_ROW = Text(
    "주의: 사람을 나타내는 열(--person)이 없어 한 사람이 아니라 한 행만 보호합니다.",
    "Note: without a column of people (--person) a row is protected, not a person.",
)


def run_techniques(_arguments: argparse.Namespace, context: Context) -> int:
    """List the guideline's techniques: which action does each, where else it is, or why it is not provided."""
    language = language_of()
    rows: list[dict[str, Any]] = []
    for technique in TECHNIQUES.values():
        actions = [name for name, kind in ACTIONS.items() if technique.code in kind.techniques]
        where = technique.missing or technique.elsewhere
        rows.append(
            {
                "technique": technique.code,
                "name": technique.name.say(language),
                "provided": technique.missing is None,
                "actions": actions,
                "where": where.say(language) if where is not None else "",
            }
        )
    if context.json:
        context.print(json.dumps({"techniques": rows}, ensure_ascii=False))
        return 0
    for row in rows:
        context.print(f"{row['name']}  [{row['technique']}]  {', '.join(row['actions']) or row['where']}")
    return 0


def run_anatomise(arguments: argparse.Namespace, context: Context) -> int:
    """Cut a table in two."""
    source = open_table(arguments.table)
    quasi = tuple(name.strip() for name in arguments.quasi.split(",") if name.strip())
    wanted = (*quasi, arguments.sensitive)
    if missing := [name for name in wanted if name not in source.columns]:
        names = ", ".join(missing)
        raise UsageError(Text(f"자료에 없는 열입니다: {names}", f"the data has no column {names}."))
    table = pa.Table.from_batches(list(source.batches(wanted)))
    # Forgotten afterwards: which rows were put together must not be found out by doing it again.
    made = anatomise(table, quasi, arguments.sensitive, arguments.least, os.urandom(32))
    described = {"anatomised": True, "l": arguments.least}
    with extract_file(arguments.people, described) as people, extract_file(arguments.values, described) as values:
        for batch in made.people.to_batches():
            people.write(batch)
        for batch in made.values.to_batches():
            values.write(batch)
    facts = {"rows": made.people.num_rows, "groups": made.groups}
    context.print(json.dumps(facts) if context.json else _CUT.format(**facts).say(language_of()))
    return 0


def run_sample(arguments: argparse.Namespace, context: Context) -> int:
    """Draw a share of a table."""
    rows = 0
    batches = sampled(open_table(arguments.table), arguments.share, os.urandom(32), arguments.person)
    with extract_file(arguments.target, {"sampled": True, "share": arguments.share}) as writer:
        for batch in batches:
            writer.write(batch)
            rows += batch.num_rows
    context.print(json.dumps({"rows": rows}) if context.json else _DRAWN.format(rows=rows).say(language_of()))
    return 0


def run_query(arguments: argparse.Namespace, context: Context) -> int:
    """Answer a question with noise."""
    zone = context.zone()
    desk = QueryDesk(zone.log, KeyStore(zone.home / "additional"))
    name, version = arguments.dataset, arguments.version
    people = zone.registry.dataset(name).people
    zone.registry.version(name, version)
    question = _question(arguments)
    table = open_table(arguments.table)
    answer = desk.ask(question, table, (name, version, people), by=CLI, source=Source(None))
    left = BUDGET - desk.spent(name, version)
    if context.json:
        facts: dict[str, Any] = {"answer": answer, "epsilon": float(question.cost), "left": float(left)}
        context.print(json.dumps(facts | {"protects": "person" if question.person else "row"}, ensure_ascii=False))
        return 0
    for group, value in answer.items():
        context.print(f"{group}: {value:,}")
    context.print(_LEFT.format(left=float(left), whole=float(BUDGET)).say(language_of()))
    if question.person is None:
        context.print(_BY_ROW.say(language_of()))
    return 0


def _question(arguments: argparse.Namespace) -> Question:
    try:
        epsilon = Fraction(arguments.epsilon)
        where = dict(condition.split("=", 1) for condition in arguments.where)
    except (ValueError, ZeroDivisionError):
        raise UsageError(
            Text("epsilon은 수로, 조건은 열=값으로 적으십시오.", "epsilon is a number, a condition is COLUMN=VALUE.")
        ) from None
    values = tuple(value for value in arguments.values.split(",") if value)
    return Question(
        epsilon=epsilon,
        where=where,
        total=arguments.total,
        low=arguments.low,
        high=arguments.high,
        by=arguments.by,
        values=values,
        person=arguments.person,
    )
