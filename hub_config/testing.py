"""`make test` and `make test-long`: what the suites need, then the suites, with one closing line for each.

The functional suite needs a container engine, the images and a browser; they are made here, so that a fresh machine
needs nothing else.
"""

from __future__ import annotations

import os
import sys

import pytest
from rich.console import Console

from hub_config import engine, images
from hub_config.errors import ZoneError
from hub_config.preflight import ensure_gate_user
from hub_config.processes import REPOSITORY

TEST_HOME = REPOSITORY / "build" / "test-home"
SELECTIONS = {"short": "not long", "long": "long"}


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
    return int(pytest.main(["-m", SELECTIONS[kind], "--durations=15", *rest]))


if __name__ == "__main__":
    sys.exit(main())
