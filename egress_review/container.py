"""The scanner container: one per job, without network, rights, writable disk or time to spare.

It sees the files of the job in one read-only directory and talks over its standard streams. Nothing it says is
believed beyond what the job asked for, and all of it is bounded: time, memory, processes, output.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import docker
import requests
from docker.errors import DockerException, ImageNotFound, NotFound
from docker.models.containers import Container

from egress_review.errors import ScanFailed
from egress_review.job import JobFile, ScanJob, ScanResult, collect_result, finished, lines_of, scan_failed
from egress_review.scan_main import OTHER_VERSION

LABEL = "ansim.scan"
INSIDE = "/scan"
_HEADER = 8  # bytes of a frame header of the engine's multiplexed stream
_STDOUT = 1


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """What one scan may use at most."""

    seconds: float = 150.0
    memory_bytes: int = 1024**3
    cpus: float = 1.0
    pids: int = 32
    output_bytes: int = 256 * 1024**2
    together: int = 2
    """Scans that run at the same time; more wait."""


class ContainerScanner:
    """Runs the scanner's program in a container of the given image."""

    def __init__(
        self,
        image: str,
        *,
        limits: ScanLimits | None = None,
        engine: docker.DockerClient | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self._image = image
        self._labels = {LABEL: "1", **(labels or {})}
        self._limits = limits or ScanLimits()
        self._engine = engine
        self._slots = threading.BoundedSemaphore(self._limits.together)

    def scan(self, job: ScanJob) -> ScanResult:
        """The findings on every file of the job.

        Raises: ScanFailed — if there is no complete result within the limits.
        """
        with self._slots, _laid_out(job) as (directory, paths):
            output = io.BytesIO()
            try:
                self._run(directory, json.dumps(job.as_json(paths)).encode() + b"\n", output)
            except ImageNotFound:
                raise scan_failed("no_image") from None
            except (DockerException, requests.RequestException, OSError):
                raise scan_failed("no_engine") from None
            except ScanFailed as error:
                raise scan_failed(error.code.removeprefix("scan_"), finished(job, output.getvalue())) from None
            return collect_result(job, lines_of(output.getvalue()))

    def _run(self, directory: Path, job: bytes, output: io.BytesIO) -> None:
        engine = self._engine or docker.from_env()
        try:
            container = engine.containers.create(self._image, **self._options(directory))
            try:
                self._talk(container, job, output)
            finally:
                with contextlib.suppress(NotFound):
                    container.remove(force=True)
        finally:
            if self._engine is None:
                engine.close()

    def _options(self, directory: Path) -> dict[str, Any]:
        limits = self._limits
        return {
            "stdin_open": True,
            "network_mode": "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges:true"],
            "user": "65534:65534",
            "pids_limit": limits.pids,
            "mem_limit": limits.memory_bytes,
            "memswap_limit": limits.memory_bytes,
            "nano_cpus": int(limits.cpus * 1e9),
            "tmpfs": {"/tmp": "size=16m,noexec,nosuid,nodev"},  # noqa: S108 - inside the container
            "volumes": {str(directory): {"bind": INSIDE, "mode": "ro"}},
            "log_config": docker.types.LogConfig(type="none"),
            "labels": dict(self._labels),
            "environment": {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        }

    def _talk(self, container: Container, job: bytes, output: io.BytesIO) -> None:
        """Hand in the job, start, and read what the program says until it ends or the time is up."""
        deadline = time.monotonic() + self._limits.seconds
        attached = container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
        connection: socket.socket = cast(Any, attached)._sock
        try:
            connection.settimeout(self._limits.seconds)
            container.start()
            connection.sendall(job)
            connection.shutdown(socket.SHUT_WR)
            _read_stdout(connection, deadline, self._limits.output_bytes, output)
        except TimeoutError:
            raise scan_failed("timeout") from None
        finally:
            # Shut down, not only closed: a program that goes on writing would hold up its own removal.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            attached.close()
        status = container.wait(timeout=max(1.0, deadline - time.monotonic()))
        if status.get("StatusCode") != 0:
            raise scan_failed("other_version" if status.get("StatusCode") == OTHER_VERSION else "crashed")


def _read_stdout(connection: socket.socket, deadline: float, most: int, output: io.BytesIO) -> None:
    """Copy standard output of a container until its end.

    Raises: TimeoutError — past the deadline. ScanFailed — beyond `most` bytes.
    """
    while header := _exactly(connection, _HEADER, deadline):
        stream, length = header[0], int.from_bytes(header[4:], "big")
        if length > most:
            raise scan_failed("too_much")
        frame = _exactly(connection, length, deadline)
        if stream == _STDOUT:
            output.write(frame)
        if output.tell() > most:
            raise scan_failed("too_much")


def _exactly(connection: socket.socket, length: int, deadline: float) -> bytes:
    """The next `length` bytes; nothing at the end of the stream."""
    parts: list[bytes] = []
    while length > 0:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(min(length, 1 << 20))
        if not part:
            return b""
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


@contextlib.contextmanager
def _laid_out(job: ScanJob) -> Iterator[tuple[Path, dict[Path, str]]]:
    """A directory with exactly the files of the job under their numbers, and where each is inside."""
    files: tuple[JobFile, ...] = (*job.files, *job.previous, *job.supporting)
    directory = Path(tempfile.mkdtemp(prefix="scan-", dir=job.scratch))
    try:
        directory.chmod(0o755)
        paths: dict[Path, str] = {}
        for file in files:
            if file.path in paths:
                continue
            place = directory / str(len(paths))
            _place(file.path, place)
            paths[file.path] = f"{INSIDE}/{place.name}"
        yield directory, paths
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _place(source: Path, target: Path) -> None:
    """Put a file where the container reads it; one that others may not read is copied, not opened to them."""
    try:
        if source.stat().st_mode & 0o004:
            target.hardlink_to(source)
            return
    except OSError:
        pass
    shutil.copyfile(source, target)
    target.chmod(0o444)
