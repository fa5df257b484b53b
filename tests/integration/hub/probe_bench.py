"""A workspace whose walls can be taken away one by one, and the attacks of the probe in it."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingMixIn, UnixStreamServer
from typing import Any

from audit.refs import new_event_id, new_ref
from hub_config.gate.listen import BACKLOG
from hub_config.probe import kit
from hub_config.probe.bait import Bait
from hub_config.probe.inside.sockets import LISTED
from hub_config.probe.range import lay_data
from hub_config.probe.signals import reading
from hub_config.shared_space import FOLDER, SharedSpace, shared_ref
from hub_config.workspace_container import container_for, covered_paths, create_arguments, host_arguments
from hub_config.workspace_files import make_shared, make_workspace
from registry.model import Limits, Mount, Project, ProjectStatus, WorkPermit, Workspace

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LIMITS = Limits(memory_bytes=128 * 1024**2, cpus=0.25, pids=48)
UID = 310_000
SPACE = SharedSpace("own", 310_077)  # whoever joined second has another number
GATE = 64_000
SENT = 2_000_000  # of what `sock.oversized` sends
MARK, OWN_MARK = "mark-of-the-other", "mark-of-its-own"

#: Changes what the engine is told: the host configuration, the container's arguments, and a scratch directory.
Change = Callable[[dict[str, Any], dict[str, Any], Path], None]
#: Stands behind the sockets in a workspace's run directory, as the zone's gate does.
Gate = Callable[[Path], AbstractContextManager[None]]


class Echo(BaseHTTPRequestHandler):
    """A gate without walls: takes any call, and says back what it was told."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"headers": dict(self.headers.items()), "target": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Take what a gate would refuse by its size, before it answers."""
        large = int(self.headers.get("Content-Length") or 0) > SENT
        if large or (self.headers.get("Transfer-Encoding") == "chunked" and b"10000" in self.rfile.peek(8)[:8]):  # type: ignore[attr-defined]
            self.rfile.read(SENT)
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        self.do_GET()

    def address_string(self) -> str:
        return "workspace"

    def log_message(self, *_: object) -> None:
        return


class OnlyReads(BaseRequestHandler):
    """A gate without a limit: answers what is listed, and listens to everything else for ever."""

    def handle(self) -> None:
        asked = b""
        while piece := self.request.recv(65536):
            asked += piece
            if asked in LISTED.values():
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                return


class Refuses(BaseRequestHandler):
    """A gate whose routes are gone: what it lists is refused like everything else."""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


class Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 1000

    def handle_error(self, *_: object) -> None:
        return


@dataclass
class Bench:
    """The host side: bait, directories, and whatever a test opens."""

    engine: Any
    image: str
    home: Path
    bait: Bait = field(default_factory=Bait)

    def permit(self) -> WorkPermit:
        data = self.home / "data"
        if not data.exists():
            lay_data(data, OWN_MARK)
        (self.home / "workspaces").mkdir(exist_ok=True)
        return WorkPermit(
            workspace=Workspace(new_ref("ws"), "p_aaaaaaaaaaaaaaaa", "own", UID),
            project=Project("own", "과제", "Project", "purpose", NOW, NOW, ProjectStatus.ACTIVE, LIMITS),
            mounts=(Mount("own-data", 1, data, "ab" * 32, 1),),
            limits=LIMITS,
            ends_at=NOW,
        )

    def facts(self, workspace: str) -> dict[str, Any]:
        return {
            **self.bait.facts(),
            "workspace": workspace,
            "uid": UID,
            "foreign_pids": [self.bait.process.pid],
            "dataset": "own-data",
            "data_file": "mark.txt",
            "canary_backwards": MARK[::-1],
            "own_canary_backwards": OWN_MARK[::-1],
            "shared_gid": SPACE.gid,
            "other_shared": shared_ref("next"),
            "other_gid": SPACE.gid + 1,
            "host_path": str(self.home),
            "calls": 100,
            "connections": 200,
            "memory_bytes": LIMITS.memory_bytes,
            "pids": LIMITS.pids,
            "cpus": LIMITS.cpus,
            "open_files": 4096,
            "tmp_bytes": 512 * 1024**2,
            "shm_bytes": 64 * 1024**2,
            "disk_bytes": 1 << 40,
            "quota_bytes": 0,
            "shared_bytes": 0,
        }

    def attack(self, names: list[str], *changes: Change, gate: Gate | None = None) -> dict[str, dict[str, Any]]:
        """Start a workspace with some walls taken away, run attacks in it, and return what they saw."""
        permit = self.permit()
        ref = permit.workspace.ref
        directory = make_workspace(self.home, ref, uid=UID, gate_uid=GATE, gate_gid=GATE, seed=None)
        make_shared(self.home, SPACE.ref, gid=SPACE.gid, gate_gid=GATE, encrypted=False)
        (directory.parent / SPACE.ref / FOLDER / "mark.txt").write_text(OWN_MARK)
        container = container_for(
            permit,
            directory,
            image=self.image,
            prefix="/user/x/own/",
            language="en",
            zone="test",
            intent=new_event_id(),
            shared=SPACE,
        )
        host, create = host_arguments(container), create_arguments(container)
        config: dict[str, Any] = dict(covered_paths())
        scratch = self.home / "scratch"
        scratch.mkdir(exist_ok=True)
        for change in changes:
            change(host, create, scratch)
        config |= host.pop("extra", {})
        facts = {**self.facts(ref), **create.pop("facts", {})}
        made = self.engine.api.create_container(
            host_config={**self.engine.api.create_host_config(**host), **config},
            **{"entrypoint": ["sleep"], "command": ["600"], **create},
        )
        found = self.engine.containers.get(made["Id"])
        try:
            with gate(directory / "run") if gate else nullcontext():
                found.start()
                program = kit.program(names, facts)
                with reading(self.home / "data" / "mark.txt"):
                    _, output = found.exec_run(["python3", "-I", "-c", program])
            return kit.read_answer(output.decode())
        finally:
            found.remove(force=True, v=True)

    def close(self) -> None:
        self.bait.close()


@contextmanager
def serving(run: Path, handler: Callable[..., Any]) -> Iterator[int]:
    """Listen on the sockets of calls and packages; yield a descriptor of the directory."""
    here = os.open(run, os.O_PATH | os.O_DIRECTORY)
    servers = [Server(f"/proc/self/fd/{here}/{name}", handler) for name in ("api.sock", "packages.sock")]
    for name, server in zip(("api.sock", "packages.sock"), servers, strict=True):
        (run / name).chmod(0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield here
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        os.close(here)


@contextmanager
def dialled(run: Path, here: int) -> Iterator[socket.socket]:
    """Listen where workspaces dial in, with the queue that the gate has, and let nobody in."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{here}/up.sock")
        (run / "up.sock").chmod(0o666)
        listening.listen(BACKLOG)
        yield listening


@contextmanager
def open_gate(run: Path) -> Iterator[None]:
    """Take whatever comes."""
    kept: list[socket.socket] = []
    with serving(run, Echo) as here, dialled(run, here) as listening:

        def accept() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for one in kept:
                one.close()


@contextmanager
def boundless_gate(run: Path) -> Iterator[None]:
    """Answer what is listed and read everything else without an end."""
    with serving(run, OnlyReads):
        yield


@contextmanager
def absent_gate(run: Path) -> Iterator[None]:
    """Refuse everything, and let nobody in who dials: whatever is tried cannot succeed, which is no wall."""
    with serving(run, Refuses) as here, dialled(run, here):
        yield
