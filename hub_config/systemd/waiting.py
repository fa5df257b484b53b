"""Waits until a process of the zone answers: `python -m hub_config.systemd.waiting NAME`, for `ExecStartPost`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from hub_config.processes import answers, process_table
from hub_config.settings import load_settings

SECONDS = 100


def main(home: Path, name: str) -> int:
    """Return 0 once the process answers, 1 if it has ended (systemd gives `MAINPID`) or does not answer in time."""
    settings = load_settings(home)
    process = next(p for p in process_table(settings, gate_token="") if p.name == name)
    main_process = Path("/proc", os.environ["MAINPID"]) if "MAINPID" in os.environ else None
    deadline = time.monotonic() + SECONDS
    while not answers(settings, process):
        if time.monotonic() > deadline or (main_process is not None and not main_process.exists()):
            return 1
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["ANSIM_HOME"]), sys.argv[1]))
