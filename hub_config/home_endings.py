"""The worker's duty about encrypted homes: shut those that nobody works in, destroy those whose workspace is over.

A home of a closed project, or of somebody who was erased, is destroyed every time it is there, so one that came back
with an old backup goes again. The space that a project shares is at work while any of its workspaces is, and ends with
the project; what somebody who was erased wrote there is the project's. What could not be shut is tried again, ever more
seldom, until it is or the machine starts anew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.event import Actor, Source, Subjects
from hub_config.home_events import Life
from hub_config.home_helper.errors import HelperAway, HomeError, HomeRefused
from hub_config.homes import IDLE_SECONDS, ZoneHomes
from hub_config.shared_space import shared_ref
from registry.erasure import erased_handle
from registry.errors import NotFound
from registry.model import Project, ProjectStatus

if TYPE_CHECKING:
    from hub_config.zone import Zone

log = logging.getLogger("ansim.homes")
SECONDS = 60.0
LONGEST = 3600.0
DOUBLED = 6  # times, after which it is longer than that
WORKER = Actor.service("worker")
HERE = Source(ip=None)


@dataclass(slots=True)
class Tries:
    """When homes that could not be shut are tried again: after a minute, then twice as long, at most an hour."""

    clock: Callable[[], float] = time.monotonic
    _next: dict[str, tuple[int, float]] = field(default_factory=dict)

    def due(self, ref: str) -> bool:
        """Say whether it is time to try one."""
        return self.clock() >= self._next.get(ref, (0, 0.0))[1]

    def failed(self, ref: str) -> None:
        """Note that one could not be shut."""
        tries = self._next.get(ref, (0, 0.0))[0] + 1
        self._next[ref] = (tries, self.clock() + min(SECONDS * 2 ** min(tries - 1, DOUBLED), LONGEST))

    def only(self, refs: Collection[str]) -> None:
        """Forget all but those that are still to be shut."""
        self._next = {ref: kept for ref, kept in self._next.items() if ref in refs}


def keep(zone: Zone, running: Callable[[], Collection[str]], tries: Tries | None = None) -> None:
    """Look at every encrypted home of a zone; `running` gives the workspaces that have a container."""
    tries = tries or Tries()
    homes = ZoneHomes(zone.settings)
    if not homes.kept():
        return
    try:
        every = homes.client().every()
    except HomeError as error:
        log.warning("%s", error)
        return
    # The engine is asked after the helper: a home that is opened meanwhile is not idle, and stays.
    at_work = set(running()) if any(state.state in ("open", "half") for state in every.values()) else set()
    at_work |= {shared_ref(one.project) for one in zone.registry.workspaces() if one.ref in at_work}
    waiting = {ref: state.state for ref, state in every.items() if state.state == "left" or ref not in at_work}
    tries.only([ref for ref, state in waiting.items() if state in ("open", "half", "left")])
    for ref, state in waiting.items():
        try:
            end(zone, homes, ref, state, tries)
        except Exception:  # of one home, which is looked at again in a minute; it must not keep another from its end
            log.exception("the home of %s could not be ended", ref)


def end(zone: Zone, homes: ZoneHomes, ref: str, state: str, tries: Tries) -> None:
    """Shut or destroy a home that nobody works in, as its state and its workspace want it."""
    if state == "left":  # destroyed, and recorded as such
        shut(homes, ref, tries, idle=0)
    elif (why := over(zone, ref)) is not None:
        destroy(zone, homes, ref, why)
    elif state in ("open", "half"):
        shut(homes, ref, tries, idle=IDLE_SECONDS)


def shut(homes: ZoneHomes, ref: str, tries: Tries, *, idle: int) -> None:
    """Try to shut a home; one that cannot be is tried again later, and `ansim doctor` names it meanwhile."""
    if not tries.due(ref):
        return
    try:
        done = homes.client().close(ref, idle=idle)
    except HomeRefused as refused:
        if refused.code != "in_use":
            tries.failed(ref)
            log.warning("the home of %s could not be shut: %s", ref, refused.code)
    except HomeError as error:
        log.warning("%s", error)
    else:
        if done.stuck:
            tries.failed(ref)


def over(zone: Zone, ref: str) -> str | None:
    """Return the code of why a workspace's life has ended, None while it has not, or nobody knows the workspace."""
    if ref.startswith("sh_"):
        of = sharing(zone, ref)
        return "project_closed" if of is not None and of.status is ProjectStatus.CLOSED else None
    try:
        workspace = zone.registry.workspace_by_ref(ref)
        if zone.registry.project(workspace.project).status is ProjectStatus.CLOSED:
            return "project_closed"
        person = zone.registry.person_by_ref(workspace.person_ref)
    except NotFound:
        return None
    return "person_erased" if person.handle == erased_handle(person.ref) else None


def sharing(zone: Zone, ref: str) -> Project | None:
    """Return the project whose shared space has that reference; None if it is no space's, or nobody knows it."""
    return next((one for one in zone.registry.projects() if shared_ref(one.id) == ref), None)


def destroy(zone: Zone, homes: ZoneHomes, ref: str, why: str) -> None:
    """Destroy the home of a workspace that is over; what fails is recorded, and tried again by the next look."""
    shared = sharing(zone, ref)
    of = Life(
        action="workspace.home_destroyed" if shared is None else "workspace.shared_destroyed",
        workspace=ref if shared is None else None,
        project=zone.registry.workspace_by_ref(ref).project if shared is None else shared.id,
        actor=WORKER,
        subjects=Subjects.none(),
        source=HERE,
        why=why,
    )
    try:
        homes.destroy(ref, zone.log, of)
    except (HelperAway, HomeRefused) as error:
        log.warning("the home of %s was not destroyed: %s", ref, error)
