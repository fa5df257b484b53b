"""The files of the helper below `ANSIM_HOME/homes`: an image for each home, its key, and the place it is mounted at.

Everything is reached through directories that are opened once and belong to the helper alone, so whoever owns the
directory above can put another in their place and wins nothing by it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

from audit.durable import create_file, sync_directory
from hub_config.home_helper.errors import Refused
from hub_config.home_helper.fscrypt import KEY_BYTES, new_key
from hub_config.home_helper.kinds import REF

GIBIBYTE = 1 << 30
FRESH = ".new"
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
TOOL_SECONDS = 300
_TOOLS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_REF = re.compile(REF)
_IMAGE = re.compile(rf"({REF})\.img")
_KEY = re.compile(rf"({REF})\.key")


class Store:
    """The helper's own directories; it makes what is missing in the one that it was given.

    Raises: Refused — if that is not its own, or others may write in it.
    """

    def __init__(self, home: Path) -> None:
        with contextlib.suppress(FileExistsError, PermissionError):
            (home / "homes").mkdir(mode=0o700)
        try:
            self._top = os.open(home / "homes", DIRECTORY)
        except OSError as error:
            raise Refused("foreign", error.strerror or "") from error
        _own(self._top)
        images, keys, self.anchors = (self._made(name) for name in ("images", "keys", "mnt"))
        self.images, self.keys, self.mounts = (Path(f"/proc/self/fd/{one}") for one in (images, keys, self.anchors))

    def _made(self, name: str) -> int:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self._top)
        opened = os.open(name, DIRECTORY, dir_fd=self._top)
        _own(opened)
        return opened

    # Images.

    def image(self, ref: str) -> Path:
        """Return where the image of a home lies, or would."""
        return self.images / f"{ref}.img"

    def refs(self) -> list[str]:
        """Return every workspace of which there is an image or a key, in order."""
        names = [path.name for directory in (self.images, self.keys) for path in directory.iterdir()]
        return sorted({found[1] for name in names if (found := _IMAGE.fullmatch(name) or _KEY.fullmatch(name))})

    def marked(self) -> set[str]:
        """Return every workspace that has a place to be mounted at: homes that are open, and what could not be shut."""
        return {path.name for path in self.mounts.iterdir() if _REF.fullmatch(path.name)}

    def make_image(self, ref: str, size: int) -> None:
        """Make the image of a home, sparse; it is there as a whole or not at all.

        Raises: Refused — if mkfs.ext4 fails. OSError
        """
        fresh = self.images / f"{ref}.img{FRESH}"
        fresh.unlink(missing_ok=True)
        with _opened(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL) as image:
            make_file_system(image, size)
            os.fsync(image)
        fresh.rename(self.image(ref))
        sync_directory(self.images)

    def grow_image(self, ref: str, size: int) -> None:
        """Make the image of a closed home larger. Raises: Refused, OSError."""
        with _opened(self.image(ref), os.O_RDWR) as image:
            if size < os.fstat(image).st_size:
                raise Refused("smaller")
            os.ftruncate(image, size)
            # resize2fs asks for a check first; one that mended something ends with 1.
            tool("e2fsck", "-f", "-p", f"/proc/self/fd/{image}", keep=image, good=(0, 1))
            tool("resize2fs", f"/proc/self/fd/{image}", keep=image)
            os.fsync(image)

    # Keys.

    def key(self, ref: str) -> bytes | None:
        """Return the key of a home, None if it has none, or only what is left of one that was written over."""
        try:
            key = bytes.fromhex((self.keys / f"{ref}.key").read_bytes().decode("ascii"))
        except (FileNotFoundError, ValueError):
            return None
        return key if len(key) == KEY_BYTES else None

    def make_key(self, ref: str) -> None:
        """Make the key of a home if it has none; what is left of one that was destroyed is none."""
        if self.key(ref) is None:
            (self.keys / f"{ref}.key").unlink(missing_ok=True)
        create_file(self.keys / f"{ref}.key", new_key().hex().encode("ascii"), mode=0o600)

    def shred(self, ref: str) -> None:
        """Destroy the key of a home, then remove its image; what is gone already is no error.

        The key is written over before its name goes. A disk that keeps old blocks elsewhere is the disk's encryption's
        to answer for.
        """
        key = self.keys / f"{ref}.key"
        with contextlib.suppress(FileNotFoundError), _opened(key, os.O_WRONLY) as opened:
            os.pwrite(opened, os.urandom(2 * KEY_BYTES), 0)
            os.fsync(opened)
            key.unlink()
            sync_directory(self.keys)
        self.image(ref).unlink(missing_ok=True)
        sync_directory(self.images)

    def clear_fresh(self) -> None:
        """Remove images and keys that were never finished; such a key may be a second name of one in use."""
        for directory, whole in ((self.images, _IMAGE), (self.keys, _KEY)):
            for path in directory.iterdir():
                if whole.fullmatch(path.name) is None:
                    path.unlink(missing_ok=True)


def make_file_system(image: int, size: int) -> None:
    """Make an ext4 file system that can encrypt in an open file, whose root is this process's own.

    Raises: Refused, OSError
    """
    os.ftruncate(image, size)
    tool(
        *("mkfs.ext4", "-q", "-F", "-m", "0", "-O", "encrypt"),
        *("-E", f"lazy_itable_init=1,lazy_journal_init=1,root_owner={os.geteuid()}:{os.getegid()}"),
        f"/proc/self/fd/{image}",
        keep=image,
    )


def tool(name: str, *arguments: str, keep: int, good: tuple[int, ...] = (0,)) -> None:
    """Run a program of e2fsprogs on an open file.

    Raises: Refused — if it is missing or does not end as it should.
    """
    program = shutil.which(name, path=_TOOLS)
    if program is None:
        raise Refused("unable", f"{name} is not installed")
    environment = {"PATH": _TOOLS, "LC_ALL": "C.UTF-8"}
    command = [program, *arguments]
    done = subprocess.run(
        command, pass_fds=(keep,), env=environment, capture_output=True, timeout=TOOL_SECONDS, check=False
    )
    if done.returncode not in good:
        raise Refused("tool", f"{name}: {done.returncode} {done.stderr[-200:]!a}")


def _own(directory: int) -> None:
    """Hold a directory against its owner, and shut it for everybody else."""
    status = os.fstat(directory)
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Refused("foreign")
    os.fchmod(directory, 0o700)


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
