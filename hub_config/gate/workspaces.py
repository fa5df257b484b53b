"""The workspaces that the gate has opened, by reference and by path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hub_config.gate.config import Limits
from hub_config.gate.errors import Refused
from hub_config.gate.outflow import Outflow
from hub_config.gate.unread import Room
from hub_config.gate.workspace import OpenWorkspace, Tenancy

log = logging.getLogger("ansim.gate")


class NotCut(Exception):
    """Some of the workspaces that were to be cut are not; `doomed` are all of them."""

    def __init__(self, doomed: Sequence[Tenancy], failed: Mapping[str, Exception]) -> None:
        said = ", ".join(f"{ref}: {type(error).__name__}" for ref, error in failed.items())
        super().__init__(f"workspaces that are not cut: {said}")
        self.doomed = tuple(doomed)


@dataclass(frozen=True, slots=True)
class Place:
    """The first three segments of a workspace's path, and what is below them."""

    handle: str
    project: str
    below: str


def place_of(path: str) -> Place | None:
    """Return which workspace a decoded path of the work host names, if it names one."""
    match path.split("/", 4):
        case ["", "user", handle, project, below] if handle and project:
            return Place(handle, project, below)
        case _:
            return None


@dataclass(slots=True)
class Workspaces:
    """Opens and cuts workspaces. No order waits for another one: each finds and changes what is open in one step, and
    only then says goodbye to browsers, which may hang.
    """

    limits: Limits
    calls: Callable[[str], web.Server]
    """Makes the server of the calls that one workspace may make."""
    packages: Callable[[str], web.Server]
    """Makes the server of packages for one workspace."""
    filled: bool = False
    """Whether the hub has told everything since the gate started; until then nobody knows what is not open."""
    frozen: frozenset[str] = frozenset()
    """Projects that stand still: nothing of them is open, and nothing opens."""
    room: Room = field(init=False)
    """For what their servers send over WebSockets."""
    _open: dict[str, OpenWorkspace] = field(default_factory=dict)
    _outflows: dict[tuple[str, str], Outflow] = field(default_factory=dict)
    """By person and project: a workspace that is started again goes on where it was."""

    def __post_init__(self) -> None:
        """Make room for two messages at least, however large one may be."""
        self.room = Room(max(self.limits.unread_bytes, 2 * self.limits.message_bytes))

    def get(self, ref: str) -> OpenWorkspace | None:
        """Return an open workspace by its reference."""
        return self._open.get(ref)

    def at(self, place: Place) -> OpenWorkspace | None:
        """Return the open workspace at a place."""
        for workspace in self._open.values():
            if (workspace.tenancy.handle, workspace.tenancy.project) == (place.handle, place.project):
                return workspace
        return None

    def absence(self, place: Place) -> Refused:
        """Return why a workspace that is not among the open ones cannot be reached."""
        if place.project in self.frozen:
            return Refused("project.frozen")
        return Refused("workspace.closed" if self.filled else "gate.filling")

    async def open(self, tenancy: Tenancy, *, spent: int = 0) -> None:
        """Open a workspace, or take over what has changed about an open one.

        Raises: OSError — if its sockets cannot be made. ValueError — if its path belongs to another one. Refused —
        if its project is frozen.
        """
        if tenancy.project in self.frozen:
            raise Refused("project.frozen")
        known = self._open.get(tenancy.ref)
        other = self.at(Place(tenancy.handle, tenancy.project, ""))
        if other is not None and other is not known:
            raise ValueError("another workspace is open at this path")
        if known is not None and known.tenancy.prefix == tenancy.prefix:
            known.tenancy = tenancy
            self._outflow(tenancy)
            return
        if known is not None:
            raise ValueError("the workspace is open at another path")
        workspace = OpenWorkspace(tenancy, self.limits, self.room, spent=spent, outflow=self._outflow(tenancy))
        try:
            workspace.listen(self.calls(tenancy.ref), self.packages(tenancy.ref))
        except OSError:
            await workspace.cut("not_opened")
            raise
        self._open[tenancy.ref] = workspace

    def _outflow(self, tenancy: Tenancy) -> Outflow:
        held_to = Outflow.of(tenancy.access, self.limits)
        outflow = self._outflows.setdefault((tenancy.handle, tenancy.project), held_to)
        outflow.hold_to(held_to)
        return outflow

    async def cut(self, ref: str, reason: str) -> bool:
        """Cut a workspace; return whether it was open. Raises: NotCut."""
        workspace = self._open.get(ref)
        if workspace is None:
            return False
        await self._end([workspace], reason)
        return True

    async def freeze(self, projects: frozenset[str]) -> list[Tenancy]:
        """Let exactly these projects stand still; return whose workspaces were cut for it, all at once.

        Raises: NotCut — once all others are cut.
        """
        self.frozen = projects
        doomed = [one for one in self._open.values() if one.tenancy.project in projects]
        await self._end(doomed, "project.frozen")
        return [one.tenancy for one in doomed]

    async def cut_all(self, reason: str) -> None:
        """Cut every workspace, when the gate stops."""
        await self._end(list(self._open.values()), reason)

    async def _end(self, doomed: Sequence[OpenWorkspace], reason: str) -> None:
        """Shut workspaces, forget them, and tell their browsers, which cannot hold anything up any more.

        Only what is shut is forgotten: one that could not be stays known, and the order fails.
        """
        failed: dict[str, Exception] = {}
        for one in doomed:
            try:
                one.shut()
            except Exception as error:
                failed[one.tenancy.ref] = error
            else:
                self._open.pop(one.tenancy.ref)
        for outcome in await asyncio.gather(*(one.cut(reason) for one in doomed), return_exceptions=True):
            if isinstance(outcome, Exception):
                log.warning("a browser was not told that its workspace is cut (%s)", type(outcome).__name__)
        if failed:
            raise NotCut([one.tenancy for one in doomed], failed)

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the counters of every open workspace."""
        return {ref: workspace.state() for ref, workspace in self._open.items()}
