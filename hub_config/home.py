"""The directories of a zone: who owns each, and who may pass through."""

from __future__ import annotations

import grp
import os
import pwd
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


#: Where the processes have users of their own, the gate binds its socket itself; it may remove no socket but its own.
SHARED_RUN = 0o1770


def make_home(home: Path, zone: ZoneSettings, gate_group: str, *, hub: HubSettings, owner: str = "root") -> None:
    """Make the directories and the first settings file; what exists already keeps its content."""
    group = grp.getgrnam(gate_group).gr_gid
    user = pwd.getpwnam(owner)
    for place in PLACES:
        directory = home / place.path
        directory.mkdir(parents=True, exist_ok=True)
        os.chown(directory, user.pw_uid, group if place.gate else user.pw_gid)
        directory.chmod(SHARED_RUN if place.path == "run" and user.pw_uid else place.mode)
    settings = home / FILE_NAME
    if not settings.exists():
        fresh = settings.with_suffix(".new")
        fresh.write_text(settings_text(zone, hub), encoding="utf-8")
        fresh.chmod(0o600)
        os.chown(fresh, user.pw_uid, user.pw_gid)
        fresh.replace(settings)
