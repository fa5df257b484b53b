"""Starts and stops workspaces: a container per person and project, without a network, recorded.

A start asks the registry, announces itself in the audit log, and only then touches files, gate and engine; if
the log cannot be written, nothing starts. Whatever fails on the way is undone and recorded.
"""

from __future__ import annotations

import asyncio
import pwd
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from docker.errors import DockerException
from dockerspawner import DockerSpawner
from jupyterhub.spawner import SpawnException
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError
from audit.event import Event
from audit.refs import new_event_id
from hub_config import workspace_events as events
from hub_config.homes import ZoneHomes
from hub_config.probe.standing import WALL_BROKEN, stops_starts
from hub_config.runtimes import GVISOR
from hub_config.shared_homes import ZoneSpaces
from hub_config.shared_space import SharedSpace, shared_space
from hub_config.spawn_failures import NO_PROJECT, both, failure_code, sentence_of
from hub_config.spawn_request import SpawnRequest
from hub_config.workspace_container import container_for, event_detail
from hub_config.workspace_events import HUB, Running
from hub_config.workspace_image import notebook_image
from hub_config.workspace_runner import RETRY_SECONDS, WorkspaceRunner, exit_detail
from registry.errors import Denied
from registry.model import Person, WorkPermit
from registry.text import Text

if TYPE_CHECKING:
    from hub_config.zone import Zone

ENGINE_THREADS = 6  # the engine is slow while containers start; with one thread every poll would wait

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


def take_request(spawner: SafeZoneSpawner, options: Mapping[str, Any]) -> None:
    """Take who asks, and from where, out of the hub's options of a start.

    The hub would keep them as the defaults of the next start, and an address is nobody's default.
    """
    spawner.request = SpawnRequest.parse(options)
    spawner.user_options = spawner.orm_spawner.user_options = {}


class SafeZoneSpawner(DockerSpawner):  # type: ignore[misc]  # the base class carries no types
    """The hub's spawner; `hub_config.hub` binds it to a zone."""

    zone: ClassVar[Zone]
    _threads: ClassVar[ThreadPoolExecutor | None] = None
    _turns: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()
    request: SpawnRequest = SpawnRequest.parse({})
    _running: Running | None = None
    _exit: Mapping[str, Any] | None = None
    _steps: tuple[str, ...] = ()

    @property
    def executor(self) -> ThreadPoolExecutor:
        """The threads in which the engine is called."""
        if SafeZoneSpawner._threads is None:
            SafeZoneSpawner._threads = ThreadPoolExecutor(ENGINE_THREADS, thread_name_prefix="engine")
        return SafeZoneSpawner._threads

    def get_env(self) -> dict[str, str]:
        """Return nothing: the hub's token and address never enter a workspace, whoever asks for them."""
        return {}

    def workspace_payload(self) -> dict[str, Any]:
        """Return what the gate's proxy tells the gate about this workspace, with the policy of now.

        Raises: LookupError — if it does not run.
        """
        if self._running is None:
            raise LookupError(f"{self.name!r} does not run")
        # What was kept with the start is what held then; a policy that was tightened since must reach it too.
        access = self.zone.settings.access_of(self._running.project)
        return {**self._running.payload(), "access": access.payload()}

    @property
    def workspace_ref(self) -> str | None:
        """The reference of the running workspace."""
        return None if self._running is None else self._running.workspace

    # What a hub that was restarted needs to go on with a workspace.

    def get_state(self) -> dict[str, Any]:
        """Return what the hub's database keeps."""
        return {} if self._running is None else {"workspace": self._running.state()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a workspace that an earlier hub started."""
        super().load_state(state)
        if "workspace" in state:
            self._running = Running.from_state(state["workspace"])

    def clear_state(self) -> None:
        """Forget the workspace."""
        super().clear_state()
        self._running = self._exit = None

    # Start.

    async def start(self) -> tuple[str, int]:
        """Start the workspace and return where the hub finds it: at the gate.

        Raises: SpawnException — 403 with the registry's reason, 503 if something of the zone failed.
        """
        if not self.name:
            raise SpawnException(both(NO_PROJECT), reason="no_project", status_code=403)
        self._steps = ("waiting",)
        # Once before the queue, so that a refusal is immediate, and once at its end, when it counts.
        await self._permit(check_data=False)
        async with self._turn():
            self._reached("checking")
            person, permit = await self._permit(check_data=True)
            return await self._start(person, permit)

    def _turn(self) -> asyncio.Semaphore:
        """Return the queue of starts: with too many at once all are slow, and the last ones time out."""
        loop = asyncio.get_running_loop()
        return self._turns.setdefault(loop, asyncio.Semaphore(self.zone.settings.workspace.concurrent_starts))

    async def _permit(self, *, check_data: bool) -> tuple[Person, WorkPermit]:
        handle, project = str(self.user.name), str(self.name)
        try:
            return await asyncio.to_thread(self._ask_registry, handle, project, check_data)
        except Denied as denied:
            await asyncio.to_thread(self._record_refusal, handle, project, denied)
            raise SpawnException(both(denied.reason), reason=denied.code, status_code=403) from denied

    def _ask_registry(self, handle: str, project: str, check_data: bool) -> tuple[Person, WorkPermit]:
        registry = self.zone.registry
        permit = registry.may_work(handle, project)
        if stops_starts(self.zone.settings):
            raise Denied("wall_broken", WALL_BROKEN)
        if check_data:
            registry.check_mounts(permit, by=HUB, source=self.request.source)
        return registry.person(handle), permit

    def _record_refusal(self, handle: str, project: str, denied: Denied) -> None:
        registry, request = self.zone.registry, self.request
        person = registry.person(handle)
        actor = request.actor(registry, person)
        refusal = events.refused(actor, person, project, denied, source=request.source)
        self.zone.log.record(refusal, wait="durable")

    async def _start(self, person: Person, permit: WorkPermit) -> tuple[str, int]:
        zone = self.zone
        access = zone.settings.access_of(permit.project.id)
        workspace = events.running(person, permit, prefix=self._prefix(), access=access)
        intent = new_event_id()
        shared = shared_space(
            zone.settings.workspace, permit.project.id, await asyncio.to_thread(zone.registry.workspaces)
        )
        container = container_for(
            permit,
            zone.home / "workspaces" / permit.workspace.ref,
            image=await asyncio.to_thread(notebook_image, zone.home),
            runtime=GVISOR if zone.settings.own_kernel(permit.project.id) else None,
            prefix=workspace.prefix,
            language=workspace.language,
            zone=zone.zone_id,
            intent=intent,
            shared=shared,
        )
        start = events.Start(
            actor=await asyncio.to_thread(self.request.actor, zone.registry, person),
            workspace=workspace,
            source=self.request.source,
            detail=event_detail(container, permit),
            intent=intent,
        )
        try:
            await self._record(start.announced())
            await self._make_home(start, container.uid)
            await self._make_shared(start, shared)
            await self._runner().bring_up(workspace, container, self._reached)
            await self._record(start.succeeded())
        except BaseException as error:
            # Whatever ends a start, even that the hub gave up waiting, is undone and recorded, then told on.
            reason = failure_code(error)
            self.log.error("workspace %s did not start: %s", workspace.workspace, reason, exc_info=error)
            await asyncio.shield(self._undo(start, reason))
            if isinstance(error, asyncio.CancelledError):
                raise
            raise SpawnException(both(sentence_of(error)), reason=reason, status_code=503) from error
        self._running = workspace
        return zone.settings.zone.bind, zone.settings.zone.port

    async def _make_home(self, start: events.Start, uid: int) -> None:
        """Make the encrypted home of a workspace that is started for the first time, where the settings ask for one."""
        homes, ref = ZoneHomes(self.zone.settings), start.workspace.workspace
        if await asyncio.to_thread(homes.wanted, ref, uid):
            await asyncio.to_thread(homes.make, ref, self.zone.log, start.home_made())

    async def _make_shared(self, start: events.Start, shared: SharedSpace | None) -> None:
        """Make the encrypted space of a project, likewise."""
        if shared is not None:
            spaces, gid = ZoneSpaces(self.zone.settings), pwd.getpwnam(self.zone.settings.gate.user).pw_gid
            await asyncio.to_thread(spaces.ensure, shared, self.zone.log, start.shared_made(), gate_gid=gid)

    async def _undo(self, start: events.Start, reason: str) -> None:
        try:
            await self._runner().take_down(start.workspace.workspace, "start_failed")
        except (DockerException, RequestException):
            # The worker removes what the engine would not give up now.
            self.log.exception("the container of %s was left behind", start.workspace.workspace)
        await self._note(start.failed(reason))

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the steps of a start as they are reached; the hub ends this when the start is over."""
        shown = 0
        while True:
            for step in self._steps[shown:]:
                shown += 1
                yield {"progress": 90 * shown // len(STEPS), "message": both(STEPS[step])}
            await asyncio.sleep(RETRY_SECONDS)

    def _reached(self, step: str) -> None:
        self._steps += (step,)

    # Watch and stop.

    async def poll(self) -> int | None:
        """Return None while the workspace runs, else its exit code.

        An engine that does not answer is no proof that a workspace ended, so it counts as running.
        """
        try:
            if self._running is None:
                await self._clear_leftovers()
                return 0
            state = await self._runner().state(self._running.workspace)
        except (RequestException, DockerException) as error:
            self.log.warning("the engine does not answer (%s)", type(error).__name__)
            return None
        if state is not None and state["Running"]:
            return None
        self._exit = exit_detail(state)
        return 0 if state is None else int(state["ExitCode"])

    async def stop(self, now: bool = False) -> None:
        """Cut the workspace at the gate, then stop and remove its container."""
        workspace = self._running
        if workspace is None:
            return
        intent = events.stop(workspace, outcome="intent")
        # A stop is not held up by a log that cannot be written: closing a door is always safe.
        await self._note(intent)
        try:
            await self._runner().take_down(workspace.workspace, "stopped")
        except Exception as error:
            # Every announced stop has its outcome in the log, whatever it was; the hub hears of it all the same.
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
        try:
            await self._runner().take_down(workspace.workspace, "ended")
        finally:
            # It has ended whatever the engine says; a container that could not be removed the worker removes.
            await self._note(events.stop(workspace, outcome="ok", reason="ended", detail=self._exit))

    async def _clear_leftovers(self) -> None:
        """Remove what a hub that was killed in the middle of a start left behind, and record it."""
        for labels in await self._runner().leftovers(self.zone.zone_id, self._prefix()):
            ref = labels["ansim.workspace"]
            await self._runner().take_down(ref, "start_interrupted")
            await self._note(events.interrupted(ref, labels["ansim.project"], labels["ansim.intent"]))

    # Small things.

    def _prefix(self) -> str:
        return f"{self.user.base_url}{self.name}/"

    def _runner(self) -> WorkspaceRunner:
        return WorkspaceRunner(self.docker, self.zone.settings)

    async def _record(self, event: Event) -> None:
        await asyncio.to_thread(self.zone.log.record, event, wait="durable")

    async def _note(self, event: Event) -> None:
        """Record what has happened already; a log that fails is reported and holds nothing up."""
        try:
            await self._record(event)
        except (AuditError, SQLAlchemyError):
            self.log.exception("%s of %s could not be recorded", event.action, event.object.ref)
