"""Drawings as plain values, so that they are kept with a report and drawn safely anywhere; light, for pages."""

from __future__ import annotations

from dataclasses import asdict

from deid.records.model import Document
from deid.risk.page import Chart


def plain(chart: Chart) -> Document:
    """Return a drawing with each shape named by what it is; coordinates are rounded, as no screen shows more."""
    shapes = [{"kind": type(shape).__name__.lower(), **asdict(shape)} for shape in chart.shapes]
    for shape in shapes:
        shape.update({name: round(value, 1) for name, value in shape.items() if isinstance(value, float)})
    return {"about": chart.about, "width": chart.width, "height": chart.height, "shapes": shapes}
