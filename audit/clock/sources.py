"""Who keeps the machine's time, asked without a right: chrony, systemd, or the kernel itself.

Each answers or has nothing to say; none raises, for a clock that cannot be asked holds up no checkpoint.
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from audit.clock.reading import MICROSECONDS, UNREAD, Reading

# A release waits for a checkpoint; a keeper of time on this machine answers within milliseconds.
_SECONDS = 2.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_OFFSET = re.compile(r"^System time +: +([0-9]+\.[0-9]+) seconds (fast|slow) of NTP time$", re.MULTILINE)
_DELAY = re.compile(r"^Root delay +: +([0-9]+\.[0-9]+) seconds$", re.MULTILINE)
_DISPERSION = re.compile(r"^Root dispersion +: +([0-9]+\.[0-9]+) seconds$", re.MULTILINE)
_LEAP = re.compile(r"^Leap status +: +(Normal|Insert second|Delete second|Not synchronised)$", re.MULTILINE)

# linux/timex.h
_TIME_ERROR, _STA_UNSYNC, _STA_NANO = 5, 0x0040, 0x2000
_BOOTED_BY_SYSTEMD = Path("/run/systemd/system")


class TimeSource(Protocol):
    """Whatever can say how right the clock is."""

    def read(self) -> Reading | None:
        """Return what it says now; None if it says nothing."""


class Chrony:
    """What `chronyc tracking` says: the offset from the servers that chrony follows."""

    def __init__(self, command: Sequence[str] = ("chronyc", "-n", "tracking")) -> None:
        self._command = command

    def read(self) -> Reading | None:
        """Return what it says now; None where no chronyd answers."""
        said = _said(self._command)
        return None if said is None else parse_tracking(said)


class Systemd:
    """What systemd says of the kernel's clock, whoever sets it; it tells no offset."""

    def __init__(self, command: Sequence[str] = ("timedatectl", "show", "--property=NTPSynchronized")) -> None:
        self._command = command

    def read(self) -> Reading | None:
        """Return what it says now; None where systemd does not run the machine."""
        said = _said(self._command) if _BOOTED_BY_SYSTEMD.exists() else None
        answers = {"NTPSynchronized=yes": True, "NTPSynchronized=no": False}
        synchronised = None if said is None else answers.get(said.strip())
        return None if synchronised is None else Reading("systemd", synchronised)


class Kernel:
    """What adjtimex(2) says, which asks and sets nothing; for machines that systemd does not run.

    Where it does, a unit that may not set the clock may not make this call either, and is ended for it.
    """

    def read(self) -> Reading | None:
        """Return what it says now; None where it must not or cannot be asked."""
        if _BOOTED_BY_SYSTEMD.exists():
            return None
        asked = _Timex()
        try:
            state = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked)))
        except (OSError, AttributeError):
            return None
        return None if state < 0 else of_kernel(state, asked.status, asked.offset, asked.maxerror)


class FirstThatAnswers:
    """Several sources, the most exact first."""

    def __init__(self, sources: Sequence[TimeSource]) -> None:
        self._sources = sources

    def read(self) -> Reading:
        """Return what the first says that says anything."""
        return next((found for source in self._sources if (found := source.read()) is not None), UNREAD)


def of_this_machine() -> FirstThatAnswers:
    """Return the sources of the machine that this process runs on."""
    return FirstThatAnswers((Chrony(), Systemd(), Kernel()))


def parse_tracking(said: str) -> Reading | None:
    """Return what `chronyc tracking` printed; None for anything else."""
    leap, offset = _LEAP.search(said), _OFFSET.search(said)
    if leap is None or offset is None:
        return None
    if leap[1] == "Not synchronised":
        return Reading("chrony", synchronised=False)
    away = round(float(offset[1]) * MICROSECONDS)
    delay, dispersion = _DELAY.search(said), _DISPERSION.search(said)
    # RFC 5905, section 11.2: the distance to the root is half the delay and the dispersion.
    error = None if delay is None or dispersion is None else float(delay[1]) / 2 + float(dispersion[1])
    return Reading(
        "chrony",
        synchronised=True,
        offset_us=away if offset[2] == "fast" else -away,
        error_us=None if error is None else round(error * MICROSECONDS),
    )


def of_kernel(state: int, status: int, offset: int, max_error: int) -> Reading:
    """Return what the fields of a `struct timex` say; its offset is what is still to be added to the clock."""
    if state == _TIME_ERROR or status & _STA_UNSYNC:
        return Reading("kernel", synchronised=False)
    away = -offset // 1000 if status & _STA_NANO else -offset
    return Reading("kernel", synchronised=True, offset_us=away, error_us=max_error)


class _Timex(ctypes.Structure):
    """`struct timex` of linux/timex.h; all zeros ask and change nothing."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("constant", "precision", "tolerance", "sec", "usec", "tick")),
        *((name, ctypes.c_long) for name in ("ppsfreq", "jitter")),
        ("shift", ctypes.c_int),
        *((name, ctypes.c_long) for name in ("stabil", "jitcnt", "calcnt", "errcnt", "stbcnt")),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


def _said(command: Sequence[str]) -> str | None:
    """Return what a program printed; None if it is not there, fails, or does not answer in time."""
    if shutil.which(command[0], path=_PATH) is None:
        return None
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
            env={"LC_ALL": "C", "PATH": _PATH},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
