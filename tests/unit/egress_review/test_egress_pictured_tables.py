"""Pictures of tables: known by their lines, read without them, and never passed where nobody could read them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from egress_review.checks import ocr
from egress_review.checks.listing import Listing
from egress_review.checks.picture_rows import check_picture_rows
from egress_review.checks.png_rows import Samples, read_samples, write_samples
from egress_review.checks.ruled import without_rules
from egress_review.checks.subject import Subject
from egress_review.claims import parse_claims
from egress_review.findings import Flagged, NotChecked, Severity, Verdict
from tests.benchmarks.egress_documents import docx, page
from tests.unit.egress_review.egress_files import DEFAULT, look

WIDTH, HEIGHT = 300, 160


def drawn(across: list[tuple[int, int, int]], down: list[tuple[int, int, int]], ink: int = 0) -> bytes:
    """A white picture with lines: the place of each, where it begins and where it ends."""
    grey = [bytearray(b"\xff" * WIDTH) for _ in range(HEIGHT)]
    for y, start, end in across:
        grey[y][start:end] = bytes([ink]) * (end - start)
    for x, start, end in down:
        for y in range(start, end):
            grey[y][x] = ink
    return write_samples(Samples(WIDTH, HEIGHT, 1, tuple(map(bytes, grey))))


def table() -> bytes:
    return drawn([(y, 20, 281) for y in range(20, 141, 20)], [(x, 20, 141) for x in (20, 107, 194, 280)])


@pytest.fixture
def without_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    """A machine on which no program reads pictures."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ocr.reader.cache_clear()
    yield
    ocr.reader.cache_clear()


def test_the_lines_of_a_table_are_taken_out_of_its_picture() -> None:
    plain = without_rules(table())
    assert plain is not None
    samples = read_samples(plain)
    assert samples is not None
    assert set(b"".join(samples.rows)) == {255}


@pytest.mark.parametrize(
    "picture",
    [
        drawn([(20, 20, 281), (140, 20, 281)], [(20, 20, 141), (280, 20, 141)]),
        drawn([(y, 20, 281) for y in range(20, 141, 20)], [(x, 20, 141) for x in (20, 107, 194, 280)], ink=176),
        drawn(
            [(y, 20, 130) for y in (20, 60, 100, 140)] + [(y, 170, 281) for y in (20, 60, 100, 140)],
            [(x, y, y + 41) for x in (20, 129, 170, 280) for y in (20, 100)],
        ),
        drawn([], []),
        b"\xff\xd8\xff",
    ],
    ids=["frame", "pale grid", "panels", "nothing", "no PNG"],
)
def test_frames_grids_and_panels_of_plots_are_no_tables(picture: bytes) -> None:
    assert without_rules(picture) is None


def _notebook(**cell: object) -> str:
    held = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "x", **cell}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [held]})


def files_with(picture: bytes) -> list[tuple[str, str | bytes]]:
    said = base64.b64encode(picture).decode()
    media = {"image/png": said}
    shown = {"output_type": "display_data", "metadata": {}, "data": media}
    return [
        ("a.png", picture),
        ("attached.ipynb", _notebook(attachments={"a.png": media})),
        ("shown.ipynb", _notebook(cell_type="code", execution_count=1, outputs=[shown])),
        ("a.docx", docx(["Result"], parts={"word/media/image1.png": picture})),
        ("a.html", page(body=f'<img src="data:image/png;base64,{said}">')),
    ]


@pytest.mark.parametrize("at", range(5))
def test_a_table_in_a_picture_does_not_pass_unread(without_reader: None, at: int) -> None:
    name, content = files_with(table())[at]
    report = look(name, content)
    unread = [f for f in report.findings if isinstance(f, NotChecked) and f.rule == "image.text"]
    assert report.verdict is Verdict.NOT_CHECKED
    assert [f.severity for f in unread] == [Severity.FAIL]
    assert "CSV" in unread[0].fix.en
    assert "CSV" in unread[0].fix.ko


@pytest.mark.parametrize("at", range(5))
def test_any_other_picture_is_said_not_to_be_read(without_reader: None, at: int) -> None:
    name, content = files_with(drawn([], []))[at]
    report = look(name, content)
    unread = [f for f in report.findings if isinstance(f, NotChecked) and f.rule == "image.text"]
    assert report.verdict is Verdict.PASSED
    assert [f.severity for f in unread] == [Severity.WARN]


def rows_of(text: str) -> list[str]:
    listing = Listing(DEFAULT)
    subject = Subject("a.txt", "", text.encode(), DEFAULT, parse_claims(None).of("a.txt"), "txt", len(text))
    check_picture_rows(subject, listing)
    return [f.rule for f in listing.close(()) if isinstance(f, Flagged)]


@pytest.mark.parametrize(
    "text",
    [
        "hhid area age inc\n5680990 20153 36 2704\n9605654 15613 25 69\n4768992 20533 77 7118\n6898268 15141 52 83\n",
        "생년월일 주소\n김도현 1979-04-12 전주시 61,204,000\n이서윤 1988-11-30 38,915,000\n박준영 1966-02-07\n",
        "garbled\nP3299 M 35 2021-08-06\nP2305 M 51 2017-06-20\nP1793 F 71 2019-05-14\nP9697 M 78 2019-10-11\n",
    ],
)
def test_rows_that_begin_with_keys_are_records(text: str) -> None:
    assert rows_of(text) == ["table.singular"]


@pytest.mark.parametrize(
    "text",
    [
        "year n rate\n2021 4120 1.2\n2019 4013 1.3\n2018 3990 1.1\n2020 3901 1.4\n",
        "code n rate\n11010 4120 1.2\n11020 4013 1.3\n11030 3990 1.1\n11040 3901 1.4\n",
        "Seoul 41201 1.2\nBusan 40131 1.3\nDaegu 39901 1.1\nJeju 39011 1.4\n",
        "강남구 2021-03-01 412\n성남시 2021-04-01 391\n고양시 2021-05-02 512\n",
        "정신과 2021-03-01 412\n소아과 2021-04-01 391\n안과의 2021-05-02 512\n",
        "0 2000 4000 6000\n8000\n",
    ],
)
def test_rows_of_results_are_none(text: str) -> None:
    assert rows_of(text) == []
