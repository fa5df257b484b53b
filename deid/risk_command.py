"""`ansim deid risk`: measures a table, before and after, and writes the report."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audit.cli_context import Context, language_of
from audit.text import Language, Text
from deid.cautions import cautions, idle, sentences
from deid.engine import changed
from deid.errors import UsageError
from deid.keys import DomainKey
from deid.policy import Policy, load_policy
from deid.reading import names, opened, whole
from deid.risk.assessment import Assessment, as_json, assess, assess_policy, criteria
from deid.risk.bought import Bought, Standing, bought
from deid.risk.measures import Figure, NotComputed
from deid.risk.population import Population
from deid.risk.report import FIGURES, MET, report_page, report_pdf
from deid.sources import Table, open_table
from deid.written import WRITTEN, write_report


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Measure a table; 1 if a criterion of the policy is not met or was not computed."""
    policy = load_policy(arguments.policy) if arguments.policy else None
    if policy is None and not arguments.quasi:
        raise UsageError(
            Text("--policy나 --quasi를 지정하십시오.", "name a policy (--policy) or the columns (--quasi).")
        )
    population = _population(arguments, quiet=context.json)
    with opened(arguments.table, arguments) as source:
        found = _measured(source, policy, arguments, population, quiet=context.json)
    before = steps = None
    if arguments.before:
        raw = open_table(arguments.before)
        before = _measured(raw, policy, arguments, None, quiet=context.json)
        steps = None if policy is None else _bought(raw, policy, quiet=context.json)
    demands = criteria(policy.release, found) if policy else []
    language: Language = arguments.language or language_of()
    name = Path(arguments.table).name
    known = None if policy is None else cautions(policy)
    if policy is not None and known is not None and before is not None:
        known += idle(policy, before.distinct_values, found.distinct_values)
    if arguments.html:
        page = report_page(found, before, demands, language, name=name, steps=steps, known=known)
        write_report(arguments.html, page.encode("utf-8"))
    if arguments.pdf:
        fonts = [context.home / "fonts"]
        data = report_pdf(found, before, demands, language, name=name, steps=steps, known=known, fonts=fonts)
        write_report(arguments.pdf, data)
    if context.json:
        document = {
            "after": as_json(found),
            "before": None if before is None else as_json(before),
            "actions": None if steps is None else _steps_json(steps),
            "criteria": [
                {"name": d.name, "column": d.column, "required": d.required, "found": _number(d.found), "met": d.met}
                for d in demands
            ],
            "cautions": [] if policy is None else sentences(policy, language, known),
        }
        context.print(json.dumps(document, ensure_ascii=False))
    else:
        _say(found, before, context)
        for sentence in () if policy is None else sentences(policy, language, known):
            context.print(f"! {sentence}")
        for demand in demands:
            where = f"({demand.column})" if demand.column else ""
            context.print(f"  {demand.name}{where} {demand.required:g}: {MET[demand.met][1].say(language_of())}")
        for written in filter(None, (arguments.html, arguments.pdf)):
            context.print(WRITTEN.format(path=written).say(language_of()))
    return 0 if all(demand.met == "met" for demand in demands) else 1


def _measured(
    source: Table, policy: Policy | None, arguments: argparse.Namespace, population: Population | None, *, quiet: bool
) -> Assessment:
    if policy is not None:
        wanted = [c.name for c in policy.columns if c.role in ("quasi", "sensitive") and c.name in source.columns]
        return assess_policy(whole(source, wanted, quiet=quiet), policy, population)
    quasi, sensitive = names(arguments.quasi), names(arguments.sensitive)
    return assess(whole(source, [*quasi, *sensitive], quiet=quiet), quasi, sensitive, population)


def _population(arguments: argparse.Namespace, *, quiet: bool) -> Population | None:
    if arguments.population is None:
        return None
    source = open_table(arguments.population)
    count = arguments.population_count
    if count not in source.columns:
        raise UsageError(
            Text(
                f"모집단 자료에 {count} 열이 없습니다. 사람 수 열을 --population-count로 지정하십시오.",
                f"the population has no column {count}; name the one with the people (--population-count).",
            )
        )
    table = whole(source, source.columns, quiet=quiet)
    try:
        pc.cast(table.column(count), pa.float64())
    except pa.ArrowException:
        raise UsageError(
            Text(f"모집단 자료의 {count} 열에 숫자가 아닌 값이 있습니다.", f"column {count} is not all numbers.")
        ) from None
    return Population(table, count)


def _bought(source: Table, policy: Policy, *, quiet: bool) -> Bought:
    """Return what each action on a quasi-identifier bought, with a key made for this once: no token leaves."""
    quasi = tuple(c for c in policy.columns if c.role == "quasi" and c.name in source.columns)
    before = whole(source, [c.name for c in quasi], quiet=quiet)
    part = replace(policy, columns=tuple(c for c in quasi if c.shown))
    after = list(changed(part, source, DomainKey("risk", 1, os.urandom(32)))) if part.columns else []
    shown = pa.Table.from_batches(after) if after else pa.table({})
    return bought(before, shown, {c.name: c.action_name for c in quasi})


def _steps_json(steps: Bought) -> dict[str, Any]:
    def standing(one: Standing) -> dict[str, Any]:
        return {"k": _number(one.k), "mean_risk": _number(one.average), "unique_share": _number(one.unique)}

    return {
        "source": standing(steps.start),
        "steps": [
            {
                "column": step.column,
                "action": step.action,
                "values": {"before": step.values_before, "after": step.values_after},
                "with": standing(step.standing),
                "without_it_alone": standing(step.without),
            }
            for step in steps.steps
        ],
    }


def _number(value: Figure) -> float | None:
    return None if isinstance(value, NotComputed) else value


def _say(found: Assessment, before: Assessment | None, context: Context) -> None:
    for name, word in (("rows", "rows"), ("k", "k"), ("uniques", "uniques"), ("class_count", "classes")):
        now = _said(getattr(found, name))
        was = "" if before is None else f"{_said(getattr(before, name))} → "
        context.print(f"{FIGURES[word].say(language_of())}: {was}{now}")


def _said(value: Any) -> str:
    if isinstance(value, NotComputed):
        return f"{Text('계산 안 됨', 'not computed').say(language_of())}: {value.reason.say(language_of())}"
    return f"{value:g}"
