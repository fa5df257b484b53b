"""The walls as a picture: a line for each wall, a tile for each probe, its sign saying what it found."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from audit.text import Language
from portal import charts
from portal.probe_report import ProbeReport, Row
from registry.text import Text

TITLE = Text("벽마다 한 줄, 점검마다 한 칸", "A line for each wall, a tile for each probe")
ABOUT = Text(
    "{held}개 막음, {broken}개 뚫림, {lacking}개 권고 미충족",
    "{held} held, {broken} broken, {lacking} advised but missing",
)
#: Class and sign of a tile; one that held is plain, so that the others are found at once.
TILES: Mapping[str, tuple[str, str]] = {
    "held": ("h1", "✓"),
    "broken": ("c2", "✗"),
    "lacking": ("h2 odd", "!"),
    "not_computed": ("h0 odd", "?"),
    "not_applicable": ("h0", "–"),
}


def picture(report: ProbeReport, language: Language) -> Markup:
    """Return the matrix for wide and for narrow screens."""
    rows = [(wall.title.say(language), [_tile(row, language) for row in wall.rows]) for wall in report.walls]
    about = ABOUT.format(**{verdict: len(report.having(verdict)) for verdict in TILES})
    return charts.tiles(TITLE.say(language), about.say(language), rows)


def _tile(row: Row, language: Language) -> charts.Tile:
    colour, sign = TILES[row.verdict]
    return charts.Tile(colour, sign, f"{row.id}: {row.tried.say(language)} — {row.seen.say(language)}")
