from __future__ import annotations

import re

import pytest

from portal.render import HERE

STYLE = (HERE / "static" / "ansim.css").read_text(encoding="utf-8")
PAIRS = [
    ("text", "ground"),
    ("text", "surface"),
    ("text", "sunken"),
    ("muted", "ground"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("link", "surface"),
    ("link", "ground"),
    ("accent", "surface"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("ok", "ok-soft"),
    ("warn", "warn-soft"),
    ("stop", "stop-soft"),
    ("note", "note-soft"),
    ("stop", "surface"),
    ("text", "note-soft"),
    ("text", "warn-soft"),
    ("link", "warn-soft"),
    ("muted", "warn-soft"),
    ("muted", "stop-soft"),
]


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT = colours(STYLE.split("@media (prefers-color-scheme: dark)")[0])
DARK = LIGHT | colours(STYLE.split("@media (prefers-color-scheme: dark)")[1])


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_every_text_can_be_read_by_weak_eyes(theme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(theme[ink], theme[ground]) >= 4.5


def test_focus_can_be_seen_and_motion_is_asked_for() -> None:
    assert ":focus-visible { outline: 3px" in STYLE
    for theme in (LIGHT, DARK):
        assert contrast(theme["focus"], theme["surface"]) >= 2.5
    assert "prefers-reduced-motion: no-preference" in STYLE
    assert "@media print" in STYLE


def test_the_style_sheet_loads_nothing_from_elsewhere() -> None:
    assert "@import" not in STYLE
    assert re.findall(r"url\(([^)]*)\)", STYLE) == ['"pictures/mark.svg"']
