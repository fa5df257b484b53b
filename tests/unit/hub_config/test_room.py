"""The room on the disks of a zone: what is told of the log's is what the log itself goes by."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from hub_config import room as rooms_of
from hub_config.room import LOG, log_space, rooms
from hub_config.settings import BackupSettings, DatasetSettings, Settings, SpaceSettings

OTHER_DISK = "/dev/shm"


def test_the_disk_of_the_log_is_as_full_among_the_others_as_for_the_log_itself(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    # A reserve that no disk can hold: what it still wants is not free, so nothing new begins.
    settings = Settings(home=tmp_path, space=SpaceSettings(reserve_mib=2**40))
    name, room = next(rooms(settings))
    assert name == LOG
    assert (room.level, log_space(settings).look().level) == ("exhausted", "exhausted")


def test_a_zone_without_a_log_yet_tells_of_the_disk_all_the_same(tmp_path: Path) -> None:
    assert next(rooms(Settings(home=tmp_path)))[0] == "home"


def test_a_disk_that_takes_the_closed_keys_of_backups_is_watched(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=OTHER_DISK) as keys:
        given = Settings(home=tmp_path, backup=BackupSettings(repository="sftp:away:/b", keys_directory=keys))
        assert "backup_keys" in dict(rooms(given))
    assert "backup_keys" not in dict(rooms(Settings(home=tmp_path)))


def test_a_disk_of_datasets_that_are_only_read_is_nobody_s_alarm(tmp_path: Path) -> None:
    with TemporaryDirectory(dir=OTHER_DISK) as data:
        given = Settings(home=tmp_path, datasets=DatasetSettings(roots=(data,)))
        assert dict(rooms(given)).keys() == dict(rooms(Settings(home=tmp_path))).keys()
        (tmp_path / "datasets").symlink_to(data)  # stands for a disk of its own: synthetic extracts are written there
        assert "datasets" in dict(rooms(given))


def test_a_disk_of_postgresql_s_own_is_watched_also_where_a_cluster_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporaryDirectory(dir=OTHER_DISK) as disk:
        (tmp_path / "postgresql" / "15").mkdir(parents=True)
        (tmp_path / "postgresql" / "15" / "main").symlink_to(disk)
        monkeypatch.setattr(rooms_of, "DATABASES", tmp_path / "postgresql")
        found = dict(rooms(Settings(home=tmp_path)))
        assert found["database 15/main"].total == shutil.disk_usage(disk).total


def test_where_engine_and_postgresql_are_closed_their_disk_is_watched_by_the_directory_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit is shown empty places of mode 0 instead of them, and still the disk that the distribution puts them on."""
    with TemporaryDirectory(dir=OTHER_DISK) as system:
        for name in ("docker", "postgresql"):
            (Path(system) / name).mkdir(mode=0)
        monkeypatch.setattr(rooms_of, "SYSTEM", Path(system))
        monkeypatch.setattr(rooms_of, "DATABASES", Path(system) / "postgresql")
        monkeypatch.setattr(rooms_of, "ENGINES", str(Path(system) / "docker"))
        monkeypatch.setattr(rooms_of, "ENGINE_SETTINGS", tmp_path / "daemon.json")
        found = set(dict(rooms(Settings(home=tmp_path))))
        assert ("system" in found, found & {"engine", "database"}) == (True, set())
