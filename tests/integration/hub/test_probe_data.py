"""The read-only data of a workspace: its wall is the mount, and what else refuses to write is none."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub_config.probe.inside import files
from hub_config.probe.inside.base import Attack, Facts, Seen, alone
from hub_config.probe.range import DATA_FILE, DATASET, lay_data
from tests.integration.hub.probe_bench import OWN_MARK, UID
from tests.rights import as_namespace_mounter

pytestmark = as_namespace_mounter

CLONE_NEWNS = 0x20000
WALL = "data not read-only: none"
FACTS: Facts = {"dataset": DATASET, "data_file": DATA_FILE, "own_kernel": True}
#: Mounts a directory on another one.
Mounting = Callable[[Path, Path], None]


def mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def read_only(source: Path, target: Path) -> None:
    """Lay a file system that only reads over data, and show it as gVisor does: as a mount that does not say so."""
    empty = source.parent / "empty"
    empty.mkdir()
    mount("-t", "overlay", "-o", f"ro,nosuid,nodev,noexec,lowerdir={source}:{empty}", "overlay", target)
    mount("--bind", target, target)
    mount("-o", "remount,bind,rw", target)


def writable(source: Path, target: Path) -> None:
    mount("--bind", source, target)


def kept_by_rights(source: Path, target: Path) -> None:
    (source / DATA_FILE).chmod(0o644)
    source.chmod(0o755)
    writable(source, target)


def immovable(source: Path, target: Path) -> None:
    """Leave a place in which nothing can be made, while the file can be written."""
    source.chmod(0o755)
    writable(source, target)


def seen(place: Path, mounting: Mounting, function: Attack, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what an attack sees as a researcher, of data that are mounted so in a name space of its own."""
    lay_data(place / "data", OWN_MARK)
    monkeypatch.setattr(files, "DATA", "/mnt")

    def attacks(facts: Facts) -> Seen:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(CLONE_NEWNS) == 0
        mount("--make-rprivate", "/")
        mount("-t", "tmpfs", "none", "/mnt")
        target = Path("/mnt", DATASET)
        target.mkdir()
        mounting(place / "data", target)
        mount("-o", "remount,bind,ro", "/mnt")
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
        return function(facts)

    return alone(attacks, FACTS)


def test_data_that_are_mounted_read_only_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(tmp_path / "write", read_only, files.data_write, monkeypatch)
    assert found["held"] is True, found
    assert WALL in seen(tmp_path / "mounts", read_only, files.mounts, monkeypatch)["seen"]


@pytest.mark.parametrize("mounting", [writable, kept_by_rights, immovable])
def test_data_that_are_mounted_to_be_written_do_not_hold_whatever_else_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounting: Mounting
) -> None:
    found = seen(tmp_path / "write", mounting, files.data_write, monkeypatch)
    assert found["held"] is False, found
    assert "the probe failed" not in found["seen"]
    told = seen(tmp_path / "mounts", mounting, files.mounts, monkeypatch)["seen"]
    assert f"data not read-only: ['/mnt/{DATASET}']" in told


def test_a_file_that_only_says_that_it_was_cut_off_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / DATA_FILE
    file.write_text(OWN_MARK)
    assert files._truncated(str(file)) == "done"
    file.write_text(OWN_MARK)
    monkeypatch.setattr(os, "truncate", lambda *_: None)
    assert files._truncated(str(file)) == files.NO_EFFECT
