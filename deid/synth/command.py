"""`ansim deid synth`: makes a synthetic extract, or says why there is none; 1 if a risk forbids it."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path

from audit.cli_context import Context, language_of
from audit.event import Source
from audit.text import Language, Text
from deid.commands import CLI, subjects_of
from deid.progress import shown
from deid.reading import opened
from deid.risk.page_html import html
from deid.risk.page_pdf import pdf
from deid.synth.making import Synthetic
from deid.synth.policy import SynthPolicy, load_synth_policy
from deid.synth.report import RISKS, VERDICTS, document, report
from deid.synth.sdv_engine import LICENCE
from deid.synth.service import SynthDesk
from deid.targets import refuse_target
from deid.written import write_report


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Make the synthetic extract of a policy; it is written only if every risk lies below its limit."""
    policy = load_synth_policy(arguments.policy)
    refuse_target(arguments.target)
    language: Language = arguments.language or language_of()
    if policy.engine != "marginals" and not context.json:
        context.print(LICENCE.say(language))
    zone = context.zone()
    with opened(arguments.table, arguments) as source:
        extract = SynthDesk(zone.log).make(
            policy,
            source,
            arguments.target,
            by=CLI,
            source=Source(None),
            subjects=subjects_of(zone, policy.dataset),
            shown=partial(shown, quiet=context.json),
        )
    made = extract.made
    _write_reports(made, policy, arguments, context, language)
    if context.json:
        context.print(json.dumps({"sha256": extract.sha256, **document(made, policy)}, ensure_ascii=False))
    else:
        _say(made, arguments.target, context, language)
    return 0 if made.judged.passed else 1


def _write_reports(
    made: Synthetic, policy: SynthPolicy, arguments: argparse.Namespace, context: Context, language: Language
) -> None:
    page = report(made, policy, language)
    if arguments.html:
        write_report(arguments.html, html(page).encode("utf-8"))
    if arguments.pdf:
        write_report(arguments.pdf, pdf(page, fonts=[context.home / "fonts"]))


def _say(made: Synthetic, target: Path, context: Context, language: Language) -> None:
    for risk in made.judged.risks:
        name = RISKS[risk.name].say(language) + (f" ({risk.about})" if risk.about else "")
        context.print(f"{VERDICTS[risk.verdict].say(language):<24} {name}: {risk.interval[1]:.3f} / {risk.limit:.3f}")
    for task in made.useful.tasks:
        context.print(f"AUC {task.target}: {task.synthetic:.3f} ({Text('실제', 'real').say(language)} {task.real:.3f})")
    end = (
        Text(
            f"{target}: 합성 {made.rows:,}행을 썼습니다.",
            f"{target}: {made.rows:,} synthetic rows.",
        )
        if made.judged.passed
        else Text(
            "쓰지 않았습니다. 한도를 넘은 위험을 보고 열을 줄이거나 묶거나, privacy 항목으로 잡음을 더하십시오.",
            "Nothing was written. See which risk is too high; take fewer or coarser columns, or set a privacy budget.",
        )
    )
    context.print(end.say(language))
