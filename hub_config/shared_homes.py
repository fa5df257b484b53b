"""The zone's side of shared spaces: made with the project's first workspace, and open while any of them runs.

There is one directory and, where homes are encrypted, one mount of one image on the server; containers see binds of
it. No stop of a workspace shuts it, for another may be at work: the worker does, which sees them all
(`home_endings.py`). What was opened in the last quarter of an hour it leaves, so a start that is under way keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.log import AuditLog
from hub_config.home_events import Life
from hub_config.home_helper.errors import HomeRefused
from hub_config.homes import START_PATIENCE_SECONDS, ZoneHomes, refuse_moving
from hub_config.settings import Settings
from hub_config.shared_space import FOLDER, SharedSpace
from hub_config.workspace_files import held_place, make_places, make_shared


@dataclass(frozen=True, slots=True)
class ZoneSpaces:
    """The shared spaces of the projects of one zone."""

    settings: Settings

    def ensure(self, space: SharedSpace, log: AuditLog, of: Life, *, gate_gid: int) -> None:
        """Make the encrypted space of a project whose first workspace starts, where the settings ask for one.

        Of two workspaces that start at once, one makes it.
        Raises: HelperAway, HomeRefused, AuditError, WorkspaceFilesError
        """
        home = self.settings.home
        refuse_moving(home, space.ref)
        if self.settings.workspace.homes != "encrypted" or is_plain_space(self.settings, space):
            return
        homes = ZoneHomes(self.settings)
        client = homes.client(patience=START_PATIENCE_SECONDS)
        with held_place(home, space.ref, gate_gid=gate_gid):
            if client.status(space.ref).state in ("none", "half"):
                homes.make(space.ref, log, of)

    def open(self, space: SharedSpace, *, gate_gid: int) -> None:
        """Have the space of a project open and its group's; where it is open already, it stays.

        Raises: HelperAway, HomeRefused, WorkspaceFilesError
        """
        home = self.settings.home
        refuse_moving(home, space.ref)
        encrypted = self._mount(space, gate_gid)
        make_shared(home, space.ref, gid=space.gid, gate_gid=gate_gid, encrypted=encrypted)

    def _mount(self, space: SharedSpace, gate_gid: int) -> bool:
        homes = ZoneHomes(self.settings)
        if not homes.kept() or is_plain_space(self.settings, space):
            return False
        client = homes.client(patience=START_PATIENCE_SECONDS)
        state = client.status(space.ref)
        if not state.exists:
            if self.settings.workspace.homes == "encrypted":
                raise HomeRefused("no_home")  # the place below the mount would become a plain space
            return False
        if state.state == "closed" and state.size < homes.gib(space.ref) << 30:
            try:
                client.grow(space.ref, homes.gib(space.ref))
            except HomeRefused as refused:
                if refused.code != "open":  # another workspace was faster; it grows when it is shut again
                    raise
        make_places(self.settings.home, space.ref, gate_gid=gate_gid)
        client.open(space.ref)
        return True


def is_plain_space(settings: Settings, space: SharedSpace) -> bool:
    """Say whether a project has a plain space: a directory of its group that nothing is mounted on."""
    place = settings.home / "workspaces" / space.ref
    try:
        status = (place / FOLDER).lstat()
        return status.st_gid == space.gid and status.st_dev == place.lstat().st_dev
    except FileNotFoundError:
        return False
