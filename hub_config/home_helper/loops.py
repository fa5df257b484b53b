"""Loop devices (linux/loop.h): a file as a disk, let go of by the kernel with the last mount of it.

Two file systems over one file destroy it, so a file that is a disk already, perhaps in a mount that only another
process still sees, is mounted from that disk and never from a second.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

DEVICES = Path("/dev")
_GET_FREE, _CONFIGURE, _STATUS = 0x4C82, 0x4C0A, 0x4C05
_AUTOCLEAR, _DIRECT_IO = 4, 16
_INFO = struct.Struct("=QQQQQIIII64s64s32sQQ")
_TRIES = 32


def attach(image: int, name: str) -> int:
    """Make a file a disk and return the open device; without a mount it is let go of when that is closed.

    Raises: OSError — where there are no loop devices, or no right to them.
    """
    info = _INFO.pack(0, 0, 0, 0, 0, 0, 0, 0, _AUTOCLEAR | _DIRECT_IO, name.encode("ascii")[:63], b"", b"", 0, 0)
    told = struct.pack("=II", image, 0) + info + bytes(64)
    control = os.open(DEVICES / "loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(_TRIES):
            number = fcntl.ioctl(control, _GET_FREE)
            device = os.open(DEVICES / f"loop{number}", os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.ioctl(device, _CONFIGURE, told)
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:  # somebody else was faster with this number
                    raise
            else:
                return device
    finally:
        os.close(control)
    raise OSError(errno.EBUSY, "no loop device is free")


def attached(image: int) -> int | None:
    """Return the open device whose disk a file is already, None if it is none."""
    wanted = os.fstat(image)
    for known in sorted(Path("/sys/block").glob("loop*/loop")):
        try:
            device = os.open(DEVICES / known.parent.name, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        told = bytearray(_INFO.size)
        try:
            fcntl.ioctl(device, _STATUS, told, True)
        except OSError:  # let go of meanwhile
            os.close(device)
            continue
        found = _INFO.unpack(told)
        if (found[0], found[1]) == (wanted.st_dev, wanted.st_ino):
            return device
        os.close(device)
    return None


def path_of(device: int) -> str:
    """Return the path of an open loop device."""
    return str(DEVICES / f"loop{os.minor(os.fstat(device).st_rdev)}")
