"""What stands beside a result and tells nothing of anybody: titles, key words, errors, bars of errors."""

from __future__ import annotations

import struct

import pytest

from egress_review.findings import Flagged, Verdict
from tests.benchmarks.egress_documents import lines, pdf
from tests.unit.egress_review.egress_files import jpeg, look, segment


def rules(name: str, content: str | bytes) -> set[str]:
    """The rules that decide against a file."""
    return {f.rule for f in look(name, content).findings if isinstance(f, Flagged) and f.severity.decides}


FRAMES = """[2024-02-19 14:03:02] ERROR 전처리 실패
Traceback (most recent call last):
  File "/home/res12/src/merge.py", line 71, in main
    d["총급여"] = d["총급여"].map(to_won)
  File "/home/res12/src/merge.py", line 39, in to_won
    raise ValueError("숫자가 아닌 문자가 포함됨 (열=총급여)")
ValueError: {said}
[2024-02-19 14:03:05] INFO 종료
"""
MISSING = """Traceback (most recent call last):
  File "etl.py", line 61, in main
    df["los"] = df["los"].astype(int)
KeyError: {said}
2024-03-22 10:05:02 INFO retry with schema v2
2024-03-22 10:19:47 INFO done, rows kept 4,118,203
"""


@pytest.mark.parametrize(
    ("log", "said", "quotes"),
    [
        (FRAMES, "숫자가 아닌 문자가 포함됨 (열=총급여)", False),
        (FRAMES, "숫자가 아닌 문자가 포함됨 (홍길동, 7,481만원)", True),
        (MISSING, "'los'", False),
        (MISSING, "'70011384'", True),
        (MISSING, "'los'\nKim, 1984, C34.1", True),
        (f"{MISSING}{FRAMES}", "'los'", True),
    ],
)
def test_a_log_that_goes_on_behind_an_error_is_stopped_only_if_the_error_quotes_a_value(
    log: str, said: str, quotes: bool
) -> None:
    assert ("notebook.error" in rules("run.log", log.format(said=said))) == quotes


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("wage, subsidy, panel 2015-2022", False),
        ("4811023 Hong", True),
        ("C:\\\\kim\\\\cohort.csv", True),
        ("1.2 3.4 5.6 7.8", True),
    ],
)
def test_key_words_of_a_document_may_be_words(words: str, told: bool) -> None:
    report = rules("a.pdf", pdf([lines(["Means of groups of 300."])], info=f"/Keywords ({words})".encode()))
    assert ("pdf.metadata" in report) == told


def exif(*entries: tuple[int, bytes]) -> bytes:
    """A TIFF block with entries of text, each longer than four bytes."""
    at = 8 + 2 + 12 * len(entries) + 4
    directory, held = struct.pack("<H", len(entries)), b""
    for tag, text in entries:
        directory += struct.pack("<HHII", tag, 2, len(text), at + len(held))
        held += text
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + held


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        (((0x010E, b"Figure 4. Employment rate 2022\0"), (0x0131, b"matplotlib 3.9\0")), False),
        (((0x010E, "그림 2. 손위생 수행률\0".encode()),), False),
        (((0x010E, b"patient 4811023\0"),), True),
        (((0x010E, b"/home/kim/cohort.csv\0"),), True),
        (((0x010E, b"Figure 1\0\1\2hidden\0"),), True),
        (((0x013B, b"Kim Minsu\0"),), True),
    ],
)
def test_a_picture_may_have_a_title(entries: tuple[tuple[int, bytes], ...], told: bool) -> None:
    data = jpeg(segment(0xE1, b"Exif\0\0" + exif(*entries)))
    assert ("image.metadata" in rules("a.jpg", data)) == told


LINE = '"type": "scatter", "mode": "lines+markers", "x": [20, 40], "y": [9.4, 1.8]'


def page_with(trace: str) -> str:
    drawn = f"<script>Plotly.newPlot('f-1', [{trace}], {{}});</script>"
    return f"<!doctype html><html><head><title>t</title></head><body>{drawn}</body></html>"


@pytest.mark.parametrize(
    ("trace", "passes"),
    [
        ('{"type": "bar", "x": ["a", "b"], "y": [9.4, 10.8], "error_y": {"type": "data", "array": [0.2, 0.3]}}', True),
        ('{"type": "bar", "x": ["a", "b"], "y": [9.4, 10.8], "error_y": {"array": ["4811023"]}}', False),
        ('{"type": "bar", "x": ["a", "b"], "y": [9.4, 10.8], "error_y": {"ids": [48110]}}', False),
        (
            f'{{{LINE}, "text": ["n = 774", "n = 86"]}}',
            True,
        ),
        (
            f'{{{LINE}, "text": ["n = 774", "n = 4"]}}',
            False,
        ),
        (f'{{{LINE}, "text": ["Kim", "Lee"]}}', False),
    ],
)
def test_a_figure_of_plotly_may_have_bars_of_errors_and_sizes_at_its_marks(trace: str, passes: bool) -> None:
    assert (look("a.html", page_with(trace)).verdict is Verdict.PASSED) == passes
