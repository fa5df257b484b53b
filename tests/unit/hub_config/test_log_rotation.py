"""Logs of an embedded zone stay small, and whoever writes goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hub_config.log_rotation import KEPT, rotate

WRITER = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


def test_a_process_that_holds_its_log_open_goes_on_writing_in_it(tmp_path: Path) -> None:
    log = tmp_path / "gate.log"
    with log.open("ab") as out:
        writer = subprocess.Popen([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=out, text=True)
    assert writer.stdin is not None
    kept = []
    for number in range(KEPT + 3):
        written = log.stat().st_size
        writer.stdin.write(f"line {number}\n")
        writer.stdin.flush()
        while log.stat().st_size == written:
            assert writer.poll() is None
        rotate(tmp_path, most=4)
        kept.append(f"line {number}\n")
        assert log.read_bytes() == b""
    writer.stdin.close()
    assert writer.wait(10) == 0
    parts = [tmp_path / f"gate.log.{number}" for number in range(1, KEPT + 1)]
    assert [part.read_text(encoding="utf-8") for part in parts] == kept[: -KEPT - 1 : -1]
    assert len(list(tmp_path.iterdir())) == KEPT + 1


def test_a_small_log_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "hub.log").write_bytes(b"few")
    rotate(tmp_path, most=3)
    assert [one.name for one in tmp_path.iterdir()] == ["hub.log"]


def test_on_a_full_disk_the_log_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: Path, target: Path) -> None:
        target.write_bytes(b"ha")
        raise OSError(28, "No space left on device")

    (tmp_path / "hub.log").write_bytes(b"much")
    monkeypatch.setattr(shutil, "copyfile", full)
    rotate(tmp_path, most=3)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"hub.log": b""}
