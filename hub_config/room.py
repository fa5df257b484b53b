"""The room on the disk of the log, with the thresholds that the settings of a zone name, and on what else it fills."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from audit.errors import NotDurable
from audit.space import MEBIBYTE, Room, Space, Thresholds, room_at
from hub_config.own_kernels import ENGINE_SETTINGS
from hub_config.settings import Settings

ENGINES = "/var/lib/docker"
DATABASES = Path("/var/lib/postgresql")
SYSTEM = Path("/var/lib")
"""Below it the distribution keeps both; its own disk is theirs unless somebody gave them one of their own."""
LOG = "log"
"""What the disk of the log is called among the others."""


def log_space(settings: Settings) -> Space:
    """Return the room on the disk of the log, with the thresholds of the settings."""
    return Space(settings.home / "log", _thresholds(settings))


def rooms(settings: Settings) -> Iterator[tuple[str, Room]]:
    """Return the room on each disk that a zone fills, once, by the first place on it; what cannot be asked is left out.

    That of the log is the first, as the log itself measures it. The processes of a server see neither the engine's
    directory nor PostgreSQL's, only the disk on which the distribution puts them (`system`); `ansim doctor` does.
    """
    limits, seen = _thresholds(settings), set()
    for name, place in _places(settings):
        try:
            status = place.stat()
            if stat.S_IMODE(status.st_mode) == 0 or status.st_dev in seen:
                continue  # a unit is shown an empty place of mode 0 instead of one that is closed to it
            room = log_space(settings).look() if name == LOG else room_at(place, limits)
        except (OSError, NotDurable):
            continue
        seen.add(status.st_dev)
        yield name, room


def _places(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Return what the zone writes into; datasets of other places are only read, and often lie on a full disk."""
    home, backup = settings.home, settings.backup
    yield from ((LOG, home / "log"), ("home", home))
    yield from ((name, home / name) for name in ("workspaces", "vault", "releases", "datasets"))
    yield "engine", _engines()
    yield from _databases()
    if backup.repository and ":" not in backup.repository:  # others are on another machine
        yield "backups", home / backup.repository
    if backup.keys_directory:
        yield "backup_keys", home / backup.keys_directory
    yield "system", SYSTEM


def _databases() -> Iterator[tuple[str, Path]]:
    """Return where a PostgreSQL on this machine lies as Debian lays it out, and each of its clusters.

    Nobody else may look into a cluster; to ask for the room on its disk takes no right to.
    """
    yield "database", DATABASES
    with suppress(OSError):
        yield from ((f"database {one.parent.name}/{one.name}", one) for one in sorted(DATABASES.glob("*/*")))


def _engines() -> Path:
    try:
        return Path(json.loads(ENGINE_SETTINGS.read_text(encoding="utf-8")).get("data-root", ENGINES))
    except (OSError, ValueError):
        return Path(ENGINES)


def _thresholds(settings: Settings) -> Thresholds:
    chosen = settings.space
    return Thresholds(
        low_bytes=chosen.low_mib * MEBIBYTE,
        low_percent=chosen.low_percent,
        exhausted_bytes=chosen.exhausted_mib * MEBIBYTE,
        reserve_bytes=chosen.reserve_mib * MEBIBYTE,
    )
