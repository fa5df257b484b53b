"""Where checkpoints lie as files: the last one, and every one under its size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

HEAD_FILE = "checkpoint"
EVERY_DIRECTORY = "checkpoints"


def kept_files(directory: Path) -> list[Path]:
    """Return the files of single checkpoints, the smallest size first."""
    every = directory / EVERY_DIRECTORY
    files = [path for path in every.iterdir() if not path.name.startswith(".")] if every.is_dir() else []
    return sorted(files, key=lambda path: (len(path.name), path.name))


def kept_checkpoints(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (file name, content) of every checkpoint file; the name tells nothing certain."""
    for path in kept_files(directory):
        yield path.name, path.read_bytes()
    if (directory / HEAD_FILE).exists():
        yield HEAD_FILE, (directory / HEAD_FILE).read_bytes()
