"""The shelf: the wheels that an operator has put into the zone, with the list that names each by its hash.

What is served comes from the list, never from a name that somebody asked for; a file that was exchanged on the disk
contradicts its hash, which pip checks.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from registry.errors import Conflict
from registry.packages.names import wheel_name
from registry.text import Text

DIRECTORY = "packages"
LIST = "shelf.json"
LOCK = "shelf.lock"
WHEELS = "wheels"
METADATA = ".metadata"


@dataclass(frozen=True, slots=True, order=True)
class Wheel:
    """One wheel on the shelf; size in bytes, hashes in 64 hexadecimal digits."""

    package: str
    version: str
    file: str
    sha256: str
    size: int
    metadata_sha256: str
    requires_python: str = ""
    requires: tuple[str, ...] = ()
    """Names of the packages that it needs, whatever the surroundings; extras are left out."""


class Shelf:
    """The wheels below one home."""

    def __init__(self, home: Path) -> None:
        self.directory = home / DIRECTORY
        self.wheels_directory = self.directory / WHEELS
        self._seen: tuple[int, int, int] | None = None
        self._wheels: tuple[Wheel, ...] = ()

    def wheels(self) -> tuple[Wheel, ...]:
        """Return every wheel, by package and version; none before the first was put there.

        Raises: Conflict — if the list cannot be read.
        """
        path = self.directory / LIST
        try:
            status = path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if seen != self._seen:
                self._wheels = _read(path.read_text(encoding="utf-8"))
                self._seen = seen
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            reason = type(error).__name__
            raise Conflict(
                "shelf_unreadable",
                Text(f"{path}: 읽을 수 없습니다({reason}).", f"{path} cannot be read ({reason})."),
            ) from error
        return self._wheels

    def of(self, package: str) -> tuple[Wheel, ...]:
        """Return the wheels of one package."""
        return tuple(wheel for wheel in self.wheels() if wheel.package == package)

    def find(self, sha256: str, file: str) -> Wheel | None:
        """Return the wheel with this hash and this file name."""
        return next((one for one in self.wheels() if (one.sha256, one.file) == (sha256, file)), None)

    def path(self, wheel: Wheel) -> Path:
        """Return where a wheel lies."""
        return self.wheels_directory / wheel.file

    def metadata_path(self, wheel: Wheel) -> Path:
        """Return where the metadata of a wheel lies (PEP 658)."""
        return self.wheels_directory / (wheel.file + METADATA)

    def prepare(self) -> None:
        """Make the folders; packages are public, and every process of the zone may read them."""
        for folder in (self.directory, self.wheels_directory):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Keep others from changing the list between reading it and writing it, in whatever process they run."""
        if not self.directory.is_dir():
            self.prepare()
        with (self.directory / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def write(self, wheels: Iterable[Wheel]) -> None:
        """Replace the list; whoever reads sees the old one or the new one, never half of it."""
        document = {"wheels": [asdict(wheel) for wheel in sorted(wheels)]}
        fresh = self.directory / f"{LIST}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(self.directory / LIST)


def with_what_they_require(allowed: Iterable[str], wheels: Iterable[Wheel]) -> frozenset[str]:
    """Return the packages, and all that wheels of them on the shelf require."""
    needs: dict[str, set[str]] = {}
    for wheel in wheels:
        needs.setdefault(wheel.package, set()).update(wheel.requires)
    found, open_ends = set(allowed), list(allowed)
    while open_ends:
        fresh = needs.get(open_ends.pop(), set()) - found
        found |= fresh
        open_ends += fresh
    return frozenset(found)


def _read(text: str) -> tuple[Wheel, ...]:
    rows: list[Mapping[str, object]] = json.loads(text)["wheels"]
    return tuple(sorted(_wheel(row) for row in rows))


def _wheel(row: Mapping[str, object]) -> Wheel:
    requires = row["requires"]
    if not isinstance(requires, list):
        raise TypeError("requires")
    wheel = Wheel(**{**row, "requires": tuple(map(str, requires))})  # type: ignore[arg-type]  # checked below
    named = wheel_name(wheel.file)
    if named is None or (named.package, named.version) != (wheel.package, wheel.version):
        raise ValueError(wheel.file)
    return wheel
