"""Directories and files of a zone that are missing or open to others.

Only directories that never hold anything lasting are made: a missing vault is a disk that is not mounted, and an empty
one in its place would hide it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from audit.text import Text
from hub_config.home import PLACES, SHARED_RUN, Place
from hub_config.mending.mend import Mend
from hub_config.settings import Settings

EMPTY = frozenset({"run", "logs", "sessions"})
"""Directories whose content is made anew by whatever runs."""
PUBLIC = frozenset({"release-keys", "trusted-keys"})
"""Files among the keys that everybody may read, beside those that end in `.vkey`."""
_NAMES: Mapping[str, Place] = {place.path: place for place in PLACES}


def missing_directories(settings: Settings) -> Iterator[Mend]:
    """Find directories that were removed and may be made empty."""
    for name in sorted(EMPTY):
        path = settings.home / name
        if not os.path.lexists(path):
            what = Text("사라진 디렉터리를 다시 만듭니다: {path}", "Make a directory that is missing: {path}")
            yield Mend("directory_made", what.format(path=path), partial(_make, settings.home, _NAMES[name]))


def _make(home: Path, place: Place) -> None:
    owner, group = home.stat().st_uid, home.stat().st_gid
    path = home / place.path
    path.mkdir(mode=0o700)
    # The directory itself belongs to the gate's group where the gate passes through.
    os.chown(path, owner, group if place.gate else (path.parent / "keys").stat().st_gid)
    path.chmod(SHARED_RUN if place.path == "run" and owner else place.mode)


def open_secrets(settings: Settings) -> Iterator[Mend]:
    """Find keys, and the directories that hold them, that somebody beside their owner may read."""
    top = settings.home / "keys"
    for path in [top, *_below(top)]:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) or not mode & 0o077 or path.name in PUBLIC or path.suffix == ".vkey":
            continue
        what = Text("소유자만 읽게 합니다: {path} ({mode})", "Make it its owner's alone: {path} ({mode})")
        said = what.format(path=path, mode=stat.filemode(mode))
        yield Mend("secret_closed", said, partial(_close, path), log_needs_it=True)


def _below(top: Path) -> Iterator[Path]:
    try:
        found = sorted(os.scandir(top), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in found:
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))


def _close(path: Path) -> None:
    # Opened first: the name may be another's by now, and a link is never followed.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o700)
    finally:
        os.close(descriptor)


def missing_for_good(settings: Settings) -> list[Path]:
    """Return directories that hold what lasts and are not there: nothing here makes them."""
    lasting = [place.path for place in PLACES if place.path not in EMPTY]
    return [settings.home / path for path in lasting if not (settings.home / path).is_dir()]
