"""Somebody who reads the same data as the workspace that is attacked, and leaves every sign that a reader can leave."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

LOCK = "hhqqi4x"  # struct flock of 64-bit Linux
SET_BY_FILE = 37  # F_OFD_SETLK
EVERY_SECONDS = 0.05


@contextlib.contextmanager
def reading(file: Path) -> Iterator[None]:
    """Lock a file in three ways, none of which needs the right to write, and read it again and again."""
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        whole, part = (os.open(file, os.O_RDONLY | os.O_CLOEXEC) for _ in range(2))
        for opened in (whole, part):
            stack.callback(os.close, opened)
        fcntl.flock(whole, fcntl.LOCK_EX)
        for command, offset in ((SET_BY_FILE, 1000), (fcntl.F_SETLK, 2000)):
            fcntl.fcntl(part, command, struct.pack(LOCK, fcntl.F_RDLCK, os.SEEK_SET, offset, 7, 0))
        reader = threading.Thread(target=_read, args=(whole, stop), daemon=True)
        reader.start()
        stack.callback(reader.join)
        stack.callback(stop.set)
        yield


def _read(opened: int, stop: threading.Event) -> None:
    while not stop.wait(EVERY_SECONDS):
        os.pread(opened, 1, 0)
