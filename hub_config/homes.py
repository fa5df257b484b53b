"""The zone's side of encrypted homes: which workspaces have one, who asks for it to be open, and when it is destroyed.

A workspace that has a plain home keeps it until an operator moves it (`ansim homes encrypt`): nothing is copied under
a person's feet, and `ansim doctor` counts those that are left. A new workspace gets an encrypted one where
`workspace.homes` says so, and does not start without.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from audit.log import AuditLog
from egress_review.errors import OutboxRefused
from hub_config.home_events import Life, life
from hub_config.home_helper.calls import Call
from hub_config.home_helper.client import CALL_SECONDS, HomeClient, HomeState
from hub_config.home_helper.errors import HomeError, HomeRefused, Refused
from hub_config.home_helper.homes import Homes
from hub_config.home_helper.kinds import shown_of
from hub_config.home_helper.told import EMBEDDED_SOCKET, SOCKET
from hub_config.settings import Settings
from hub_config.workspace_files import make_places
from registry.text import Text

SHUT = Text("이 분석환경의 반출함이 열리지 않습니다.", "The outbox of this workspace does not open.")
SHUT_HINT = Text(
    "잠시 뒤 다시 시도하고, 계속되면 운영자에게 알려 주십시오.",
    "Try again in a moment; if it happens again, tell an operator.",
)
START_PATIENCE_SECONDS = 15.0
"""Longer than the supervisor takes to start a killed helper again."""
ASIDE: Mapping[str, str] = MappingProxyType({name: f"{name}.plain" for name in ("home", "outbox", "shared")})
"""What the directories of a plain home are called while it is copied into an encrypted one (`home_moving.py`)."""
OLD = "home.old"
"""What the plain home is called from when its copy is whole until it is destroyed."""
IDLE_SECONDS = 900
"""A home that nobody works in stays open so long, for whoever looks into its outbox in the portal."""


@dataclass(frozen=True, slots=True)
class ZoneHomes:
    """The homes of the workspaces of one zone."""

    settings: Settings

    def kept(self) -> bool:
        """Say whether this zone has encrypted homes, or may come to have some."""
        return self.settings.workspace.homes == "encrypted" or self.any_image()

    def any_image(self) -> bool:
        """Say whether there may be an encrypted home, also where the settings ask for no further one.

        Whoever may not look into the helper's directory still sees that there is one.
        """
        return (self.settings.home / "homes").is_dir()

    def gib(self, ref: str) -> int:
        """Return how large a home, or a project's shared space, is to be."""
        return self.settings.workspace.shared_gib if ref.startswith("sh_") else self.settings.workspace.home_gib

    def client(self, *, patience: float = 0.0, seconds: float = CALL_SECONDS) -> HomeClient:
        """Return the helper; `patience` is how many seconds it may take to start, `seconds` to answer."""
        return HomeClient(socket_of(self.settings), patience=patience, seconds=seconds)

    def wanted(self, ref: str, uid: int) -> bool:
        """Say whether a home has to be made before the workspace starts. Raises: HelperAway, HomeRefused."""
        refuse_moving(self.settings.home, ref)
        if self.settings.workspace.homes != "encrypted" or is_plain(self.settings.home, ref, uid):
            return False
        return self.client(patience=START_PATIENCE_SECONDS).status(ref).state in ("none", "half")

    def make(self, ref: str, log: AuditLog, of: Life) -> HomeState:
        """Make the home of a workspace, announced before and recorded after.

        Raises: HelperAway, HomeRefused, AuditError
        """
        with life(log, of) as ended:
            made = self.client().make(ref, self.gib(ref))
            ended.key = made.key
        return made

    def open(self, ref: str, uid: int, *, gate_gid: int) -> bool:
        """Have the home of a workspace open, and say whether it is an encrypted one; a plain one always is.

        One that is smaller than the settings say is grown before.

        Raises: HelperAway, HomeRefused, WorkspaceFilesError
        """
        home = self.settings.home
        refuse_moving(home, ref)
        if not self.kept() or is_plain(home, ref, uid):
            return False
        client = self.client(patience=START_PATIENCE_SECONDS)
        state = client.status(ref)
        if not state.exists:
            if self.settings.workspace.homes == "encrypted":
                raise HomeRefused("no_home")  # the place below the mount would become a plain home
            return False
        if state.state == "closed" and state.size < self.settings.workspace.home_gib << 30:
            client.grow(ref, self.settings.workspace.home_gib)
        make_places(home, ref, gate_gid=gate_gid)
        client.open(ref)
        return True

    def close(self, ref: str, *, idle: int = 0) -> None:
        """Close the home of a workspace that has stopped; one that somebody still reads the worker closes later."""
        if self.kept():
            with contextlib.suppress(HomeError):
                self.client().close(ref, idle=idle)

    def wake(self, ref: str) -> None:
        """Have the outbox of a workspace that does not run readable; the worker closes it again.

        Raises: OutboxRefused
        """
        if is_shut(self.settings.home, ref):
            try:
                refuse_moving(self.settings.home, ref)
                self.client().open(ref)
            except HomeError as error:
                raise OutboxRefused("shut", SHUT, hint=SHUT_HINT) from error

    def destroy(self, ref: str, log: AuditLog, of: Life) -> HomeState:
        """Destroy the key of a home and its image, announced before and recorded after.

        Raises: HelperAway, HomeRefused, AuditError
        """
        with life(log, of) as ended:
            gone = self.client().destroy(ref)
            ended.key, ended.lingers = gone.key, gone.lingers
        return gone

    def plain_left(self) -> list[str]:
        """Return the workspaces whose home is a plain directory, or was and is not destroyed yet; spaces likewise."""
        try:
            places = sorted((self.settings.home / "workspaces").iterdir())
        except OSError:
            return []
        return [place.name for place in places if _bare(place) or _unfinished(place)]


def shut_all(home: Path) -> None:
    """Shut every home below a directory whose helper has ended; for root, where the supervisor ran the zone."""
    if not (home / "homes" / "images").exists():
        return
    kept = Homes(home, most_gib=1)
    for ref in kept.answer(Call("list"))["homes"]:
        with contextlib.suppress(Refused, OSError):
            kept.answer(Call("close", ref))


def socket_of(settings: Settings) -> Path:
    """Return where the helper listens."""
    if settings.machine.home_helper:
        return Path(settings.machine.home_helper)
    return Path(SOCKET) if settings.machine.run_by == "systemd" else settings.home / EMBEDDED_SOCKET


def refuse_moving(home: Path, ref: str) -> None:
    """Let nobody use a home that is being copied. Raises: HomeRefused."""
    if (home / "workspaces" / ref / ASIDE[shown_of(ref)[0]]).exists():
        raise HomeRefused("moving")


def is_plain(home: Path, ref: str, uid: int, name: str = "home") -> bool:
    """Say whether a workspace has a plain home, or outbox: a directory of its own user that nothing is mounted on."""
    place = home / "workspaces" / ref
    try:
        status = (place / name).lstat()
        return status.st_uid == uid and status.st_dev == place.lstat().st_dev
    except FileNotFoundError:
        return False


def is_shut(home: Path, ref: str) -> bool:
    """Say whether what one sees of a home is the place that it is mounted on."""
    try:
        return stat.S_IMODE((home / "workspaces" / ref / shown_of(ref)[-1]).lstat().st_mode) == 0
    except OSError:
        return False


def _unfinished(place: Path) -> bool:
    try:
        return any(os.path.lexists(place / name) for name in (*ASIDE.values(), OLD))
    except OSError:
        return False


def _bare(place: Path) -> bool:
    try:
        return (
            not is_shut(place.parent.parent, place.name)
            and (place / shown_of(place.name)[0]).lstat().st_dev == place.lstat().st_dev
            and not os.path.ismount(place / shown_of(place.name)[0])
        )
    except OSError:
        return False
