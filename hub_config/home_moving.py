"""Moves the plain home of a stopped workspace into an encrypted one; killed anywhere, one of the two is whole.

What is under way stands in the names below `workspaces/<ref>`, each changed by one rename:

    home, outbox                 plain, as before
    home.plain, outbox.plain     set aside, never written; the copy is not finished, and no start is let through
    home.old, outbox.plain       the encrypted home is whole and is the one; what is left of the plain one is destroyed

A project's shared space goes the same way: `shared`, `shared.plain`, `home.old`.

So the next run begins the copy anew, or goes on destroying. Whatever fails before the last rename puts the plain home
back, and destroys the encrypted one with its key.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from audit.event import Source, Subjects
from audit.log import AuditLog
from hub_config.home_events import Action, Life, life
from hub_config.home_helper.errors import HomeError, HomeRefused
from hub_config.home_helper.kinds import shown_of
from hub_config.home_tree import DIRECTORY, Copy, Survey, copy_attributes, dress, empty, opened
from hub_config.homes import ASIDE, OLD, ZoneHomes, is_plain
from hub_config.shared_homes import is_plain_space
from hub_config.shared_space import SharedSpace
from hub_config.workspace_files import make_places
from registry.desk import CLI
from registry.model import Workspace

SHARE = 0.95
"""How much of an encrypted home may be full at once: its file system needs some of it for itself."""


TURNS: Mapping[str, tuple[Action, Action]] = MappingProxyType(
    {
        "made": ("workspace.home_made", "workspace.shared_made"),
        "encrypted": ("workspace.home_encrypted", "workspace.shared_encrypted"),
        "plain_destroyed": ("workspace.plain_home_destroyed", "workspace.plain_shared_destroyed"),
        "destroyed": ("workspace.home_destroyed", "workspace.shared_destroyed"),
    }
)
"""Each turn of a move as the log calls it: of a home, and of a space."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A home that is encrypted now; all zeros where only the rest of a plain one was left to destroy."""

    workspace: str
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """The move of one home or shared space; `at_work` gives the workspaces that run or start, and their spaces."""

    homes: ZoneHomes
    log: AuditLog
    workspace: Workspace | SharedSpace
    gate_gid: int
    at_work: Callable[[], Collection[str]]

    def run(self) -> Moved | None:
        """Move the home, or finish what an earlier run began; None where there is nothing to move.

        Raises: HomeRefused, HelperAway, AuditError — with the plain home back in its place if it was not moved.
        """
        if not os.path.lexists(self._directory):
            return None  # it never started
        with self._place() as place:
            if _stands(place, OLD):
                self._destroy(place)
                return Moved(self.workspace.ref)
            begun = _stands(place, self._aside)
            if not begun and not self._plain(self._names[0]):
                return None
            if not begun:
                self._check_room(place)
            self._set_aside(place)
            with self._or_back(place):
                # From here on no start is let through; one that was faster is seen now.
                if self.workspace.ref in self.at_work():
                    raise HomeRefused("running")
                moved = self._move(place)
            self._destroy(place)
            return moved

    def _move(self, place: int) -> Moved:
        ref, client = self.workspace.ref, self.homes.client()
        state = client.status(ref)
        if state.state in ("none", "half"):
            state = self.homes.make(ref, self.log, self._life("made"))
        with life(self.log, self._life("encrypted")) as ended:
            make_places(self.homes.settings.home, ref, gate_gid=self.gate_gid)
            client.open(ref)
            with _refusing():
                was = self._copied(place)
                os.rename(self._aside, OLD, src_dir_fd=place, dst_dir_fd=place)
                os.fsync(place)
            ended.key = state.key
            ended.more = {"files": was.files, "bytes": was.size, "sha256": was.digest}
        self.homes.close(ref)
        return Moved(ref, was.files, was.size)

    def _copied(self, place: int) -> Survey:
        """Copy home and outbox, and hold the copy against them. Raises: HomeRefused, OSError."""
        was, became = Survey(), Survey()
        with contextlib.ExitStack() as kept:
            # An open directory of each keeps the helper from shutting the home meanwhile.
            into = {name: kept.enter_context(opened(name, DIRECTORY, place)) for name in self._names}
            for name, target in into.items():
                if os.fstat(target).st_dev == os.fstat(place).st_dev:
                    raise HomeRefused("no_home")
                empty(target)
                if _stands(place, ASIDE[name]):
                    source = kept.enter_context(opened(ASIDE[name], DIRECTORY, place))
                    Copy(target).run(source, target)
                    copy_attributes(source, target)
                    was.add(source, name)
            os.sync()
            for name, target in into.items():
                became.add(target, name)
                status = os.stat(self._aside, dir_fd=place, follow_symlinks=False)
                dress(".", status, target)  # to its user at the very end
                os.fsync(target)
        if (was.files, was.size, was.digest) != (became.files, became.size, became.digest):
            raise HomeRefused("differs")
        return was

    def _set_aside(self, place: int) -> None:
        for name in self._names:
            if not _stands(place, ASIDE[name]) and self._plain(name):
                os.rename(name, ASIDE[name], src_dir_fd=place, dst_dir_fd=place)
                os.fsync(place)

    @contextlib.contextmanager
    def _or_back(self, place: int) -> Iterator[None]:
        """Put the plain home back if the block fails before the encrypted one is whole."""
        try:
            yield
        except (HomeError, OSError):
            if not _stands(place, OLD):
                self._put_back(place)
            raise

    def _put_back(self, place: int) -> None:
        ref = self.workspace.ref
        if self.homes.client().status(ref).state != "none":
            self.homes.destroy(ref, self.log, self._life("destroyed", why="not_moved"))
        for name in reversed(self._names):  # home last: while it stands aside, nothing starts
            if _stands(place, ASIDE[name]):
                with contextlib.suppress(FileNotFoundError):
                    os.rmdir(name, dir_fd=place)
                os.rename(ASIDE[name], name, src_dir_fd=place, dst_dir_fd=place)
                os.fsync(place)

    def _destroy(self, place: int) -> None:
        """Destroy what is left of the plain home; the name that says so goes last."""
        with life(self.log, self._life("plain_destroyed")), _refusing():
            for name in (*(ASIDE[one] for one in self._names[1:]), OLD):
                if _stands(place, name):
                    with opened(name, DIRECTORY, place) as old:
                        empty(old, overwrite=True)
                    os.rmdir(name, dir_fd=place)
                    os.fsync(place)

    def _check_room(self, place: int) -> None:
        """Refuse a home that does not fit, before anything is touched. Raises: HomeRefused."""
        found = Survey()
        with _refusing():
            for name in self._names:
                if self._plain(name):
                    with opened(name, DIRECTORY, place) as old:
                        found.add(old, contents=False)
            room = os.fstatvfs(place)
        if found.taken > SHARE * (self.homes.gib(self.workspace.ref) << 30):
            raise HomeRefused("too_large")
        if found.taken > SHARE * room.f_bavail * room.f_frsize:
            raise HomeRefused("disk_full")

    def _plain(self, name: str) -> bool:
        if isinstance(self.workspace, SharedSpace):
            return is_plain_space(self.homes.settings, self.workspace)
        return is_plain(self.homes.settings.home, self.workspace.ref, self.workspace.uid, name)

    @property
    def _directory(self) -> Path:
        return self.homes.settings.home / "workspaces" / self.workspace.ref

    @property
    def _names(self) -> tuple[str, ...]:
        return shown_of(self.workspace.ref)

    @property
    def _aside(self) -> str:
        """The name that says that the copy is not finished."""
        return ASIDE[self._names[0]]

    def _life(self, turn: str, why: str | None = None) -> Life:
        mine = self.workspace
        action, of_a_space = TURNS[turn]
        shared = isinstance(mine, SharedSpace)
        return Life(
            action=of_a_space if shared else action,
            workspace=None if shared else mine.ref,
            project=mine.project,
            actor=CLI,
            subjects=Subjects.none(),
            source=Source(None),
            why=why,
        )

    @contextlib.contextmanager
    def _place(self) -> Iterator[int]:
        """Give the directory of the workspace, held against a second run. Raises: HomeRefused."""
        with contextlib.ExitStack() as stack:
            try:
                place = stack.enter_context(opened(str(self._directory), DIRECTORY))
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HomeRefused("moving") from error
            except OSError as error:
                raise HomeRefused("no_place") from error
            yield place


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Say what a failure of the disk means."""
    try:
        yield
    except (OSError, RecursionError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise HomeRefused("too_large" if full else "copy") from error


def _stands(place: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=place, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
