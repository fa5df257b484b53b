"""Other processes: of the machine, of the neighbour, of one's own; runs inside the workspace."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

from hub_config.probe.inside.base import Facts, Seen, attack, barred, call, libc, outcome, refused

SYS_PTRACE, SYS_PROCESS_VM_READV, SYS_PIDFD_GETFD, SYS_KCMP = 101, 310, 438, 312
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206


@attack("proc.host")
def host(facts: Facts) -> Seen:
    """Look for processes of the machine: one that carries a mark, and any of the engine or the zone."""
    found, foreign = 0, 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        found += 1
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                command = file.read()
        except OSError:
            continue
        own = b"ANSIM-PROBE-KIT" in command
        foreign += not own and any(w in command for w in (facts["mark"].encode(), b"dockerd", b"hub_config."))
    return Seen(foreign == 0, f"{found} processes seen, of the machine: {foreign}")


@attack("proc.neighbour")
def neighbour(facts: Facts) -> Seen:
    """Signal the neighbour's process by the number that the machine knows it by."""
    tried = {}
    for number, pid in enumerate(facts["foreign_pids"], 1):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if facts["mark"].encode() in file.read():
                    tried[f"pid {number}"] = "done"
        except OSError:
            tried[f"pid {number}"] = outcome(lambda one=pid: os.kill(one, 0))  # type: ignore[misc]
    return refused(tried) if tried else Seen(None, "the numbers are taken by processes of this workspace")


@attack("proc.ptrace")
def ptrace(facts: Facts) -> Seen:
    """Take hold of another process as a debugger does.

    Never of the process above: where no wall is, two that trace each other stop for good.
    """
    return barred(
        {
            "attach 1": call(SYS_PTRACE, PTRACE_ATTACH, 1, 0, 0),
            "seize a child": _of_a_child(lambda child: call(SYS_PTRACE, PTRACE_SEIZE, child, 0, 0)),
            "trace me": _in_a_child(lambda: call(SYS_PTRACE, 0, 0, 0, 0)),
        }
    )


def _of_a_child(action: Callable[[int], str]) -> str:
    """Return what comes of an action on a process of one's own that waits; it ends with it."""
    child = os.fork()
    if child == 0:
        try:
            signal.pause()
        finally:
            os._exit(0)
    try:
        return action(child)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _in_a_child(action: Callable[[], str]) -> str:
    """Return what comes of an action in a process of its own, which ends with it, whatever happens."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.write(writing, action().encode())
        finally:
            os._exit(0)
    os.close(writing)
    said = os.read(reading, 64).decode()
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGSYS:
        return "SIGSYS"  # a filter that kills instead of answering
    return said or "ended"


@attack("proc.memory")
def memory(facts: Facts) -> Seen:
    """Read another process's memory and take its open files by system calls."""
    buffer = ctypes.create_string_buffer(8)
    vector = (ctypes.c_ulong * 2)(ctypes.addressof(buffer), 8)
    at = ctypes.addressof(vector)
    return barred(
        {
            "readv": call(SYS_PROCESS_VM_READV, os.getppid(), at, 1, at, 1, 0),
            "kcmp": call(SYS_KCMP, os.getpid(), os.getppid(), 0, 0, 0),
            "getfd": call(SYS_PIDFD_GETFD, os.open("/", os.O_RDONLY), 0, 0),
        }
    )


@attack("proc.ipc")
def ipc(facts: Facts) -> Seen:
    """Open a message queue and shared memory that the machine holds open for everybody."""
    if not facts["queues"]:
        return Seen(None, "the server could make neither a queue nor shared memory, so there was nothing to find")
    found = {
        name: (libc.msgget if name == "queue" else libc.shmget)(facts["queue_key"], *more) >= 0
        for name, more in {"queue": (0,), "memory": (1, 0)}.items()
        if name in facts["queues"]
    }
    return Seen(not any(found.values()), ", ".join(f"{n} {'found' if f else 'absent'}" for n, f in found.items()))
