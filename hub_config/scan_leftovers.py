"""What a process that was killed in the middle of a scan leaves behind in the engine: its container."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path

import docker
from docker.errors import NotFound

from egress_review.container import LABEL


def remove_scans(vault: Path, before: datetime) -> int:
    """Remove the scan containers that read a zone's vault and were made before a moment; return how many.

    Nothing of them is worth keeping: whatever was scanned lies in the vault and waits for its next scan.
    """
    with contextlib.closing(docker.from_env()) as client:
        found = client.api.containers(all=True, filters={"label": LABEL})
        # By what it reads, because several zones of one machine share the engine and the label.
        ours = [c for c in found if any(Path(m["Source"]).is_relative_to(vault) for m in c["Mounts"] if "Source" in m)]
        old = [c["Id"] for c in ours if c["Created"] < before.timestamp()]
        for container in old:
            with contextlib.suppress(NotFound):
                client.api.remove_container(container, force=True)
    return len(old)
