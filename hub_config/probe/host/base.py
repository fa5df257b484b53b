"""What a look at the server is given, and how it answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub_config.runtimes import RUNC
from hub_config.settings import Settings

Answer = tuple[bool | None, str]
NOTEBOOK = "notebook"


@dataclass(frozen=True, slots=True)
class RealZone:
    """The zone of a server beside which root keeps one of its own to attack."""

    settings: Settings
    zone: str
    """What the labels of its containers say."""


@dataclass(frozen=True, slots=True)
class Server:
    """What the engine says of itself, and the zone on this server."""

    settings: Settings
    info: Mapping[str, Any]
    containers: tuple[Mapping[str, Any], ...]
    """`docker inspect` of the workspaces that run, the probe's own among them."""
    image: Mapping[str, Any]
    image_id: str
    gate_pids: tuple[int, ...]
    images: Mapping[str, str] = field(default_factory=dict)
    """For the image of each container, by id, which of the zone's images its label calls it."""
    limits: tuple[Mapping[str, Any], ...] = ()
    """What the engine says of the limits (`Ulimits`) of a workspace that the probe itself has just had made."""
    real: RealZone | None = None
    """Where `settings` are of a zone that was made to be attacked, the one whose researchers' workspaces run."""
    root: Path = Path("/")
    """Below which the files of engine, kernel and system are read."""

    @property
    def runtime(self) -> str:
        """The runtime of containers that name none."""
        return str(self.info.get("DefaultRuntime", RUNC))

    @property
    def shares_cgroups(self) -> bool:
        """Whether containers that say nothing of it are in the machine's control groups, as in their version 1."""
        return self.info.get("CgroupVersion") == "1"

    def place(self, path: str) -> Path:
        """Return where a file of the server lies, by its absolute path."""
        return self.root / path.lstrip("/")

    def given_to_all(self, names: Collection[str]) -> list[Mapping[str, Any]]:
        """Return the limits that the engine gives every container, but for those that the zone says by name."""
        return [limit for limit in self.limits if limit["Name"] not in names]

    def before(self, container: Mapping[str, Any]) -> bool:
        """Say whether a container runs an earlier image that the zone built."""
        image = container["Image"]
        return bool(image != self.image_id and self.images.get(image) == NOTEBOOK)


Look = Callable[[Server], Answer]


def text_of(path: str | Path) -> str | None:
    """Return a small file of the kernel, or None if there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def as_nobody(action: Callable[[], object], within: int | None = None) -> str:
    """Try something as an ordinary user, in a directory that root opened; return the name of the error, or `done`."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "done"
        try:
            if within is not None:
                os.fchdir(within)
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            action()
        except OSError as error:
            said = type(error).__name__
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said or "no answer"
