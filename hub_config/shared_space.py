"""The space that the workspaces of one project share: a directory that each of them sees as `/shared`, and nobody else.

Its reference follows from the project's id, so whoever knows the project knows which directory is its own: the hub that
asks for it, the helper of the engine that holds the request against it, the worker that ends it. Its group is the
number of the project's first workspace: it is given out once, and no other project has it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from hub_config.workspace_settings import WorkspaceSettings
from registry.model import Workspace

SHARED = "/shared"
FOLDER = "shared"
"""What the directory is called below `workspaces/<ref>` on the server."""


@dataclass(frozen=True, slots=True)
class SharedSpace:
    """The space of one project; `gid` is the group in which every workspace of it is, and no other."""

    project: str
    gid: int

    @property
    def ref(self) -> str:
        """The reference of the space, in the form of a workspace's."""
        return shared_ref(self.project)


def shared_ref(project: str) -> str:
    """Return the reference of a project's space."""
    digest = hashlib.sha256(f"ansim shared space\n{project}".encode()).digest()
    return f"sh_{base64.b32encode(digest[:10]).decode('ascii').lower()}"


def shared_space(settings: WorkspaceSettings, project: str, workspaces: Iterable[Workspace]) -> SharedSpace | None:
    """Return the space of a project that has a workspace, None where the settings want none."""
    if not settings.shared or project in settings.unshared_projects:
        return None
    return space_of(project, workspaces)


def space_of(project: str, workspaces: Iterable[Workspace]) -> SharedSpace:
    """Return the space of a project that has a workspace, whatever the settings want."""
    return SharedSpace(project, min(one.uid for one in workspaces if one.project == project))
