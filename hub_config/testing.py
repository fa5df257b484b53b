"""`make test`, `make test-long`, `make test-postgresql`: what the suites need, then the suites, with a line for each.

The functional suite needs a container engine, the images and a browser; they are made here, so that a fresh machine
needs nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from rich.console import Console

from hub_config import engine, images
from hub_config.errors import ZoneError
from hub_config.failed_tests import LIST, print_failures
from hub_config.preflight import ensure_gate_user
from hub_config.processes import REPOSITORY

TEST_HOME = REPOSITORY / "build" / "test-home"
SELECTIONS = {"short": "not long", "long": "long", "postgresql": "not timed"}

FIRST = ("tests/unit",)
"""What needs neither an engine nor an image, so that it runs while the images are built."""
LARGE = (
    "tests/functional",
    *(f"tests/integration/{one}" for one in ("hub", "gate", "images", "egress_review", "demo", "hub_config")),
)
"""What is begun early: groups that take minutes, so that small ones fill what the cores have left."""
DATABASE = "ANSIM_TEST_DATABASE"
"""The environment variable by which the tests of the round on PostgreSQL are chosen (`tests/databases.py`)."""
MOST_CORES = 4


def rest() -> list[str]:
    """Return the folders of everything that is not run first, in the order in which they are begun."""
    folders = sorted(place.parent for place in (REPOSITORY / "tests" / "integration").glob("*/test_*.py"))
    return list(dict.fromkeys((*LARGE, *(folder.relative_to(REPOSITORY).as_posix() for folder in folders))))


def timed() -> list[str]:
    """Return the files that hold tests which run alone; reading all others once more would take its time."""
    tests = sorted((REPOSITORY / "tests").rglob("test_*.py"))
    return [str(place.relative_to(REPOSITORY)) for place in tests if "mark.timed" in place.read_text(encoding="utf-8")]


class Preparation(threading.Thread):
    """The engine, the images and the gate's user, made while something else runs."""

    def __init__(self, console: Console) -> None:
        super().__init__(name="prepare", daemon=True)
        self._console = console
        self.failed: BaseException | None = None

    def run(self) -> None:
        """Make them; what went wrong is kept for whoever waits."""
        try:
            prepare(self._console)
        except BaseException as error:
            self.failed = error

    def end(self) -> None:
        """Wait until they stand.

        Raises: whatever the preparation ended with.
        """
        self.join()
        if self.failed is not None:
            raise self.failed


def prepare(console: Console) -> None:
    """Start an engine if none answers, build the images, make the gate's user."""
    TEST_HOME.mkdir(parents=True, exist_ok=True)
    if not engine.engine_answers():
        engine.install_engine(console.print, state_file=TEST_HOME / "engine.pid")
    ensure_gate_user("ansim-gate")
    images.build_all(TEST_HOME, say=console.print)


def main() -> int:
    """Run the suite that the first argument names; further arguments go to pytest."""
    console = Console(highlight=False)
    kind, *rest = sys.argv[1:]
    os.chdir(REPOSITORY)
    if kind == "postgresql":
        os.environ[DATABASE] = kind
    os.environ["ANSIM_TEST_HOME"] = str(TEST_HOME)
    failures = TEST_HOME / "failures.jsonl"
    os.environ[LIST] = str(failures)
    failures.unlink(missing_ok=True)
    try:
        ended = run_chosen(console, kind, rest) if rest else run_all(console, kind)
    except ZoneError as error:
        console.print(f"ansim: {error}\n       {error.hint}")
        ended = error.exit_code
    finally:
        print_failures(console, failures)
    return ended


def run_chosen(console: Console, kind: str, rest: list[str]) -> int:
    """Run what the arguments name, in one process."""
    prepare(console)
    return run(["-m", SELECTIONS[kind], "--durations=15", *rest])


def run_all(console: Console, kind: str) -> int:
    """Run the suite; a part runs whatever came of the one before, so that one round shows everything that is wrong.

    No part is empty: whoever reads the last summary must not read that nothing was tested.
    """
    cores = min(MOST_CORES, len(os.sched_getaffinity(0)))
    # A group of files that share a zone stays in one process; groups begin in the order in which they are named.
    beside = ["--durations=15", "-n", str(cores), "--dist", "loadscope", "--no-loadscope-reorder"]
    chosen = f"{SELECTIONS[kind]} and not timed"
    preparation = Preparation(console)
    preparation.start()
    if kind == "postgresql":
        preparation.end()
        return run_on_postgresql(beside)
    ended = [run(["-m", chosen, *beside, *FIRST])] if kind == "short" else []  # no unit test is a long one
    preparation.end()
    ended.append(run(["-m", chosen, *beside, *rest()]))
    if kind == "long":  # every timed test is a long one
        os.environ["ANSIM_EXPLORE"] = "1"  # `make test` takes the same examples each time; here new ones are looked for
        ended.append(run(["-m", "hypothesis", *beside, *FIRST]))
        del os.environ["ANSIM_EXPLORE"]
        ended.append(run_on_postgresql(beside))
        ended.append(run(["-m", "long and timed", "--durations=15", *timed()]))
    return max(ended)


def run_on_postgresql(beside: list[str]) -> int:
    """Run on PostgreSQL what both suites try on SQLite, though its database may be of either kind: long ones too."""
    os.environ[DATABASE] = "postgresql"
    try:
        return run(["-m", "not timed", *beside, *rest()])
    finally:
        del os.environ[DATABASE]


def run(arguments: list[str]) -> int:
    """Run pytest in a process of its own and return its exit code: 5 where nothing was chosen."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
