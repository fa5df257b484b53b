"""Gives away every right the gate does not need once its ports are bound, and holds it to that.

The checkout, and even Python's own library, may lie below a directory that only root can enter. So everything
is imported before, and an import that was forgotten fails loudly everywhere, not only on such a machine.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import pwd
import resource
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from hub_config.gate.errors import GateConfigError

log = logging.getLogger("ansim.gate")

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
OPEN_FILES = 65_536

# Imported by the libraries on first use only: codecs, the thread pool, what a traceback or a redirect needs.
FIRST_USE = (
    "asyncio.base_events",
    "concurrent.futures.thread",
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.punycode",
    "encodings.utf_8",
    "email.charset",
    "email.header",
    "html.entities",
    "http.cookies",
    "linecache",
    "mimetypes",
    "stringprep",
    "traceback",
    "unicodedata",
    "zoneinfo",
)


class SealedImports:
    """A finder that finds nothing: what is not loaded by now never will be."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse an import.

        Raises: ModuleNotFoundError — always; the module belongs into `FIRST_USE`.
        """
        log.error("import of %s after the gate gave its rights away", name)
        raise ModuleNotFoundError(name, name=name)


def raise_file_limit() -> None:
    """Allow as many open connections as the machine lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def drop_privileges(user: str) -> None:
    """Become a user for good; without root, only if it is the present one.

    Raises: GateConfigError — if there is no such user, or the process may not become it.
    """
    uid, gid = ids_of(user)
    for name in FIRST_USE:
        importlib.import_module(name)
    if os.geteuid() != 0:
        if uid != os.geteuid():
            raise GateConfigError(f"only root can start the gate as {user!r}")
        return
    if uid == 0:
        raise GateConfigError("the gate does not run as root")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Even a setuid program could not give the rights back.
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def end_with(parent: int) -> bool:
    """Ask the kernel for a signal when the supervisor dies; False if it has died already.

    The supervisor asked for the same before it started us, but the kernel forgets that when a process changes its
    user (prctl(2)): a gate would go on without its zone and hold its port.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    return os.getppid() == parent


def ids_of(user: str) -> tuple[int, int]:
    """Return user and group id of a name or a number.

    Raises: GateConfigError — if there is no such user.
    """
    try:
        entry = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except KeyError as error:
        if user.isdigit():
            return int(user), int(user)
        raise GateConfigError(f"there is no user {user!r}") from error
    return entry.pw_uid, entry.pw_gid


def seal_imports() -> None:
    """Refuse every import from now on."""
    sys.meta_path.insert(0, SealedImports())
