"""A disk that is full while a backup is made or brought back: which one is said, and the backups before stay good.

Alone: `pytest -m long tests/integration/hub_config/test_backup_full_disk.py`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.text import Text
from audit.verify import verify
from hub_config.backup.contents import STAGING
from hub_config.backup.errors import NoRoom
from hub_config.backup.key_set import FILE
from hub_config.backup.making import back_up, check, repository, set_up
from hub_config.backup.restoring import restore
from hub_config.story.play import trusted_key
from hub_config.zone import Zone, open_zone
from tests.functional.conftest import run_ansim
from tests.integration.hub_config.test_backup import CLI, Site, new_site, note, outcomes
from tests.patience import PATIENCE
from tests.rights import as_root
from tests.small_disk import KIBIBYTE, MEBIBYTE, fill, small_disk

pytestmark = [pytest.mark.long, as_root]

FAILED = ("failed", "no_room")
GOOD = ("ok", None)


@dataclass(frozen=True, slots=True)
class Places:
    """A zone with one good backup, and a small disk under one of the places that the next one writes to."""

    site: Site
    disk: Path

    def fails(self, say: Callable[[str, float], None] = lambda step, done: None) -> str:
        """Make a backup that finds no room, hold it to what must be true of it, and return what it says in English."""
        before = len(outcomes(self.site.zone, "zone.backed_up"))
        with pytest.raises(NoRoom) as refused:
            back_up(self.site.zone, CLI, say)
        assert outcomes(self.site.zone, "zone.backed_up")[before:] == [FAILED]
        staging = self.site.zone.home / STAGING
        assert {path.name for path in staging.iterdir()} <= {"cache", "filler"}, "what was copied is gone again"
        told, hint = refused.value.reason, refused.value.hint
        assert isinstance(told, Text)
        assert isinstance(hint, Text)
        assert ("가득 찼습니다" in told.ko, "is full" in told.en) == (True, True)
        assert ("공간을 비운 뒤" in hint.ko, "Make room on that disk" in hint.en) == (True, True)
        return told.en

    def goes_on(self, tmp_path: Path) -> None:
        """The next backup is made as if nothing had been, and comes back."""
        made = back_up(self.site.zone, CLI)
        assert outcomes(self.site.zone, "zone.backed_up")[-1] == GOOD
        check(self.site.zone, CLI)
        comes_back(self.site, tmp_path / "new", made.snapshot)


def comes_back(site: Site, home: Path, snapshot: str) -> None:
    assert restore(site.order(home)).snapshot == snapshot
    back = open_zone(home, "cli")
    assert verify(back.db, trusted_key(back), home / "log").ok
    back.db.close()


def with_disk(zone: Zone, **places: Path) -> Zone:
    """The zone with other places for its backups."""
    named: dict[str, Any] = {name: str(place) for name, place in places.items()}
    chosen = replace(zone.settings.backup, **named)
    return replace(zone, settings=replace(zone.settings, backup=chosen))


@pytest.fixture(params=["staging", "repository", "keys"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    with new_site(tmp_path) as site:
        beside = tmp_path / "disk"
        disk = site.zone.home / STAGING if request.param == "staging" else beside
        with small_disk(disk, 48):
            if request.param == "repository":
                site = replace(site, zone=with_disk(site.zone, repository=disk / "repository"))
                set_up(site.zone.settings)
            if request.param == "keys":
                site = replace(site, zone=with_disk(site.zone, keys_directory=disk / "closed"))
            back_up(site.zone, CLI)
            (site.zone.home / "vault").mkdir(exist_ok=True)
            (site.zone.home / "vault" / "large").write_bytes(os.urandom(2 * MEBIBYTE))
            yield Places(site, disk)


@pytest.mark.parametrize("places", ["staging"], indirect=True)
def test_no_room_for_the_copy_of_the_database(places: Places, tmp_path: Path) -> None:
    for left in (0, 64 * KIBIBYTE):  # of the log's heads nothing, then these and not the database
        filler = fill(places.disk, but=left)
        assert str(places.disk) in places.fails()
        filler.unlink()
    places.goes_on(tmp_path)


@pytest.mark.parametrize("places", ["staging"], indirect=True)
def test_no_room_for_the_trial_is_no_fault_of_the_backup(places: Places, tmp_path: Path) -> None:
    fillers: list[Path] = []

    def meanwhile(step: str, done: float) -> None:
        if step == "trial" and not fillers:
            fillers.append(fill(places.disk, but=MEBIBYTE))

    assert "restic restore" in places.fails(meanwhile)
    fillers[0].unlink()
    places.goes_on(tmp_path)


@pytest.mark.parametrize("places", ["repository"], indirect=True)
@pytest.mark.parametrize("left", [0, MEBIBYTE])
def test_no_room_in_the_repository_leaves_the_backups_before_as_they_were(
    places: Places, tmp_path: Path, left: int
) -> None:
    first = repository(places.site.zone.settings).snapshots()
    filler = fill(places.disk, but=left)
    assert "no space left on device" in places.fails()
    site = replace(places.site, place=places.disk)  # where its repository is
    order = replace(site.order(tmp_path / "old"), keys=tmp_path / "elsewhere" / "closed" / FILE)
    assert repository(places.site.zone.settings).snapshots() == first
    assert restore(order).snapshot == first[-1].id, "also while there is no room for restic's own lock"
    filler.unlink()
    made = back_up(places.site.zone, CLI)
    check(places.site.zone, CLI)
    assert restore(replace(order, home=tmp_path / "new")).snapshot == made.snapshot


@pytest.mark.parametrize("places", ["keys"], indirect=True)
def test_no_room_for_the_keys_leaves_the_keys_before_as_they_were(places: Places, tmp_path: Path) -> None:
    closed = places.disk / "closed" / FILE
    before, first = closed.read_bytes(), repository(places.site.zone.settings).snapshots()
    filler = fill(places.disk)
    assert "age" in places.fails()
    assert [path.name for path in closed.parent.iterdir()] == [FILE]
    assert closed.read_bytes() == before
    order = replace(places.site.order(tmp_path / "old"), keys=closed)
    assert restore(order).snapshot == first[-1].id, "the keys of before still belong to the backup of before"
    filler.unlink()
    made = back_up(places.site.zone, CLI)
    assert restore(replace(order, home=tmp_path / "new")).snapshot == made.snapshot


def test_no_room_where_a_zone_is_to_come_back_leaves_nothing_there(tmp_path: Path) -> None:
    with new_site(tmp_path) as site, small_disk(tmp_path / "disk", 16) as disk:
        document = yaml.safe_load((site.zone.home / "ansim.yaml").read_text(encoding="utf-8"))
        document["space"] = {"low_mib": 2, "low_percent": 1, "exhausted_mib": 1, "reserve_mib": 1}
        (site.zone.home / "ansim.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        made = back_up(site.zone, CLI)
        filler = fill(disk, but=256 * KIBIBYTE)
        with pytest.raises(NoRoom) as refused:
            restore(site.order(disk / "zone"))
        assert isinstance(refused.value.hint, Text)
        assert "are as they were before" in refused.value.hint.en
        assert [path.name for path in disk.iterdir()] == ["filler"]
        filler.unlink()
        comes_back(site, disk / "zone", made.snapshot)


def test_the_command_says_which_disk_is_full_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_site(tmp_path) as site, small_disk(site.zone.home / STAGING, 4) as disk:
        (site.zone.home / "ansim.yaml").write_text(with_backup(site), encoding="utf-8")
        fill(disk)
        for language, said in (("ko_KR.UTF-8", "디스크가 가득 찼습니다"), ("C", "is full")):
            monkeypatch.setenv("LC_ALL", language)
            ended = run_ansim(site.zone.home, "backup", "now", check=False)
            assert ended.returncode == 3, ended.stderr
            first, second = ended.stderr.strip().splitlines()
            assert said in first
            assert str(disk) in first
            assert "백업" in second if language != "C" else "Make room" in second


def with_backup(site: Site) -> str:
    chosen = site.zone.settings.backup
    places = {"repository": chosen.repository, "keys_directory": chosen.keys_directory}
    document = yaml.safe_load((site.zone.home / "ansim.yaml").read_text(encoding="utf-8"))
    document["backup"] = {**places, "recipients": list(chosen.recipients)}
    return str(yaml.safe_dump(document, allow_unicode=True))


def test_a_backup_that_was_killed_in_the_middle_of_restic_does_not_stand_in_the_way_of_the_next(
    tmp_path: Path,
) -> None:
    """restic leaves its lock, and forgetting what is old would wait for that for ever."""
    with new_site(tmp_path) as site:
        back_up(site.zone, CLI)
        kept = repository(site.zone.settings)
        command = ["restic", "backup", "--stdin", "--tag", "other"]
        process = subprocess.Popen(command, env=kept._environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        locks, deadline = site.place / "repository" / "locks", time.monotonic() + PATIENCE
        while not [path for path in locks.iterdir() if "-tmp-" not in path.name]:
            assert time.monotonic() < deadline, "restic took no lock"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdin is not None
        process.stdin.close()
        assert list(locks.iterdir())
        note(site.zone)
        back_up(site.zone, CLI)
        check(site.zone, CLI)
        assert outcomes(site.zone, "zone.backed_up") == [GOOD, GOOD]
