"""File systems of workspaces that the engine kept although their containers are gone.

An engine that was restarted while workspaces ran on miscounts who uses a volume and cannot remove it with its container
(moby, issue 44422, until 23.0). Such a volume holds no file of its own, and no other start uses it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError

from hub_config.workspace_container import LAYER, layers_of


def left_volumes(api: docker.APIClient, home: Path) -> list[str]:
    """Return the volumes of workspaces of this zone that no container uses."""
    found: Mapping[str, Any] = api.volumes(filters={"dangling": True})
    return sorted(one["Name"] for one in found["Volumes"] or () if is_of_workspace(one, home))


def is_of_workspace(volume: Mapping[str, Any], home: Path) -> bool:
    """Say whether a volume shows data over the empty directory of one of the zone's workspaces."""
    options = volume.get("Options") or {}
    if volume.get("Driver") != "local" or options.get("type") != "overlay":
        return False
    below = layers_of(str(options.get("o")))[1:]
    place = Path(*below[-1:])
    return place.name == LAYER and place.parent.parent.name == "workspaces" and place.is_relative_to(home)


def remove_left(api: docker.APIClient, home: Path) -> int:
    """Remove what is left; return how many went. One that the engine counts as used stays until its next start."""
    gone = 0
    for name in left_volumes(api, home):
        with contextlib.suppress(APIError):
            api.remove_volume(name)
            gone += 1
    return gone
