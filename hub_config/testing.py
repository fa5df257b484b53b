"""`make test` and `make test-long`: what the suites need, then the suites, with one closing line for each.

The functional suite needs a container engine, the images and a browser; they are made here, so that a fresh machine
needs nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys

from rich.console import Console

from hub_config import engine, images
from hub_config.errors import ZoneError
from hub_config.preflight import ensure_gate_user
from hub_config.processes import REPOSITORY

TEST_HOME = REPOSITORY / "build" / "test-home"
SELECTIONS = {"short": "not long", "long": "long"}

SIDE_BY_SIDE = ("tests/unit", *(f"tests/integration/{one}" for one in ("audit", "deid", "house", "portal", "registry")))
"""What shares nothing but the processor, so that every core can take a file of it."""
ONE_BY_ONE = (
    *(f"tests/integration/{one}" for one in ("demo", "egress_review", "gate", "hub", "hub_config", "images")),
    "tests/functional",
)
"""What uses the engine, a browser or a port, or measures time."""
MOST_CORES = 4


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
    try:
        prepare(console)
    except ZoneError as error:
        console.print(f"ansim: {error}\n       {error.hint}")
        return error.exit_code
    os.chdir(REPOSITORY)
    os.environ["ANSIM_TEST_HOME"] = str(TEST_HOME)
    chosen = ["-m", SELECTIONS[kind], "--durations=15"]
    if rest:
        return run([*chosen, *rest])
    cores = min(MOST_CORES, len(os.sched_getaffinity(0)))
    # Both run whatever the first says: one round should show everything that is wrong.
    first = run([*chosen, "-n", str(cores), "--dist", "loadfile", *SIDE_BY_SIDE])
    second = run([*chosen, *ONE_BY_ONE])
    return max(first, second)


def run(arguments: list[str]) -> int:
    """Run pytest in a process of its own and return its exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
