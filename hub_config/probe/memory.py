"""Searches the memory of a workspace's processes from the server, so that no secret has to enter to be looked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

CHUNK = 16 * 1024**2
#: The one file that holds the memory of everything in a sandbox of gVisor.
SANDBOX_MEMORY = "/memfd:runsc-memory"
COOKIE, PLANTED = "cookie", "planted"


def processes_below(pid: int) -> list[int]:
    """Return a process and all that descend from it, as the server numbers them.

    The engine's own list (`top`) cannot be asked: gVisor answers it with the numbers that its own kernel gives out,
    which belong to other processes on the server.
    """
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                # The name in parentheses may hold anything (proc(5)).
                state = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                children.setdefault(int(state[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def judged(
    pids: Sequence[int], secrets: Mapping[str, bytes], *, cookie: bytes, planted: bytes
) -> dict[str, tuple[bool, str]]:
    """Return for both probes whether a workspace's memory is free of the zone's secrets and of the person's session.

    What was planted there must be found: a search that finds nothing at all proves nothing.
    """
    hits, searched = found_in(pids, {**secrets, COOKIE: cookie, PLANTED: planted})
    size = f"{searched // 1024**2} MiB of {len(pids)} processes"
    if not hits.pop(PLANTED):
        lost = (False, f"{size}: the planted mark was not found, so the search proves nothing")
        return {"secret.memory": lost, "secret.session": lost}
    session = hits.pop(COOKIE)
    found = [name for name, count in hits.items() if count]
    return {
        "secret.memory": (not found, f"{size}: found {', '.join(found) or 'the planted mark only'}"),
        "secret.session": (session == 0, f"{size}: session cookies {session}"),
    }


def found_in(pids: Iterable[int], needles: Mapping[str, bytes]) -> tuple[dict[str, int], int]:
    """Return how often each needle lies in the writable memory of the processes, and how many bytes were searched."""
    hits, searched = dict.fromkeys(needles, 0), 0
    overlap = max((len(n) for n in needles.values()), default=1) - 1
    sandboxes: set[int] = set()
    for pid in pids:
        for piece in chain(_pieces(pid, overlap), _sandbox(pid, overlap, sandboxes)):
            searched += len(piece)
            for name, needle in needles.items():
                hits[name] += piece.count(needle)
    return hits, searched


def _pieces(pid: int, overlap: int) -> Iterable[bytes]:
    try:
        lines = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    except OSError:
        return
    try:
        for line in lines:
            place, rights = line.split()[:2]
            if not rights.startswith("rw") or line.endswith(("[vvar]", "[vsyscall]")) or SANDBOX_MEMORY in line:
                continue
            start, end = (int(n, 16) for n in place.split("-"))
            while start < end:
                size = min(CHUNK, end - start)
                try:
                    yield os.pread(memory, size, start)
                except OSError:
                    break
                start += size if start + size >= end else size - overlap
    finally:
        os.close(memory)


def _sandbox(pid: int, overlap: int, known: set[int]) -> Iterable[bytes]:
    """Read the memory of a gVisor sandbox, whose processes share one file; `known` are the files that were read.

    It is read as a file and without its holes: to look at a hole through a mapping would fill it.
    """
    for entry in _entries(Path(f"/proc/{pid}/fd")):
        with contextlib.suppress(OSError):
            number = entry.stat().st_ino
            if number in known or not str(entry.readlink()).startswith(SANDBOX_MEMORY):
                continue
            known.add(number)
            with entry.open("rb", buffering=0) as file:
                yield from _filled(file.fileno(), overlap)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _filled(file: int, overlap: int) -> Iterable[bytes]:
    """Read what is not a hole; the system call says where none follows by an error (lseek(2))."""
    at = 0
    while True:
        try:
            start = os.lseek(file, at, os.SEEK_DATA)
        except OSError:
            return
        at = os.lseek(file, start, os.SEEK_HOLE)
        while start < at:
            size = min(CHUNK, at - start)
            yield os.pread(file, size, start)
            start += size if start + size >= at else size - overlap
