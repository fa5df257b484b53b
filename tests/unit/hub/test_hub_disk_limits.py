"""Which disk the limits of a workspace are about: the whole one below its home, and none where there is none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hub_config import disk_limits
from hub_config.disk_limits import OPERATIONS_PER_SECOND, READ_BYTES_PER_SECOND, WRITE_BYTES_PER_SECOND, disk_of
from tests.rights import as_root

#: Where the kernel shows a disk and its parts, and the disk that is meant.
DISKS = {
    "a part of a disk": ("pci0/block/sda/sda3", True, "sda"),
    "a part of a disk whose name ends with a number": ("pci0/nvme/nvme0n1/nvme0n1p2", True, "nvme0n1"),
    "a whole disk": ("pci0/virtio1/block/vda", False, "vda"),
    "a volume over several disks": ("virtual/block/dm-0", False, "dm-0"),
}


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for what the kernel says of disks, with no disk in it."""
    for name in ("numbers", "dev"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(disk_limits, "NUMBERS", tmp_path / "numbers")
    monkeypatch.setattr(disk_limits, "DEVICES", tmp_path / "dev")
    return tmp_path


def show(kernel: Path, entry: str, *, part: bool, of: Path) -> None:
    """Let the kernel show that a directory lies on a disk."""
    place, number = kernel / "devices" / entry, of.stat().st_dev
    place.mkdir(parents=True)
    if part:
        (place / "partition").write_text("1\n")
    (kernel / "numbers" / f"{os.major(number)}:{os.minor(number)}").symlink_to(place)


@as_root
@pytest.mark.parametrize("name", sorted(DISKS))
def test_the_limits_are_those_of_the_whole_disk_below_a_directory(kernel: Path, name: str) -> None:
    entry, part, disk = DISKS[name]
    show(kernel, entry, part=part, of=kernel)
    os.mknod(kernel / "dev" / disk, stat.S_IFBLK | 0o600, os.makedev(7, 250))
    assert disk_of(kernel) == kernel / "dev" / disk
    one = str(kernel / "dev" / disk)
    assert disk_limits.disk_limits(kernel / "workspaces" / "not there yet") == {
        "device_read_bps": [{"Path": one, "Rate": READ_BYTES_PER_SECOND}],
        "device_write_bps": [{"Path": one, "Rate": WRITE_BYTES_PER_SECOND}],
        "device_read_iops": [{"Path": one, "Rate": OPERATIONS_PER_SECOND}],
        "device_write_iops": [{"Path": one, "Rate": OPERATIONS_PER_SECOND}],
    }


def test_a_file_system_without_a_disk_has_no_limits(kernel: Path) -> None:
    assert disk_of(Path("/proc")) is None, "no number of a disk: the kernel's own, overlay, network"
    show(kernel, "virtual/block/gone", part=False, of=kernel)
    assert disk_of(kernel) is None, "a disk that has no device"
    (kernel / "dev" / "gone").write_text("")
    assert disk_of(kernel) is None, "a device that is a file"
    assert disk_limits.disk_limits(kernel / "workspaces") == {}


def test_the_kernel_of_this_machine_names_no_disk_for_its_own_files() -> None:
    assert disk_of(Path("/proc")) is None
    assert all(disk is None or disk.is_block_device() for disk in map(disk_of, (Path("/"), Path("/tmp"))))
