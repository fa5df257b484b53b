"""Where the directories lie that a container may see, and that the way there is no detour.

The engine follows links when it mounts. Those who may ask the helper can put a link into some of these directories
between the look and the mount; what they win is bounded by the user inside: a number above those of the machine, in no
group of the machine's, without a capability, which reads of the host what everybody may read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import PurePosixPath

from hub_config.engine_helper.errors import Refused

WALKED = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def below(path: str, roots: Sequence[str]) -> bool:
    """Say whether a path is written plainly and lies below one of the roots, or is one."""
    pure = PurePosixPath(path)
    if not pure.is_absolute() or str(pure) != path or ".." in pure.parts or "\0" in path:
        return False
    return any(pure.is_relative_to(PurePosixPath(root)) for root in roots)


def walk(path: str) -> tuple[int, int]:
    """Walk from the root to a directory without following a link, and return its device and inode.

    Raises: Refused — if any step is not a directory itself.
    """
    at = os.open("/", WALKED)
    try:
        for part in PurePosixPath(path).parts[1:]:
            further = os.open(part, WALKED, dir_fd=at)
            os.close(at)
            at = further
        found = os.fstat(at)
    except OSError as error:
        raise Refused("mount.no_directory", f"{path} is not a directory of the zone: {error.strerror}.") from error
    finally:
        os.close(at)
    assert stat.S_ISDIR(found.st_mode)
    return found.st_dev, found.st_ino
