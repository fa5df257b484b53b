"""The commands of `ansim extract`; loaded only when one of them runs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from audit.cli_context import Context, language_of
from audit.event import Actor, Source
from audit.text import Text
from deid.presence import typed
from deid.records import views
from deid.records.desk import Acting
from deid.records.errors import Invalid
from deid.records.forms import Form, Naming, record_form, review_form
from deid.records.model import Extract, Verdict
from deid.records.notice import notice_form
from deid.records.order import load_order
from deid.records.pdf import form_pdf
from deid.records.processing import Progress as Report
from deid.records.rules import CHECKLIST
from deid.records.workflow import NEXT_TEXT, STATE_TEXT
from deid.written import write_report

CLI = Actor.service("cli")
HERE = Source(None)
ROOT = Acting(CLI, CLI.ref, HERE)
_NO_EXTRACTS = Text(
    "추출본이 없습니다. 신청서를 써서 `ansim extract make`로 만듭니다.",
    "There is no extract. Write an order and make one with `ansim extract make`.",
)
_MADE = Text(
    "추출본 {ref}: {tables}개 표, {rows:,}행. 기준을 위해 {out:,}행을 뺐습니다.",
    "Extract {ref}: {tables} tables, {rows:,} rows; {out:,} rows were left out for the criteria.",
)
_RISK_NOT_MET = Text("만족하지 못한 기준", "criteria not met")
_STATE = Text("상태", "State")
_NEXT = Text("다음 할 일", "What comes next")
_CHANGED = Text("주의: 처리한 뒤 파일이 바뀌었습니다.", "Attention: the files changed since they were made.")
_DESTROYED = Text("추출본 {ref}을(를) 파기했습니다.", "Extract {ref} was destroyed.")
_KEY_KEPT = Text(
    "키는 다른 추출본이나 직접 만든 파일이 쓰고 있어 파기하지 않았습니다. `ansim deid keys uses`로 볼 수 있습니다.",
    "The key was kept: something else was made with it; see `ansim deid keys uses`.",
)
_WRITTEN = Text("{path}에 저장했습니다.", "Written to {path}.")


def run_make(arguments: argparse.Namespace, context: Context) -> int:
    """Draft an extract from its order and make its files, or make those of an extract anew."""
    zone, order = context.zone(), load_order(arguments.order)
    by = _in_the_name_of(zone, arguments.by)
    ref = arguments.again or zone.extracts.draft(order.draft, by=by).ref
    with _progress(quiet=context.json) as report:
        extract = zone.extracts.process(ref, order, by=by, progress=report)
    if context.json:
        return _emit(context, views.summary(extract))
    run = extract.run
    assert run is not None
    out = sum(int(table["suppressed"]) for table in run.tables)
    said = _MADE.format(ref=ref, tables=len(run.tables), rows=run.rows, out=out)
    context.print(said.say(language_of()))
    return _say_next(context, extract)


def run_submit(arguments: argparse.Namespace, context: Context) -> int:
    """Ask for the adequacy review."""
    zone = context.zone()
    return _answer(context, zone.extracts.submit(arguments.ref, by=_in_the_name_of(zone, arguments.by)))


def run_list(_arguments: argparse.Namespace, context: Context) -> int:
    """Show every extract, the newest first."""
    extracts: list[Extract] = context.zone().extracts.every()
    if context.json:
        return _emit(context, [views.summary(one) for one in extracts])
    if not extracts:
        context.print(_NO_EXTRACTS.say(language_of()))
    for one in extracts:
        state = STATE_TEXT[one.state].say(language_of())
        version = "" if one.version is None else f" v{one.version}"
        context.print(f"{one.ref}  {one.draft.dataset}{version} → {one.draft.project}  {state}")
    return 0


def run_show(arguments: argparse.Namespace, context: Context) -> int:
    """Show one extract and what comes next."""
    desk = context.zone().extracts
    extract: Extract = desk.get(arguments.ref)
    now, run, language = desk.manifest_now(extract), extract.run, language_of()
    intact = None if run is None or now is None else now == run.manifest_sha256
    if context.json:
        return _emit(context, {**views.whole(extract), "files_intact": intact})
    context.print(f"{extract.draft.title.say(language)}  {extract.draft.dataset} → {extract.draft.project}")
    context.print(extract.draft.purpose)
    if run is not None:
        for level in run.levels:
            far = level.how_far.say(language)
            context.print(
                f"  {level.table}.{level.column}  {level.technique_text.say(language)}" + (f" ({far})" if far else "")
            )
        failed = [c["name"] for risk in run.risk["tables"].values() for c in risk["criteria"] if c["met"] != "met"]
        if failed:
            context.print(f"{_RISK_NOT_MET.say(language)}: {', '.join(failed)}")
        context.print(f"binding {run.binding}")
    if intact is False:
        context.print(_CHANGED.say(language))
    return _say_next(context, extract)


def run_review(arguments: argparse.Namespace, context: Context) -> int:
    """Decide on the adequacy, as a person who proves to be there."""
    registry = context.zone().registry
    password, code = typed(arguments.reviewer, getpass)
    person = registry.sign_in(arguments.reviewer, password, code, source=HERE)
    actor = Actor.person(person.ref, sorted(role.value for role in person.roles))
    checked = tuple(CHECKLIST) if arguments.check == ["all"] else tuple(arguments.check)
    extract = context.zone().extracts.review(
        arguments.ref,
        Verdict(arguments.verdict),
        binding=arguments.binding,
        reason=arguments.reason,
        conditions=arguments.conditions,
        checked=checked,
        by=Acting(actor, actor.ref, HERE),
    )
    return _answer(context, extract)


def run_draw(arguments: argparse.Namespace, context: Context) -> int:
    """Draw more rows from the model that a reviewed extract keeps."""
    zone = context.zone()
    by = _in_the_name_of(zone, arguments.by)
    with _progress(quiet=context.json) as report:
        sha256 = zone.extracts.draw_again(arguments.ref, arguments.target, arguments.rows, by=by, progress=report)
    if context.json:
        return _emit(context, {"sha256": sha256, "rows": arguments.rows, "extract": arguments.ref})
    context.print(_WRITTEN.format(path=arguments.target).say(language_of()))
    return 0


def run_register(arguments: argparse.Namespace, context: Context) -> int:
    """Make a reviewed extract a version of its dataset; who types stands for the operator."""
    return _answer(context, context.zone().extracts.register(arguments.ref, by=ROOT))


def run_record(arguments: argparse.Namespace, context: Context) -> int:
    """Show the record or the review, or write it as a PDF."""
    zone, language = context.zone(), language_of()
    extract: Extract = zone.extracts.get(arguments.ref)
    name = _naming(zone)
    form = (
        review_form(extract, language, name)
        if arguments.review
        else record_form(extract, zone.extracts.usages(extract), language, name)
    )
    return _show_form(form, arguments, context)


def run_notice(arguments: argparse.Namespace, context: Context) -> int:
    """Show what the privacy policy has to say of the extracts in use, or write it as a PDF."""
    return _show_form(notice_form(context.zone().extracts.every(), language_of()), arguments, context)


def _show_form(form: Form, arguments: argparse.Namespace, context: Context) -> int:
    language = language_of()
    if arguments.pdf is not None:
        write_report(arguments.pdf, form_pdf(form, language, fonts=[context.home / "fonts"]))
    if context.json:
        return _emit(context, _document(form))
    if arguments.pdf is not None:
        context.print(_WRITTEN.format(path=arguments.pdf).say(language))
        return 0
    context.print(f"{form.title}  {form.reference}".rstrip())
    for section in form.sections:
        context.print(f"\n{section.heading}")
        for label, value in section.facts:
            context.print(f"  {label}: {value}")
        for row in (section.header, *section.rows) if section.header else ():
            context.print("  " + " | ".join(row))
    return 0


def run_destroy(arguments: argparse.Namespace, context: Context) -> int:
    """Destroy an extract; its record stays."""
    if arguments.confirm != arguments.ref:
        raise Invalid(
            "not_confirmed",
            Text("--confirm에 추출본 번호를 그대로 적으십시오.", "Repeat the reference with --confirm."),
        )
    extract: Extract = context.zone().extracts.destroy(arguments.ref, arguments.reason, by=ROOT)
    if context.json:
        return _emit(context, views.whole(extract))
    context.print(_DESTROYED.format(ref=extract.ref).say(language_of()))
    if extract.destruction is not None and extract.destruction.key is None:
        context.print(_KEY_KEPT.say(language_of()))
    return 0


def _in_the_name_of(zone: Any, handle: str) -> Acting:
    return Acting(CLI, str(zone.registry.person(handle).ref), HERE)


def _naming(zone: Any) -> Naming:
    known = {person.ref: person.name for person in zone.registry.people()}
    return lambda ref: known.get(ref, ref)


def _answer(context: Context, extract: Extract) -> int:
    return _emit(context, views.summary(extract)) if context.json else _say_next(context, extract)


def _say_next(context: Context, extract: Extract) -> int:
    language = language_of()
    context.print(f"{_STATE.say(language)}: {STATE_TEXT[extract.state].say(language)}  {extract.ref}")
    context.print(f"{_NEXT.say(language)}: {NEXT_TEXT[extract.state].say(language)}")
    return 0


def _emit(context: Context, document: Any) -> int:
    context.print(json.dumps(document, ensure_ascii=False))
    return 0


def _document(form: Form) -> dict[str, Any]:
    return {
        "title": form.title,
        "reference": form.reference,
        "sections": [
            {
                "heading": section.heading,
                "facts": [{"label": label, "value": value} for label, value in section.facts],
                "header": list(section.header),
                "rows": [list(row) for row in section.rows],
            }
            for section in form.sections
        ],
    }


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    bar = Progress(*columns, console=Console(file=sys.stderr), disable=quiet, transient=True)
    with bar:
        tasks: dict[str, Any] = {}

        def report(table: str, done: int, every: int | None) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(table, total=every)
            bar.update(tasks[table], completed=done, total=every)

        yield report
