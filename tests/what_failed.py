"""What is kept of a test that failed: its reason in a line, and what the processes of its zone wrote last.

Whoever reads the output of a machine that is not theirs has nothing else: the directories of the tests are gone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

LAST_LINES = 40
LONGEST_LINE = 300
LONGEST_REASON = 400
LOGS = ("*.log", "*/*.log", "*/logs/*.log", "*/*/logs/*.log")
"""Where processes of zones write, below the directory in which pytest makes all others."""
LIST = "ANSIM_TEST_FAILURES"
"""The environment variable that names a file to which each failure is added, as a line of JSON."""

_BASE = pytest.StashKey[Path]()
_MODULE = pytest.StashKey[tuple[Path, float]]()


@pytest.fixture(scope="session", autouse=True)
def keep_basetemp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Note where the directories of this run lie."""
    request.config.stash[_BASE] = tmp_path_factory.getbasetemp()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note when the first test of a module began: its processes are usually as old as that."""
    if item.config.stash.get(_MODULE, (None, 0.0))[0] != item.path:
        item.config.stash[_MODULE] = (item.path, time.time())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failure what was written since the module began, or since the failure before."""
    report = yield
    base = item.config.stash.get(_BASE, None)
    if report.failed and base is not None:
        path, since = item.config.stash.get(_MODULE, (item.path, 0.0))
        report.sections += [(f"last lines of {name}", text) for name, text in written_since(base, since)]
        item.config.stash[_MODULE] = (path, time.time())
    return report


def written_since(base: Path, since: float) -> Iterator[tuple[str, str]]:
    """Yield the name and the last lines of every log that was written to."""
    base = base.resolve()
    # pytest keeps a link to the latest directory of each name.
    for log in sorted({log.resolve() for pattern in LOGS for log in base.glob(pattern)}):
        try:
            if log.stat().st_mtime < since:
                continue
            lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        except OSError:  # of a test that has just cleaned up
            continue
        if lines:
            yield log.relative_to(base).as_posix(), "\n".join(line[:LONGEST_LINE] for line in lines)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add a failure to the list."""
    note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Add a file that cannot be read to the list."""
    note(report)


def note(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Write a failure down; of several processes only the one that gathers the reports of all does so."""
    target = os.environ.get(LIST)
    if not report.failed or not target or "PYTEST_XDIST_WORKER" in os.environ:
        return
    line: dict[str, Any] = {
        "test": report.nodeid,
        "when": report.when or "call",
        "reason": reason_of(report)[:LONGEST_REASON],
        "logs": {name: text for name, text in report.sections if name.startswith("last lines of ")},
    }
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test failed: the message of its error, or the end of what pytest says of it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash is not None else str(report.longrepr)[-LONGEST_REASON:]
