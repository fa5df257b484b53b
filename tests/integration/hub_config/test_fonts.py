"""A fresh machine gets the font for PDF copies as it gets its engine, and says in one sentence when it cannot."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.errors import FontMissing
from audit.searching import pdf_copy
from hub_config.engine import Say
from hub_config.errors import EnvironmentMissing
from hub_config.fonts import PACKAGES, ensure_font, font_stands


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home of a zone on a machine without any font; where the distribution would put one is under it."""
    monkeypatch.setattr(pdf_copy, "FONT_DIRECTORIES", (tmp_path / "distribution",))
    return tmp_path


def test_a_machine_without_the_font_gets_it_from_the_distribution(bare: Path) -> None:
    asked: list[tuple[str, ...]] = []

    def install(packages: Sequence[str], say: Say) -> None:
        asked.append(tuple(packages))
        shutil.copytree("/usr/share/fonts/truetype/nanum", bare / "distribution")

    assert ensure_font(bare, print, install=install)
    assert ensure_font(bare, print, install=install)
    assert asked == [PACKAGES], "what stands is not installed again"


def test_a_font_of_the_zones_own_is_enough(bare: Path) -> None:
    (bare / "fonts").mkdir()
    shutil.copy("/usr/share/fonts/truetype/nanum/NanumGothic.ttf", bare / "fonts")
    assert ensure_font(bare, print, install=lambda packages, say: pytest.fail("installed for nothing"))


def test_without_a_way_to_get_it_one_sentence_says_what_is_missing_and_the_start_goes_on(bare: Path) -> None:
    said: list[str] = []

    def install(packages: Sequence[str], say: Say) -> None:
        raise EnvironmentMissing("fonts-nanum is not to be had.", hint="sudo apt-get install fonts-nanum")

    assert not ensure_font(bare, said.append, install=install)
    assert not font_stands(bare)
    assert len(said) == 1
    assert "PDF" in said[0]
    assert "sudo apt-get install fonts-nanum" in said[0]
    with pytest.raises(FontMissing) as refused:
        pdf_copy.find_font((bare / "fonts",))
    assert refused.value.summary.ko
    assert "fonts-nanum" in refused.value.hint.en
