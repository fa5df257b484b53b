"""The runtimes under which workspaces start, by the names that the container engine has for them."""

from __future__ import annotations

#: The engine's own, on the server's kernel; also that of an engine that does not say which is its default.
RUNC = "runc"
#: gVisor's: a kernel of its own for each workspace, for projects that the settings name.
GVISOR = "runsc"
RUNTIMES = (RUNC, GVISOR)
"""Each has walls to be probed, the engine's own first."""


def asked_for(runtime: str) -> str | None:
    """Return what a request to the engine says of a runtime: nothing of its own, so that its default holds."""
    return None if runtime == RUNC else runtime
