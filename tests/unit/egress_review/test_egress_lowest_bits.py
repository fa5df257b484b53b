"""Data in the lowest bits of a picture is pointed out, a picture without is not, and a cleaned copy has none left."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress_review.checks.noise import surplus, without_lowest_bits
from egress_review.checks.png_rows import Samples, read_samples, write_samples
from egress_review.cleaning import clean
from egress_review.findings import NotChecked, Severity, Verdict
from tests.benchmarks.egress_pictures import heatmap, photograph, plot, written
from tests.unit.egress_review.egress_files import chunk, look, places, png

RULE = "image.noise"


@pytest.mark.parametrize("share", [0.01, 0.1, 1.0])
def test_data_in_the_lowest_bits_of_a_plot_is_a_reason_to_look_and_not_to_stop(share: float) -> None:
    chance = random.Random(5)
    report = look("figure.png", write_samples(written(plot(chance), share, chance)))
    (found,) = [one for one in report.findings if one.rule == RULE]
    assert found.severity is Severity.WARN
    assert report.verdict is Verdict.PASSED
    assert places(report, RULE)


def test_plots_shades_and_grain_without_data_are_left_alone() -> None:
    chance = random.Random(6)
    for draw in (plot, plot, heatmap, photograph):
        assert not surplus(draw(chance)).suspicious


def test_a_cleaned_picture_carries_nothing_in_its_two_lowest_bits_and_keeps_black_and_white() -> None:
    chance = random.Random(7)
    original = plot(chance)
    variant = clean("figure.png", write_samples(written(original, 0.5, chance)))
    samples = read_samples(variant.data)
    assert samples == without_lowest_bits(original)
    assert samples is not None
    assert not surplus(samples).suspicious
    assert b"\xff\xff\xff" in samples.rows[0]
    assert any("lowest bits" in one.en for one in variant.removed)


def test_a_picture_without_suspicion_keeps_every_sample() -> None:
    picture = write_samples(plot(random.Random(8)))
    assert clean("figure.png", picture).data == picture


def test_a_palette_is_said_not_to_be_measured() -> None:
    report = look("figure.png", _indexed())
    assert [one for one in report.findings if one.rule == RULE and isinstance(one, NotChecked)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rows_are_read_whatever_filter_wrote_them(data: st.DataObject) -> None:
    step, width, height = data.draw(st.sampled_from((1, 2, 3, 4))), data.draw(st.integers(1, 9)), 4
    rows = tuple(data.draw(st.binary(min_size=step * width, max_size=step * width)) for _ in range(height))
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    plain, above = bytearray(), bytes(step * width)
    for kind, row in zip(kinds, rows, strict=True):
        plain += bytes([kind]) + _filtered(kind, row, above, step)
        above = row
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[step]
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, colour, 0, 0, 0))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(plain))) + chunk(b"IEND", b"")
    assert read_samples(b"\x89PNG\r\n\x1a\n" + parts) == Samples(width, height, step, rows)


def _filtered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """A row as the PNG specification filters it, 9.2: one sample after the other."""
    out = bytearray()
    for at, value in enumerate(row):
        a = row[at - step] if at >= step else 0
        b, c = above[at], above[at - step] if at >= step else 0
        p = a + b - c
        near = min((a, b, c), key=lambda one: abs(p - one))
        out.append((value - (0, a, b, (a + b) // 2, near)[kind]) & 255)
    return bytes(out)


def _indexed() -> bytes:
    header = (4).to_bytes(4, "big") + (1).to_bytes(4, "big") + bytes((8, 3, 0, 0, 0))
    parts = (chunk(b"IHDR", header), chunk(b"PLTE", bytes(6)), chunk(b"IDAT", zlib.compress(b"\0\0\1\0\1")))
    assert png()[:8] == b"\x89PNG\r\n\x1a\n"
    return png()[:8] + b"".join(parts) + chunk(b"IEND", b"")
