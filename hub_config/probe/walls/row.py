"""How a row of the table is written."""

from __future__ import annotations

from audit.text import Text
from hub_config.probe.model import Probe, Way

REFUSED = Text("모두 거부된다", "every try is refused")


def row(
    id: str,
    ko: str,
    en: str,
    covers: str,
    held: Text = REFUSED,
    *,
    way: Way = "inside",
    advice: bool = False,
    data: bool = False,
) -> Probe:
    """Return a probe; `covers` holds its items separated by commas."""
    return Probe(id, Text(ko, en), held, tuple(item.strip() for item in covers.split(",")), way, advice, data)
