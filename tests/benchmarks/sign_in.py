"""Sign-in submitted to the first result of a cell, in a real browser, beside stock JupyterLab without a zone."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, FrameLocator, Page, expect, sync_playwright

from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person
from tests.benchmarks.plain_container import PlainContainer
from tests.benchmarks.rows import Row, p95

STOPPED_BAR_SECONDS = 15.0
RUNNING_BAR_SECONDS = 6.0
SETTLED_SECONDS = 8.0  # a running workspace is one that has finished starting; starting is the other measure
PATIENCE_MS = 60_000
PRESS_AGAIN_MS = 250
STARTED = re.compile(r"\[(?:\*|\d+)\]")
LAUNCHER = ".jp-LauncherCard[data-category=Notebook], .jp-LauncherCard[data-category=노트북]"


def measure(bench: BenchZone) -> list[Row]:
    """Sign in with a stopped and with a running workspace, by turns, each person once."""
    stopped, running, direct_stopped, direct_running = [], [], [], []
    starters, workers = bench.people_known(bench.runs + 1), bench.people_known(bench.runs)
    with chromium() as browser, PlainContainer(bench, starters[0], stock=True) as plain:
        # The first page of a fresh browser and a fresh zone is nobody's measure.
        bench.start(starters[0])
        enter(browser, bench, starters[0])
        bench.stop(starters[0])
        for starter, worker in zip(starters[1:], workers, strict=True):
            stopped.append(enter(browser, bench, starter))
            bench.stop(starter)
            began = time.perf_counter()
            plain.start()
            plain.wait()
            visit(browser, plain.web() + "lab?reset")
            direct_stopped.append(time.perf_counter() - began)
            direct_running.append(visit(browser, plain.web() + "lab?reset"))
            plain.stop()
            bench.start(worker)
            time.sleep(SETTLED_SECONDS)
            running.append(enter(browser, bench, worker))
            bench.stop(worker)
    return [
        row("stopped", stopped, direct_stopped, "`docker run`, then stock JupyterLab and a cell", STOPPED_BAR_SECONDS),
        row("running", running, direct_running, "stock JupyterLab and a cell without a zone", RUNNING_BAR_SECONDS),
    ]


def row(state: str, seconds: list[float], peer: list[float], beside: str, bar: float) -> Row:
    """Return the row of one kind of sign-in."""
    return Row(
        benchmark="sign-in",
        what=f"sign-in submitted to first cell result, workspace {state}, p95 of {len(seconds)}",
        value=p95(seconds),
        unit="s",
        beside=f"{beside}, p95",
        reference=p95(peer),
        bar=f"< {bar:g} s",
        passed=p95(seconds) < bar,
        samples=tuple(seconds),
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the distribution's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser) -> Iterator[Page]:
    """Open a window that knows nothing of earlier ones."""
    context = browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def enter(browser: Browser, bench: BenchZone, person: Person) -> float:
    """Sign in, go to the workspace as a person does, run a cell; return seconds from submitting the sign-in."""
    with window(browser) as page:
        page.goto(bench.settings.origin("zone") + "/sign-in")
        page.locator("input[name=username]").fill(person.handle)
        page.locator("input[name=password]").fill(person.password)
        page.locator("input[name=code]").fill(person.fresh_code())
        began = time.perf_counter()
        page.locator("input[name=code]").press("Enter")
        go = f"form[action$='/projects/{PROJECT}/workspace/start'] button, a.button[href*='/{PROJECT}/lab']"
        page.locator(go).first.click()
        page.wait_for_url(re.compile(r"/_gate/open/.*/lab"))
        run_cell(page.frame_locator("iframe.work"), page)
        return time.perf_counter() - began


def visit(browser: Browser, address: str) -> float:
    """Open JupyterLab at an address and run a cell; return the seconds that took.

    `?reset` in the address forgets the notebook of an earlier visit, which would hide the launcher.
    """
    with window(browser) as page:
        began = time.perf_counter()
        page.goto(address)
        run_cell(page, page)
        return time.perf_counter() - began


def run_cell(lab: Page | FrameLocator, page: Page) -> None:
    """Open a new notebook from the launcher, type into its first cell and wait for what it prints."""
    lab.locator(LAUNCHER).first.click()
    cell = lab.locator(".jp-Notebook .jp-CodeCell").first
    content = cell.locator(".cm-content")
    content.click()
    page.keyboard.insert_text("6 * 7")
    expect(content).to_contain_text("6 * 7")
    began = time.monotonic()
    while not STARTED.search(cell.locator(".jp-InputPrompt").inner_text()):
        # JupyterLab drops a cell that is run while its kernel is only just there; a person presses again.
        if time.monotonic() - began > PATIENCE_MS / 1000:
            raise TimeoutError("the cell does not run")
        content.press("Control+Enter")
        page.wait_for_timeout(PRESS_AGAIN_MS)
    expect(cell.locator(".jp-OutputArea-output")).to_contain_text("42", timeout=PATIENCE_MS)
