"""The part of a zone's settings that says how its workspaces start, and what they keep their files on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """How many containers may start at once, and how long one may take.

    `gvisor_projects` names the projects whose workspaces have a kernel of their own: gVisor's `runsc`, which the engine
    must know.

    With `homes: encrypted` a new workspace gets home and outbox on a file system of its own, of `home_gib` GiB, under a
    key that is destroyed with the project; it does not start where that is not possible. A workspace that has a plain
    home keeps it, and one that has an encrypted home keeps that.

    With `shared` the workspaces of a project see one directory, `/shared`, that all its members write: encrypted like
    homes, of `shared_gib` GiB. `unshared_projects` names projects that have none. Who wrote what is not recorded there.
    """

    concurrent_starts: int = 4
    start_timeout_seconds: int = 180
    ending_check_seconds: int = 15  # well below the 60 s within which an ended permit must bite
    gvisor_projects: tuple[str, ...] = ()
    homes: Literal["plain", "encrypted"] = "plain"
    home_gib: int = 20
    shared: bool = True
    shared_gib: int = 20
    unshared_projects: tuple[str, ...] = ()
