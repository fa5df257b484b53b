"""A slow text must not use up the time of the checks: no pattern of theirs costs more than its text is long."""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import process_time

import pytest

import egress_review.checks
from deid.identifiers import detect
from egress_review import scan_main
from egress_review.engine import CHECKS
from egress_review.findings import Flagged, NotChecked, Severity, Verdict
from egress_review.model import Choice
from egress_review.review import Ballot, Binding, Decision, decide
from egress_review.rules import RULE
from tests.unit.egress_review.egress_files import DEFAULT, look

ROOT = Path(egress_review.checks.__path__[0])
USES = "search|finditer|findall|sub|subn|split|match|fullmatch"
FILLERS = (
    *(
        " ",
        "\t",
        "1",
        "1,",
        ",111",
        "a",
        "-",
        "|",
        "=",
        ":",
        "(",
        "[",
        "\\\\[",
        "*",
        ".",
        " \t",
        "1 ",
        "a ",
        "명 ",
        "환자",
        "환자 ",
    ),
    *("111of", "총 ", "환자 1", "[1", "remov", "<!--", "<svg>", "<script>", "관측 "),
)
HEADS = ("", "환자 ", "(1 ", "총 환자 ", "1/", "11) ")
SHORT, LONG = 300, 10_000
SUSPECT = 0.00025
WORSE, TOO_LONG = 12.0, 0.3
"""Times as long that four times the text may take, and seconds below which nobody minds; a square takes 16."""
WHOLE = re.compile(
    r"columns\.\w+_KO|survival\._(?:RISK|EVENTS|CURVE)|content\._MARKUP|printed\._SHAPE|(?:document|workbook)\.PARTS"
)
"""Patterns that are handed on and asked of whole names only, or of the beginning of a file only."""
RRN = "900101-1234568"


def patterns() -> Iterator[tuple[str, re.Pattern[str], tuple[str, ...]]]:
    """Every compiled pattern of text of the checks under its name, and the ways in which it is used."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("*.py"))}
    within = {module: asked_in(source) for module, source in sources.items()}
    anywhere = {pair for pairs in within.values() for pair in pairs}
    for module, source in sources.items():
        defined = set(re.findall(r"^(\w+)\b[^\n]*=", source, re.MULTILINE))
        for name, value in vars(importlib.import_module(f"egress_review.checks.{module}")).items():
            if name in defined:
                asked = uses(f"{module}.{name}", name, within[module] if name.startswith("_") else anywhere)
                yield from ((f"{module}.{name}", pattern, asked) for pattern in inside(value))


def inside(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth and isinstance(value, tuple | list):
        for one in value:
            yield from inside(one, depth - 1)


def asked_in(source: str) -> set[tuple[str, str]]:
    """Names and how they are asked in a module."""
    return set(re.findall(rf"\b(\w+)\.({USES})\b", source))


def uses(name: str, plain: str, everything: set[tuple[str, str]]) -> tuple[str, ...]:
    """How a pattern is asked; one that is handed on may be asked in any way."""
    named = {use for one, use in everything if one == plain}
    asked = {use if use in ("match", "fullmatch") else "finditer" for use in named}
    return tuple(sorted(asked)) or (("fullmatch",) if WHOLE.fullmatch(name) else ("finditer", "fullmatch"))


def seconds(pattern: re.Pattern[str], use: str, text: str) -> float:
    begun = process_time()
    if use == "finditer":
        for _ in pattern.finditer(text):
            pass
    else:
        getattr(pattern, use)(text)
    return process_time() - begun


def is_slow(pattern: re.Pattern[str], use: str, head: str, filler: str) -> bool:
    """Whether four times the text costs far more than four times as long; looked at only where it costs at all."""
    length = SHORT
    before = seconds(pattern, use, text_of(head, filler, length))
    while before >= SUSPECT and length < LONG:
        length *= 4
        text = text_of(head, filler, length)
        now = seconds(pattern, use, text)
        if now > TOO_LONG and now > WORSE * before:
            # A machine that was held up for a moment is asked again; a pattern that is slow is slow each time.
            now = min(now, *(seconds(pattern, use, text) for _ in range(2)))
            if now > TOO_LONG and now > WORSE * before:
                return True
        before = now
    return False


@cache
def text_of(head: str, filler: str, length: int) -> str:
    return f"{head}{filler * (length // len(filler))}\x01"


def test_no_pattern_takes_longer_than_its_text_is_long() -> None:
    found = list(patterns())
    assert len(found) > 150
    slow = [
        (name, use, head, filler)
        for name, pattern, asked in found
        for use in asked
        for head in HEADS
        for filler in FILLERS
        if is_slow(pattern, use, head, filler)
    ]
    assert slow == []


def test_what_can_block_a_file_is_looked_for_before_everything_else() -> None:
    blocks = [any(RULE[rule].severity is Severity.BLOCK for rule in one.rules) for one in CHECKS]
    assert blocks == sorted(blocks, reverse=True)
    assert "identifier.rrn" in CHECKS[0].rules


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("digits.txt", "1" * 120_000 + f"\n{RRN}\n"),
        ("cells.csv", 'a,b\n"' + " \t" * 40_000 + '",' + "1" * 120_000 + f'\n"{RRN}",2\n'),
    ],
)
def test_a_slow_text_before_a_resident_number_does_not_hide_it(name: str, text: str) -> None:
    report = look(name, text)
    assert report.blocked
    assert not any(isinstance(one, NotChecked) for one in report.findings)


def test_a_listing_with_wide_margins_is_read_to_the_end() -> None:
    lines = "".join(f"{'':120}group {n} of all  {n + 20}\n" for n in range(150))
    report = look("listing.txt", f"Number of patients\n{lines}")
    assert not any(isinstance(one, NotChecked) for one in report.findings)


def test_numbers_in_a_long_row_of_digits_and_marks_are_found_as_in_a_short_one() -> None:
    for before in ("1234 5678 90 ", "+82 (02) ", "12.5 0.75 -3 ", "1" * 60 + " "):
        short, long = detect(f"{RRN}"), detect(f"{before * 5}/ {RRN}")
        assert [span.label for span in short] == ["RRN"]
        assert "RRN" in {span.label for span in long}
    assert detect("7" * 70 + RRN) == []


def test_a_file_whose_blocking_rules_ran_out_of_time_needs_a_senior_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("egress_review.checks.identifiers.in_lines", late)
    report = look("note.txt", f"{RRN}\n")
    [skipped] = [one for one in report.findings if one.rule == "identifier.rrn"]
    assert isinstance(skipped, NotChecked)
    assert "시간" in skipped.message.ko
    assert "in its time" in skipped.message.en
    assert "선임 심사자" in skipped.fix.ko
    assert "senior checker" in skipped.fix.en
    assert report.verdict is Verdict.NOT_CHECKED
    assert not any(isinstance(one, Flagged) and one.rule == "identifier.rrn" for one in report.findings)

    binding = Binding(1, "c" * 64, "d" * 64, frozenset(("a" * 64,)), exceptions=True)
    plain = [Ballot(f"p_{n}", ("checker",), {"a" * 64: Choice.APPROVE}, "fine as it is") for n in range(3)]
    assert decide(plain, binding, 2, frozenset()) is Decision.NEEDS_SENIOR
    senior = Ballot("p_s", ("senior_checker",), {"a" * 64: Choice.APPROVE}, "an exception")
    assert decide([*plain, senior], binding, 2, frozenset()) is Decision.APPROVED


def test_a_supporting_file_that_takes_too_long_is_unread_and_stops_no_other(tmp_path: Path) -> None:
    class Slow(Exception):
        """Stands for the timer of the scanner, which goes off in the first file."""

    times = iter((True, False))

    @contextmanager
    def limit() -> Iterator[None]:
        if next(times):
            raise Slow
        yield

    entries = []
    for name in ("slow.csv", "counts.csv"):
        path = tmp_path / name
        path.write_text("group,n\na,20\nb,30\n", encoding="utf-8")
        entries.append({"path": str(path), "name": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    read = scan_main._supporting(entries, DEFAULT, limit)
    assert read.unread == ("slow.csv",)
    assert [one.name for one in read.tables] == ["counts.csv"]
