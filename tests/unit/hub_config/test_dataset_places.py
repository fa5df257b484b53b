"""Data that workspaces see lies where the settings say, however its path is spelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_config.errors import SettingsError
from hub_config.settings import parse_settings
from registry.datasets import check_place
from registry.errors import Invalid


def test_a_zone_keeps_datasets_below_its_home_unless_its_settings_name_other_places() -> None:
    home = Path("/srv/ansim")
    assert parse_settings("", home=home).dataset_roots() == (home / "datasets",)
    told = parse_settings("datasets:\n  roots: [datasets, /mnt/data]\n", home=home)
    assert told.dataset_roots() == (home / "datasets", Path("/mnt/data"))


@pytest.mark.parametrize(
    "place", ["datasets", "keys", "datasets/../keys", "datasets-of-others/a", "datasets/link", "."]
)
def test_a_directory_elsewhere_is_refused(tmp_path: Path, place: str) -> None:
    for name in ("datasets/a", "keys", "datasets-of-others/a"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "datasets" / "link").symlink_to(tmp_path / "keys")
    roots = (tmp_path / "datasets",)
    check_place(tmp_path / "datasets" / "a", roots)
    with pytest.raises(Invalid) as refused:
        check_place(tmp_path / place, roots)
    assert refused.value.code == "dataset_place"


def test_a_registry_without_such_places_takes_any(tmp_path: Path) -> None:
    check_place(tmp_path, ())


@pytest.mark.parametrize(
    "root",
    ["/", "/etc", "/etc/ssl", "/usr/share", "/var/lib", "/srv", "/srv/ansim", "keys", ".", "datasets/../keys", ".."],
)
def test_no_directory_of_the_system_or_of_the_zone_itself_is_one_for_data(root: str) -> None:
    with pytest.raises(SettingsError, match=r"datasets\.roots"):
        parse_settings(f"datasets:\n  roots: [datasets, {root}]\n", home=Path("/srv/ansim"))
