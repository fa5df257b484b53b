"""How an attack is told apart, run in a process of its own, and reported; runs inside the workspace.

An attack says what it saw in a few words that hold no value of the data: names of errors, counts, names of paths.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Facts = Mapping[str, Any]
SECONDS = 60.0  # an attack takes less than two; a loaded server is no proof of anything
LONGEST = 300  # characters of what was seen

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Seen:
    """What an attack came to; `held` is None where it could not be tried, and `words` say why."""

    held: bool | None
    words: str


Attack = Callable[[Facts], Seen]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Give an attack the id that the table knows it by."""

    def register(function: Attack) -> Attack:
        assert name not in ATTACKS, name
        ATTACKS[name] = function
        return function

    return register


def outcome(action: Callable[[], object]) -> str:
    """Try something and return the name of the error, or `done` if it could be done."""
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    except (ValueError, MemoryError) as error:
        return type(error).__name__
    return "done"


def call(number: int, *arguments: int | bytes | None) -> str:
    """Make a system call and return the name of its error, or `done`."""
    ctypes.set_errno(0)
    converted = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a or 0) for a in arguments]
    if libc.syscall(ctypes.c_long(number), *converted) != -1:
        return "done"
    return errno.errorcode.get(ctypes.get_errno(), "?")


def refused(tried: Mapping[str, str], allowed: Iterable[str] = ()) -> Seen:
    """Hold if nothing of what was tried could be done; say what answered how. `done: …` is done too, and says more."""
    broken = [n for n, answer in tried.items() if answer.partition(":")[0] == "done" and n not in set(allowed)]
    words = "; ".join(f"{name}: {answer}" for name, answer in tried.items())
    return Seen(not broken and bool(tried), words)


#: How the kernel says that a call is not allowed, not there, or not for this user; SIGSYS by ending who made it.
BARS = ("EPERM", "EACCES", "ENOSYS", "ENODEV", "EAFNOSUPPORT", "SIGSYS")


def barred(tried: Mapping[str, str]) -> Seen:
    """Hold if every call was stopped at the door; any other error means that it was let in and then made no sense."""
    let_in = [name for name, answer in tried.items() if answer not in BARS]
    words = "; ".join(f"{name}: {answer}" for name, answer in tried.items())
    return Seen(not let_in and bool(tried), words)


def connects(address: Any, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM, seconds: float = 1.5) -> str:
    """Try to connect and return the name of the error, or `done`."""

    def action() -> None:
        with socket.socket(family, kind) as tried:
            tried.settimeout(seconds)
            tried.connect(address)

    return outcome(action)


def run(names: Iterable[str], facts: Facts) -> dict[str, dict[str, Any]]:
    """Run attacks one after the other, each in a process of its own, and return what each saw."""
    return {name: alone(ATTACKS[name], facts) for name in names}


def alone(function: Attack, facts: Facts) -> dict[str, Any]:
    """Run one attack in a child; one that dies or hangs has shown nothing, and what shows nothing is no proof."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.setpgid(0, 0)
        try:
            seen = function(facts)
        except BaseException as error:  # whatever an attack meets is told, and its process ends here
            at = traceback.extract_tb(error.__traceback__)[-1]
            seen = Seen(False, f"the probe failed: {type(error).__name__}: {error} (line {at.lineno} of {at.name})")
        os.write(writing, json.dumps({"held": seen.held, "seen": seen.words[:LONGEST]}).encode())
        os._exit(0)
    os.close(writing)
    said = _said(reading, time.monotonic() + SECONDS)
    for kill in (lambda: os.killpg(child, signal.SIGKILL), lambda: os.kill(child, signal.SIGKILL)):
        outcome(kill)
    _, status = os.waitpid(child, 0)
    if said:
        found: dict[str, Any] = json.loads(said)
        return found
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
    return {"held": False, "seen": f"the probe ended without a word ({how})"}


def _said(reading: int, until: float) -> bytes:
    said = b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([reading], [], [], left)[0]:
            break
        piece = os.read(reading, 65536)
        if not piece:
            break
        said += piece
        if said.endswith(b"}"):
            break
    os.close(reading)
    return said if said.endswith(b"}") else b""


def main(names: Iterable[str], facts: Facts) -> None:
    """Run attacks and print what they saw as one line of JSON."""
    sys.stdout.write(json.dumps(run(names, facts)) + "\n")
    sys.stdout.flush()
