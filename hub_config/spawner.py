"""Starts and stops workspaces: a container per person and project, without a network, recorded.

A start asks the registry, announces itself in the audit log, and only then touches files, gate and engine; if
the log cannot be written, nothing starts. Whatever fails on the way is undone and recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import pwd
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

import httpx
from docker.errors import DockerException, NotFound
from dockerspawner import DockerSpawner
from jupyterhub.spawner import SpawnException
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError
from audit.event import Event
from audit.refs import new_event_id
from hub_config import workspace_events as events
from hub_config.errors import ZoneError
from hub_config.spawn_failures import (
    NO_PROJECT,
    NOT_STARTED,
    NotReady,
    both,
    failure_code,
)
from hub_config.spawn_request import SpawnRequest
from hub_config.workspace_container import (
    WorkspaceContainer,
    container_for,
    container_name,
    create_arguments,
    event_detail,
    host_arguments,
)
from hub_config.workspace_events import HUB, Running
from hub_config.workspace_files import make_workspace
from hub_config.workspace_gate import WorkspaceGate
from registry.errors import Denied
from registry.model import Person, WorkPermit
from registry.text import Text

if TYPE_CHECKING:
    from hub_config.zone import Zone

ENGINE_THREADS = 6  # the engine is slow while containers start; with one thread every poll would wait
STOP_SECONDS = 3  # files lie on the host already; a kernel has nothing to save
LOOK_SECONDS = 1.0
GATE_PATIENCE_SECONDS = 20.0  # longer than the supervisor takes to start a killed gate again
READY_SLICE_SECONDS = 20.0

#: What a person reads while a workspace starts, in order.
STEPS = {
    "waiting": Text(ko="차례를 기다리고 있습니다.", en="Waiting for a turn."),
    "checking": Text(
        ko="데이터가 등록된 그대로인지 확인하고 있습니다.",
        en="Checking that the data is what was registered.",
    ),
    "making": Text(ko="분석환경을 만들고 있습니다.", en="Making the workspace."),
    "answering": Text(ko="분석환경의 응답을 기다리고 있습니다.", en="Waiting for the workspace to answer."),
}


def notebook_image(zone: Zone) -> str:
    """Return the id of the notebook image that this zone built last.

    Raises: ZoneError — if none was built.
    """
    record = zone.home / "images" / "notebook.json"
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError) as error:
        raise ZoneError(
            f"{record} does not name an image.", hint="Run `make up`; it builds the images."
        ) from error


def take_request(spawner: SafeZoneSpawner, options: Mapping[str, Any]) -> None:
    """Take who asks, and from where, out of the hub's options of a start.

    The hub would keep them as the defaults of the next start, and an address is nobody's default.
    """
    spawner.request = SpawnRequest.parse(options)
    spawner.user_options = spawner.orm_spawner.user_options = {}


class SafeZoneSpawner(DockerSpawner):  # type: ignore[misc]  # the base class carries no types
    """The hub's spawner; `hub_config.hub` binds it to a zone."""

    zone: ClassVar[Zone]
    _executor: ClassVar[ThreadPoolExecutor | None] = None
    _turns: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()
    request: SpawnRequest = SpawnRequest.parse({})
    _running: Running | None = None
    _exit: Mapping[str, Any] | None = None
    _steps: tuple[str, ...] = ()

    @property
    def executor(self) -> ThreadPoolExecutor:
        """The threads in which the engine is called."""
        if SafeZoneSpawner._executor is None:
            SafeZoneSpawner._executor = ThreadPoolExecutor(ENGINE_THREADS, thread_name_prefix="engine")
        return SafeZoneSpawner._executor

    def get_env(self) -> dict[str, str]:
        """Return nothing: the hub's token and address never enter a workspace, whoever asks for them."""
        return {}

    def workspace_payload(self) -> dict[str, Any]:
        """Return what the gate's proxy tells the gate about this workspace.

        Raises: LookupError — if it does not run.
        """
        if self._running is None:
            raise LookupError(f"{self.name!r} does not run")
        return self._running.payload()

    @property
    def workspace_ref(self) -> str | None:
        """The reference of the running workspace."""
        return None if self._running is None else self._running.workspace

    # --- state that outlives the hub

    def get_state(self) -> dict[str, Any]:
        """Return what a restarted hub needs to go on with this workspace."""
        state: dict[str, Any] = super().get_state()
        if self._running is not None:
            state["workspace"] = self._running.state()
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a workspace that an earlier hub started."""
        super().load_state(state)
        if "workspace" in state:
            self._running = Running.from_state(state["workspace"])

    def clear_state(self) -> None:
        """Forget the workspace."""
        super().clear_state()
        self._running = None
        self._exit = None
        self.object_id = ""

    # --- start

    async def start(self) -> tuple[str, int]:
        """Start the workspace and return where the hub finds it: at the gate.

        Raises: SpawnException — 403 with the registry's reason, 503 if something of the zone failed.
        """
        request = self.request
        if not self.name:
            raise SpawnException(both(NO_PROJECT), reason="no_project", status_code=403)
        self._steps = ("waiting",)
        # Once before the queue, so that a refusal is immediate, and once at its end, when it counts.
        await self._permit(request, check_data=False)
        async with self._turn():
            self._steps += ("checking",)
            person, permit = await self._permit(request, check_data=True)
            return await self._start(person, permit, request)

    def _turn(self) -> asyncio.Semaphore:
        """Return the queue of starts: with too many at once all are slow, and the last ones time out."""
        loop = asyncio.get_running_loop()
        return self._turns.setdefault(loop, asyncio.Semaphore(self.zone.settings.workspace.concurrent_starts))

    async def _permit(self, request: SpawnRequest, *, check_data: bool) -> tuple[Person, WorkPermit]:
        handle, project = str(self.user.name), str(self.name)
        try:
            return await asyncio.to_thread(self._ask_registry, handle, project, request, check_data)
        except Denied as denied:
            await asyncio.to_thread(self._record_refusal, handle, project, denied, request)
            raise SpawnException(both(denied.reason), reason=denied.code, status_code=403) from denied

    def _ask_registry(
        self, handle: str, project: str, request: SpawnRequest, check_data: bool
    ) -> tuple[Person, WorkPermit]:
        registry = self.zone.registry
        permit = registry.may_work(handle, project)
        if check_data:
            registry.check_mounts(permit, by=HUB, source=request.source)
        return registry.person(handle), permit

    async def _start(self, person: Person, permit: WorkPermit, request: SpawnRequest) -> tuple[str, int]:
        zone = self.zone
        workspace = events.running(person, permit, prefix=self._prefix())
        intent = new_event_id()
        container = container_for(
            permit,
            zone.home / "workspaces" / permit.workspace.ref,
            image=await asyncio.to_thread(notebook_image, zone),
            prefix=workspace.prefix,
            language=workspace.language,
            zone=zone.zone_id,
            intent=intent,
        )
        start = events.Start(
            actor=await asyncio.to_thread(request.actor, zone.registry, person),
            workspace=workspace,
            source=request.source,
            detail=event_detail(container, permit),
            intent=intent,
        )
        try:
            await self._record(start.announced())
            await self._bring_up(workspace, container)
            await self._record(start.succeeded())
        except BaseException as error:
            reason = failure_code(error)
            self.log.error("workspace %s did not start: %s", workspace.workspace, reason, exc_info=error)
            await asyncio.shield(self._undo(start, reason))
            if isinstance(error, asyncio.CancelledError):
                raise
            raise SpawnException(both(NOT_STARTED), reason=reason, status_code=503) from error
        self._running = workspace
        return zone.settings.zone.bind, zone.settings.zone.port

    async def _undo(self, start: events.Start, reason: str) -> None:
        try:
            await self._take_down(start.workspace.workspace, "start_failed")
        except (DockerException, RequestException):
            # The worker removes what the engine would not give up now.
            self.log.exception("the container of %s was left behind", start.workspace.workspace)
        await self._note(start.failed(reason))

    async def _bring_up(self, workspace: Running, container: WorkspaceContainer) -> None:
        self._steps += ("making",)
        home, gate_user = self.zone.home, pwd.getpwnam(self.zone.settings.gate.user)
        await asyncio.to_thread(
            make_workspace,
            home,
            workspace.workspace,
            uid=container.uid,
            gate_uid=gate_user.pw_uid,
            gate_gid=gate_user.pw_gid,
            seed=home / "seed" / workspace.project,
        )
        async with asyncio.timeout(GATE_PATIENCE_SECONDS):
            await self._open_gate(workspace)
        await self._remove(container.name)
        host = self.client.create_host_config(**host_arguments(container))
        made = await self.docker("create_container", host_config=host, **create_arguments(container))
        self.object_name, self.object_id = container.name, made["Id"]
        await self.docker("start", made["Id"])
        self._steps += ("answering",)
        await self._await_answer(workspace)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the steps of a start as they are reached; the hub ends this when the start is over."""
        shown = 0
        while True:
            for step in self._steps[shown:]:
                shown += 1
                yield {"progress": 90 * shown // len(STEPS), "message": both(STEPS[step])}
            await asyncio.sleep(LOOK_SECONDS / 4)

    async def _open_gate(self, workspace: Running) -> None:
        while True:
            try:
                return await self._gate().open(workspace.workspace, workspace.payload())
            except httpx.TransportError:
                await asyncio.sleep(LOOK_SECONDS / 4)

    async def _await_answer(self, workspace: Running) -> None:
        """Wait until Jupyter answers through the gate.

        Raises: NotReady — if it does not in time, or the container ends first.
        """
        answered = asyncio.ensure_future(self._until_ready(workspace))
        ended = asyncio.ensure_future(self._until_ended())
        try:
            await asyncio.wait(
                {answered, ended},
                timeout=self.zone.settings.workspace.start_timeout_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if ended.done():
                raise NotReady(f"the container ended: {ended.result()}")
            if not answered.done():
                raise NotReady("Jupyter in the container does not answer")
            answered.result()
        finally:
            answered.cancel()
            ended.cancel()

    async def _until_ready(self, workspace: Running) -> None:
        gate = self._gate()
        while True:
            try:
                if await gate.ready(workspace.workspace, READY_SLICE_SECONDS):
                    return
            except (httpx.TransportError, httpx.HTTPStatusError):
                # A gate that was killed meanwhile knows nothing of a workspace that no route names yet.
                await asyncio.sleep(LOOK_SECONDS / 4)
                await self._open_gate(workspace)

    async def _until_ended(self) -> dict[str, Any]:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(RequestException):
                state = (await self.docker("inspect_container", self.object_id))["State"]
                if not state["Running"]:
                    return exit_detail(state)

    # --- watch and stop

    async def poll(self) -> int | str | None:
        """Return None while the workspace runs, else how it ended.

        An engine that does not answer is no proof that a workspace ended, so it counts as running.
        """
        try:
            if self._running is None:
                await self._clear_leftovers()
                return 0
            state = (await self.docker("inspect_container", container_name(self._running.workspace)))["State"]
        except NotFound:
            return 0
        except (RequestException, DockerException) as error:
            self.log.warning("the engine does not answer (%s)", type(error).__name__)
            return None
        if state["Running"]:
            return None
        self._exit = exit_detail(state)
        return int(state["ExitCode"])

    async def stop(self, now: bool = False) -> None:
        """Cut the workspace at the gate, then stop and remove its container."""
        workspace = self._running
        if workspace is None:
            return
        intent = events.stop(workspace, outcome="intent")
        # A stop is not held up by a log that cannot be written: closing a door is always safe.
        await self._note(intent)
        try:
            await self._take_down(workspace.workspace, "stopped")
        except Exception as error:
            reason = failure_code(error)
            await self._note(events.stop(workspace, outcome="failed", reason=reason, intent_id=intent.id))
            raise
        await self._note(events.stop(workspace, outcome="ok", intent_id=intent.id))
        self._running = None

    async def run_post_stop_hook(self) -> None:
        """Tidy up and record when the container ended without being told to."""
        workspace, self._running = self._running, None
        if workspace is None:
            return
        await self._take_down(workspace.workspace, "ended")
        await self._note(events.stop(workspace, outcome="ok", reason="ended", detail=self._exit))

    async def _take_down(self, ref: str, reason: str) -> None:
        try:
            await self._gate().cut(ref, reason)
        except httpx.HTTPError as error:
            # A gate that does not answer forwards nothing; one that restarts knows what the hub tells it.
            self.log.warning("the gate did not cut %s (%s)", ref, type(error).__name__)
        name = container_name(ref)
        with contextlib.suppress(NotFound):
            await self.docker("stop", name, timeout=STOP_SECONDS)
        await self._remove(name)

    async def _remove(self, name: str) -> None:
        with contextlib.suppress(NotFound):
            await self.docker("remove_container", name, v=True, force=True)

    async def _clear_leftovers(self) -> None:
        """Remove what a hub that was killed in the middle of a start left behind, and record it."""
        wanted = [f"ansim.zone={self.zone.zone_id}", f"ansim.prefix={self._prefix()}"]
        for found in await self.docker("containers", all=True, filters={"label": wanted}):
            labels = found["Labels"]
            await self._take_down(labels["ansim.workspace"], "start_interrupted")
            await self._note(
                events.interrupted(labels["ansim.workspace"], labels["ansim.project"], labels["ansim.intent"])
            )

    # --- small things

    def _prefix(self) -> str:
        return f"{self.user.base_url}{self.name}/"

    def _gate(self) -> WorkspaceGate:
        return WorkspaceGate(self.zone.home)

    async def _record(self, event: Event) -> None:
        await asyncio.to_thread(self.zone.log.record, event)

    async def _note(self, event: Event) -> None:
        """Record what has happened already; a log that fails is reported and holds nothing up."""
        try:
            await self._record(event)
        except (AuditError, SQLAlchemyError):
            self.log.exception("%s of %s could not be recorded", event.action, event.object.ref)

    def _record_refusal(self, handle: str, project: str, denied: Denied, request: SpawnRequest) -> None:
        registry = self.zone.registry
        person = registry.person(handle)
        self.zone.log.record(
            events.refused(request.actor(registry, person), person, project, denied, source=request.source)
        )


def exit_detail(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a container's state what the log keeps: the exit code and whether memory ran out."""
    return {"exit_code": int(state["ExitCode"]), "out_of_memory": bool(state["OOMKilled"])}
