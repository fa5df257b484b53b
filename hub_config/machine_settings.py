"""The part of a zone's settings that says how its processes are run on their machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSettings:
    """Who runs the zone's processes, and how they reach the container engine.

    `supervisor` is the embedded zone of `make up`. With `systemd` each process is a unit of its own, under a user of
    its own. `engine_helper` is the socket of the helper that stands before the engine; empty asks the engine itself.
    `home_helper` is the socket of the helper that mounts encrypted homes; empty is where `run_by` puts it.
    """

    run_by: Literal["supervisor", "systemd"] = "supervisor"
    engine_helper: str = ""
    home_helper: str = ""
