"""How fast a workspace may read and write the disk that holds its home, so that one cannot hold up all.

The engine takes these limits for a whole disk by the name of its device. A file system without one (network, overlay,
btrfs) takes none, and the probe says so.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

READ_BYTES_PER_SECOND = 600_000_000
WRITE_BYTES_PER_SECOND = 200_000_000
OPERATIONS_PER_SECOND = 20_000
DEVICES = Path("/dev")
NUMBERS = Path("/sys/dev/block")


def disk_limits(place: Path) -> dict[str, Any]:
    """Return arguments of docker-py's `create_host_config` for the disk below a directory that may not exist yet."""
    device = disk_below(place)
    if device is None:
        return {}
    return {
        "device_read_bps": [{"Path": str(device), "Rate": READ_BYTES_PER_SECOND}],
        "device_write_bps": [{"Path": str(device), "Rate": WRITE_BYTES_PER_SECOND}],
        "device_read_iops": [{"Path": str(device), "Rate": OPERATIONS_PER_SECOND}],
        "device_write_iops": [{"Path": str(device), "Rate": OPERATIONS_PER_SECOND}],
    }


def disk_below(place: Path) -> Path | None:
    """Return the disk below a directory that may not exist yet, as `disk_of` does."""
    return disk_of(next(p for p in (place, *place.parents) if p.exists()))


def disk_of(place: Path) -> Path | None:
    """Return the device of the whole disk under a directory, or None if the kernel names none."""
    number = place.stat().st_dev
    known = NUMBERS / f"{os.major(number)}:{os.minor(number)}"
    try:
        entry = known.resolve(strict=True)
    except OSError:
        return None
    whole = entry.parent if (entry / "partition").exists() else entry  # limits hold for disks, not for their parts
    device = DEVICES / whole.name
    try:
        return device if stat.S_ISBLK(device.stat().st_mode) else None
    except OSError:
        return None
