"""What tells of others who have the same data; runs inside the workspace."""

from __future__ import annotations

import fcntl
import os
import select
import struct
from collections.abc import Callable

from hub_config.probe.inside.base import Facts, Seen, attack, libc, outcome, refused
from hub_config.probe.inside.files import DATA

LOCK = "hhqqi4x"  # struct flock of 64-bit Linux
ASKED_BY_FILE = 36  # F_OFD_GETLK
CACHED_ONLY = 0x8  # RWF_NOWAIT
EVERYTHING = 0xFFF  # IN_ALL_EVENTS


@attack("file.data_signals")
def data_signals(facts: Facts) -> Seen:
    """Look for signs of somebody who reads the same file: locks, notices of reading, what is remembered of it."""
    path = f"{DATA}/{facts['dataset']}/{facts['data_file']}"
    opened = os.open(path, os.O_RDONLY)
    return refused(
        {
            "lock of the file": _taken(opened),
            "locks of parts": _held(opened, ASKED_BY_FILE),
            "locks of processes": _held(opened, fcntl.F_GETLK),
            "list of locks": _listed(),
            "notices of reading": _heard(path),
            "was it read": _asked(lambda: os.preadv(opened, [bytearray(1)], 0, CACHED_ONLY)),
            "forget it": outcome(lambda: os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)),
        }
    )


def _taken(opened: int) -> str:
    said = outcome(lambda: fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB))
    return "done" if said == "EAGAIN" else "nobody's"


def _held(opened: int, command: int) -> str:
    try:
        answer = fcntl.fcntl(opened, command, struct.pack(LOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except OSError:
        return "refused"
    return "nobody's" if struct.unpack(LOCK, answer)[0] == fcntl.F_UNLCK else "done"


def _listed() -> str:
    try:
        with open("/proc/locks") as file:
            foreign = [line for line in file if " -1 " in line]  # of whom the list does not know the process
    except OSError:
        return "absent"
    return "done" if foreign else "empty"


def _heard(path: str) -> str:
    watching = libc.inotify_init1(os.O_NONBLOCK)
    if watching < 0 or libc.inotify_add_watch(watching, path.encode(), EVERYTHING) < 0:
        return "refused"
    return "done" if select.select([watching], [], [], 0.5)[0] else "nothing"


def _asked(action: Callable[[], object]) -> str:
    """Either answer, there or not there, is an answer."""
    said = outcome(action)
    return "done" if said == "EAGAIN" else said
