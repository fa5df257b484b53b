"""`ansim probe`: attack a workspace made as a researcher's, and say what held.

Exit codes: 0 every wall stands · 2 wrong usage · 3 the probe could not be made ready · 10 a wall is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text as Styled

from audit.cli_context import language_of
from audit.text import Language, Text
from hub_config.probe.model import VERDICTS, Finding, Report, Verdict
from hub_config.runtimes import RUNC, RUNTIMES

if TYPE_CHECKING:
    from hub_config.cli import Context
    from hub_config.settings import Settings
    from hub_config.zone import Zone

BROKEN = 10
#: Mark and colour of a verdict; nothing is said by colour alone.
MARKS: dict[Verdict, tuple[str, str]] = {
    Verdict.HELD: ("✓", "green"),
    Verdict.BROKEN: ("✗", "bold red"),
    Verdict.LACKING: ("!", "yellow"),
    Verdict.NOT_COMPUTED: ("?", "yellow"),
    Verdict.NOT_APPLICABLE: ("–", "dim"),
}
HEADINGS = (
    Text("점검", "probe"),
    Text("결과", "verdict"),
    Text("시도", "what was tried"),
    Text("본 것", "what was seen"),
)
SUMMARY = Text(
    "점검 {total}개: 막음 {held} · 뚫림 {broken} · 권고 미충족 {lacking} · 계산하지 못함 {not_computed} · 해당 없음 "
    "{not_applicable}",
    "{total} probes: held {held} · broken {broken} · advised but missing {lacking} · not computed {not_computed} · "
    "not applicable {not_applicable}",
)
STANDS = Text("벽이 모두 서 있습니다.", "Every wall stands.")
FALLEN = Text("뚫린 벽이 있습니다: {names}", "Walls are broken: {names}")
RECORDED = Text("보고서 {digest}…를 감사 기록에 남겼습니다.", "Report {digest}… is in the audit log.")
WORKING = Text("분석환경을 공격하고 있습니다", "Attacking a workspace")
UNDER = Text("실행기 {runtime}에서:", "Under the runtime {runtime}:")
NONE_YET = Text("아직 점검한 적이 없습니다.", "There is no report yet.")


def add_parser(subparsers: Any) -> None:
    """Add `probe`; it sets `func`, a handler of (arguments, context)."""
    parser = subparsers.add_parser(
        "probe", help=_say("분석환경을 공격하여 벽을 점검", "attack a workspace and say which walls hold")
    )
    parser.add_argument("--json", action="store_true", help=_say("프로그램용 출력", "answer for programs"))
    parser.add_argument("--all", action="store_true", help=_say("막은 것도 모두 보이기", "show what held as well"))
    parser.add_argument(
        "--take",
        metavar="FILE",
        help=_say(
            "다른 곳에서 만든 점검 보고서를 기록(-는 표준 입력)",
            "record a report made beside the zone (- for standard input)",
        ),
    )
    parser.add_argument("--last", action="store_true", help=_say("지난 보고서만 보이기", "only show the last report"))
    parser.add_argument(
        "--runtime",
        choices=RUNTIMES,
        help=_say(
            "컨테이너 실행기(runsc는 gVisor). 정하지 않으면 이 구역이 쓰는 것 모두",
            "runtime of the container (runsc is gVisor); without it, each that this zone uses",
        ),
    )
    parser.set_defaults(func=run_probe)


def run_probe(arguments: argparse.Namespace, context: Context) -> int:
    """Probe the zone and print the report; 10 if a wall is broken."""
    from audit.event import Actor
    from hub_config.probe.service import probe
    from hub_config.settings import load_settings

    if arguments.last:
        wanted = _wanted(arguments, load_settings(context.home))
        return max(show_last(context, runtime, whole=arguments.all) for runtime in wanted)
    zone = context.zone()
    if arguments.take:
        return _take(zone, arguments, context)
    actor, codes = Actor.service("cli"), []
    for runtime in _wanted(arguments, zone.settings):
        if context.json:
            report = probe(zone, actor, lambda finding: None, runtime=runtime)
        else:
            report = _with_bar(context, lambda told, one=runtime: probe(zone, actor, told, runtime=one))
        codes.append(_say_recorded(report, context, whole=arguments.all))
    return max(codes)


def _wanted(arguments: argparse.Namespace, settings: Settings) -> tuple[str, ...]:
    return (arguments.runtime,) if arguments.runtime else settings.runtimes()


def _take(zone: Zone, arguments: argparse.Namespace, context: Context) -> int:
    from audit.event import Actor
    from hub_config.probe.taking import LARGEST, take

    if arguments.take == "-":
        text = sys.stdin.read(LARGEST + 1)
    else:
        with Path(arguments.take).open(encoding="utf-8") as file:
            text = file.read(LARGEST + 1)
    reports = take(zone, Actor.service("cli"), text)
    return max(_say_recorded(report, context, whole=arguments.all) for report in reports)


def _say_recorded(report: Report, context: Context, *, whole: bool) -> int:
    if context.json:
        context.emit({**report.document(), "sha256": report.digest()})
    else:
        print_report(report, context, whole=whole)
        context.print(RECORDED.format(digest=report.digest()[:16]).say(language_of()))
    return 0 if report.held else BROKEN


def show_last(context: Context, runtime: str, *, whole: bool) -> int:
    """Print the last report about a runtime again."""
    from datetime import datetime

    from hub_config.probe.standing import report_path

    path = report_path(context.home, runtime)
    if not path.exists():
        context.print(NONE_YET.say(language_of()))
        return 0
    document = json.loads(path.read_text(encoding="utf-8"))
    findings = tuple(Finding(f["probe"], Verdict(f["verdict"]), f["seen"]) for f in document["findings"])
    facts = {name: document[name] for name in ("zone", "image", "runtime", "engine")}
    began, ended = (datetime.fromisoformat(document[name]) for name in ("began", "ended"))
    report = Report(began=began, ended=ended, findings=findings, **facts)
    if context.json:
        context.emit(document)
    else:
        print_report(report, context, whole=whole)
    return 0 if report.held else BROKEN


def _with_bar(context: Context, work: Any) -> Report:
    from hub_config.probe.table import PROBES

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=context.console, transient=True) as progress:
        task = progress.add_task(WORKING.say(language_of()), total=len(PROBES))
        report: Report = work(lambda finding: progress.advance(task))
    return report


def print_report(report: Report, context: Context, *, whole: bool) -> None:
    """Print what did not hold, or everything, wall by wall, and the sum."""
    from hub_config.probe.table import BY_ID
    from portal.probe_words import in_words

    language = language_of()
    if report.runtime != RUNC:
        context.print(UNDER.format(runtime=report.runtime).say(language))
    table = Table(*(heading.say(language) for heading in HEADINGS))
    for finding in report.findings:
        if whole or finding.verdict is not Verdict.HELD:
            mark, style = MARKS[finding.verdict]
            said = Styled(f"{mark} {VERDICTS[finding.verdict].say(language)}", style)
            tried = BY_ID[finding.probe].tried.say(language) if finding.probe in BY_ID else ""
            table.add_row(finding.probe, said, tried, Styled(in_words(finding.seen).say(language)))
    if table.row_count:
        context.console.print(table)
    context.print(SUMMARY.format(total=len(report.findings), **report.counts()).say(language))
    verdict = STANDS if report.held else FALLEN.format(names=", ".join(report.broken))
    context.console.print(Styled(verdict.say(language), "green" if report.held else "bold red"), soft_wrap=True)


def _say(ko: str, en: str) -> str:
    language: Language = language_of()
    return Text(ko, en).say(language)
