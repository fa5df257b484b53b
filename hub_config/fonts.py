"""The font with Korean letters that PDF copies of the record are drawn with: found, or installed as the engine is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from audit.cli_context import language_of
from audit.errors import FontMissing
from audit.searching.pdf_copy import find_font
from audit.text import Text
from hub_config.engine import Say, apt_install
from hub_config.errors import EnvironmentMissing

PACKAGES: Final = ("fonts-nanum",)
Install = Callable[[tuple[str, ...], Say], None]


def font_stands(home: Path) -> bool:
    """Return whether a PDF can be drawn on this machine."""
    try:
        find_font((home / "fonts",))
    except FontMissing:
        return False
    return True


def ensure_font(home: Path, say: Say, *, install: Install = apt_install) -> bool:
    """Install the distribution's font if there is none, and return whether one stands.

    A zone runs without it, so its absence is said and stops nothing: CSV copies are made, PDF copies are refused with
    the same next step.
    """
    if font_stands(home):
        return True
    try:
        install(PACKAGES, say)
    except EnvironmentMissing as error:
        lacking = Text(
            "한글 글꼴이 없어 PDF 사본을 만들 수 없습니다.",
            "No font with Korean letters, so no PDF copies can be made:",
        )
        language = language_of()
        said = (one if isinstance(one, str) else one.say(language) for one in (lacking, error.reason, error.hint))
        say(" ".join(said))
        return False
    return font_stands(home)
