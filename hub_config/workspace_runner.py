"""Brings one workspace up and takes it down: its directories, its sockets at the gate, its container."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pwd
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import httpx2 as httpx
from docker.errors import APIError, NotFound
from requests.exceptions import RequestException

from hub_config.homes import ZoneHomes
from hub_config.settings import Settings
from hub_config.shared_homes import ZoneSpaces
from hub_config.spawn_failures import NotReady, RuntimeMissing
from hub_config.workspace_container import (
    WorkspaceContainer,
    container_name,
    covered_paths,
    create_arguments,
    host_arguments,
)
from hub_config.workspace_events import Running
from hub_config.workspace_files import make_workspace
from hub_config.workspace_gate import WorkspaceGate

STOP_SECONDS = 3  # files lie on the host already; a kernel has nothing to save
LOOK_SECONDS = 1.0
RETRY_SECONDS = 0.25
GATE_PATIENCE_SECONDS = 20.0  # longer than the supervisor takes to start a killed gate again
READY_SLICE_SECONDS = 20.0

log = logging.getLogger("ansim.workspace")


class Engine(Protocol):
    """A method of docker-py's low-level client, called by name in a thread of its own."""

    def __call__(self, method: str, /, *arguments: Any, **named: Any) -> Awaitable[Any]: ...


class WorkspaceRunner:
    """What is done to the machine for a workspace; decisions and records are the spawner's."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._gate = WorkspaceGate(settings.home)
        self._homes = ZoneHomes(settings)

    async def bring_up(self, workspace: Running, container: WorkspaceContainer, reached: Callable[[str], None]) -> None:
        """Start a workspace and return once it answers; `reached` hears of each step.

        Raises: NotReady, RuntimeMissing, WorkspaceFilesError, httpx.HTTPError, TimeoutError, and what docker-py raises.
        """
        reached("making")
        await self.open_at_gate(workspace, container)
        await self._remove(container.name)
        await self._make(container)
        await self._engine("start", container.name)
        reached("answering")
        await self._await_answer(workspace)

    async def _make(self, container: WorkspaceContainer) -> None:
        """Make a container; one that asks for gVisor's kernel gets it, or is not started at all.

        Raises: RuntimeMissing, and what docker-py raises.
        """
        host = {**await self._engine("create_host_config", **host_arguments(container)), **covered_paths()}
        try:
            await self._engine("create_container", host_config=host, **create_arguments(container))
        except APIError as error:
            if container.runtime is not None and "runtime" in str(error.explanation).lower():
                raise RuntimeMissing(f"The engine does not know the runtime {container.runtime}.") from error
            raise
        if container.runtime is not None:
            # An engine that is not Docker may take the name and use its own all the same.
            made = await self._engine("inspect_container", container.name)
            if made["HostConfig"].get("Runtime") != container.runtime:
                raise RuntimeMissing(f"The engine made the container without the runtime {container.runtime}.")

    async def open_at_gate(self, workspace: Running, container: WorkspaceContainer) -> None:
        """Open the home of a workspace and what it shares, make its directories, and let the gate make its sockets."""
        home, gate_user = self._settings.home, pwd.getpwnam(self._settings.gate.user)
        ref, gid = workspace.workspace, gate_user.pw_gid
        encrypted = await asyncio.to_thread(self._homes.open, ref, container.uid, gate_gid=gid)
        await asyncio.to_thread(
            make_workspace,
            home,
            workspace.workspace,
            uid=container.uid,
            gate_uid=gate_user.pw_uid,
            gate_gid=gate_user.pw_gid,
            seed=home / "seed" / workspace.project,
            encrypted=encrypted,
        )
        if container.shared is not None:
            await asyncio.to_thread(ZoneSpaces(self._settings).open, container.shared, gate_gid=gid)
        async with asyncio.timeout(GATE_PATIENCE_SECONDS):
            await self._open_gate(workspace)

    async def take_down(self, ref: str, reason: str) -> None:
        """Cut a workspace at the gate, stop and remove its container, and close its home; what is gone is no error.

        What it shares with others stays open: the worker closes that when none of them runs.
        """
        try:
            await self._gate.cut(ref, reason)
        except httpx.HTTPError as error:
            # The container ends all the same; a gate that restarts knows what the hub tells it.
            log.warning("the gate did not cut %s (%s)", ref, type(error).__name__)
        name = container_name(ref)
        with contextlib.suppress(NotFound):
            await self._engine("stop", name, timeout=STOP_SECONDS)
        await self._remove(name)
        await asyncio.to_thread(self._homes.close, ref)

    async def state(self, ref: str) -> Mapping[str, Any] | None:
        """Return the engine's state of a workspace's container, or None if there is no container."""
        try:
            return dict((await self._engine("inspect_container", container_name(ref)))["State"])
        except NotFound:
            return None

    async def leftovers(self, zone: str, prefix: str) -> list[Mapping[str, str]]:
        """Return the labels of every container of one workspace, running or not."""
        wanted = [f"ansim.zone={zone}", f"ansim.prefix={prefix}"]
        return [c["Labels"] for c in await self._engine("containers", all=True, filters={"label": wanted})]

    async def _open_gate(self, workspace: Running) -> None:
        while True:
            try:
                return await self._gate.open(workspace.workspace, workspace.payload())
            except httpx.TransportError:
                await asyncio.sleep(RETRY_SECONDS)

    async def _await_answer(self, workspace: Running) -> None:
        answered = asyncio.ensure_future(self._until_ready(workspace))
        ended = asyncio.ensure_future(self._until_ended(workspace.workspace))
        try:
            await asyncio.wait(
                {answered, ended},
                timeout=self._settings.workspace.start_timeout_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if answered.done():
                return answered.result()
            if ended.done():
                raise NotReady(f"the container ended: {ended.result()}")
            raise NotReady("Jupyter in the container does not answer")
        finally:
            answered.cancel()
            ended.cancel()

    async def _until_ready(self, workspace: Running) -> None:
        while True:
            try:
                if await self._gate.ready(workspace.workspace, READY_SLICE_SECONDS):
                    return
            except (httpx.TransportError, httpx.HTTPStatusError):
                # A gate that was killed meanwhile knows nothing of a workspace that no route names yet.
                await asyncio.sleep(RETRY_SECONDS)
                await self._open_gate(workspace)

    async def _until_ended(self, ref: str) -> Mapping[str, Any]:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(RequestException):
                state = await self.state(ref)
                if state is None or not state["Running"]:
                    return exit_detail(state)

    async def _remove(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            await self._engine("remove_container", name, v=True, force=True)


def exit_detail(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return of a container's state what the log keeps: the exit code, and whether memory ran out."""
    if state is None:
        return {"container": "removed"}
    return {"exit_code": int(state["ExitCode"]), "out_of_memory": bool(state["OOMKilled"])}
