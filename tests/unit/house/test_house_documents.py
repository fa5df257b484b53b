"""The documents hang together: every link leads somewhere, every page can be found, every picture is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_config.processes import REPOSITORY

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
#: What somebody runs who has nothing of ours, and where it is said what that needs.
BROUGHT = ("audit/export/ansim_verify.py", "audit/outward/verify_bundle.py", "egress_review/verify_release.py")
SAYING = (
    *BROUGHT,
    "audit/outward/report_texts.py",
    "docs/how-to/close-a-project.md",
    "docs/how-to/close-a-project.ko.md",
)
OLDEST = (3, 10)
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


@pytest.mark.parametrize("place", SAYING)
def test_what_an_outsider_runs_asks_for_one_version_of_python_wherever_that_is_said(place: str) -> None:
    text = (REPOSITORY / place).read_text(encoding="utf-8")
    assert set(re.findall(r"Python (3\.\d+)", text)) == {".".join(map(str, OLDEST))}


@pytest.mark.parametrize("place", BROUGHT)
def test_the_version_that_is_asked_for_reads_what_an_outsider_runs(place: str) -> None:
    ast.parse((REPOSITORY / place).read_text(encoding="utf-8"), feature_version=OLDEST)
