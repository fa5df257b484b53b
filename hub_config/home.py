"""The directories of a zone: who owns each, and who may pass through."""

from __future__ import annotations

import grp
import os
from dataclasses import dataclass
from pathlib import Path

from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, settings_text


@dataclass(frozen=True, slots=True)
class Place:
    """A directory below ANSIM_HOME; `gate` means that its group is the gate's."""

    path: str
    mode: int
    gate: bool = False


PLACES = (
    Place(".", 0o710, gate=True),  # the gate passes through to its sockets, it cannot list
    Place("run", 0o750, gate=True),  # the gate binds its own socket before it gives up root
    Place("workspaces", 0o710, gate=True),
    Place("keys", 0o700),
    Place("vault", 0o700),
    Place("releases", 0o700),
    Place("datasets", 0o700),
    Place("cells", 0o700),
    Place("log", 0o700),
    Place("logs", 0o700),
    Place("images", 0o700),
    Place("sessions", 0o700),
)


def make_home(home: Path, zone: ZoneSettings, gate_group: str, *, hub: HubSettings) -> None:
    """Make the directories and the first settings file; what exists already keeps its content."""
    group = grp.getgrnam(gate_group).gr_gid
    for place in PLACES:
        directory = home / place.path
        directory.mkdir(parents=True, exist_ok=True)
        os.chown(directory, 0, group if place.gate else 0)
        directory.chmod(place.mode)
    settings = home / FILE_NAME
    if not settings.exists():
        fresh = settings.with_suffix(".new")
        fresh.write_text(settings_text(zone, hub), encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(settings)
