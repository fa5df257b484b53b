"""Homes on real loop devices: what is in them, what is left of them, and what nobody gets out of them."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hub_config.home_helper.calls import Call
from hub_config.home_helper.client import HomeClient
from hub_config.home_helper.errors import HelperAway, HomeRefused, Refused
from hub_config.home_helper.homes import Homes
from hub_config.home_helper.rights import SYS_ADMIN
from tests.integration.home_helper.conftest import OTHER, OWN, Keeper
from tests.rights import as_mounter

pytestmark = as_mounter
CANARY = "canary-of-a-researcher-7f3a91"
NOBODY = 65_534


def opened(keeper: Keeper, ref: str = OWN) -> Path:
    """Make and open a home, and return where it is."""
    keeper.client.make(ref, 1)
    keeper.client.open(ref)
    return keeper.place(ref)


def refusal(keeper: Keeper, verb: str, ref: str = OWN, *more: int) -> str:
    """Return why the helper refuses."""
    with pytest.raises(HomeRefused) as refused:
        getattr(keeper.client, verb)(ref, *more)
    return refused.value.code


def test_what_was_written_is_there_again_and_the_raw_image_shows_neither_content_nor_name(keeper: Keeper) -> None:
    home = opened(keeper)
    (home / f"{CANARY}.txt").write_text(CANARY * 1000)
    (keeper.place(OWN, "outbox") / "table.csv").write_text(CANARY)
    assert not keeper.client.close(OWN).lingers
    assert keeper.mounts() == []
    assert list(home.iterdir()) == []
    assert subprocess.run(["grep", "-c", CANARY, keeper.image(OWN)], capture_output=True, check=False).returncode == 1
    keeper.client.open(OWN)
    assert (home / f"{CANARY}.txt").read_text() == CANARY * 1000
    assert (keeper.place(OWN, "outbox") / "table.csv").read_text() == CANARY


def test_the_search_of_a_raw_image_would_find_what_is_not_encrypted(keeper: Keeper, tmp_path: Path) -> None:
    """The control of the test above: an ext4 image without a policy shows the canary to the same search."""
    image, place = tmp_path / "plain.img", tmp_path / "plain"
    place.mkdir()
    plain_image(image)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    (place / "x.txt").write_text(CANARY)
    subprocess.run(["umount", place], check=True)
    assert subprocess.run(["grep", "-q", CANARY, image], check=False).returncode == 0


def test_a_home_that_was_destroyed_stays_so_when_its_image_comes_back(keeper: Keeper, tmp_path: Path) -> None:
    home = opened(keeper)
    (home / "notes.txt").write_text(CANARY)
    keeper.client.close(OWN)
    backup = tmp_path / "backup.img"
    copied(keeper.image(OWN), backup)
    assert keeper.client.destroy(OWN).existed
    assert not keeper.client.destroy(OWN).existed
    assert not keeper.image(OWN).exists()
    assert list((keeper.home / "homes" / "keys").iterdir()) == []
    copied(backup, keeper.image(OWN))
    assert keeper.client.status(OWN).state == "destroyed"
    assert refusal(keeper, "open") == "no_key"
    assert refusal(keeper, "make", OWN, 1) == "no_key"
    raw = tmp_path / "raw"
    raw.mkdir()
    subprocess.run(["mount", "-o", "loop", backup, raw], check=True)
    try:
        (ciphertext,) = [p for d in (raw / "files").iterdir() for p in d.iterdir()]
        assert ciphertext.name != "notes.txt"
        with pytest.raises(OSError, match="Required key") as caught:
            ciphertext.read_bytes()
        assert caught.value.errno == errno.ENOKEY
    finally:
        subprocess.run(["umount", raw], check=True)


def test_destroying_an_open_home_takes_it_from_under_whoever_reads_it(keeper: Keeper) -> None:
    home = opened(keeper)
    (home / "a.txt").write_text(CANARY)
    (home / "b.txt").write_text(CANARY)
    with (home / "a.txt").open():
        keeper.client.destroy(OWN)
        assert keeper.mounts() == []
        assert list(home.iterdir()) == []


def test_a_key_is_destroyed_though_the_workspaces_directory_was_closed_to_the_helper(keeper: Keeper) -> None:
    home = opened(keeper)
    (home / "a.txt").write_text(CANARY)
    os.chown(home.parent, NOBODY, NOBODY)
    home.parent.chmod(0o700)
    gone = keeper.client.destroy(OWN)
    assert (gone.existed, gone.lingers) == (True, True)
    assert not keeper.image(OWN).exists()
    assert list((keeper.home / "homes" / "keys").iterdir()) == []
    # It stays mounted, and is neither forgotten nor a home any more: it is shut as soon as it can be.
    stuck = keeper.client.every()[OWN]
    assert (stuck.state, stuck.exists, stuck.stuck) == ("left", False, True)
    assert keeper.client.close(OWN).tries == 1
    assert keeper.client.close(OWN).tries == 2
    assert keeper.mounts()
    keeper.kill()
    keeper.start()
    assert keeper.client.every()[OWN].state == "left", "also the next helper finds it"
    home.parent.chmod(0o755)
    assert not keeper.client.close(OWN).stuck
    assert keeper.mounts() == []
    assert keeper.client.every() == {}


def test_the_key_of_one_home_does_not_open_another(keeper: Keeper) -> None:
    (opened(keeper) / "a.txt").write_text(CANARY)
    opened(keeper, OTHER)
    for ref in (OWN, OTHER):
        keeper.client.close(ref)
    copied(keeper.image(OWN), keeper.image(OTHER))
    assert refusal(keeper, "open", OTHER) == "key_unfit"
    assert list(keeper.place(OTHER).iterdir()) == []
    keeper.client.open(OWN)
    assert (keeper.place(OWN) / "a.txt").read_text() == CANARY


def test_an_image_that_is_not_encrypted_is_not_opened_in_place_of_one_that_is(keeper: Keeper, tmp_path: Path) -> None:
    opened(keeper)
    keeper.client.close(OWN)
    place = tmp_path / "plain"
    place.mkdir()
    plain_image(keeper.image(OWN))
    subprocess.run(["mount", "-o", "loop", keeper.image(OWN), place], check=True)
    for name in ("home", "outbox"):
        (place / "files" / name).mkdir(parents=True)
    subprocess.run(["umount", place], check=True)
    assert refusal(keeper, "open") == "not_encrypted"
    assert keeper.mounts() == []


def test_more_than_the_quota_is_refused_inside_and_the_servers_disk_is_not_touched(keeper: Keeper) -> None:
    home = opened(keeper)
    before = os.statvfs(keeper.home).f_bavail * os.statvfs(keeper.home).f_frsize
    with (home / "big").open("wb") as file:
        with pytest.raises(OSError, match="No space") as caught:
            os.posix_fallocate(file.fileno(), 0, 2 * 1024**3)
        assert caught.value.errno == errno.ENOSPC
    (home / "big").unlink()
    with (home / "many").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 800 * 1024**2)
    assert keeper.client.status(OWN).size == 1024**3
    after = os.statvfs(keeper.home).f_bavail * os.statvfs(keeper.home).f_frsize
    assert before - after < 1024**3


def test_neither_a_setuid_program_nor_a_device_in_a_home_gives_anything(keeper: Keeper, tmp_path: Path) -> None:
    """With its control: the same program and device beside the home give what they would."""
    beside = tmp_path / "beside"
    beside.mkdir()
    home = opened(keeper)
    got = {}
    for place in (home, beside):
        shutil.copy("/usr/bin/id", place / "id")
        (place / "id").chmod(0o4755)
        os.mknod(place / "null", 0o20666, os.makedev(1, 3))
        program = os.open(place / "id", os.O_PATH)  # by itself: the way to it is closed to everybody else
        said = subprocess.run(
            [f"/proc/self/fd/{program}", "-u"],
            pass_fds=(program,),
            user=NOBODY,
            capture_output=True,
            text=True,
            check=True,
        )
        os.close(program)
        try:
            (place / "null").read_bytes()
            device = "opened"
        except PermissionError:
            device = "refused"
        got[place] = (said.stdout.strip(), device)
    assert got == {home: (str(NOBODY), "refused"), beside: ("0", "opened")}


def test_a_home_in_use_stays_open_as_a_whole(keeper: Keeper) -> None:
    home = opened(keeper)
    (home / "a.txt").write_text(CANARY)
    with (home / "a.txt").open() as held:
        assert refusal(keeper, "close") == "busy"
        assert keeper.client.status(OWN).state == "open"
        assert (keeper.place(OWN, "outbox")).stat().st_dev == home.stat().st_dev
        assert held.read() == CANARY
    keeper.client.close(OWN)


def test_a_home_that_somebody_uses_is_counted_until_it_is_shut(keeper: Keeper) -> None:
    home = opened(keeper)
    with (home / "a.txt").open("w"):
        for _ in range(2):
            assert refusal(keeper, "close") == "busy"
        assert (keeper.client.status(OWN).tries, keeper.client.status(OWN).stuck) == (2, True)
        assert keeper.client.open(OWN).tries == 0, "somebody works in it"
    assert keeper.client.close(OWN).tries == 0
    assert not keeper.client.every()[OWN].stuck


def test_a_home_that_was_asked_for_a_moment_ago_is_not_idle(keeper: Keeper) -> None:
    opened(keeper)
    with pytest.raises(HomeRefused) as refused:
        keeper.client.close(OWN, idle=600)
    assert refused.value.code == "in_use"


def test_a_link_in_place_of_a_workspaces_directory_is_not_followed(keeper: Keeper, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    keeper.client.make(OWN, 1)
    keeper.place(OWN, "outbox").rmdir()
    keeper.place(OWN, "outbox").symlink_to(victim)
    assert refusal(keeper, "open") == "no_place"
    assert str(victim) not in keeper.mounts()


def test_nobody_but_the_zone_is_answered(keeper: Keeper) -> None:
    run = os.open(keeper.home / "run", os.O_PATH)
    child = os.fork()
    if child == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        try:
            HomeClient(Path(f"/proc/self/fd/{run}/homes.sock")).every()
        except HelperAway:
            os._exit(7)
        finally:
            os._exit(1)
    os.close(run)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert keeper.client.every() == {}


def test_the_helper_keeps_the_right_to_mount_and_no_other(keeper: Keeper) -> None:
    status = Path(f"/proc/{keeper.process.pid}/status").read_text().splitlines()
    said = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    for name in ("CapEff", "CapPrm", "CapBnd"):
        assert int(said[name], 16) == 1 << SYS_ADMIN
    assert int(said["CapAmb"], 16) == int(said["CapInh"], 16) == 0
    assert said["NoNewPrivs"] == "1"


def test_a_home_goes_on_without_its_helper_and_is_found_by_the_next(keeper: Keeper) -> None:
    home = opened(keeper)
    keeper.kill()
    (home / "a.txt").write_text(CANARY)
    with pytest.raises(HelperAway):
        keeper.client.every()
    keeper.start()
    assert keeper.client.every()[OWN].state == "open"
    keeper.client.close(OWN)
    keeper.client.open(OWN)
    assert (home / "a.txt").read_text() == CANARY


def test_what_another_name_space_still_sees_is_shut_for_it_and_opened_from_the_same_disk(keeper: Keeper) -> None:
    home = opened(keeper)
    (home / "a.txt").write_text(CANARY)
    elsewhere = subprocess.Popen(["unshare", "--mount", "sh", "-c", "echo up; sleep 600"], stdout=subprocess.PIPE)
    try:
        assert elsewhere.stdout is not None
        elsewhere.stdout.readline()
        assert keeper.client.close(OWN).lingers
        inside = ["nsenter", "--target", str(elsewhere.pid), "--mount", "cat", str(home / "a.txt")]
        assert subprocess.run(inside, capture_output=True, check=False).returncode != 0
        keeper.client.open(OWN)
        assert (home / "a.txt").read_text() == CANARY
        assert subprocess.run(inside, capture_output=True, check=True).stdout == CANARY.encode()
    finally:
        elsewhere.kill()
        elsewhere.wait()
        assert elsewhere.stdout is not None
        elsewhere.stdout.close()


def test_a_closed_home_grows_and_keeps_what_it_holds(keeper: Keeper) -> None:
    home = opened(keeper)
    (home / "a.txt").write_text(CANARY)
    assert refusal(keeper, "grow", OWN, 2) == "open"
    keeper.client.close(OWN)
    assert keeper.client.grow(OWN, 2).size == 2 * 1024**3
    assert refusal(keeper, "grow", OWN, 1) == "smaller"
    assert refusal(keeper, "grow", OWN, 9) == "size"
    keeper.client.open(OWN)
    assert (home / "a.txt").read_text() == CANARY
    assert os.statvfs(home).f_blocks * os.statvfs(home).f_frsize > 1.8 * 1024**3


def test_on_a_disk_that_is_nearly_full_no_home_is_made(tmp_path: Path) -> None:
    (tmp_path / "homes").mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "small", tmp_path / "homes"], check=True)
    try:
        homes = Homes(tmp_path, most_gib=8)
        with pytest.raises(Refused) as refused:
            homes.answer(Call("make", OWN, gib=1))
        assert refused.value.code == "disk_full"
    finally:
        subprocess.run(["umount", "--lazy", tmp_path / "homes"], check=True)


def test_a_damaged_file_system_is_said_to_be_and_nothing_is_mounted(keeper: Keeper) -> None:
    opened(keeper)
    keeper.client.close(OWN)
    with keeper.image(OWN).open("r+b") as image:
        image.write(bytes(64 * 1024))
    assert refusal(keeper, "open") == "damaged"
    assert keeper.mounts() == []


def test_this_machine_is_tried_without_leaving_a_trace(keeper: Keeper) -> None:
    keeper.client.able()
    assert keeper.mounts() == []
    assert list((keeper.home / "homes" / "images").iterdir()) == []


def copied(source: Path, target: Path) -> None:
    """Copy an image, holes as holes."""
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def plain_image(image: Path) -> None:
    """Make an ext4 file system of 64 MiB without encryption."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(64 * 1024**2)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True, capture_output=True)
