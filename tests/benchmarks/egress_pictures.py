"""Pictures as programs draw them, and the same with data in their lowest bits; made without any library of pictures."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

from egress_review.checks.png_rows import Samples, write_samples
from tests.benchmarks.egress_corpus import Sample

WIDTH, HEIGHT = 320, 240
Canvas = list[bytearray]


def plot(chance: random.Random) -> Samples:
    """Bars or lines on white, their edges blended as drawing programs do."""
    canvas = _canvas(255)
    for _ in range(chance.randrange(3, 7)):
        colour = tuple(chance.randrange(20, 230) for _ in range(3))
        if chance.random() < 0.5:
            _bar(canvas, chance.uniform(0, WIDTH - 40), chance.uniform(10, 40), chance.uniform(20, HEIGHT), colour)
        else:
            _line(canvas, chance, colour)
    return _samples(canvas)


def heatmap(chance: random.Random) -> Samples:
    """Smooth shades from one colour to another."""
    ends = [(chance.randrange(256), chance.randrange(256)) for _ in range(3)]
    fast, wide = chance.uniform(0.01, 0.05), chance.uniform(0.01, 0.05)
    canvas = _canvas(0)
    for y, row in enumerate(canvas):
        for x in range(WIDTH):
            share = (1 + math.sin(fast * x) * math.cos(wide * y)) / 2
            row[3 * x : 3 * x + 3] = bytes(round(a + (b - a) * share) for a, b in ends)
    return _samples(canvas)


def photograph(chance: random.Random) -> Samples:
    """Shades with the grain of a sensor."""
    canvas = _canvas(0)
    light, grain = chance.uniform(60, 190), chance.uniform(1.5, 6)
    for y, row in enumerate(canvas):
        for x in range(WIDTH):
            base = light + 40 * math.sin(x / 37) * math.cos(y / 23)
            row[3 * x : 3 * x + 3] = bytes(min(255, max(0, round(chance.gauss(base, grain)))) for _ in range(3))
    return _samples(canvas)


def written(samples: Samples, share: float, chance: random.Random) -> Samples:
    """The picture with random bits in the lowest bit of a share of its samples, spread over all of it."""
    rows = []
    for row in samples.rows:
        changed = bytearray(row)
        for at in range(len(changed)):
            if chance.random() < share:
                changed[at] = changed[at] & 0xFE | chance.getrandbits(1)
        rows.append(bytes(changed))
    return Samples(samples.width, samples.height, samples.channels, tuple(rows))


def hidden_in_a_plot(chance: random.Random) -> Sample:
    """From 300 bytes upwards in a small plot."""
    share = chance.choice((0.01, 0.03, 0.1, 0.5, 1.0))
    picture = written(chance.choice((plot, heatmap))(chance), share, chance)
    return Sample("figure.png", write_samples(picture), planted=f"{share} of the lowest bits", rules=("image.noise",))


def safe_picture(chance: random.Random) -> Sample:
    return Sample("figure.png", write_samples(chance.choice((plot, plot, heatmap, photograph))(chance)))


def _canvas(shade: int) -> Canvas:
    return [bytearray([shade]) * (3 * WIDTH) for _ in range(HEIGHT)]


def _samples(canvas: Canvas) -> Samples:
    return Samples(WIDTH, HEIGHT, 3, tuple(map(bytes, canvas)))


def _blend(row: bytearray, x: int, colour: tuple[int, ...], cover: float) -> None:
    if 0 <= x < WIDTH:
        at = 3 * x
        row[at : at + 3] = bytes(round(a + (b - a) * cover) for a, b in zip(row[at : at + 3], colour, strict=True))


def _bar(canvas: Canvas, left: float, width: float, height: float, colour: tuple[int, ...]) -> None:
    for row in canvas[HEIGHT - int(height) :]:
        for x in range(int(left), int(left + width) + 1):
            cover = min(1.0, x + 1 - left) if x < left else min(1.0, left + width - x)
            _blend(row, x, colour, max(0.0, min(1.0, cover)))


def _line(canvas: Canvas, chance: random.Random, colour: tuple[int, ...]) -> None:
    y, slope = chance.uniform(20, HEIGHT - 20), 0.0
    for x in range(WIDTH):
        slope = max(-1.5, min(1.5, slope + chance.gauss(0, 0.2)))
        y = max(2.0, min(HEIGHT - 3.0, y + slope))
        for near in (int(y), int(y) + 1):
            _blend(canvas[near], x, colour, max(0.0, 1 - abs(near - y)))


PLANTED_PICTURES: Mapping[str, Callable[[random.Random], Sample]] = {"data in lowest bits": hidden_in_a_plot}
SAFE_PICTURES: Mapping[str, Callable[[random.Random], Sample]] = {"pictures": safe_picture}
