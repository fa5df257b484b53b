"""What root gives up before it serves: every right but that to mount, for good, and for the programs it starts all.

A unit of systemd does the same before this process begins; then nothing is left to give up.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

SYS_ADMIN = 21
_CAPABILITIES = 64
_CAPABILITY_VERSION_3 = 0x20080522
_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS = 24, 28, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_NOROOT_LOCKED = 0x3

_libc = ctypes.CDLL(None, use_errno=True)


def keep_mounting_only() -> None:
    """Give up every capability but CAP_SYS_ADMIN, and let no program that is started here have any.

    Raises: OSError — if the kernel refuses; then nothing may be served.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    if os.geteuid() == 0:
        _prctl(_PR_SET_SECUREBITS, _NOROOT_LOCKED)  # a program started by uid 0 has nothing by that alone
        for number in range(_CAPABILITIES):
            if number != SYS_ADMIN:
                _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # EINVAL beyond the last that the kernel knows
    held = 1 << SYS_ADMIN
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    sets = struct.pack("=IIIIII", held, held, 0, 0, 0, 0)  # effective, permitted, inheritable; low words, then high
    if _libc.capset(header, sets) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def may_mount() -> bool:
    """Say whether this process has CAP_SYS_ADMIN."""
    said = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    held = next((line.split()[1] for line in said.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(held, 16) >> SYS_ADMIN & 1)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
