"""A key goes whatever else fails, and what may not be looked at counts as there: without loop devices or mounts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub_config.backup.contents import left_out
from hub_config.backup.errors import Unreadable
from hub_config.backup.key_set import _key_files
from hub_config.home_helper.calls import Call
from hub_config.home_helper.homes import Homes
from hub_config.homes import ZoneHomes
from hub_config.settings import BackupSettings, Settings
from tests.rights import as_root

OWN, OTHER = "ws_" + "a" * 16, "ws_" + "b" * 16
NOBODY = 65_534


def planted(home: Path, ref: str) -> tuple[Path, Path]:
    """Put a key and an image where the helper has them."""
    key, image = home / "homes" / "keys" / f"{ref}.key", home / "homes" / "images" / f"{ref}.img"
    key.write_text("ab" * 64)
    image.write_bytes(b"ciphertext")
    return key, image


def test_a_home_that_cannot_be_shut_loses_its_key_all_the_same(tmp_path: Path) -> None:
    homes = Homes(tmp_path, most_gib=1)
    key, image = planted(tmp_path, OWN)
    (tmp_path / "homes" / "mnt" / OWN / "in the way").mkdir(parents=True)
    said = homes.answer(Call("destroy", OWN))
    assert (said["existed"], said["lingers"]) == (True, True)
    assert not key.exists()
    assert not image.exists()


def test_one_home_that_cannot_be_looked_at_hides_no_other(tmp_path: Path) -> None:
    homes = Homes(tmp_path, most_gib=1)
    planted(tmp_path, OWN)
    (tmp_path / "homes" / "keys" / f"{OTHER}.key").mkdir()
    said = homes.answer(Call("list"))["homes"]
    assert (said[OWN]["state"], said[OTHER]) == ("closed", {"state": "half"})


def test_a_directory_of_homes_that_shows_nothing_still_says_that_there_are_homes(tmp_path: Path) -> None:
    homes = ZoneHomes(Settings(home=tmp_path))
    assert not homes.kept()
    (tmp_path / "homes").mkdir(mode=0o000)
    assert homes.kept()


@as_root
def test_a_backup_by_whoever_may_not_read_the_keys_of_homes_fails_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Homes(tmp_path, most_gib=1)
    planted(tmp_path, OWN)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    home = Path()
    assert f"homes/keys/{OWN}.key" in {name for name, _ in _key_files(home)}
    os.seteuid(NOBODY)
    try:
        with pytest.raises(Unreadable):
            _key_files(home)
        with pytest.raises(Unreadable):
            left_out(Settings(home=home, backup=BackupSettings(homes=True)))
        assert home / "homes" in left_out(Settings(home=home))
    finally:
        os.seteuid(0)
