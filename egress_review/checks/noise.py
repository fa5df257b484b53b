"""Data in the lowest bits of a picture: writing there leaves a trace where the picture is smooth.

A point that differs by one from both its neighbours is as often their 2k beside 2k+1 as their 2k+2 beside 2k+1, in
photographs as in plots. Whoever overwrites lowest bits makes points of the first kind only: their surplus is measured,
a sharper relative of sample pair analysis (Dumitrescu, Wu and Wang, IEEE Transactions on Signal Processing 51, 2003).
A suspicion, never a proof: what is hidden in edges, in a palette or in a JPEG leaves no such trace.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from egress_review.checks.listing import Listing
from egress_review.checks.png_rows import Samples, read_samples
from registry.text import Text

LEAST_SIGMAS = 8.0
"""Surplus in standard errors of what chance would give."""
SUSPICIOUS = ((0.0012, 0.6), (0.01, 0.12))
"""Surplus among all points, and among the lone ones, that are suspicious together: in a plot, which has next to none,
and in a photograph, which has many of both kinds."""

_IS_ONE = bytes(int(value == 1) for value in range(256))
_NEXT = bytes([0, *range(2, 256), 0])
"""Moves the pairs 2k+1, 2k+2 to where the pairs 2k, 2k+1 are; the ends, which have no such partner, out of the way."""
_DROPPED = bytes((value >> 2) * 255 // 63 for value in range(256))

_SUSPICIOUS = Text(
    ko="그림의 가장 낮은 비트가 고르지 않습니다(홀로 다른 점이 {share}%). 그 안에 자료가 숨어 있을 수 있습니다.",
    en="The lowest bits of the picture are not as in a plot or photograph ({share} % of the points stand out by one); "
    "data may be hidden in them.",
)
_AGAIN = Text(
    ko="심사자가 확인하십시오. 그림을 savefig로 다시 저장하거나, 낮은 비트를 지운 사본(ansim_client.clean)을 내십시오.",
    en="A reviewer looks at it. Save the figure again with savefig, or hand in a copy without the lowest bits "
    "(ansim_client.clean).",
)
_UNMEASURED = Text(
    ko="이 종류나 크기의 그림은 낮은 비트에 숨은 자료를 재지 않았습니다.",
    en="Whether data hides in the lowest bits was not measured for this kind or size of picture.",
)
_SMALLER = Text(
    ko="8비트 색의 PNG로 더 작게 저장하면 잴 수 있습니다.",
    en="It can be measured when saved smaller, as PNG with 8 bits for each colour.",
)


@dataclass(frozen=True, slots=True)
class Surplus:
    """How many lone points differ in the lowest bit only beyond what a picture explains, in the worst channel."""

    share: float
    """Among all points."""
    slant: float
    """Among the lone points that differ by one."""
    sigmas: float

    @property
    def suspicious(self) -> bool:
        """Whether a person ought to look."""
        return self.sigmas >= LEAST_SIGMAS and any(
            self.share >= share and self.slant >= slant for share, slant in SUSPICIOUS
        )


def surplus(samples: Samples) -> Surplus:
    """The surplus of the channel that has most."""
    step, found = samples.channels, Surplus(0.0, 0.0, 0.0)
    for channel in range(step):
        lines = [row[channel::step] for row in samples.rows]
        within = sum(map(_lone, lines))
        across = sum(_lone(line.translate(_NEXT)) for line in lines)
        more, either = within - across, within + across
        if more > found.share * samples.width * samples.height:
            found = Surplus(more / (samples.width * samples.height), more / either, more / math.sqrt(either))
    return found


def _lone(line: bytes) -> int:
    """Points of a row that differ from both neighbours, and in their lowest bit only."""
    number, length = int.from_bytes(line, "little"), len(line)
    changes = (number ^ (number >> 8)).to_bytes(length, "little")[:-1].translate(_IS_ONE)
    marked = int.from_bytes(changes, "little")
    return (marked & (marked >> 8)).to_bytes(length, "little").count(1)


def without_lowest_bits(samples: Samples) -> Samples:
    """The picture in 64 shades of each colour, in which two lowest bits carry nothing; black and white stay."""
    return Samples(
        samples.width, samples.height, samples.channels, tuple(row.translate(_DROPPED) for row in samples.rows)
    )


def check_noise(picture: bytes, listing: Listing) -> None:
    """Point out a PNG whose lowest bits look written; a JPEG has none that survive its compression."""
    if not picture.startswith(b"\x89PNG"):
        return
    samples = read_samples(picture)
    if samples is None:
        listing.skip("image.noise", _UNMEASURED, _SMALLER)
        return
    found = surplus(samples)
    if found.suspicious:
        share = round(100 * found.share, 1)
        listing.flag("image.noise", _SUSPICIOUS.fill(share=share), _AGAIN, number=share)
