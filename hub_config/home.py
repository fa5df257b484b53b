"""The directories of a zone: who owns each, and who may pass through."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.text import Text
from hub_config.errors import EnvironmentMissing
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
    home.mkdir(parents=True, exist_ok=True)
    # What lies in a home that is not root's can be put there while root works: no link of it is followed.
    directory = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if user.pw_uid else 0)
    with _opened(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as top:
        for place in PLACES:
            with contextlib.suppress(FileExistsError):
                os.mkdir(place.path, 0o700, dir_fd=top)
            with _opened(place.path, directory, top) as made:
                os.fchown(made, user.pw_uid, group if place.gate else user.pw_gid)
                os.fchmod(made, SHARED_RUN if place.path == "run" and user.pw_uid else place.mode)
        if not _exists(top, FILE_NAME):
            _write_settings(top, settings_text(zone, hub), user)


def make_for(home: Path, name: str, owner: str) -> None:
    """Make a directory below a zone's home that belongs to one of its helpers alone, without following a link.

    Raises: EnvironmentMissing — if it is somebody else's: whoever owns the home can put another in its place, and
    what lies in that would become the helper's own.
    """
    user = pwd.getpwnam(owner)
    directory = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    with _opened(home, directory) as top:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=top)
        with _opened(name, directory | os.O_NOFOLLOW, top) as made:
            if os.fstat(made).st_uid not in (0, user.pw_uid):
                raise EnvironmentMissing(
                    Text(
                        "{place}의 소유자는 root나 {owner}이어야 합니다.",
                        "{place} belongs neither to root nor to {owner}.",
                    ).format(place=home / name, owner=owner),
                    hint=Text(
                        "누가 만들었는지 확인하십시오. 직접 복원했으면 `chown root {place}` 뒤에 다시 실행하십시오.",
                        "Find out who made it. If you restored it yourself, `chown root {place}` and run this again.",
                    ).format(place=home / name),
                )
            _give(made, user, mode=0o700)


def hand_over(home: Path, owner: str, *, roots: Iterable[str]) -> None:
    """Give what root restored to the zone's user, but for the names in `roots`: they are root's, with all below.

    Modes stay: workspaces read datasets under users of their own. A helper's directory comes back as that of whoever
    had its number on the machine before; the helper takes it from root alone (`make_for`).
    """
    user, root, apart = pwd.getpwnam(owner), pwd.getpwuid(0), frozenset(roots)
    with _opened(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as top:
        for name in os.listdir(top):  # noqa: PTH208 — of a directory that is open
            to = root if name in apart else user
            if stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                with _opened(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, top) as below:
                    _give(below, to)
            else:
                os.chown(name, to.pw_uid, to.pw_gid, dir_fd=top, follow_symlinks=False)


def _give(directory: int, user: pwd.struct_passwd, *, mode: int | None = None) -> None:
    """Give a directory and all below it to a user, as after a restore; links are given, and never followed.

    `mode` is what every directory gets; each keeps its own without one.
    """
    os.fchown(directory, user.pw_uid, user.pw_gid)
    if mode is not None:
        os.fchmod(directory, mode)
    for name in os.listdir(directory):
        if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            if os.stat(name, dir_fd=directory).st_dev == os.fstat(directory).st_dev:  # not into a home that is open
                with _opened(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, directory) as below:
                    _give(below, user, mode=mode)
        else:
            os.chown(name, user.pw_uid, user.pw_gid, dir_fd=directory, follow_symlinks=False)


def _write_settings(top: int, text: str, user: pwd.struct_passwd) -> None:
    fresh = f"{FILE_NAME}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh, dir_fd=top)
    with _opened(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, top) as written:
        os.write(written, text.encode("utf-8"))
        os.fchown(written, user.pw_uid, user.pw_gid)
    os.rename(fresh, FILE_NAME, src_dir_fd=top, dst_dir_fd=top)


def _exists(top: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=top, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def _opened(name: str | Path, flags: int, top: int | None = None) -> Iterator[int]:
    """Open something below a directory for the block; a file that is made is its owner's alone."""
    descriptor = os.open(name, flags, 0o600, dir_fd=top)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
