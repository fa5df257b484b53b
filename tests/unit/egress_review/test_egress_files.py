"""Files are what their bytes are; what cannot be read to the end does not pass."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.identifiers import detect
from egress_review import engine
from egress_review.behaviour import RULES as OF_BEHAVIOUR
from egress_review.checks.containers import CONTAINERS
from egress_review.checks.contributors import RULES as OF_EVIDENCE
from egress_review.checks.subject import Budget
from egress_review.claims import Claims
from egress_review.engine import CHECKS, LARGEST_READ, InputFile, Request, check_file
from egress_review.engine_version import MANIFEST, manifest
from egress_review.findings import FileReport, Flagged, NotChecked, Passed, Severity, Verdict
from egress_review.job import JobFile, ScanJob
from egress_review.meanings import MEANING
from egress_review.previews import preview_from_wire, preview_of, preview_to_wire
from egress_review.rules import RULE, RULES
from egress_review.scan_main import _subject
from egress_review.source_check import RULES as BY_THE_ZONE
from egress_review.wire import file_from_wire, file_to_wire
from tests.unit.egress_review.egress_files import (
    DEFAULT,
    UNCHECKABLE,
    chunk,
    flagged,
    jpeg,
    look,
    places,
    png,
    segment,
)

SEEN_BY_PEOPLE = ("image.content", "image.text")
"""Rules that a machine without a program for it leaves to people."""


@pytest.mark.parametrize("name", sorted(UNCHECKABLE))
def test_what_cannot_be_read_to_the_end_is_blocked_with_a_reason(name: str) -> None:
    report = look(name, UNCHECKABLE[name])
    assert report.blocked
    (finding,) = [f for f in report.findings if isinstance(f, Flagged)]
    assert (finding.rule, finding.severity) == ("file.type", Severity.BLOCK)
    assert finding.message.ko
    assert finding.fix.en


@pytest.mark.parametrize("name", sorted(UNCHECKABLE))
@pytest.mark.parametrize("extension", ["csv", "txt", "png", "json"])
def test_a_harmless_name_does_not_make_bytes_harmless(name: str, extension: str) -> None:
    if name != "noextension":
        assert look(f"table.{extension}", UNCHECKABLE[name]).blocked


@pytest.mark.parametrize(("name", "content"), [("a.png", "text"), ("a.csv", png()), ("a.jpg", png()), ("a.json", "{")])
def test_a_name_that_is_not_true_is_blocked(name: str, content: str | bytes) -> None:
    assert look(name, content).blocked


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "group,n\nA,25\n"),
        ("a.tsv", "group\tn\nA\t25\n"),
        ("a.txt", "All counts are rounded.\n"),
        ("a.md", "# Results\n\nCounts are rounded to five.\n"),
        ("a.json", '{"auc": 0.81}'),
        ("a.png", png()),
        ("a.PNG", png(chunk(b"tEXt", b"Software\0Matplotlib 3.10, https://matplotlib.org/"))),
        ("b.png", png(chunk(b"iTXt", b"Software\0\0\0\0\0Matplotlib 3.10, https://matplotlib.org/"))),
        ("freq.lst", "The FREQ Procedure\n\nAll counts are rounded.\n"),
        ("a.jpg", jpeg(segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"))),
        ("결과 표.csv", "집단,인원\n가,25\n"),
    ],
)
def test_ordinary_results_pass(name: str, content: str | bytes) -> None:
    report = look(name, content)
    assert report.verdict is Verdict.PASSED, flagged(report)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (png(tail=b"PK\x03\x04"), "image.integrity"),
        (png()[:-6], "image.integrity"),
        (png().replace(b"IDAT", b"IDAU"), "image.integrity"),
        (png(packed=b"not zlib"), "image.integrity"),
        (png(width=40_000, height=40_000), "image.integrity"),
        (png(chunk(b"tEXt", b"Comment\0patient 3")), "image.metadata"),
        (png(chunk(b"eXIf", b"II*\0")), "image.metadata"),
        (png(chunk(b"prVt", b"anything")), "image.metadata"),
        (jpeg(segment(0xE1, b"Exif\0\0II*\0")), "image.metadata"),
        (jpeg(segment(0xFE, b"a comment")), "image.metadata"),
        (jpeg(tail=b"more"), "image.integrity"),
        (jpeg()[:-2], "image.integrity"),
        (jpeg().replace(b"\xff\xda\0\x08\x01", b"\xff\xda\0\x08\x02"), "image.integrity"),
        (
            jpeg().replace(b"\xff\xc0\0\x0b\x08\0\x03\0\x04\x01", b"\xff\xc0\0\x0b\x08\0\x03\0\x04\x02"),
            "image.integrity",
        ),
    ],
)
def test_nothing_hides_in_or_behind_a_picture(content: bytes, rule: str) -> None:
    name = "a.png" if content.startswith(b"\x89") else "a.jpg"
    assert [found for found, _ in flagged(look(name, content), "image.")] == [rule]


def test_a_picture_in_a_preview_has_pixels_and_nothing_else() -> None:
    for data in (png(chunk(b"pHYs", b"\0" * 9)), jpeg(segment(0xE1, b"Exif\0\0II*\0"), segment(0xFE, b"c"))):
        name = "a.png" if data.startswith(b"\x89") else "a.jpg"
        shown = preview_of(_subject(InputFile.of(name, data), DEFAULT, Claims()))
        assert shown.kind == "image"
        assert b"Exif" not in shown.image
        assert preview_from_wire(preview_to_wire(shown)) == shown


def test_a_picture_is_not_claimed_to_be_read() -> None:
    (finding,) = [f for f in look("a.png", png()).findings if f.rule == "image.content"]
    assert isinstance(finding, NotChecked)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+SUM(A1)", "@SUM(1)", "\t=1", " =1", "＝1+1"])
def test_a_cell_that_would_run_as_a_formula_is_found(cell: str) -> None:
    assert places(look("t.csv", f'group,note\nA,"{cell}"\n'), "table.formula") == [(2, 2)]


@pytest.mark.parametrize(
    "cell", ["-3.2", "+5", "-0.45 (0.12)", "-1.2***", "-", "--", "- 3", "-0.5 (-1.2, 0.3)", "−4", "-3e-5"]
)
def test_negative_numbers_and_dashes_are_no_formulas(cell: str) -> None:
    assert places(look("t.csv", f'group,note\nA,"{cell}"\n'), "table.formula") == []


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\x07", "\ufeff", "\u2060", "\U000e0041"])
def test_characters_that_hide_text_are_found_by_line(hidden: str) -> None:
    report = look("t.txt", f"first\nsec{hidden}ond\n")
    assert [where.row for rule, where in flagged(report) if rule == "text.hidden"] == [2]


def test_columns_of_a_printed_table_are_no_card_and_a_card_with_a_dot_is_one() -> None:
    rows = ("COST  1498  2053.7580   499.3333", "4012  888.888881881  2.5000")
    for text in rows:
        assert not flagged(look("t.txt", f"{text}\n"), "identifier.card"), text
    assert flagged(look("t.txt", "4012888.888881881\n"), "identifier.card")


def test_encoded_blobs_are_found_and_prose_is_not() -> None:
    blob = base64.b64encode(os.urandom(3000)).decode()
    for text in (blob, os.urandom(300).hex(), "\n".join(blob[i : i + 76] for i in range(0, 2000, 76)) + "\n"):
        assert "text.encoded" in [rule for rule, _ in flagged(look("t.txt", f"see\n{text}\n"))]
    assert look("t.txt", "word " * 2000 + "-" * 400 + "=" * 400).verdict is Verdict.PASSED


def test_a_number_in_row_five_thousand_is_found_as_in_row_one() -> None:
    rows = "".join(f"g{i},{i + 100}\n" for i in range(4998))
    assert places(look("t.csv", f"group,note\n{rows}x,901106-1896546\n"), "identifier.rrn") == [(5000, 2)]


def test_the_halves_of_a_number_in_two_columns_are_found() -> None:
    assert places(look("t.csv", "a,b\n901106,1896546\n"), "identifier.rrn") == [(2, 1)]


def test_a_doubtful_resident_number_fails_and_does_not_block() -> None:
    report = look("t.csv", "a,b\nx,201106-3123456\n")
    assert (report.verdict, report.blocked) == (Verdict.FLAGGED, True)
    report = look("t.csv", "a,b\nx,901106-1896547\n")
    assert (report.verdict, report.blocked) == (Verdict.FLAGGED, False)


def test_rows_of_people_are_found() -> None:
    text = "person_id,age\n" + "".join(f"{i},{i % 50 + 20}\n" for i in range(100, 130))
    assert "table.records" in [rule for rule, _ in flagged(look("t.csv", text)) if rule == "table.records"]
    assert look("t.csv", text).verdict is Verdict.FLAGGED


def test_budgets_are_those_of_the_policy() -> None:
    many = look("t.csv", "group,n\nA,25\n", budget=Budget(21, 65_000_000))
    assert {rule for rule, _ in flagged(many)} == {"request.files", "request.size"}
    long = "group,value\n" + "".join(f"g{i},{i}.5\n" for i in range(5001))
    assert "table.rows" in [rule for rule, _ in flagged(look("t.csv", long))]
    large = check_file(InputFile("t.csv", b"", "0" * 64, LARGEST_READ + 1), DEFAULT, Request())
    assert large.verdict is Verdict.FLAGGED


def test_a_short_description_is_found_where_one_is_asked_for() -> None:
    assert [rule for rule, _ in flagged(look("t.txt", "ok", context="short"))] == ["request.context"]
    assert look("t.txt", "ok").verdict is Verdict.PASSED


def test_findings_on_one_rule_are_listed_up_to_a_bound_and_counted_beyond() -> None:
    report = look("t.csv", "group,n\n" + "".join(f"g{i},3\n" for i in range(500)))
    found = [f for f in report.findings if isinstance(f, Flagged) and f.rule == "cells.small"]
    assert len(found) == 101
    assert found[-1].number == 400


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.md", "a.json", "a.png", "a.jpg"])
@given(data=st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))))
@settings(max_examples=60, deadline=None)
def test_no_bytes_break_the_engine_or_its_wire(name: str, data: bytes) -> None:
    report = look(name, data)
    assert not [f for f in report.findings if isinstance(f, NotChecked) and f.rule not in SEEN_BY_PEOPLE]
    assert file_from_wire(file_to_wire(report)) == report
    preview = preview_of(_subject(InputFile.of(name, data), DEFAULT, Claims()))
    assert preview_from_wire(preview_to_wire(preview)) == preview


@given(st.binary(max_size=60), st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_a_spoilt_picture_is_refused_or_still_exactly_one_picture(noise: bytes, at: int) -> None:
    for good, name in ((png(), "a.png"), (jpeg(), "a.jpg")):
        data = good[:at] + noise + good[at + len(noise) :]
        report = look(name, data)
        assert not [f for f in report.findings if isinstance(f, NotChecked) and f.rule not in SEEN_BY_PEOPLE]
        shown = preview_of(_subject(InputFile.of(name, data), DEFAULT, Claims()))
        assert preview_from_wire(preview_to_wire(shown)) == shown


def test_a_check_that_crashes_leaves_its_rules_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise MemoryError

    broken = tuple(replace(one, run=crash) if "cells.small" in one.rules else one for one in CHECKS)
    monkeypatch.setattr(engine, "CHECKS", broken)
    report = look("t.csv", "group,n\nA,25\n")
    assert report.verdict is Verdict.NOT_CHECKED
    assert not report.blocked


def test_a_report_without_findings_is_not_a_pass() -> None:
    assert FileReport("a", "0" * 64, ()).verdict is Verdict.NOT_CHECKED
    warn = NotChecked("image.content", Severity.WARN, "", RULES[0].title, RULES[0].title)
    assert FileReport("a", "0" * 64, (warn,)).verdict is Verdict.PASSED
    passed = Passed("file.type", Severity.BLOCK, "")
    skipped = NotChecked("file.type", Severity.BLOCK, "", RULES[0].title, RULES[0].title)
    assert FileReport("a", "0" * 64, (passed, skipped)).verdict is Verdict.NOT_CHECKED


def test_no_finding_repeats_what_stands_in_the_file() -> None:
    secret = "901106-1896546"
    for name, content in (
        ("t.csv", f"name,rrn\nx,{secret}\n"),
        ("t.csv", f"{secret},n\nx,25\n"),
        ("t.txt", f"see {secret}\n"),
        ("t.json", f'{{"{secret}": {{"a": "{secret}"}}}}'),
    ):
        wire = str(file_to_wire(look(name, content)))
        assert secret not in wire
        assert detect(wire) == [] or all(s.label in ("URL",) for s in detect(wire))


def test_every_rule_has_a_check_and_both_titles() -> None:
    applied = {rule for one in CHECKS for rule in one.rules} | {
        rule for one in CONTAINERS.values() for rule in one.rules
    }
    applied |= {"file.polyglot", "file.malware", "file.name", "file.type", "file.size", "request.files", "request.size"}
    applied |= {"request.context", "request.evidence", "cells.difference", "cells.suppressed"}
    applied |= {*OF_EVIDENCE, "evidence.acro", "cells.linked", "cells.unaligned"}
    applied |= {"request.claim", "request.described", "figure.counts", "model.weights"}
    applied |= {*BY_THE_ZONE, *OF_BEHAVIOUR}
    assert applied == set(RULE)
    for rule in RULES:
        assert rule.title.ko
        assert rule.title.en
        assert rule.source
    assert set(MEANING) == set(RULE)


def test_the_scanner_needs_only_the_files_of_its_manifest(tmp_path: Path) -> None:
    root = MANIFEST.parent.parent
    for name in manifest():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; import egress_review.scan_main as m; sys.exit(m.main())"
    data = b"group,n\nA,3\n"
    (tmp_path / "t.csv").write_bytes(data)
    job = ScanJob(files=(JobFile("t.csv", InputFile.of("t.csv", data).sha256, tmp_path / "t.csv"),), policy=DEFAULT)
    program = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(program, input=json.dumps(job.as_json()), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (list(lines[0]), lines[-1]) == (["file"], {"end": True})
