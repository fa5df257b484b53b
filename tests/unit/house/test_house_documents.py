"""The documents hang together: every link leads somewhere, every page can be found, every picture is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_config.processes import REPOSITORY

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PAGES = sorted(
    page for place in ("docs", ".") for page in (REPOSITORY / place).glob("**/*.md" if place == "docs" else "*.md")
)


def links(page: Path) -> Iterator[Path]:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            yield (page.parent / target).resolve()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not target.exists()] == []


def test_every_page_can_be_reached_from_the_first() -> None:
    seen, waiting = set[Path](), [REPOSITORY / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            waiting += links(page)
    assert [page for page in PAGES if page not in seen and page.parent.name != "adr"] == []


def test_every_picture_is_shown_on_a_page() -> None:
    shown = {target for page in PAGES for target in links(page)}
    pictures = (REPOSITORY / "docs" / "images").iterdir()
    assert [picture.name for picture in pictures if picture.resolve() not in shown] == []
