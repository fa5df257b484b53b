"""Starts the processes of a zone, restarts one that dies, and stops them together.

A crash of any one loses nothing: each keeps its state in the database or can rebuild it. The supervisor itself
holds no state but its pid file; its children are told by the kernel to stop when it dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from hub_config.log_rotation import rotate
from hub_config.processes import SUPERVISED, Process, answers, child_environment, process_table
from hub_config.settings import Settings

LOCK = "run/supervisor.lock"
STATE = "run/supervisor.json"
STOP_SECONDS = 20
BACKOFF_SECONDS = (0.2, 0.5, 1, 2, 5, 10)
ROTATE_SECONDS = 60
STEADY_SECONDS = 30  # a child that ran this long starts its back-off anew
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One running process and how often it had to be started lately."""

    process: Process
    popen: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    due_at: float = field(default=0.0)


class Supervisor:
    """The parent of a zone's processes."""

    def __init__(self, settings: Settings, *, gate_token: str) -> None:
        self._settings = settings
        self._children = [Child(p) for p in process_table(settings, gate_token=gate_token)]
        self._stopping = False

    def run(self) -> None:
        """Start every process in order and keep it alive until a signal says stop."""
        with only_supervisor(self._settings.home):
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._stop)
            first, *others = self._children  # the audit writer: nothing may happen that cannot be logged
            self._start(first)
            self._await(first)
            for child in others:
                self._start(child)
            rotated = 0.0
            while not self._stopping:
                self._revive()
                if time.monotonic() - rotated > ROTATE_SECONDS:
                    rotate(self._settings.home / "logs")
                    rotated = time.monotonic()
                write_state(self._settings.home, self._children)
                time.sleep(0.2)
            for child in reversed(self._children):
                self._end(child)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self, child: Child) -> None:
        with log_of(self._settings.home, child.process.name) as log:
            child.popen = subprocess.Popen(
                child.process.arguments,
                cwd=self._settings.home,
                env=child_environment(self._settings, child.process),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        child.started_at = time.monotonic()

    def _await(self, child: Child, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stopping:
            if answers(self._settings, child.process):
                return
            self._revive()
            time.sleep(0.05)

    def _revive(self) -> None:
        """Start again what has died; the pause grows with each death in a row."""
        now = time.monotonic()
        for child in self._children:
            if child.popen is None or child.popen.poll() is None:
                continue
            if child.due_at <= child.started_at:
                if now - child.started_at > STEADY_SECONDS:
                    child.restarts = 0
                pause = BACKOFF_SECONDS[min(child.restarts, len(BACKOFF_SECONDS) - 1)]
                child.restarts += 1
                child.due_at = now + pause
            if now >= child.due_at:
                self._start(child)
                child.due_at = 0.0

    def _end(self, child: Child) -> None:
        if child.popen is None or child.popen.poll() is not None:
            return
        child.popen.terminate()
        try:
            child.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.popen.kill()
            child.popen.wait()


def log_of(home: Path, process: str) -> BinaryIO:
    """Open the file for what a process says; one that can write none says nothing and works all the same."""
    try:
        return (home / "logs" / f"{process}.log").open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def die_with_parent() -> None:
    """Ask the kernel to stop this process when the supervisor dies, however it dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def only_supervisor(home: Path) -> Iterator[None]:
    """Hold the zone's lock for as long as the supervisor lives; the kernel frees it on any death.

    Raises: BlockingIOError — if another supervisor holds it.
    """
    with (home / LOCK).open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            (home / STATE).unlink(missing_ok=True)


def write_state(home: Path, children: list[Child]) -> None:
    """Write who runs as which process, for `ansim status` and the tests that kill them; only on a change.

    A full disk takes it once there is room again: the supervisor, with which all of them would end, goes on.
    """
    state = {
        "pid": os.getpid(),
        "children": {c.process.name: c.popen.pid for c in children if c.popen is not None},
        "restarts": {c.process.name: c.restarts for c in children},
    }
    path = home / STATE
    text = json.dumps(state)
    with contextlib.suppress(OSError):
        if path.exists() and path.read_text() == text:
            return
        fresh = path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(path)


def running_pid(home: Path) -> int | None:
    """Return the supervisor's process id, or None when the zone does not run."""
    try:
        with (home / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((home / LOCK).read_text() or 0)
    return None


def read_state(home: Path) -> dict[str, Any]:
    """Return what the supervisor wrote last; an empty mapping before it has written."""
    try:
        return dict(json.loads((home / STATE).read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def leftovers(home: Path) -> list[int]:
    """Return the zone's processes that outlived a killed supervisor, known by the mark in their environment."""
    mark = f"{SUPERVISED}={home}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def end_leftovers(home: Path) -> int:
    """Stop processes that a killed supervisor left behind; returns how many there were."""
    found = leftovers(home)
    for number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, STOP_SECONDS)):
        for pid in leftovers(home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while leftovers(home) and time.monotonic() < deadline:
            time.sleep(0.1)
    return len(found)
