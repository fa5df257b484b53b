"""`make bench-egress`: how many planted problems the rules catch, how many safe outputs they stop, and how fast.

    python -m tests.benchmarks.bench_egress [--each N] [--seed S] [--show]

Every sample goes through the engine as the pre-check and the review do. The corpus is generated; a rule that was
written with this corpus in view proves little on it, so the figures say what the rules promise and no more.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.progress import track
from rich.table import Table as Screen

from egress_review.checks.differencing import released
from egress_review.checks.kinds import promised_type
from egress_review.checks.subject import Subject
from egress_review.checks.supporting import read_supporting
from egress_review.claims import FileClaims, parse_claims
from egress_review.engine import InputFile, Request, check_file
from egress_review.findings import FileReport, Flagged, Verdict
from egress_review.policy import load_policy
from tests.benchmarks.egress_corpus import Sample
from tests.benchmarks.egress_kinds import FIRST_SIGHT, PLANTED, SAFE
from tests.benchmarks.egress_measures import copies, pictures, records

BAR_CAUGHT, BAR_STOPPED = 0.99, 0.03
BAR_LARGE_SECONDS, LARGE_BYTES = 10.0, 16_000_000

POLICIES = {name: load_policy(name) for name in ("kr-default", "au-datalab")}


def look(sample: Sample) -> FileReport:
    """The report on one sample."""
    policy = POLICIES[sample.policy]
    request = Request(
        claims=parse_claims(sample.controls or None),
        context=sample.context,
        earlier=tuple(released(file) for file in _subjects(sample.earlier)),
        supporting=read_supporting(_subjects(sample.supporting)),
    )
    for name, data in sample.beside:
        check_file(InputFile.of(name, data), policy, request)
    return check_file(InputFile.of(sample.name, sample.data), policy, request)


def _subjects(files: Iterable[tuple[str, bytes]]) -> list[Subject]:
    return [
        Subject(name, "0" * 64, data, POLICIES["kr-default"], FileClaims(), promised_type(name), len(data))
        for name, data in files
    ]


def caught(sample: Sample, report: FileReport) -> bool:
    """Whether the planted problem was found by a rule that ought to, and the file does not pass."""
    found = {f.rule for f in report.findings if isinstance(f, Flagged)}
    return bool(found.intersection(sample.rules)) and report.verdict is not Verdict.PASSED


def main(words: Sequence[str]) -> int:
    """Measure; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_egress")
    parser.add_argument("--each", type=int, default=20, help="samples of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what was missed or stopped")
    options = parser.parse_args(words)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    chance = random.Random(options.seed)
    planted = {kind: [maker(chance) for _ in range(options.each)] for kind, maker in PLANTED.items()}
    safe = {kind: [maker(chance) for _ in range(options.each * 2)] for kind, maker in SAFE.items()}
    missed, stopped = Counter[str](), defaultdict[str, Counter[str]](Counter)
    by_rule: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, samples in track(planted.items(), "planted", console=console):
        for sample in samples:
            report = look(sample)
            by_rule[sample.rules[0]]["planted"] += 1
            by_rule[sample.rules[0]]["caught"] += caught(sample, report)
            if not caught(sample, report):
                missed[kind] += 1
                _show(console, options.show, "missed", sample, report)
    for kind, samples in track(safe.items(), "safe", console=console):
        for sample in samples:
            report = look(sample)
            for rule in {f.rule for f in report.findings if isinstance(f, Flagged)}:
                by_rule[rule]["alarms"] += any(f.severity.decides for f in _of(rule, report))
                by_rule[rule]["warnings"] += not any(f.severity.decides for f in _of(rule, report))
            if report.verdict is not Verdict.PASSED:
                stopped[kind].update({_why(report)})
                _show(console, options.show, "stopped", sample, report)
    screen = Screen("kind", "samples", "caught or passed", "rate")
    for kind in planted:
        _line(screen, kind, len(planted[kind]), len(planted[kind]) - missed[kind])
    for kind in safe:
        _line(screen, f"safe: {kind}", len(safe[kind]), len(safe[kind]) - stopped[kind].total())
    console.print(screen)
    console.print(_rules(by_rule, sum(map(len, safe.values()))))
    total, clean = sum(map(len, planted.values())), sum(map(len, safe.values()))
    rate, alarms = 1 - missed.total() / total, sum(c.total() for c in stopped.values()) / clean
    reasons = {kind: dict(why) for kind, why in stopped.items() if why}
    console.print(f"planted {total}: caught {rate:.3f} (bar {BAR_CAUGHT})")
    console.print(f"safe {clean}: stopped {alarms:.3f} (bar {BAR_STOPPED}) {reasons or ''}")
    for name, (share, alarmed) in FIRST_SIGHT.items():
        console.print(f"at first sight, before the rules were mended, set {name}: caught {share}, stopped {alarmed}")
    measured = pictures(chance, options.each), copies(chance, options.each, look), records(chance, options.each)
    console.print(*measured, sep="\n")
    seconds = large()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(
        f"a CSV of 16 MB: {seconds:.1f} s (bar {BAR_LARGE_SECONDS:.0f}), peak memory of this run {peak:.0f} MB"
    )
    return 0 if rate >= BAR_CAUGHT and alarms <= BAR_STOPPED and seconds < BAR_LARGE_SECONDS else 1


def large() -> float:
    """Seconds of processor time for one CSV of the largest size that may leave."""
    chance = random.Random(3)
    lines = ["region,year,n,rate,note"]
    size = 0
    while size < LARGE_BYTES - 200:
        year, count = 2000 + chance.randrange(25), chance.randrange(10, 9000)
        line = f"region {chance.randrange(5000)},{year},{count},{chance.random():.4f},ok"
        lines.append(line)
        size += len(line) + 1
    began = time.process_time()
    look(Sample("large.csv", "\n".join(lines).encode()))
    return time.process_time() - began


def _of(rule: str, report: FileReport) -> list[Flagged]:
    return [f for f in report.findings if isinstance(f, Flagged) and f.rule == rule]


def _rules(by_rule: Mapping[str, Counter[str]], clean: int) -> Screen:
    """What each rule caught of its own kinds, and how many safe outputs it stopped or remarked on."""
    screen = Screen("rule", "planted", "caught", "safe stopped", "safe remarked")
    for rule, counts in sorted(by_rule.items()):
        planted = counts["planted"]
        share = f"{counts['caught'] / planted:.3f}" if planted else "-"
        alarms, warnings = (f"{counts[key] / clean:.3f}" for key in ("alarms", "warnings"))
        screen.add_row(rule, str(planted), share, alarms, warnings)
    return screen


def _why(report: FileReport) -> str:
    return next((f.rule for f in report.findings if isinstance(f, Flagged) and f.severity.decides), "not checked")


def _line(screen: Screen, kind: str, samples: int, good: int) -> None:
    screen.add_row(kind, str(samples), str(good), f"{good / samples:.2f}")


def _show(console: Console, wanted: bool, word: str, sample: Sample, report: FileReport) -> None:
    if wanted:
        rules = sorted({f.rule for f in report.findings if isinstance(f, Flagged)})
        console.print(f"[bold]{word}[/] {sample.name} {sample.planted} {rules}")
        console.print(sample.data[:600].decode(errors="replace"), markup=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
