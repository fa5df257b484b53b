"""The lock of Python wheels: one exact version and one digest each, in the form that pip reads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from images.errors import MalformedLock

_LINE: Final = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[0-9A-Za-z.+!]+) --hash=sha256:(?P<sha256>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, order=True)
class Wheel:
    """One locked wheel; `name` in the normalised form of PEP 503."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class WheelLock:
    """All wheels of one environment."""

    wheels: tuple[Wheel, ...]

    def text(self) -> str:
        """The lock as a requirements file; equal locks give equal bytes."""
        return "".join(f"{wheel}\n" for wheel in sorted(self.wheels))

    def sha256(self) -> str:
        """The digest of the lock's text."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def parse_wheel_lock(text: str, *, name: str = "requirements.lock") -> WheelLock:
    """The lock in `text`.

    Raises:
        MalformedLock: for a line without exactly one version and one SHA-256, or a wheel named twice.
    """
    wheels: dict[str, Wheel] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise MalformedLock(name, number, f"not a locked wheel: {line[:80]!r}")
        if match["name"] in wheels:
            raise MalformedLock(name, number, f"{match['name']} is named twice")
        wheels[match["name"]] = Wheel(**match.groupdict())
    return WheelLock(tuple(sorted(wheels.values())))


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
