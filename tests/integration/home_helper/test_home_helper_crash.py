"""The helper is killed at every step of a home's life; the next one goes on from what it finds."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from hub_config.home_helper.calls import Call, Verb
from hub_config.home_helper.homes import Homes
from hub_config.home_helper.loops import attached
from hub_config.home_helper.mounts import mounted
from tests.integration.home_helper.conftest import OWN, prepare, unmount_all
from tests.patience import PATIENCE
from tests.rights import as_mounter

pytestmark = [as_mounter, pytest.mark.long]
NOTE = "notes of a researcher"
#: What the interpreter tells of before the kernel does it; the calls for mounts come between two of these.
STEPS = frozenset(
    {"open", "os.mkdir", "os.rmdir", "os.rename", "os.link", "os.remove", "os.truncate", "fcntl.ioctl", "shutil.rmtree"}
    | {"subprocess.Popen", "os.listdir", "os.scandir"}
)
LIFE: tuple[Verb, ...] = ("make", "open", "close", "open", "destroy")


def live(home: Path, die_at: int) -> int:
    """Lead a home through its life in a process of its own, which dies at a step; return how many steps it took."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        homes = Homes(home, most_gib=1)
        taken = 0

        def count(event: str, _: tuple[object, ...]) -> None:
            nonlocal taken
            if event in STEPS:
                taken += 1
                if taken == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        for verb in LIFE:
            homes.answer(Call(verb, OWN, gib=1))
            if verb == "open":
                write_note(home)
        os.write(writing, str(taken).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        steps = said.read()
    os.waitpid(child, 0)
    return int(steps or 0)


def write_note(home: Path) -> None:
    """Write as a workspace does: only where something is mounted."""
    place = home / "workspaces" / OWN / "home"
    assert place.stat().st_dev != home.stat().st_dev
    note = os.open(place / "note.txt", os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(note, NOTE.encode())
    os.fsync(note)
    os.close(note)


def test_a_helper_that_dies_anywhere_leaves_what_the_next_one_mends(tmp_path: Path) -> None:
    prepare(tmp_path)
    steps = live(tmp_path, 0)
    assert steps > 50
    for step in range(1, steps + 1):
        home = tmp_path / str(step)
        home.mkdir()
        prepare(home)
        try:
            # A loop device that somebody else takes first costs a step: a later life may end before it comes so far.
            assert live(home, step) < step, "it did not die"
            goes_on(home, step)
        finally:
            unmount_all(home)


def goes_on(home: Path, step: int) -> None:
    """Hold what a crash left against what must be true of it."""
    place = home / "workspaces" / OWN / "home"
    homes = Homes(home, most_gib=1)
    if homes.answer(Call("status", OWN))["state"] == "destroyed":
        homes.answer(Call("destroy", OWN))
    homes.answer(Call("make", OWN, gib=1))
    state = homes.answer(Call("open", OWN))["state"]
    assert state == "open", step
    assert place.stat().st_dev != home.stat().st_dev
    if (place / "note.txt").exists():
        assert (place / "note.txt").read_text() == NOTE, step
    write_note(home)
    # A test beside this one that makes mount namespaces holds a copy of what is mounted then, for as long as it runs.
    deadline = time.monotonic() + PATIENCE
    while homes.answer(Call("close", OWN))["lingers"]:
        assert time.monotonic() < deadline, step
        time.sleep(0.5)
    assert list(place.iterdir()) == [], step
    homes.answer(Call("open", OWN))
    assert (place / "note.txt").read_text() == NOTE
    homes.answer(Call("destroy", OWN))
    assert not [point for point in mounted() if point.startswith(f"{home}/")], step
    assert [path.name for path in (home / "homes").rglob("*") if path.is_file()] == [], step


def test_a_note_that_was_written_is_there_whatever_dies_afterwards_but_the_key(tmp_path: Path) -> None:
    prepare(tmp_path)
    homes = Homes(tmp_path, most_gib=1)
    for verb in ("make", "open"):
        homes.answer(Call(verb, OWN, gib=1))
    write_note(tmp_path)
    image = os.open(tmp_path / "homes" / "images" / f"{OWN}.img", os.O_RDONLY)
    device = attached(image)
    assert device is not None
    os.close(device)
    os.close(image)
    unmount_all(tmp_path)  # as a restart of the machine does
    again = Homes(tmp_path, most_gib=1)
    assert again.answer(Call("status", OWN))["state"] == "closed"
    again.answer(Call("open", OWN))
    assert (tmp_path / "workspaces" / OWN / "home" / "note.txt").read_text() == NOTE
    again.answer(Call("destroy", OWN))
