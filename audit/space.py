"""How much room is left on the disk of the log, and what is done about it before there is none.

    ample ──below the warning──> low ──below the hard reserve──> exhausted

Low is an alerting event. Exhausted means that nothing new begins; what ends or refuses something is still recorded,
into room that a file has kept for that purpose: it is given up then, and made anew when there is room again. The room
that the file held is not counted as free, so giving it up does not let actions begin again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audit.durable import sync_directory
from audit.errors import LogFull, NotDurable
from audit.event import Event

Level = Literal["ample", "low", "exhausted"]

MEBIBYTE = 1024 * 1024
RESERVE_FILE = "reserve"
_LOOK_SECONDS = 1.0

# What takes access away or ends something, and what the log says of itself; announcements of these too. One way in is
# among them: the emergency account, whose holder must be able to end things and first accepts the notice.
_ENDING_ACTIONS = frozenset(
    {
        "workspace.stop", "workspace.cut", "zone.stopped", "zone.reconciled", "project.frozen", "project.cut_off",
        "session.signed_out", "session.ended_by_time", "session.ended_by_provider",
        "session.emergency_used", "person.notice_accepted",
        "person.suspended", "person.closed", "person.role_revoked", "person.identity_removed",
        "membership.revoked", "grant.revoked", "service.revoked", "package.revoked",
        "deid.key_destroyed", "deid.key_use_ended", "extract.expired", "egress.expired", "egress.revoked",
        "log.space_low", "log.space_exhausted", "log.space_recovered", "log.throttled",
        "log.clock_off", "log.clock_right", "log.break_glass", "log.break_glass_ended", "log.pruned", "privacy.erased",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When the log warns, when it refuses, and how much room it keeps for itself; in bytes and percent."""

    low_bytes: int = 1024 * MEBIBYTE
    low_percent: int = 5
    exhausted_bytes: int = 256 * MEBIBYTE
    reserve_bytes: int = 64 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Room:
    """How much is left."""

    free: int
    """Bytes; without what the reserve holds or would hold."""
    total: int
    level: Level

    @property
    def gibibytes(self) -> str:
        """How much is left, as a person reads it."""
        return f"{max(self.free, 0) / 1024**3:.1f}"

    def document(self) -> dict[str, int | str]:
        """Return it as JSON values."""
        return {"level": self.level, "free_bytes": self.free, "total_bytes": self.total}


def level_of(free: int, total: int, limits: Thresholds) -> Level:
    """Return what so many free bytes of so many mean."""
    if free < limits.exhausted_bytes:
        return "exhausted"
    if free < limits.low_bytes or free * 100 < total * limits.low_percent:
        return "low"
    return "ample"


def room_at(place: Path, limits: Thresholds, kept: int = 0) -> Room:
    """Return the room on the disk that a place lies on, without `kept` bytes of it. Raises: OSError."""
    disk = os.statvfs(place)
    free, total = disk.f_bavail * disk.f_frsize - kept, disk.f_blocks * disk.f_frsize
    return Room(free, total, level_of(free, total, limits))


def may_use_reserve(event: Event) -> bool:
    """Return whether an event is still recorded when nothing new may begin: it ends, refuses or closes something."""
    return event.outcome in ("denied", "failed") or event.intent_id is not None or event.action in _ENDING_ACTIONS


class Space:
    """The room in one directory."""

    def __init__(
        self, directory: Path, limits: Thresholds | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._directory = directory
        self._limits = limits or Thresholds()
        self._clock = clock
        self._looked_at = float("-inf")
        self._room: Room | None = None

    def look(self) -> Room:
        """Look at the disk now.

        Raises: NotDurable — if it cannot be asked.
        """
        wanted = max(0, self._limits.reserve_bytes - self._reserve_size())
        try:
            self._room = room_at(self._directory, self._limits, wanted)
        except OSError as error:
            raise NotDurable(f"the disk of the log cannot be asked for its space: {error.strerror}") from error
        self._looked_at = self._clock()
        return self._room

    def admit(self, event: Event) -> None:
        """Refuse an event that begins something when the room is nearly gone; looks once a second.

        Raises: LogFull — if it must not begin.
        """
        room = self._room
        if room is None or self._clock() - self._looked_at > _LOOK_SECONDS:
            room = self.look()
        if room.level == "exhausted" and not may_use_reserve(event):
            raise LogFull(f"{max(room.free, 0) // MEBIBYTE} MiB are left on the disk of the log")

    def keep_reserve(self) -> bool:
        """Set room aside if there is enough; return whether it is set aside."""
        path = self._directory / RESERVE_FILE
        if self._reserve_size() >= self._limits.reserve_bytes:
            return True
        if self.look().level == "exhausted":
            return False
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # The blocks themselves, not a hole that needs them later.
                os.posix_fallocate(descriptor, 0, self._limits.reserve_bytes)
            finally:
                os.close(descriptor)
            sync_directory(self._directory)
        except OSError:
            path.unlink(missing_ok=True)
            return False
        return True

    def give_up_reserve(self) -> None:
        """Let the log write into the room that was set aside."""
        (self._directory / RESERVE_FILE).unlink(missing_ok=True)

    def _reserve_size(self) -> int:
        try:
            return (self._directory / RESERVE_FILE).stat().st_blocks * 512
        except OSError:
            return 0
