"""The teardown where disks are mounted in the zone's directories: its own is emptied, nobody else's ever is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.functional.test_playbook_inventories import ANSIBLE, run_ansible
from tests.rights import as_mounter

pytestmark = [pytest.mark.long, as_mounter]  # an environment of its own with Ansible


def run(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def mounted_below(place: Path) -> list[str]:
    return [line for line in run("findmnt", "-rno", "TARGET").splitlines() if line.startswith(str(place))]


def disk_of(place: Path, *contents: str) -> Path:
    """Make a disk, with files in it."""
    lying = place.with_name(f"on {place.name}")
    lying.mkdir()
    for name in contents:
        (lying / name).write_text("theirs")
    run("truncate", "-s", "8M", str(place))
    run("mkfs.ext4", "-q", "-d", str(lying), str(place))
    return place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Give a directory, and take off what is mounted below it then."""
    yield tmp_path
    for target in reversed(mounted_below(tmp_path)):
        run("umount", "--lazy", target.replace("\\x20", " "))


def test_a_zones_own_disk_is_emptied_and_what_is_mounted_below_is_taken_off_and_named(place: Path) -> None:
    home, elsewhere = place / "zone", place / "of somebody else"
    disk, vault, given_once = disk_of(place / "disk"), disk_of(place / "vault"), disk_of(place / "given", "theirs.csv")
    share, sealed = home / "datasets" / "shown here", home / "datasets" / "given"
    for directory in (home, elsewhere):
        directory.mkdir()
    (elsewhere / "theirs.csv").write_text("theirs")
    run("mount", "-o", "loop", str(disk), str(home))
    for directory in (share, sealed, home / "vault", home / "keys"):
        directory.mkdir(parents=True)
    run("mount", "-o", "loop", str(vault), str(home / "vault"))
    run("mount", "-o", "loop,ro", str(given_once), str(sealed))
    run("mount", "--bind", str(elsewhere), str(share))
    for secret in (home / "keys" / "log.pem", home / "vault" / "sealed"):
        secret.write_text("the zone's")
    said = play_gone(place, home)
    named = said.partition("Taken off, and not emptied: ")[2].partition("\n")[0]
    assert all(str(target) in named for target in (share, sealed, home / "vault"))
    for play in (said, play_gone(place, home)):  # one that broke off is played again
        assert "failed=0" in play
    assert not home.exists()
    assert (elsewhere / "theirs.csv").read_text() == "theirs"
    assert mounted_below(place) == []
    assert left_on(place, disk) == set()
    assert "sealed" in left_on(place, vault), "whose disk that was nobody can tell"
    assert "theirs.csv" in left_on(place, given_once)


@pytest.mark.parametrize(("shown", "twice"), [("datasets", True), ("datasets", False), (".", True)])
def test_a_disk_of_somebody_else_whose_root_is_bound_into_the_zone_keeps_what_lies_on_it(
    place: Path, shown: str, *, twice: bool
) -> None:
    """The bound root of a disk looks as the disk does, all the more where it was taken off in its own place."""
    home, hospital = place / "zone", place / "hospital"
    disk = disk_of(place / "disk", "theirs.csv")
    for directory in (home / shown, hospital):
        directory.mkdir(parents=True)
    run("mount", "-o", "loop", str(disk), str(hospital))
    run("mount", "--bind", str(hospital), str(home / shown))
    if not twice:
        run("umount", str(hospital))
    said = play_gone(place, home)
    assert "failed=0" in said
    assert str(home / shown) in said.partition("Taken off, and not emptied: ")[2].partition("\n")[0]
    assert not home.exists()
    if twice:
        assert (hospital / "theirs.csv").read_text() == "theirs"
        run("umount", str(hospital))
    assert "theirs.csv" in left_on(place, disk)


@pytest.mark.parametrize("shown", ["datasets", "."])
def test_mounts_upon_each_other_are_all_taken_off_and_none_is_emptied(place: Path, shown: str) -> None:
    home, elsewhere = place / "zone", place / "of somebody else"
    lower, upper = disk_of(place / "lower", "theirs.csv"), disk_of(place / "upper", "theirs.csv")
    for directory in (home / shown, elsewhere):
        directory.mkdir(parents=True)
    (elsewhere / "theirs.csv").write_text("theirs")
    run("mount", "-o", "loop", str(lower), str(home / shown))
    (home / shown / "below").mkdir()
    run("mount", "-o", "loop", str(upper), str(home / shown / "below"))  # hidden by the next
    run("mount", "--bind", str(elsewhere), str(home / shown))
    run("mount", "--bind", str(elsewhere), str(home / shown))
    assert "failed=0" in play_gone(place, home)
    assert not home.exists()
    assert mounted_below(place) == []
    assert (elsewhere / "theirs.csv").read_text() == "theirs"
    for disk in (lower, upper):
        assert "theirs.csv" in left_on(place, disk)


def test_what_is_mounted_under_the_zones_own_disk_is_never_emptied(place: Path) -> None:
    home = place / "zone"
    disk, hidden = disk_of(place / "disk"), disk_of(place / "hidden", "theirs.csv")
    (home / "datasets").mkdir(parents=True)
    run("mount", "-o", "loop", str(hidden), str(home / "datasets"))
    run("mount", "-o", "loop", str(disk), str(home))
    (home / "datasets").mkdir()
    assert "Mounted there yet" in play_gone(place, home)
    assert "failed=0" in play_gone(place, home)
    assert not home.exists()
    assert "theirs.csv" in left_on(place, hidden)


def test_a_directory_that_is_bound_behind_a_link_keeps_what_lies_in_it(place: Path) -> None:
    """Removing by the way of the link would walk through it: it is the same disk, and the kernel knows no link."""
    elsewhere, real = place / "of somebody else", place / "real"
    for directory in (elsewhere, real / "zone" / "datasets"):
        directory.mkdir(parents=True)
    (elsewhere / "theirs.csv").write_text("theirs")
    (place / "way").symlink_to(real)
    run("mount", "--bind", str(elsewhere), str(real / "zone" / "datasets"))
    assert "failed=0" in play_gone(place, place / "way" / "zone")
    assert not (real / "zone").exists()
    assert (elsewhere / "theirs.csv").read_text() == "theirs"


def play_gone(place: Path, home: Path) -> str:
    """Play what the teardown plays for the zone's directories, on this machine and with others."""
    tasks = [{"ansible.builtin.import_tasks": f"{ANSIBLE}/roles/zone/tasks/gone.yml"}]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    (place / "gone.yml").write_text(yaml.safe_dump([play]))
    given = json.dumps({"zone_places": [str(home), f"{home}-probe"]})
    done = run_ansible(place, "ansible-playbook", "-i", "localhost,", str(place / "gone.yml"), "-e", given)
    return done.stdout + done.stderr


def left_on(place: Path, image: Path) -> set[str]:
    """Return the names of what lies on a disk."""
    again = place / "again"
    again.mkdir(exist_ok=True)
    run("mount", "-o", "loop,ro", str(image), str(again))
    try:
        return {path.name for path in again.rglob("*")}
    finally:
        run("umount", str(again))
