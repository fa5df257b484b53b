"""What the tests of faults share: a real zone, looked at by its database, engine and processes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker

from audit.search import Entry, Query, search
from audit.verification import Verification
from audit.verify import verify
from hub_config.story.play import trusted_key
from hub_config.story.steps import stop_workspace
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.supervisor import read_state
from hub_config.zone import Zone


async def until(condition: Callable[[], Any], seconds: float, what: str, *, every: float = 0.2) -> Any:
    """Wait until something is true and return it; fails saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(every)
    return found


def containers(zone: Zone) -> dict[str, Any]:
    """Return this zone's workspace containers by workspace reference, running or not."""
    with contextlib.closing(docker.from_env()) as client:
        found = client.containers.list(
            all=True, filters={"label": [f"ansim.zone={zone.zone_id}", "ansim.workspace"]}, ignore_removed=True
        )
        return {c.labels["ansim.workspace"]: c for c in found}


def workspace_ref(zone: Zone, handle: str, project: str) -> str:
    """Return the reference of a person's workspace in a project."""
    return zone.registry.workspace(zone.registry.person(handle).ref, project).ref


def log_of(zone: Zone, **conditions: Any) -> list[Entry]:
    """Return what the log says, the latest first."""
    with zone.db.read() as tx:
        return search(tx, Query(**conditions))


def proven(zone: Zone) -> Verification:
    """Sign the head of the log and recompute everything below it."""
    zone.log.checkpoint()
    return verify(zone.db, trusted_key(zone), zone.home / "log")


def pid_of(home: Path, process: str) -> int:
    """Return the process id of one of the zone's processes as the supervisor wrote it last."""
    return int(read_state(home)["children"][process])


async def put_away(visitor: Visitor, project: str) -> None:
    """Stop a workspace, so that the next test starts one anew."""
    with contextlib.suppress(StoryFailed):
        await stop_workspace(visitor, project)
