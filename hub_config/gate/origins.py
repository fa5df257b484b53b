"""The browser origin of every workspace: a host of its own, under a name that tells nobody whose it is.

Browsers keep origins apart: a script in one workspace cannot read, act in or connect to another one, not even to the
same person's in another project. The name is a keyed digest, so that neither a certificate nor a query for it says who
works in which project; it is no secret that protects anything, which the session on that host does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from hub_config.gate.config import GateConfig
from hub_config.gate.workspaces import Place

LABEL = re.compile(r"w-[a-z2-7]{26}")
LABEL_LETTERS = 26  # 130 bits
PURPOSE = b"ansim workspace origin"


@dataclass(frozen=True, slots=True)
class Origins:
    """Which host each workspace is served on; `secret` is the gate's own and never leaves it."""

    config: GateConfig
    secret: str = field(repr=False)

    @property
    def apart(self) -> bool:
        """Whether every workspace has a host of its own."""
        return self.config.workspace_origins == "own"

    def host_of(self, place: Place) -> str:
        """Return the exact Host header of a workspace, whether or not it is open."""
        if not self.apart:
            return self.config.host("work")
        return self.config.host_below(self._label(place))

    def origin_of(self, place: Place) -> str:
        """Return the browser origin of a workspace."""
        return f"{self.config.scheme}://{self.host_of(place)}"

    def holds_workspaces(self, host: str) -> bool:
        """Say whether a Host header has the form of a workspace's; which one it is for, the path must say too."""
        label, dot, _ = host.partition(".")
        return self.apart and bool(dot) and bool(LABEL.fullmatch(label)) and self.config.host_below(label) == host

    def _label(self, place: Place) -> str:
        key = hmac.digest(self.secret.encode(), PURPOSE, hashlib.sha256)
        # Neither a handle nor a project can hold the zero byte, so no two pairs make the same text.
        digest = hmac.digest(key, f"{place.handle}\0{place.project}".encode(), hashlib.sha256)
        return "w-" + base64.b32encode(digest).decode("ascii").lower()[:LABEL_LETTERS]
