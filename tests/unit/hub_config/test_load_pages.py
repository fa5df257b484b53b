"""The pages of load and long runs follow from kept figures, and say in both languages the same numbers."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from xml.etree import ElementTree

import pytest

from hub_config import load_pages, load_pictures, long_run_pages
from hub_config.load_figures import costs, load_figures
from hub_config.load_pages import HOUSES, disk_gb, memory_gb

GROWTH = {
    "people": [{"n": 0.0, "mb": 400.0}, {"n": 10.0, "mb": 405.0}, {"n": 20.0, "mb": 410.0}],
    "workspaces": [
        {"n": 0.0, "mb": 410.0, "containers_mb": 0.0, "seconds": 0.0},
        {"n": 2.0, "mb": 414.0, "containers_mb": 400.0, "seconds": 5.0},
    ],
    "events": [{"n": 0.0, "disk_mb": 10.0, "cpu": 0.0}, {"n": 1000.0, "disk_mb": 16.0, "cpu": 3.0}],
    "released": [{"mb": 0.0, "disk_mb": 1.0, "cpu": 0.0, "seconds": 0.0}, {"mb": 2.0, "disk_mb": 7.0, "cpu": 8.0}],
}


def numbers(page: str) -> list[str]:
    """Return the numbers of the tables of a page."""
    rows = [line for line in page.splitlines() if line.startswith("|")]
    return re.findall(r"\d[\d,.]*", "\n".join(rows))


def test_costs_are_the_slopes_of_what_was_measured() -> None:
    said = {"base_mb": 400.0, "person_mb": 0.5, "workspace_mb": 202.0, "start_seconds": 5.0}
    said |= {"event_bytes": 6000.0, "event_ms": 3.0, "released_disk": 3.0, "released_seconds": 4.0}
    assert asdict(costs(GROWTH)) == pytest.approx(said)


def test_a_server_is_sized_with_a_quarter_spare() -> None:
    found = costs(GROWTH)
    sizes = [memory_gb(found, house) for house in HOUSES]
    assert sizes == sorted(sizes)
    assert memory_gb(found, HOUSES[1]) == 9.0  # (2 + 0.4 + 0.025 + 4.04) * 1.25 = 8.08
    assert disk_gb(found, HOUSES[1]) == 75.0  # 40,000 * 250 * 6 kB = 60 GB, 5 GB * 3


@pytest.mark.parametrize("page", [load_pages.load_page, load_pages.sizing_page, long_run_pages.long_runs_page])
def test_both_languages_say_the_same_numbers(page: object) -> None:
    assert sorted(numbers(page("ko"))) == sorted(numbers(page("en")))  # type: ignore[operator]


@pytest.mark.parametrize("picture", [load_pictures.growth_picture, load_pictures.memory_picture])
def test_a_picture_is_well_formed_and_says_itself_in_words(picture: object) -> None:
    drawn = ElementTree.fromstring(picture())  # type: ignore[operator]
    space = "{http://www.w3.org/2000/svg}"
    assert drawn.find(f"{space}title") is not None
    assert len(str(drawn.findtext(f"{space}desc"))) > 10


def test_every_kept_figure_has_a_name_for_readers() -> None:
    kept = json.loads(long_run_pages.FIGURES.read_text(encoding="utf-8")) if long_run_pages.FIGURES.exists() else {}
    assert set(kept) <= set(long_run_pages.RUNS)
    assert {name for row in kept.values() for name in row["figures"]} <= set(long_run_pages.WORDS)
    assert all(row["command"].startswith("ANSIM_KEEP_FIGURES=1 ") for row in kept.values()), "or it leaves none here"
    day = load_figures().get("day", {"kinds": {}})
    assert set(day["kinds"]) <= set(load_pages.KINDS)


def test_a_run_without_figures_is_named_without_a_number() -> None:
    kept = json.loads(long_run_pages.FIGURES.read_text(encoding="utf-8")) if long_run_pages.FIGURES.exists() else {}
    parts = long_run_pages.long_runs_page("en").split("\n## ")[1:]
    for (name, title), part in zip(long_run_pages.RUNS.items(), parts, strict=True):
        heading, said = part.split("\n", 1)
        assert heading == title.en
        assert (said.strip() == long_run_pages.NONE.en) is (name not in kept)
