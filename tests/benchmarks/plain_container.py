"""The peer: the same image with the same options, started with the engine alone and no zone around it.

Jupyter in it answers over the socket that its relay dials, as in a workspace, so nothing is run in the container to
find out, and a browser can be let through without gate, hub or sign-in.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import select
import shutil
import socket
import tempfile
import threading
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from docker.errors import NotFound

from hub_config import engine
from hub_config.processes import REPOSITORY
from hub_config.workspace_container import container_for, create_arguments, host_arguments
from hub_config.workspace_files import make_workspace
from hub_config.workspace_image import notebook_image
from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person

ANSWER_SECONDS = 120
STEP_SECONDS = 0.02
CHUNK = 256 * 1024


PAGE_CONFIG = REPOSITORY / "images" / "notebook" / "config" / "labconfig" / "page_config.json"


def use_stock_lab(home: Path, uid: int) -> None:
    """Undo in a home what the image takes away from JupyterLab, so that it is as its makers ship it."""
    folder = home / ".jupyter" / "labconfig"
    folder.mkdir(parents=True)
    ours = json.loads(PAGE_CONFIG.read_text(encoding="utf-8"))
    stock = {
        "buildAvailable": True,
        "buildCheck": True,
        "disabledExtensions": dict.fromkeys(ours["disabledExtensions"], False),
    }
    (folder / "page_config.json").write_text(json.dumps(stock), encoding="utf-8")
    for path in (folder.parent, folder, folder / "page_config.json"):
        os.chown(path, uid, uid)


class PlainContainer:
    """A container as a person's workspace would be; its home stays from one start to the next.

    With `stock` its JupyterLab has every part that the image leaves out.
    """

    def __init__(self, bench: BenchZone, person: Person, *, stock: bool = False) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ansim-plain-"))
        self.home.chmod(0o755)
        (self.home / "workspaces").mkdir()
        permit = bench.zone.registry.may_work(person.handle, PROJECT)
        root = pwd.getpwnam("root")
        directory = make_workspace(
            self.home, "plain", uid=permit.workspace.uid, gate_uid=root.pw_uid, gate_gid=root.pw_gid, seed=None
        )
        if stock:
            use_stock_lab(directory / "home", permit.workspace.uid)
        self.prefix = bench.prefix(person)
        described = container_for(
            permit,
            directory,
            image=notebook_image(bench.zone.home),
            prefix=self.prefix,
            language="ko",
            zone="bench",  # not the zone's own mark, whose worker would remove it
            intent="bench",
        )
        self._container = replace(described, workspace=f"bench-{os.getpid()}-{person.handle}")
        self._api = engine.connect().api
        self._dialled: deque[socket.socket] = deque()
        self._listener = self._listen(directory / "run" / "up.sock")
        self._web: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._listener.close()
        if self._web is not None:
            self._web.close()
        shutil.rmtree(self.home)

    @property
    def name(self) -> str:
        """Return the container's name."""
        return self._container.name

    def start(self) -> None:
        """Create and start the container with the calls that the zone itself makes."""
        host = self._api.create_host_config(**host_arguments(self._container))
        self._api.create_container(host_config=host, **create_arguments(self._container))
        self._api.start(self.name)

    def stop(self) -> None:
        """Remove the container and forget its connections."""
        with contextlib.suppress(NotFound):
            self._api.remove_container(self.name, v=True, force=True)
        while self._dialled:
            self._dialled.popleft().close()

    def wait(self) -> None:
        """Return once Jupyter answers.

        Raises: TimeoutError
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} does not answer")
            time.sleep(STEP_SECONDS)

    def _answers(self) -> bool:
        connection = self._take(seconds=0.2)
        if connection is None:
            return False
        with connection:
            connection.settimeout(10)
            try:
                connection.sendall(f"GET {self.prefix}api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                return connection.recv(64).startswith(b"HTTP/1.1 200")
            except OSError:
                return False

    def _listen(self, path: Path) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(64)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    self._dialled.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        return listener

    def _take(self, *, seconds: float) -> socket.socket | None:
        """Return a connection that the relay holds ready; one that was closed meanwhile is passed over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                connection = self._dialled.popleft()
            except IndexError:
                time.sleep(0.002)
                continue
            if not select.select([connection], [], [], 0)[0]:
                return connection
            connection.close()
        return None

    def web(self) -> str:
        """Return an address on this machine's loopback at which a browser reaches the container, nothing between."""
        if self._web is None:
            self._web = socket.create_server(("127.0.0.1", 0), backlog=64)
            threading.Thread(target=self._serve, args=(self._web,), daemon=True).start()
        return f"http://127.0.0.1:{self._web.getsockname()[1]}{self.prefix}"

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor = server.accept()[0]
                threading.Thread(target=self._carry, args=(visitor,), daemon=True).start()

    def _carry(self, visitor: socket.socket) -> None:
        inside = self._take(seconds=10)
        if inside is None:
            visitor.close()
            return
        other = {visitor: inside, inside: visitor}
        with visitor, inside, contextlib.suppress(OSError):
            while True:
                for ready in select.select(list(other), [], [])[0]:
                    data = ready.recv(CHUNK)
                    if not data:
                        return
                    other[ready].sendall(data)
