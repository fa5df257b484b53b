"""Where checkpoints lie as files: the last one, and every one under its size."""

from __future__ import annotations

from pathlib import Path

HEAD_FILE = "checkpoint"
EVERY_DIRECTORY = "checkpoints"


def kept_files(directory: Path) -> list[Path]:
    """Return the files of single checkpoints, the smallest size first."""
    every = directory / EVERY_DIRECTORY
    files = [path for path in every.iterdir() if not path.name.startswith(".")] if every.is_dir() else []
    return sorted(files, key=lambda path: (len(path.name), path.name))
