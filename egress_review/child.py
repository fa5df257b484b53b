"""Running one of our programs as a child without network and with limits on time, memory, disk and output.

What the child starts ends with it: it runs in a process namespace of its own where the kernel lets us, else in a
session of its own.
"""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_NO_NETWORK = ("unshare", "--map-root-user", "--net", "--")
_ALONE = ("unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child=SIGKILL", "--")
_ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8", "PATH": "/usr/bin:/bin"}
_PART = 1 << 16
MOST_PROCESSES = 64
"""Processes that a child of an ordinary user may have beside those of the user; OCR takes three."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use at most."""

    seconds: float = 120.0
    memory_bytes: int = 1024**3
    output_bytes: int = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Done:
    """How a child ended, and what it had said until then."""

    end: Literal["done", "crashed", "timeout", "too_much"]
    output: bytes
    code: int = 0


def run_module(module: str, given: bytes, limits: Limits) -> Done:
    """Run `python -m module` of this checkout with `given` on its standard input."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (int(limits.seconds) + 1, int(limits.seconds) + 5))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if processes:
            resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))

    processes = _processes() + MOST_PROCESSES if os.getuid() else 0
    child = subprocess.Popen(
        [*without_network(), sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parent.parent,
        env=_ENVIRONMENT,
        preexec_fn=limit,
        start_new_session=True,
    )
    try:
        return _talk(child, given, limits)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]  # both are pipes


def _processes() -> int:
    """Processes and threads of this user, which the kernel counts together; root is not limited by their number."""
    count = 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                count += sum(1 for _ in os.scandir(f"{entry.path}/task"))
    return count


def _talk(child: subprocess.Popen[bytes], given: bytes, limits: Limits) -> Done:
    """Hand in what the child reads while it speaks, until it ends or a limit is reached."""
    deadline = time.monotonic() + limits.seconds
    output, sent = bytearray(), memoryview(given)
    assert child.stdin is not None
    assert child.stdout is not None
    os.set_blocking(child.stdin.fileno(), False)
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdin, selectors.EVENT_WRITE)
        ready.register(child.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return Done("timeout", bytes(output))
            for key, _ in ready.select(left):
                if key.fileobj is child.stdin:
                    sent = _send(child, sent)
                    if not sent:
                        ready.unregister(child.stdin)
                        with contextlib.suppress(OSError):
                            child.stdin.close()
                    continue
                part = os.read(child.stdout.fileno(), _PART)
                if not part:
                    return _ended(child, bytes(output), max(1.0, deadline - time.monotonic()))
                output += part
                if len(output) > limits.output_bytes:
                    return Done("too_much", bytes(output))


def _send(child: subprocess.Popen[bytes], rest: memoryview) -> memoryview:
    """What is left to send after the child took some; nothing once it reads no more."""
    try:
        return rest[os.write(child.stdin.fileno(), rest[:_PART]) :]  # type: ignore[union-attr]  # a pipe
    except BlockingIOError:
        return rest
    except OSError:
        return rest[:0]


def _ended(child: subprocess.Popen[bytes], output: bytes, patience: float) -> Done:
    try:
        code = child.wait(patience)
    except subprocess.TimeoutExpired:
        return Done("timeout", output)
    return Done("done" if code == 0 else "crashed", output, code)


@cache
def without_network() -> tuple[str, ...]:
    """The words that start a program without network, and alone if that can be; none where neither is possible."""
    if shutil.which(_ALONE[0]) is None:
        return ()
    for words in (_ALONE, _NO_NETWORK):
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return ()
