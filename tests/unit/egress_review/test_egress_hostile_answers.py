"""What a scanner that was taken over may say: a whole report on its files, or it has failed. Never anything between."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from egress_review.claims import Claims
from egress_review.engine import InputFile
from egress_review.errors import ScanFailed
from egress_review.findings import Flagged
from egress_review.job import JobFile, ScanJob, ScanResult, collect_result, lines_of
from egress_review.previews import preview_of, preview_to_wire
from egress_review.scan_main import _subject, run
from egress_review.wire import file_to_wire, report_to_wire
from tests.unit.egress_review.egress_files import DEFAULT, look

DATA = b"group,n\nA,25\nB,3\n"
FILE = InputFile.of("t.csv", DATA)
JOB = ScanJob(files=(JobFile(FILE.name, FILE.sha256, Path("/scan/0")),), policy=DEFAULT, previews=True)
HONEST: list[Any] = [
    {"file": file_to_wire(look("t.csv", DATA))},
    {"preview": preview_to_wire(preview_of(_subject(FILE, DEFAULT, Claims()))), "sha256": FILE.sha256},
    {"end": True},
]
HOSTILE: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 2**63, 10**400, 1e400, float("nan"), -1e400),
    *("", "\x00", "\ud800", "x" * 2000, "block", "../../etc/passwd", "cells.small"),
    *([], {}, [[]], {"a": 1}, {"ko": "a"}),
)


def answer(lines: Any) -> ScanResult:
    said = "\n".join(json.dumps(line) for line in lines)
    return collect_result(JOB, lines_of(said.encode()))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the answer, of long lists the first few."""
    yield path
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:4]
        for key, one in inner:
            yield from places(one, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> Any:
    """The answer with another value in one place, or without it where the value is `...`."""
    lines = copy.deepcopy(HONEST)
    within: Any = lines
    for key in path[:-1]:
        within = within[key]
    if value is ...:
        del within[path[-1]]
    else:
        within[path[-1]] = value
    return lines


def test_the_honest_answer_is_taken() -> None:
    assert answer(HONEST).report.files[0].sha256 == FILE.sha256


@pytest.mark.parametrize("path", [path for path in places(HONEST) if path], ids=str)
def test_whatever_stands_in_one_place_is_taken_whole_or_is_a_failed_scan(path: tuple[Any, ...]) -> None:
    for value in (*HOSTILE, ...):
        try:
            result = answer(changed(path, value))
        except ScanFailed:
            continue
        # What was taken can be kept, and written on a page.
        json.dumps(report_to_wire(result.report), ensure_ascii=False, allow_nan=False).encode()
        for preview in result.previews.values():
            json.dumps(preview_to_wire(preview), ensure_ascii=False, allow_nan=False).encode()
        numbers = [one.number for one in result.report.files[0].findings if isinstance(one, Flagged)]
        assert all(number is None or f"{number:g}" for number in numbers)
        assert {"sha256": result.report.files[0].sha256, "previews": set(result.previews)} == {
            "sha256": FILE.sha256,
            "previews": {FILE.sha256},
        }


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe{\x00}\x00",
        b'{"end": true}',
        b"[" * 100_000,
        b'{"file": NaN}',
        b'"\xed\xa0\x80"',
        b"null",
        b"{}{}",
    ],
    ids=lambda said: str(said[:12]),
)
def test_what_is_no_answer_at_all_is_a_failed_scan(said: bytes) -> None:
    with pytest.raises(ScanFailed):
        collect_result(JOB, lines_of(said))


def test_half_a_character_in_a_notebook_is_shown_as_its_code_and_stops_no_scan(tmp_path: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "a\ud800b \U0001f469"}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1, "source": "", "outputs": [output]}
    data = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    (tmp_path / "w.ipynb").write_bytes(data)
    sha256 = InputFile.of("w.ipynb", data).sha256
    job = ScanJob(files=(JobFile("w.ipynb", sha256, tmp_path / "w.ipynb"),), policy=DEFAULT, previews=True)
    said = "\n".join(json.dumps(line) for line in run(job.as_json()))
    shown = json.dumps(
        preview_to_wire(collect_result(job, lines_of(said.encode())).previews[sha256]), ensure_ascii=False
    )
    assert "a⟦U+D800⟧b \U0001f469" in shown
    shown.encode()
