"""`ansim deid anonymise`: generalises a table until everybody hides, and writes it as a whole or not at all."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pyarrow as pa

from audit.cli_context import Context, language_of
from audit.text import Text
from deid.anonymise.apply import anonymise
from deid.anonymise.builtin import as_texts, builtin_hierarchy
from deid.anonymise.hierarchy import Hierarchy, read_hierarchy
from deid.anonymise.mondrian import recode
from deid.errors import DataError, UsageError
from deid.progress import shown
from deid.reading import names, opened, whole
from deid.targets import extract_file

_UNCHANGED = Text(
    "그대로 남은 열: {names}. 사람을 알아볼 수 있는 열이면 먼저 `ansim deid apply`로 처리하십시오.",
    "Columns left as they were: {names}. Treat those that tell who somebody is with `ansim deid apply` first.",
)
_KEPT = Text("모든 동질집합: {models}", "Every class: {models}")
_ROWS = Text(
    "행 수: {before:,} → {after:,} (뺀 행 {suppressed:,})", "Rows: {before:,} → {after:,} ({suppressed:,} left out)"
)
_LEVELS = Text("일반화 단계 (0은 그대로): {levels}", "Levels of generalisation (0 is as it was): {levels}")
_SEARCHED = Text(
    "정보 손실 {loss:,.4f} ({metric}), 조합 {checked:,}개 가운데 가장 작음",
    "Loss {loss:,.4f} ({metric}), the least of all; {checked:,} combinations were checked",
)
_LOCAL = Text(
    "계층이 없어 묶음마다 다른 구간을 썼습니다(Mondrian).",
    "Without hierarchies each class has ranges of its own (Mondrian).",
)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Generalise a table over hierarchies, or locally where none are given."""
    quasi = names(arguments.quasi)
    _refuse_meaningless(arguments, quasi)
    with opened(arguments.table, arguments) as source:
        extra = [name for name in (*quasi, arguments.sensitive) if name and name not in source.columns]
        table = whole(source, [*source.columns, *extra], quiet=context.json)
    facts: dict[str, Any] = {"k": arguments.k, "rows_before": table.num_rows}
    hierarchies = _hierarchies(arguments, quasi, table)
    wanted = {"sensitive": arguments.sensitive, "distinct": arguments.distinct, "closeness": arguments.closeness}
    with shown("search", quiet=context.json) as report:
        if not hierarchies:
            result = recode(table, quasi, arguments.k, **wanted, progress=report)
        else:
            made = anonymise(
                table,
                hierarchies,
                k=arguments.k,
                max_suppression=arguments.max_suppression,
                metric=arguments.metric,
                progress=report,
                **wanted,
            )
            result = made.table
            facts |= {"levels": dict(made.levels), "loss": made.found.loss, "checked": made.found.checked}
    _refuse_nothing_left(result, arguments.k)
    facts["unchanged"] = [name for name in table.column_names if name not in (*quasi, arguments.sensitive)]
    described: dict[str, object] = {"anonymised": True, "k": arguments.k, "levels": facts.get("levels", {})}
    with extract_file(arguments.target, described) as writer:
        for batch in result.combine_chunks().to_batches():
            writer.write(batch)
    facts |= {"rows": result.num_rows, "suppressed": table.num_rows - result.num_rows}
    if context.json:
        context.print(json.dumps(facts, ensure_ascii=False))
    else:
        for line in _told(facts, arguments):
            context.print(line)
        if facts["unchanged"]:
            context.print(f"! {_UNCHANGED.format(names=', '.join(facts['unchanged'])).say(language_of())}")
    return 0


def _told(facts: dict[str, Any], arguments: argparse.Namespace) -> list[str]:
    """Return the facts in words: what every class keeps to, what was generalised how far, what was left out."""
    language = language_of()
    models = [f"k ≥ {arguments.k:,}"]
    models += [f"l({arguments.sensitive}) ≥ {arguments.distinct:,}"] if arguments.distinct > 1 else []
    models += [f"t({arguments.sensitive}) ≤ {arguments.closeness:g}"] if arguments.closeness is not None else []
    lines = [
        _KEPT.format(models=", ".join(models)).say(language),
        _ROWS.format(before=facts["rows_before"], after=facts["rows"], suppressed=facts["suppressed"]).say(language),
    ]
    if "levels" in facts:
        levels = ", ".join(f"{name} {level}" for name, level in facts["levels"].items())
        lines.append(_LEVELS.format(levels=levels).say(language))
        lines.append(
            _SEARCHED.format(loss=facts["loss"], metric=arguments.metric, checked=facts["checked"]).say(language)
        )
    else:
        lines.append(_LOCAL.say(language))
    return lines


def _refuse_nothing_left(result: pa.Table, k: int) -> None:
    """Refuse a table without rows: its k would read as if it had been met."""
    if not result.num_rows:
        raise DataError(
            Text(f"비슷한 행이 {k:,}개 미만이라 남는 행이 없습니다.", f"no rows are left: there are not {k:,} alike.")
        )


def _hierarchies(arguments: argparse.Namespace, quasi: list[str], table: pa.Table) -> list[Hierarchy]:
    """Return a hierarchy for every quasi-identifier, or none at all.

    Raises: UsageError — if some have one and some have not. DataError — if one does not fit the values.
    """
    kinds = dict(_builtin(text) for text in arguments.builtin)
    if unknown := [name for name in kinds if name not in quasi]:
        raise UsageError(Text(f"--quasi에 없는 열입니다: {unknown[0]}", f"{unknown[0]} is not among --quasi."))
    if not kinds and arguments.hierarchies is None:
        return []
    found = []
    for name in quasi:
        if name in kinds:
            values = as_texts(table.column(name).unique().to_pylist())
            found.append(builtin_hierarchy(name, kinds[name], values))
        elif arguments.hierarchies is not None:
            found.append(read_hierarchy(arguments.hierarchies / f"{name}.csv", name))
        else:
            raise UsageError(
                Text(
                    f"{name} 열의 계층이 없습니다. --builtin이나 --hierarchies로 지정하십시오.",
                    f"column {name} has no hierarchy; name one with --builtin or --hierarchies.",
                )
            )
    return found


def _builtin(text: str) -> tuple[str, str]:
    name, sign, kind = text.rpartition("=")
    if not sign:
        raise UsageError(Text(f"열=종류로 적으십시오: {text}", f"write COLUMN=KIND: {text}"))
    return name, kind


def _refuse_meaningless(arguments: argparse.Namespace, quasi: list[str]) -> None:
    if not quasi or arguments.k < 2 or not 0 <= arguments.max_suppression < 1 or arguments.distinct < 1:
        raise UsageError(
            Text(
                "식별가능정보 열을 하나 이상, k는 2 이상, 삭제 비율은 0 이상 1 미만으로 정하십시오.",
                "name at least one quasi-identifier, k from 2, and a suppression from 0 to less than 1.",
            )
        )
    if arguments.sensitive is None and (arguments.distinct > 1 or arguments.closeness is not None):
        raise UsageError(Text("--l과 --t에는 --sensitive가 필요합니다.", "--l and --t need --sensitive."))
