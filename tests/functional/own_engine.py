"""A container engine of a test's own, which may be killed and filled without touching the machine's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import docker
import pytest
from docker.errors import DockerException
from requests.exceptions import RequestException

from tests.patience import PATIENCE


@dataclass(slots=True)
class OwnEngine:
    """One `dockerd` with everything it writes below one directory, without a bridge or a firewall rule."""

    root: Path
    data: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    """What stands in its `daemon.json`."""
    before: tuple[str, ...] = ()
    """What stands before its command and starts it: in a name space, for one."""
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def host(self) -> str:
        """Return what `DOCKER_HOST` says of it."""
        return f"unix://{self.root}/docker.sock"

    def start(self) -> None:
        """Start the engine, again after a kill, and wait until it answers."""
        # What a killed engine leaves: its containerd dies with it, and where nobody collects the dead, the next engine
        # takes the entry in the process table for a living one.
        for name in ("docker.pid", "exec/containerd/containerd.pid", "exec/containerd/containerd.sock"):
            (self.root / name).unlink(missing_ok=True)
        program = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "no engine is installed: `make test` installs one"
        command = [*self.before, program, "--data-root", str(self.data), "--exec-root", str(self.root / "exec")]
        command += ["--pidfile", str(self.root / "docker.pid"), "--host", self.host]
        (self.root / "daemon.json").write_text(json.dumps(dict(self.options)))
        command += ["--config-file", str(self.root / "daemon.json")]
        command += ["--bridge", "none", "--iptables=false", "--ip6tables=false"]
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            said = (self.root / "log").read_text(errors="replace")[-2000:]
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.2)

    def answers(self) -> bool:
        """Say whether the engine answers."""
        try:
            with contextlib.closing(docker.DockerClient(self.host, timeout=5)) as client:
                return bool(client.ping())
        except (DockerException, RequestException, OSError):
            return False

    def kill(self) -> None:
        """End the engine as the kernel does when memory runs out; what it runs goes on without it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def take(self, image: str) -> None:
        """Copy an image of the machine's engine, with all its names."""
        names = "{{range .RepoTags}}{{println .}}{{end}}"
        inspect = ["docker", "image", "inspect", "--format", names, image]
        tags = subprocess.run(inspect, env=without_host(), check=True, capture_output=True, text=True).stdout.split()
        save = subprocess.Popen(["docker", "save", *tags], stdout=subprocess.PIPE, env=without_host())
        with save:
            subprocess.run(
                ["docker", "--host", self.host, "load"], stdin=save.stdout, check=True, stdout=subprocess.DEVNULL
            )
        assert save.returncode == 0

    def end(self) -> None:
        """Stop the engine and what it started, and leave nothing."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
            self.process.kill()
        for pid in self._children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in sorted((m for m in mounts if m.startswith((f"{self.root}/", f"{self.data}/"))), reverse=True):
            subprocess.run(["umount", "--lazy", place], check=False)

    def _children(self) -> list[int]:
        """Return the processes that name this engine's own directory: its containerd and the keepers of containers."""
        mark, found = f"{self.root}/".encode(), []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    command = (entry / "cmdline").read_bytes()
                    if mark in command and command.startswith((b"containerd", b"/usr/bin/containerd")):
                        found.append(int(entry.name))
        return found


def without_host() -> dict[str, str]:
    """Return this environment with the machine's engine in it."""
    return {name: value for name, value in os.environ.items() if name != "DOCKER_HOST"}


@contextlib.contextmanager
def own_engine(data: Path | None = None, before: tuple[str, ...] = (), **options: Any) -> Iterator[OwnEngine]:
    """Run an engine of one's own, in a short path: the address of a socket holds 107 bytes."""
    if os.geteuid() != 0:
        pytest.fail("an engine of one's own needs root")
    root = Path(mkdtemp(prefix="own-engine-", dir="/tmp"))
    root.chmod(0o711)  # root in a container may be another user than here, who has to get to its files
    engine = OwnEngine(root, data or root / "data", options, before)
    try:
        engine.start()
        yield engine
    finally:
        engine.end()
        shutil.rmtree(root, ignore_errors=True)
