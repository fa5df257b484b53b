"""The files with which a demo workspace starts, one folder for each project."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def seed_directory(project: str) -> Path | None:
    """Return the folder whose files a new workspace of the project starts with; None where there are none."""
    return next((path for path in _HERE.iterdir() if path.is_dir() and path.name == project), None)
