"""What the helper does for a call. Each step leaves a state that the next call of any kind finds and mends.

A home is open when its image is mounted at `homes/mnt/<ref>`, and `files/home` and `files/outbox` of it (of a project's
shared space, `files/shared`) at `workspaces/<ref>`. What is half open after a crash is opened or closed to the end by
the next call. Nothing here outlives the kernel: after a restart of the machine every home is closed.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from hub_config.home_helper import fscrypt, loops, mounts
from hub_config.home_helper.calls import Call
from hub_config.home_helper.errors import Refused
from hub_config.home_helper.kinds import shown_of
from hub_config.home_helper.mounts import opened as _opened
from hub_config.home_helper.store import DIRECTORY, FRESH, GIBIBYTE, Store, make_file_system

log = logging.getLogger("ansim.home_helper")

FILES = "files"
FREE_BYTES = 256 * 1024**2
TRIAL_BYTES = 16 * 1024**2
BUSY_TRIES = 20
_UNABLE = frozenset({errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTTY, errno.ENOTSUP})

Answer = dict[str, Any]


class Homes:
    """The homes of one zone."""

    def __init__(self, home: Path, *, most_gib: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._most = most_gib
        self._clock = clock
        self._store = Store(home)
        self._store.clear_fresh()
        self._began = clock()
        self._asked: dict[str, float] = {}
        self._tries: dict[str, int] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._one = threading.Lock()

    def answer(self, call: Call) -> Answer:
        """Do what a call says.

        Raises: Refused, OSError
        """
        with self._one:
            lock = self._locks.setdefault(call.workspace, threading.Lock())
        with lock:
            try:
                return self._answers[call.verb](self, call)
            except OSError as error:
                if error.errno == errno.ENOSPC:
                    raise Refused("disk_full") from error
                raise

    # The calls.

    def _make(self, call: Call) -> Answer:
        ref = call.workspace
        if call.gib > self._most:
            raise Refused("size")
        image, key = self._store.image(ref).exists(), self._store.key(ref)
        if image and key is None:
            raise Refused("no_key")  # a new key would open nothing, and hide that the old one was destroyed
        if image:
            return {"made": False, **self._described(ref)}
        self._refuse_full()
        self._store.make_key(ref)
        self._store.make_image(ref, call.gib * GIBIBYTE)
        return {"made": True, **self._described(ref)}

    def _open(self, call: Call) -> Answer:
        ref = call.workspace
        key = self._key_of(ref)
        self._asked[ref] = self._clock()
        self._show(ref, key)
        self._tries.pop(ref, None)  # it is whole, and somebody works in it
        return self._described(ref)

    def _close(self, call: Call) -> Answer:
        ref = call.workspace
        if self._clock() - self._asked.get(ref, self._began) < call.idle:
            raise Refused("in_use")
        left = self._state(ref) == "left"
        self._tries[ref] = self._tries.get(ref, 0) + 1
        closed = self._unmount(ref, lazily=left)
        if self._state(ref) not in ("left", "half", "open"):
            del self._tries[ref]
        if not closed:
            log.warning("%s is closed here; another mount name space still has it", ref)
        return {**self._described(ref), "lingers": not closed}

    def _destroy(self, call: Call) -> Answer:
        """Destroy the key whatever else fails: what cannot be shut lingers, and says so."""
        ref = call.workspace
        said: Answer = {"state": "destroyed"}
        closed = False
        try:
            said = self._described(ref)
            closed = self._unmount(ref, lazily=True)
        except (OSError, Refused):
            log.exception("%s could not be shut; its key is destroyed all the same", ref)
        finally:
            self._store.shred(ref)
            self._asked.pop(ref, None)
            self._tries.pop(ref, None)
            if self._state(ref) == "left":  # it is found, also by the next helper, and shut as soon as it can be
                (self._store.mounts / ref).mkdir(mode=0o700, exist_ok=True)
        return {**said, "state": "none", "existed": said["state"] not in ("none", "left"), "lingers": not closed}

    def _grow(self, call: Call) -> Answer:
        ref = call.workspace
        if call.gib > self._most:
            raise Refused("size")
        self._key_of(ref)
        if self._state(ref) != "closed":
            raise Refused("open")
        with _opened(self._store.image(ref), os.O_RDWR | os.O_NOFOLLOW) as image:
            device = loops.attached(image)
        if device is not None:
            os.close(device)
            raise Refused("open")
        self._store.grow_image(ref, call.gib * GIBIBYTE)
        return self._described(ref)

    def _status(self, call: Call) -> Answer:
        return self._described(call.workspace)

    def _list(self, call: Call) -> Answer:
        """Describe every home; one that cannot be looked at is half open, and hides no other."""
        found: Answer = {}
        kept = self._store.refs()
        for ref in sorted({*kept, *self._store.marked()}):
            try:
                said = self._described(ref)
                if ref in kept or said["state"] != "none":
                    found[ref] = said
            except OSError:
                log.exception("%s cannot be looked at", ref)
                found[ref] = {"state": "half"}
        return {"homes": found}

    def _able(self, call: Call) -> Answer:
        """Try everything once on a small image that nobody sees."""
        name = f".trial-{secrets.token_hex(8)}"
        fresh = self._store.images / f"{name}{FRESH}"
        try:
            with _opened(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL) as image:
                make_file_system(image, TRIAL_BYTES)
            with self._anchored(fresh, name) as root:
                self._prepare(root, fscrypt.add_key(root, fscrypt.new_key()), shown_of(name))
        except OSError as error:
            raise Refused("unable", f"{error.strerror} {error.filename or ''}") from error
        finally:
            with contextlib.suppress(OSError):
                self._unmount_at(self._store.anchors, name, lazily=True)
                (self._store.mounts / name).rmdir()
            fresh.unlink(missing_ok=True)
        return {"able": True}

    # Steps.

    def _key_of(self, ref: str) -> bytes:
        if not self._store.image(ref).exists():
            raise Refused("no_home")
        key = self._store.key(ref)
        if key is None:
            raise Refused("no_key")
        return key

    def _refuse_full(self) -> None:
        room = os.statvfs(self._store.images)
        if room.f_bavail * room.f_frsize < FREE_BYTES:
            raise Refused("disk_full")

    @contextlib.contextmanager
    def _mounted(self, ref: str, key: bytes) -> Iterator[int]:
        """Have the image of a home mounted, with its key, and give its encrypted directory.

        Raises: Refused — for an image that is not encrypted with this key, whoever put it there; it is shut again.
        """
        shut = self._count(self._store.anchors, ref) == 0
        with contextlib.ExitStack() as stack:
            root = stack.enter_context(self._anchored(self._store.image(ref), ref))
            try:
                files = stack.enter_context(self._unlocked(root, key, shown_of(ref)))
            except BaseException:
                stack.close()
                if shut:  # one that was open may have a workspace in it
                    self._unmount(ref)
                raise
            yield files

    @contextlib.contextmanager
    def _unlocked(self, root: int, key: bytes, shown: tuple[str, ...]) -> Iterator[int]:
        try:
            identifier = fscrypt.add_key(root, key)
        except OSError as error:
            raise Refused("not_encrypted" if error.errno == errno.EOPNOTSUPP else "unable") from error
        self._prepare(root, identifier, shown)
        with _opened(FILES, DIRECTORY, root) as files:
            policy = fscrypt.policy_of(files)
            if policy is None or not policy.ours:
                raise Refused("not_encrypted")
            if policy.identifier != identifier:
                fscrypt.remove_key(root, identifier)
                raise Refused("key_unfit")
            yield files

    @contextlib.contextmanager
    def _anchored(self, image: Path, name: str) -> Iterator[int]:
        """Have an image mounted at a place that only the helper enters, and give its root."""
        with contextlib.suppress(FileExistsError):
            (self._store.mounts / name).mkdir(mode=0o700)
        if self._count(self._store.anchors, name) == 0:
            self._refuse_full()
            self._attach(image, name)
        with _opened(self._store.mounts / name, DIRECTORY) as root:
            yield root

    def _attach(self, image: Path, name: str) -> None:
        with _opened(image, os.O_RDWR | os.O_NOFOLLOW) as opened:
            device = loops.attached(opened)
            if device is None:
                try:
                    device = loops.attach(opened, f"ansim {name}")
                except OSError as error:
                    raise Refused("unable", f"loop: {error.strerror}") from error
        try:
            with _opened(self._store.mounts / name, mounts.WALKED) as place:
                mounts.mount_file_system(loops.path_of(device), place)
        except OSError as error:
            raise Refused("unable" if error.errno in _UNABLE else "damaged", f"mount: {error.strerror}") from error
        finally:
            os.close(device)

    def _prepare(self, root: int, identifier: bytes, shown: tuple[str, ...]) -> None:
        """Make the encrypted directory of a fresh image; it appears only when it is whole."""
        with contextlib.suppress(FileNotFoundError):
            os.stat(FILES, dir_fd=root, follow_symlinks=False)
            return
        fresh = FILES + FRESH
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(fresh, dir_fd=root)
        os.mkdir(fresh, 0o711, dir_fd=root)
        with _opened(fresh, DIRECTORY, root) as made:
            fscrypt.set_policy(made, identifier)
            for name in shown:
                os.mkdir(name, 0o700, dir_fd=made)
            os.fsync(made)
        os.rename(fresh, FILES, src_dir_fd=root, dst_dir_fd=root)
        os.fsync(root)

    def _unmount(self, ref: str, *, lazily: bool = False) -> bool:
        """Take all mounts of a home away and its key with them; return whether nobody has it any more.

        Raises: Refused — `busy`, with everything still open.
        """
        try:
            with self._places(ref) as places:
                for name in reversed(shown_of(ref)):
                    self._unmount_at(places, name, lazily=lazily)
        except Refused as refusal:
            if refusal.code == "busy" and (key := self._store.key(ref)) is not None:
                self._show(ref, key)
            if refusal.code != "no_place":
                raise
        if self._count(self._store.anchors, ref):
            # With nothing shown any more the key goes, and with it what the kernel still has in clear.
            with _opened(self._store.mounts / ref, DIRECTORY) as root:
                identifier = self._identifier(root)
                with contextlib.suppress(OSError):  # a disk that takes nothing more keeps no key from being taken away
                    os.fsync(root)
                if identifier is not None:
                    fscrypt.remove_key(root, identifier)
            self._unmount_at(self._store.anchors, ref, lazily=lazily)
        if not self._shown(ref):
            with contextlib.suppress(FileNotFoundError):
                (self._store.mounts / ref).rmdir()
        return not self._lingers(ref)

    def _show(self, ref: str, key: bytes) -> None:
        """Show the two directories of a home in the workspace's own, as far as they are not."""
        with self._places(ref) as places, self._mounted(ref, key) as files:
            for name in shown_of(ref):
                if self._count(places, name) == 0:
                    with _opened(name, mounts.WALKED, files) as source, _opened(name, mounts.WALKED, places) as place:
                        mounts.bind(source, place)

    def _identifier(self, root: int) -> bytes | None:
        try:
            with _opened(FILES, DIRECTORY, root) as files:
                policy = fscrypt.policy_of(files)
        except FileNotFoundError:
            return None
        return None if policy is None else policy.identifier

    def _lingers(self, ref: str) -> bool:
        """Say whether the image is still somebody's disk: in another mount name space, or for the moment it takes."""
        try:
            with _opened(self._store.image(ref), os.O_RDONLY | os.O_NOFOLLOW) as image:
                for _ in range(BUSY_TRIES):
                    device = loops.attached(image)
                    if device is None:
                        return False
                    os.close(device)
                    time.sleep(0.01)
        except FileNotFoundError:
            return False
        return True

    def _unmount_at(self, parent: int, name: str, *, lazily: bool = False) -> None:
        for _ in range(self._count(parent, name)):
            try:
                mounts.unmount(parent, name, lazily=lazily)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                raise Refused("busy") from error

    # Looking.

    @contextlib.contextmanager
    def _places(self, ref: str) -> Iterator[int]:
        """Walk to the directory of a workspace without following a link, and give it."""
        try:
            with (
                _opened(self._home, mounts.WALKED) as home,
                _opened("workspaces", mounts.WALKED, home) as all_of_them,
                _opened(ref, mounts.WALKED, all_of_them) as place,
            ):
                yield place
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise Refused("no_place", error.filename or "") from error

    def _count(self, directory: int, name: str) -> int:
        """Say how often something is mounted at a name in an open directory, wherever that lies now."""
        return mounts.mounted().get(str(Path(f"/proc/self/fd/{directory}").readlink() / name), 0)

    def _shown(self, ref: str) -> bool:
        """Say whether a home is mounted in its workspace, also where the helper may not go and look."""
        return mounts.any_below(self._home.resolve() / "workspaces" / ref, shown_of(ref))

    def _state(self, ref: str) -> str:
        image, key = self._store.image(ref).exists(), self._store.key(ref) is not None
        if not image and not key:
            return "left" if self._shown(ref) or self._count(self._store.anchors, ref) else "none"
        if not image:
            return "half"
        found = [self._count(self._store.anchors, ref) > 0]
        try:
            with self._places(ref) as places:
                found += [self._count(places, name) > 0 for name in shown_of(ref)]
        except Refused:
            found.append(self._shown(ref))
        if not key:
            return "destroyed"
        return "open" if all(found) else "half" if any(found) else "closed"

    def _described(self, ref: str) -> Answer:
        """Return the state of a home, its size and what it takes on the disk in bytes, and the name of its key.

        `closed` and `open` are whole; `half` is what a crash left and the next call mends; `destroyed` is an image
        whose key is gone, `left` one that is gone and still mounted. `tries` is how often it could not be shut.
        """
        key = self._store.key(ref)
        said: Answer = {"state": self._state(ref)}
        if tries := self._tries.get(ref):
            said["tries"] = tries
        with contextlib.suppress(FileNotFoundError):
            status = self._store.image(ref).stat()
            said |= {"size": status.st_size, "taken": status.st_blocks * 512}
        if key is not None:
            said["key"] = fscrypt.identifier_of(key).hex()
        return said

    _answers: ClassVar[Mapping[str, Callable[[Homes, Call], Answer]]] = {
        "make": _make,
        "open": _open,
        "close": _close,
        "destroy": _destroy,
        "grow": _grow,
        "status": _status,
        "list": _list,
        "able": _able,
    }
