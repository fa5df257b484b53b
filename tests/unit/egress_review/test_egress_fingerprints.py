"""Outputs that repeat records of the source are stopped however they are written; results about groups are not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review import fingerprint_build
from egress_review.checks import tracing
from egress_review.container import _laid_out
from egress_review.errors import ScanFailed
from egress_review.findings import NotChecked
from egress_review.fingerprint_index import file_hashes, keyed
from egress_review.fingerprint_marks import mark, normal, row_mark
from egress_review.headless import check_paths, load_request
from egress_review.job import JobFile, ScanJob, ScanResult
from egress_review.policy import load_policy
from egress_review.scanner import InProcessScanner
from registry.text import Text
from tests.benchmarks.egress_files import workbook
from tests.benchmarks.egress_planted import SAFE
from tests.unit.egress_review.source_house import (
    HEAD,
    KEY,
    Row,
    SourceHouse,
    as_csv,
    canaries_of,
    flagged,
    people,
    source_house,
)

POLICY = load_policy("kr-default")


@pytest.fixture(scope="module")
def house() -> SourceHouse:
    return source_house()


def picked(house: SourceHouse, count: int) -> list[Row]:
    return random.Random(3).sample(house.rows, count)


def _base64(cell: str) -> str:
    return base64.b64encode(cell.encode()).decode()


WRITTEN: dict[str, Callable[[list[Row]], tuple[str, bytes]]] = {
    "as they are": lambda rows: ("out.csv", as_csv(rows)),
    "in other columns under other names": lambda rows: ("out.csv", as_csv([r[::-1] for r in rows], "abcdefghij")),
    "with an index column": lambda rows: ("out.csv", as_csv([(str(i), *r) for i, r in enumerate(rows)], ("", *HEAD))),
    "without their identifiers": lambda rows: ("out.csv", as_csv([r[2:] for r in rows], HEAD[2:])),
    "with three columns": lambda rows: ("out.csv", as_csv([(r[3], r[6], r[7]) for r in rows], "abc")),
    "with two columns": lambda rows: ("out.csv", as_csv([(r[0], r[8]) for r in rows], "ab")),
    "transposed": lambda rows: ("out.csv", as_csv(list(zip(*rows, strict=True)), [f"x{i}" for i in range(len(rows))])),
    "long": lambda rows: ("out.csv", as_csv([(r[0], HEAD[k], r[k]) for r in rows for k in (3, 6, 7)], "abc")),
    "as records of JSON": lambda rows: (
        "out.json",
        json.dumps([dict(zip(HEAD, r, strict=True)) for r in rows]).encode(),
    ),
    "as columns of JSON": lambda rows: (
        "out.json",
        json.dumps({h: {str(i): r[k] for i, r in enumerate(rows)} for k, h in enumerate(HEAD)}).encode(),
    ),
    "in a workbook": lambda rows: ("out.xlsx", workbook({"Table": (HEAD, *rows)})),
    "in running text": lambda rows: ("out.txt", "\n".join(f"seen: {' '.join(r)}." for r in rows).encode()),
    "in Base64 cell by cell": lambda rows: ("out.csv", as_csv([[_base64(c) for c in r] for r in rows])),
    "in hexadecimal cell by cell": lambda rows: ("out.csv", as_csv([[c.encode().hex() for c in r] for r in rows])),
    "in Base64 row by row": lambda rows: ("out.csv", as_csv([("x", _base64(",".join(r))) for r in rows], "ab")),
    "in Base64 as a whole": lambda rows: ("out.txt", base64.b64encode(as_csv(rows))),
    "in Base64 over several lines": lambda rows: ("out.txt", base64.encodebytes(as_csv(rows))),
    "compressed in Base64": lambda rows: ("out.txt", base64.b64encode(gzip.compress(as_csv(rows)))),
    "compressed in hexadecimal": lambda rows: ("out.txt", zlib.compress(as_csv(rows)).hex().encode()),
    "with other spellings of dates and numbers": lambda rows: (
        "out.csv",
        as_csv([(r[3].replace("-", "/"), f"{int(r[6]):,}", f"{float(r[7]):.4f}") for r in rows], "abc"),
    ),
    "among others that were made up": lambda rows: ("out.csv", as_csv([*people(200, 99), *rows[:3]])),
}


@pytest.mark.parametrize("how", sorted(WRITTEN))
def test_records_of_the_source_are_found_however_they_are_written(house: SourceHouse, how: str) -> None:
    assert house.stops(*WRITTEN[how](picked(house, 25)))


@pytest.mark.parametrize("columns", [slice(0, 10), slice(2, 10)])
def test_one_record_is_enough(house: SourceHouse, columns: slice) -> None:
    [row] = picked(house, 1)
    assert house.stops("out.csv", as_csv([row[columns]], HEAD[columns]))


def test_records_split_over_files_by_rows_or_by_columns_are_found(house: SourceHouse) -> None:
    rows = picked(house, 8)
    by_row = {f"{i}.csv": as_csv([(r[3], r[7])], "ab") for i, r in enumerate(rows)}
    by_column = {f"{k}.csv": as_csv([(r[k],) for r in rows], "a") for k in (3, 6, 7)}
    for files in (by_row, by_column):
        assert all("source.records" in flagged(report) for report in house.scan(files).report.files)
    alone = house.scan({"0.csv": by_row["0.csv"]}).report.files[0]
    assert "source.records" not in flagged(alone), "two values are not a record yet"


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(2, 10)), st.integers(4, 8), st.randoms(use_true_random=False))
def test_any_choice_and_order_of_columns_and_rows_is_found(order: list[int], width: int, chance: random.Random) -> None:
    house = source_house()
    kept = order[:width]
    rows = [tuple(row[k] for k in kept) for row in chance.sample(house.rows, 12)]
    rare = len({3, 5, 6, 7, 9} & set(kept))
    if rare >= 2:  # the others have a handful of values each and say nothing about one record
        assert house.stops("out.csv", as_csv(rows, [str(k) for k in kept]))


def test_identifiers_are_found_alone(house: SourceHouse) -> None:
    report = house.look("out.md", f"The case {house.rows[5][1]} was left out.\n".encode())
    assert "source.identifiers" in flagged(report)
    assert "source.records" not in flagged(report)


def test_no_safe_output_of_the_corpus_is_taken_for_records(house: SourceHouse) -> None:
    chance = random.Random(20261121)
    for kind in sorted(SAFE):
        sample = SAFE[kind](chance)
        found = {rule for rule in flagged(house.look(sample.name, sample.data)) if rule.startswith("source.")}
        assert found == set(), (kind, sample)


@pytest.mark.parametrize("by", [["region"], ["region", "sex"], ["year"], ["region", "year"], ["chapter"], ["month"]])
def test_results_about_groups_of_the_source_itself_pass(house: SourceHouse, by: list[str]) -> None:
    frame = pd.DataFrame(house.rows, columns=list(HEAD))
    frame = frame.astype({"cost": float, "bmi": float, "sbp": float})
    frame["year"], frame["month"], frame["chapter"] = frame.visit.str[:4], frame.visit.str[:7], frame.diagnosis.str[:1]
    grouped = frame.groupby(by).agg(
        n=("sex", "size"), cost=("cost", "mean"), bmi=("bmi", "median"), pressure=("sbp", "mean")
    )
    shown = grouped[grouped.n >= 10].reset_index()
    for data in (shown.to_csv(index=False), shown.round(1).to_csv(), grouped[["n"]].to_csv()):
        assert {rule for rule in flagged(house.look("out.csv", data.encode())) if rule.startswith("source.")} == set()


def test_a_table_as_long_as_its_source_is_said_to_be(house: SourceHouse) -> None:
    chance = random.Random(1)
    scores = [(f"{chance.random():.3f}",) for _ in house.rows]
    assert "source.rows" in flagged(house.look("scores.csv", as_csv(scores, ("score",))))


def test_a_large_source_has_the_same_index_as_if_it_were_small(
    house: SourceHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint_build, "SMALL_BYTES", 0)
    fingerprint_build.build(fingerprint_build.tables_below(house.home / "data"), KEY, tmp_path)
    assert file_hashes(tmp_path) == file_hashes(house.home / "index")


def test_records_anywhere_in_a_long_file_are_found_and_the_rest_is_said_to_be_compared_in_part(
    house: SourceHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "MOST_ROWS", 1_000)
    others = people(1_500, 99)
    chance = random.Random(8)
    hidden = [*others, *house.rows[:60]]
    chance.shuffle(hidden)
    assert "source.records" in flagged(house.traced(as_csv(hidden)))
    findings = house.traced(as_csv(others)).findings
    assert any(isinstance(one, NotChecked) and one.rule == "source.records" for one in findings)


def test_encodings_in_encodings_and_bombs_end_as_compared_in_part(house: SourceHouse) -> None:
    layers = as_csv(house.rows[:20])
    for _ in range(6):
        layers = b"a,b\nx,y\n" + base64.b64encode(gzip.compress(layers)) + b"\nz,w\n"
    bomb = b"a,b\nx," + base64.b64encode(gzip.compress(b"1,2,3\n" * 3_000_000)) + b"\n"
    for data in (layers, bomb):
        report = house.traced(data)
        partly = any(isinstance(one, NotChecked) and one.rule == "source.records" for one in report.findings)
        assert partly or "source.records" in flagged(report)


def test_a_source_without_fingerprints_is_not_checked_and_never_passed(house: SourceHouse) -> None:
    sources = replace(house.sources(), sources=(), missing=("cohort",))
    [report] = house.scan({"out.csv": b"sex,n\nF,120\nM,130\n"}, sources).report.files
    assert any(isinstance(f, NotChecked) and f.rule == "source.records" for f in report.findings)
    assert report.verdict.value == "not_checked"


def test_a_scanner_that_sends_no_rows_or_broken_ones_has_failed(house: SourceHouse) -> None:
    result = house.scan({"out.csv": b"sex,n\nF,120\nM,130\n"})
    whole = dict(result.rows[0])
    for change in ({"sizes": "!"}, {"marks": ""}, {"tables": [[0, 10**9, 1]]}, {"tables": [[-1, 1, 1]]}):
        broken = ScanResult(result.report, rows=({**whole, **change},))
        with pytest.raises(ScanFailed):
            house.sources().amend(broken)


def test_the_job_that_enters_the_scanner_holds_neither_key_nor_fingerprints(house: SourceHouse) -> None:
    birds = {"cohort": canaries_of(house, [people(1, 5)[0]])}
    job = ScanJob(files=(), policy=POLICY, sources=house.sources(canaries=birds))
    told = json.dumps(job.as_json())
    assert job.as_json()["rows"] is True
    for secret in (KEY.hex(), KEY.decode(), "cohort", str(next(iter(birds["cohort"][0].distinct)))):
        assert secret not in told


def test_what_is_laid_out_for_the_container_is_the_files_and_nothing_else(house: SourceHouse, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    output.write_bytes(as_csv(house.rows[:2]))
    file = JobFile("out.csv", hashlib.sha256(output.read_bytes()).hexdigest(), output)
    job = ScanJob(files=(file,), policy=POLICY, sources=house.sources(), scratch=tmp_path)
    with _laid_out(job) as (directory, paths):
        assert [path.read_bytes() for path in directory.iterdir()] == [output.read_bytes()]
        assert KEY.hex() not in json.dumps(job.as_json(paths))


def test_without_the_key_the_fingerprints_match_nothing(house: SourceHouse) -> None:
    values = sorted({normal(row[1]) for row in house.rows[:50]})
    marks = np.array([mark(one) for one in values], dtype=np.uint64)
    assert not np.isin(marks, house.index.texts).any()
    guessed = keyed(b"another key", marks.tolist(), len(marks))
    assert not np.isin(guessed, house.index.texts).any()
    other = replace(house.sources(), key=b"another key")
    [report] = house.scan({"out.csv": as_csv(house.rows[:50])}, other).report.files
    assert flagged(report) & {"source.records", "source.identifiers"} == set()


class StopsAt(InProcessScanner):
    """A scanner that breaks at one file, behind those before it."""

    def scan(self, job: ScanJob) -> ScanResult:
        names = [file.name for file in job.files]
        if not any(name.endswith("bad.csv") for name in names):
            return super().scan(job)
        done = replace(job, files=job.files[: next(i for i, n in enumerate(names) if n.endswith("bad.csv"))])
        stopped = ScanFailed("scan_crashed", Text("중단", "stopped"))
        # What was done before is not compared with the source yet.
        stopped.done = InProcessScanner().scan(replace(done, sources=None)).report.files if done.files else ()
        raise stopped


def test_a_source_that_is_named_at_the_command_line_is_compared_with_every_file(
    house: SourceHouse, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, data in (("a.csv", as_csv(house.rows[:3])), ("bad.csv", b"x"), ("c.csv", b"sex,n\nF,120\nM,130\n")):
        (out / name).write_bytes(data)
    (tmp_path / "request.yaml").write_text(f"source: {house.home / 'data'}\n", encoding="utf-8")
    facts = load_request(tmp_path / "request.yaml")
    reports = {Path(one.path).name: one for one in check_paths([out], POLICY, facts, StopsAt()).files}
    assert "source.records" in flagged(reports["a.csv"])
    assert reports["bad.csv"].verdict.value == "not_checked"
    assert "source.records" in {finding.rule for finding in reports["c.csv"].findings} - flagged(reports["c.csv"])


@given(st.lists(st.integers(0, 2**64 - 1), max_size=8), st.randoms(use_true_random=False))
def test_a_row_has_one_hash_in_any_order(marks: list[int], chance: random.Random) -> None:
    shuffled = marks.copy()
    chance.shuffle(shuffled)
    assert row_mark(marks) == row_mark(shuffled)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("007", "7"),
        ("1,234.50", "1234.5"),
        ("2020-01-05", "2020. 1. 5"),
        ("2020-01-05 00:00:00", "20200105"),
        ("010-1234-5678", "1012345678"),
        ("AB-12_3", "ab123"),
        ("１２３", "123"),
        ('"Kim  Minji"', "kim minji"),
        ("NaN", ""),
    ],
)
def test_one_value_has_one_spelling(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@given(st.text(max_size=40))
def test_a_spelling_is_its_own(cell: str) -> None:
    assert normal(normal(cell)) == normal(cell)


def test_a_canary_raises_an_alarm_and_changes_nothing_that_the_author_reads_before_handing_in(
    house: SourceHouse,
) -> None:
    bird = people(1, 12345)[0]
    canaries = {"cohort": canaries_of(house, [bird])}
    files = {"out.csv": as_csv([(bird[1], "12")], ("code", "n"))}
    without, asked = house.scan(files), house.scan(files, house.sources(canaries=canaries))
    assert asked.report == without.report
    assert [(alarm.dataset, alarm.count) for alarm in asked.alarms] == [("cohort", 1)]
    handed_in = house.scan(files, house.sources(canaries=canaries, stop_canaries=True))
    assert "source.records" in flagged(handed_in.report.files[0])


def test_what_a_canary_says_to_the_author_is_what_a_record_says(house: SourceHouse) -> None:
    bird = people(1, 12345)[0]
    sources = house.sources(canaries={"cohort": canaries_of(house, [bird])}, stop_canaries=True)

    def said(row: Row) -> str:
        [report] = house.scan({"out.csv": as_csv([row])}, sources).report.files
        kept = [f for f in report.findings if f.rule == "source.records"]
        return repr(kept)

    assert said(bird) == said(house.rows[17])


def test_a_canary_without_its_identifier_is_still_one(house: SourceHouse) -> None:
    bird = people(1, 12345)[0]
    canaries = {"cohort": canaries_of(house, [bird])}
    files = {"out.csv": as_csv([bird[2:]], HEAD[2:]), "real.csv": as_csv(picked(house, 20))}
    result = house.scan(files, house.sources(canaries=canaries))
    assert [alarm.sha256 for alarm in result.alarms] == [result.report.files[0].sha256]
