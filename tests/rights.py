"""Rights that a test cannot do without.

`make test` runs as root on a server, as the zone's own set-up does, and then nothing here is skipped. Whoever runs
single tests as an ordinary user sees these as skipped, with the reason, since what they attack or give away belongs to
users whom only root can become.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub_config.home_helper.rights import may_mount

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user or gives files to one, as only root may")
as_namespace_mounter = pytest.mark.skipif(
    os.geteuid() != 0 or not may_mount(), reason="mounts file systems, which takes root and CAP_SYS_ADMIN"
)
as_mounter = pytest.mark.skipif(
    os.geteuid() != 0 or not may_mount() or not Path("/dev/loop-control").exists(),
    reason="mounts encrypted file systems, which takes root, CAP_SYS_ADMIN and loop devices",
)
