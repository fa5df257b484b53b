"""What the helper is told: by a file that root wrote, or by the supervisor that starts it as root."""

from __future__ import annotations

from dataclasses import dataclass

SOCKET = "/run/ansim-homes/homes.sock"
EMBEDDED_SOCKET = "run/homes.sock"
"""Below ANSIM_HOME, where the supervisor runs the zone."""
VARIABLE = "ANSIM_HOMES_TOLD"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeHelperSettings:
    """Whose homes, who may ask (numeric users), and how large the largest home may be, in GiB."""

    home: str
    callers: tuple[int, ...]
    most_gib: int = 2048
    socket: str = SOCKET
