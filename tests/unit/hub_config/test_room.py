"""The room on the disks of a zone: what is told of the log's is what the log itself goes by."""

from __future__ import annotations

from pathlib import Path

from hub_config.room import LOG, log_space, rooms
from hub_config.settings import Settings, SpaceSettings


def test_the_disk_of_the_log_is_as_full_among_the_others_as_for_the_log_itself(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    # A reserve that no disk can hold: what it still wants is not free, so nothing new begins.
    settings = Settings(home=tmp_path, space=SpaceSettings(reserve_mib=2**40))
    name, room = next(rooms(settings))
    assert name == LOG
    assert (room.level, log_space(settings).look().level) == ("exhausted", "exhausted")


def test_a_zone_without_a_log_yet_tells_of_the_disk_all_the_same(tmp_path: Path) -> None:
    assert next(rooms(Settings(home=tmp_path)))[0] == "home"
