"""Where a project shows no pictures: what a researcher sees in a real browser, from the figure to the request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from hub_config.demo.people import RESEARCHER
from hub_config.home import make_home
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, load_settings
from tests.functional.conftest import RunningZone, run_ansim, zone_port
from tests.functional.test_first_release import PROJECT, People, enter, open_tutorial, people, run_cells

__all__ = ["people"]
pytestmark = [pytest.mark.engine, pytest.mark.browser, pytest.mark.long]

POLICY = f"""  policies:
  - name: hardened
    projects: [{PROJECT}]
    profile: hardened
    pictures: hold
    shown_bytes: 200000
    watermark: true
"""
FIGURE = "import matplotlib.pyplot as plt\nplt.plot([3, 1, 4, 1, 5]); plt.show()"
WORDS = re.compile("파일로 둔 출력 1개: 반출 신청")
HELD = re.compile(r"held-[0-9a-f]+\.png")


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZone]:
    home, port = tmp_path_factory.mktemp("held").resolve(), int(zone_port())
    make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
    text = (home / FILE_NAME).read_text(encoding="utf-8")
    assert "  policies: []\n" in text
    (home / FILE_NAME).write_text(text.replace("  policies: []\n", POLICY), encoding="utf-8")
    try:
        run_ansim(home, "up", "--demo", "--no-story")
        accounts: list[dict[str, Any]] = json.loads((home / "demo-accounts.json").read_text())
        yield RunningZone(home, load_settings(home), {a["handle"]: a for a in accounts})
    finally:
        run_ansim(home, "down", check=False)


def test_a_figure_becomes_a_file_and_the_bar_leads_to_its_request(people: People, zone: RunningZone) -> None:
    page = people.page(RESEARCHER)
    page.goto(f"{zone.settings.origin('zone')}/projects/{PROJECT}/workspace")
    page.locator("form[action$='/workspace/start'] button").click()
    page.wait_for_url(re.compile(r"/_gate/open/.*/lab"), timeout=240_000)
    frame = open_tutorial(page, zone)
    first = typed(page, frame, FIGURE)
    expect(first).to_contain_text(HELD, timeout=120_000)
    expect(first).to_contain_text("브라우저에 보이지 않습니다")
    expect(first.locator("img")).to_have_count(0)
    found = HELD.search(first.inner_text())
    assert found
    bar = page.frame_locator("iframe.bar")
    expect(bar.locator("a", has_text=WORDS)).to_be_visible(timeout=60_000)
    people.picture(page, "held-workspace")
    outbox = next(Path(zone.home / "workspaces").glob(f"ws_*/outbox/{found.group()}"))
    assert outbox.read_bytes().startswith(b"\x89PNG")

    link = bar.locator("a", has_text=WORDS).get_attribute("href")
    assert link
    page.goto(link if link.startswith("http") else zone.settings.origin("zone") + link)
    expect(page.locator(f"input[name=files][value='{found.group()}']")).to_be_checked()
    people.picture(page, "held-request")


def typed(page: Page, frame: FrameLocator, code: str) -> Any:
    """Put code into the first cell of the notebook, run it, and return the cell."""
    cell = frame.locator(".jp-Notebook .jp-CodeCell").first
    enter(cell)
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    run_cells(page, frame, range(1))
    return cell
