"""Keeps what the processes of an embedded zone say from filling its disk; on a server the journal does.

Every process holds its file open to append to it, so a file that has grown is copied aside and emptied where it is: a
line written between the two is lost, as with copytruncate of logrotate(8).
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

MOST_BYTES = 10 * 1024**2
KEPT = 3
"""So many earlier parts of each log stay, the newest as `.1`."""


def rotate(directory: Path, most: int = MOST_BYTES) -> None:
    """Move aside what every log that is larger holds; one that somebody took away meanwhile is passed over."""
    for log in sorted(directory.glob("*.log")):
        with contextlib.suppress(OSError):
            if not log.is_symlink() and log.stat().st_size > most:
                _move_aside(log)


def _move_aside(log: Path) -> None:
    parts = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, KEPT + 1))]
    for older, newer in zip(parts[:1:-1], parts[-2:0:-1], strict=True):
        if newer.exists():
            newer.replace(older)
    try:
        shutil.copyfile(log, parts[1])
    except OSError:  # a full disk: what is emptied below makes room, and half a copy is worth none
        parts[1].unlink(missing_ok=True)
    with log.open("r+b") as held:
        held.truncate(0)
