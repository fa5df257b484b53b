"""Which volumes of an engine belong to workspaces of the zone: no other may be removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_config.left_volumes import is_of_workspace
from hub_config.workspace_container import layered

HOME = Path("/srv/zone")
OWN = HOME / "workspaces" / "ws_a" / "empty"


@pytest.mark.parametrize(
    ("source", "layer", "ours"),
    [
        ("/data/lab", OWN, True),
        ("/data/a, b:c\\d", OWN, True),
        ("/data/lab\\", OWN, True),
        ("/data/lab", HOME / "probe" / "range-1" / "workspaces" / "ws_a" / "empty", True),
        ("/data/lab", Path("/srv/other/workspaces/ws_a/empty"), False),
        ("/data/lab", HOME / "workspaces" / "ws_a" / "home", False),
        (str(OWN), Path("/srv/other/workspaces/ws_a/empty"), False),
    ],
)
def test_data_laid_over_the_empty_directory_of_a_workspace_is_the_zones(source: str, layer: Path, ours: bool) -> None:
    volume = {"Name": "a" * 64, "Driver": "local"}
    options = {"type": "overlay", "device": "overlay", "o": layered(Path(source), layer)}
    assert is_of_workspace({**volume, "Options": options}, HOME) is ours


@pytest.mark.parametrize(
    "volume",
    [
        {"Driver": "local", "Options": None},
        {"Driver": "local", "Options": {"type": "none", "o": layered(Path("/data/lab"), OWN)}},
        {"Driver": "other", "Options": {"type": "overlay", "o": layered(Path("/data/lab"), OWN)}},
        {"Driver": "local", "Options": {"type": "overlay", "o": f"lowerdir={OWN},upperdir=/data,workdir=/w"}},
        {"Driver": "local", "Options": {"type": "overlay", "o": f"ro,lowerdir={OWN}"}},
        {"Driver": "local", "Options": {"type": "overlay"}},
    ],
)
def test_every_other_volume_is_not(volume: dict[str, object]) -> None:
    assert is_of_workspace(volume, HOME) is False
