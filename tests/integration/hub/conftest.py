"""What the hub's integration tests share: a small image that needs no registry, a zone, and a hub behind its gate."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import docker
import httpx2 as httpx
import pytest

from audit.event import Source
from audit.search import Entry, Query, search
from hub_config.home import make_home
from hub_config.migrate import METADATA
from hub_config.preflight import ensure_gate_user
from hub_config.processes import answers, child_environment, process_table
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings
from hub_config.zone import Zone, open_zone
from images.manifest import ImageInfo, write_manifest
from registry.desk import CLI, as_actor
from registry.model import Limits, Role
from registry.notice import NOTICE_VERSION
from registry.totp import STEP_SECONDS, code_at, new_secret
from tests.patience import PATIENCE
from tests.ports import free_port

#: Images of the zone that hold a shell, then a static shell of the machine.
CANDIDATES = ("ansim/base:latest", "ansim/notebook:latest")
PASSWORD = "kalmia-otter-7-lantern"
#: Seconds before the end of a time step in which nobody joins: a busy machine takes some of them.
NARROW = 5.0
HERE = Source(None)
DATASET, PROJECT, OTHER = "gibleed", "gibleed-study", "floating-pop"


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """The container engine of this machine."""
    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except docker.errors.DockerException:
        pytest.fail("no container engine answers: `make test` starts one")
    yield client
    client.close()


@pytest.fixture(scope="session")
def small_image(engine: Any) -> Iterator[str]:
    """The id of an image whose command sleeps: of the zone's base image if it was built, else of busybox."""
    name = f"ansim-test/sleeper:{uuid.uuid4().hex[:8]}"
    for candidate in CANDIDATES:
        if engine.images.list(candidate):
            base = engine.images.get(candidate)
            container = engine.api.create_container(base.id, ["/bin/true"], network_disabled=True)
            engine.api.commit(container["Id"], *name.split(":"), conf={"Cmd": ["sleep", "3600"], "Entrypoint": []})
            engine.api.remove_container(container["Id"])
            break
    else:
        shell = shutil.which("busybox")
        if shell is None:
            pytest.fail("neither an image of the zone nor a static busybox is here")
        engine.api.import_image_from_data(
            shell_archive(Path(shell)), *name.split(":"), changes=['CMD ["/bin/sleep", "3600"]', "ENV PATH=/bin"]
        )
    yield str(engine.images.get(name).id)
    engine.images.remove(name, force=True)


def shell_archive(shell: Path) -> bytes:
    """Return a root file system that holds one static shell under the names the tests call."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for directory in ("bin", "data", "home", "home/researcher", "outbox", "proc", "sys", "dev", "tmp", "zone"):
            entry = tarfile.TarInfo(directory)
            # The engine gives a temporary file system the mode that the image has at its place.
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory == "tmp" else 0o755
            archive.addfile(entry)
        archive.add(shell, "bin/busybox")
        for name in ("cat", "env", "id", "ls", "mount", "sh", "sleep", "touch", "wget"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    return data.getvalue()


@dataclass(slots=True)
class World:
    """A zone with two projects, one dataset for the first, and people who are made when a test needs them."""

    zone: Zone
    secrets: dict[str, str] = field(default_factory=dict)
    _made: int = 0

    def person(self, *roles: Role, projects: tuple[str, ...] = (PROJECT,)) -> str:
        """Make somebody who has joined and accepted the notice, and return the handle."""
        self._made += 1
        handle, registry = f"someone-{self._made}", self.zone.registry
        secret = self.secrets[handle] = new_secret()
        token = registry.invite(
            handle, "누구", f"{handle}@example.org", set(roles or (Role.RESEARCHER,)), "ko", by=CLI, source=HERE
        )
        if (left := STEP_SECONDS - time.time() % STEP_SECONDS) < NARROW:
            time.sleep(left)  # a code of the step before would be two steps old when it is looked at
        person = registry.accept_invitation(token, PASSWORD, secret, self.code(handle, -1), source=HERE)
        registry.accept_notice(person, NOTICE_VERSION, source=HERE)
        for project in projects:
            registry.add_member(project, handle, Role.RESEARCHER, *period(), by=CLI, source=HERE)
        return handle

    def code(self, handle: str, step: int = 0) -> str:
        """Return the code of a person's authenticator now, or of a neighbouring time step."""
        return code_at(self.secrets[handle], datetime.now(UTC) + timedelta(seconds=step * STEP_SECONDS))

    def entries(self, **wanted: Any) -> list[Entry]:
        """Return what the audit log says, the newest first."""
        with self.zone.db.read() as tx:
            return search(tx, Query(**wanted))

    def ref(self, handle: str) -> str:
        """Return the opaque reference of a person."""
        return self.zone.registry.person(handle).ref

    def workspace(self, handle: str, project: str = PROJECT) -> str:
        """Return the reference of a person's workspace."""
        return self.zone.registry.workspace(self.ref(handle), project).ref


def period() -> tuple[datetime, datetime]:
    """Return a period that holds now."""
    now = datetime.now(UTC)
    return now - timedelta(days=1), now + timedelta(days=30)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A zone on disk with its database, projects and data; nothing of it runs."""
    made = make_world(tmp_path_factory.mktemp("zone"))
    yield made
    made.zone.db.engine.dispose()


def make_world(home: Path, *settings: tuple[str, str]) -> World:
    """Make a zone with projects and data; each of `settings` is a line of ansim.yaml and what stands in its place."""
    if os.geteuid() != 0:
        pytest.fail("a zone's directories belong to several users, which only root can make")
    ensure_gate_user("ansim-gate")
    port, hub_port = free_port(), free_port()
    make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=hub_port))
    text = (home / FILE_NAME).read_text(encoding="utf-8")
    for given, wanted in settings:
        text = text.replace(given, wanted)
    (home / FILE_NAME).write_text(text, encoding="utf-8")
    zone = open_zone(home, "cli")
    for metadata in METADATA:
        metadata.create_all(zone.db.engine)
    world = World(zone)
    registry = zone.registry
    limits = Limits(memory_bytes=256 * 1024**2, cpus=0.5, pids=64)
    for project in (PROJECT, OTHER):
        registry.add_project(project, "과제", "Project", "purpose", *period(), limits, by=CLI, source=HERE)
    data = home / "datasets" / DATASET / "1"
    data.mkdir(parents=True)
    (data / "people.csv").write_text("id\n1\n")
    controller = world.person(Role.DATA_CONTROLLER, projects=())
    by = as_actor(registry.person(controller))
    registry.register_dataset(
        DATASET, "자료", "Data", "기관", 2694, data, sensitive=False, demo=True, by=by, source=HERE
    )
    for project in (PROJECT, OTHER):
        registry.grant(DATASET, 1, project, *period(), approver=by, source=HERE)
    return world


@dataclass(slots=True)
class RunningHub:
    """Audit writer, gate and hub of a zone, started as the supervisor starts them."""

    world: World
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where the zone is kept."""
        return self.world.zone.home

    def start(self, *names: str) -> None:
        """Start processes of the zone and wait until they answer."""
        settings = self.world.zone.settings
        gate_token = self.world.zone.keys.hub_token("gate")
        for process in process_table(settings, gate_token=gate_token):
            if process.name not in names:
                continue
            with (self.home / "logs" / f"{process.name}.log").open("ab") as log:
                self.children[process.name] = subprocess.Popen(
                    process.arguments,
                    cwd=self.home,
                    env=child_environment(settings, process),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            wait_until(partial(answers, settings, process), PATIENCE, f"{process.name} does not answer")
            if process.name == "hub":
                wait_until(self.hub_responds, PATIENCE, "the hub does not answer")

    def hub_responds(self) -> bool:
        """Say whether the hub answers."""
        try:
            return httpx.get(f"{self.world.zone.settings.hub_url()}/hub/health", timeout=PATIENCE / 10).is_success
        except httpx.HTTPError:
            return False

    def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        self.children[name].kill()
        self.children[name].wait()

    def close(self) -> None:
        """Stop what runs."""
        for child in reversed(self.children.values()):
            child.terminate()
        for child in self.children.values():
            child.wait(PATIENCE)

    def api(self, service: str = "portal", token: str | None = None) -> httpx.Client:
        """Return a client of the hub's API with the token of a service, or another."""
        token = token or self.world.zone.keys.hub_token(service)  # type: ignore[arg-type]
        return httpx.Client(
            base_url=f"{self.world.zone.settings.hub_url()}/hub/api",
            headers={"Authorization": f"token {token}"},
            timeout=120,
        )

    def browser(self, language: str = "ko") -> httpx.Client:
        """Return a browser at the zone's own host, through the gate."""
        settings = self.world.zone.settings
        return httpx.Client(
            base_url=f"http://127.0.0.1:{settings.zone.port}",
            headers={
                "Host": settings.host("zone"),
                "Origin": settings.origin("zone"),
                "Accept-Language": language,
            },
            timeout=PATIENCE,
        )

    def sign_in(
        self, browser: httpx.Client, handle: str, *, password: str = PASSWORD, code: str | None = None, goal: str = ""
    ) -> httpx.Response:
        """Fill in the form as a person would and return the answer."""
        page = browser.get("/hub/login", params={"next": goal} if goal else None).text
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        action = re.search(r'action="([^"]+)"', page)
        assert action is not None, page
        code = self.world.code(handle) if code is None else code
        answer = {"username": handle, "password": password, "code": code}
        return browser.post(action[1].replace("&amp;", "&"), data={**form, **answer})


class Relay:
    """Plays the relay of a workspace from outside: dials in at the gate and answers as Jupyter would."""

    def __init__(self, workspace: Path, connections: int = 4) -> None:
        self._directory = os.open(workspace / "run", os.O_PATH | os.O_DIRECTORY)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._dial, daemon=True) for _ in range(connections)]
        for thread in self._threads:
            thread.start()

    def _dial(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(f"/proc/self/fd/{self._directory}/up.sock")
                self._answer(connection)
            time.sleep(0.05)

    def _answer(self, connection: socket.socket) -> None:
        asked = b""
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                received = connection.recv(65536)
                if not received:
                    return
                asked += received
            while b"\r\n\r\n" in asked:
                asked = asked.partition(b"\r\n\r\n")[2]
                body = b'{"version": "2.21.1"}'
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                connection.sendall(head % len(body) + body)

    def close(self) -> None:
        """Hang up."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        os.close(self._directory)


@pytest.fixture(scope="session")
def hub(world: World, small_image: str) -> Iterator[RunningHub]:
    """Audit writer, gate and hub of the world, whose workspaces are small containers."""
    with running_hub(world, small_image, "audit", "gate", "hub") as running:
        yield running


@contextlib.contextmanager
def running_hub(world: World, small_image: str, *processes: str) -> Iterator[RunningHub]:
    """Run processes of a world until the end of the block, and take its containers away."""
    fields = dict.fromkeys(("base_sha256", "lock_sha256", "source"), "0" * 64)
    info = ImageInfo(
        name="notebook", reference="test", id=small_image, size=1, built_at="", debian=(), python=(), **fields
    )
    write_manifest(world.zone.home, info)
    running = RunningHub(world)
    try:
        running.start(*processes)
        yield running
    finally:
        running.close()
        client = docker.from_env()
        for container in client.containers.list(all=True, filters={"label": f"ansim.zone={world.zone.zone_id}"}):
            container.remove(force=True, v=True)
        client.close()


@pytest.fixture
def relay(hub: RunningHub) -> Iterator[Callable[[str], None]]:
    """Let the workspace of a person answer as soon as it is opened."""
    relays: list[Relay] = []
    watchers: list[threading.Thread] = []

    def answer_for(handle: str, project: str = PROJECT) -> None:
        directory = hub.home / "workspaces" / hub.world.workspace(handle, project)

        def watch() -> None:
            wait_until((directory / "run").is_dir, PATIENCE, "no directory of a workspace appears")
            relays.append(Relay(directory))

        watchers.append(threading.Thread(target=watch, daemon=True))
        watchers[-1].start()

    yield answer_for
    for watcher in watchers:
        watcher.join(PATIENCE)
    for one in relays:
        one.close()


def wait_until(condition: Callable[[], bool], seconds: float, reason: str) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(reason)
        time.sleep(0.1)
