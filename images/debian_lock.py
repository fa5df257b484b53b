"""The lock of the Debian packages of the base image: exact versions, places and digests."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from images.errors import MalformedLock

_HEADER: Final = re.compile(r"# (?P<key>suite|snapshot): (?P<value>\S+)")
_LINE: Final = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]+)=(?P<version>[0-9A-Za-z.+~:-]+)"
    r" (?P<archive>debian|debian-security)/(?P<path>pool/[0-9A-Za-z.+~_%/-]+\.deb)"
    r" sha256:(?P<sha256>[0-9a-f]{64})"
)
_STAMP: Final = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, order=True)
class DebianPackage:
    """One package: `archive` is `debian` or `debian-security`, `path` its place below that archive's root."""

    name: str
    version: str
    archive: str
    path: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}={self.version} {self.archive}/{self.path} sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class DebianLock:
    """All packages of a base image, and the moment of the archive they were taken from (UTC)."""

    suite: str
    snapshot: dt.datetime
    packages: tuple[DebianPackage, ...]

    @property
    def epoch(self) -> int:
        """The time stamp (seconds) that every file of the image carries at most."""
        return int(self.snapshot.timestamp())

    @property
    def stamp(self) -> str:
        """The snapshot as snapshot.debian.org writes it."""
        return self.snapshot.strftime(_STAMP)

    def text(self) -> str:
        """The lock as a file; equal locks give equal bytes."""
        lines = [f"# suite: {self.suite}", f"# snapshot: {self.stamp}", *map(str, sorted(self.packages))]
        return "\n".join(lines) + "\n"

    def sha256(self) -> str:
        """The digest of the lock's text."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def parse_debian_lock(text: str, *, name: str = "packages.lock") -> DebianLock:
    """The lock in `text`.

    Raises:
        MalformedLock: for a line that is neither header nor package, no header, or a package named twice.
    """
    header: dict[str, str] = {}
    packages: dict[str, DebianPackage] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.fullmatch(line):
            header[match["key"]] = match["value"]
        elif match := _LINE.fullmatch(line):
            package = DebianPackage(**match.groupdict())
            if package.name in packages:
                raise MalformedLock(name, number, f"{package.name} is named twice")
            packages[package.name] = package
        else:
            raise MalformedLock(name, number, f"not a locked package: {line[:80]!r}")
    try:
        snapshot = dt.datetime.strptime(header["snapshot"], _STAMP).replace(tzinfo=dt.UTC)
        return DebianLock(header["suite"], snapshot, tuple(sorted(packages.values())))
    except (KeyError, ValueError) as error:
        raise MalformedLock(name, 1, f"no valid `suite` and `snapshot` header ({error})") from error


@dataclass(frozen=True, slots=True)
class Difference:
    """One package that two locks disagree about; None where a lock lacks it."""

    name: str
    locked: str | None
    used: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.locked or '(none)'} -> {self.used or '(none)'}"


def differences(locked: Iterable[DebianPackage], used: Iterable[DebianPackage]) -> list[Difference]:
    """The packages whose versions differ, by name."""
    before = {package.name: package.version for package in locked}
    after = {package.name: package.version for package in used}
    return [
        Difference(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def without(lock: DebianLock, other: DebianLock) -> DebianLock:
    """The packages of a lock that another does not name: what an image adds to the one below it."""
    named = {package.name for package in other.packages}
    return DebianLock(lock.suite, lock.snapshot, tuple(one for one in lock.packages if one.name not in named))
