"""Starts one long-running process of a zone: `python -m hub_config.serve audit|hub|portal|worker`."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hub_config.log_check import check_log, checked
from hub_config.log_lines import speak
from hub_config.processes import REPOSITORY
from hub_config.settings import load_settings
from hub_config.zone import open_zone


def serve_audit(home: Path) -> None:
    """Run the append-only service that writes for processes without database rights."""
    from audit.writer import serve

    zone = checked(open_zone(home, "audit"))
    gate = pwd.getpwnam(zone.settings.gate.user)
    serve(zone.log, zone.cells, Path("run/audit.sock"), {gate.pw_uid: "gate"}, group=gate.pw_gid)


def serve_hub(home: Path) -> None:
    """Run JupyterHub with the zone's configuration."""
    # A grammar that jsonschema reads when it is there; nothing of the hub uses it, and it is half of the import.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from jupyterhub.app import main as hub

    check_log(load_settings(home))
    hub(["-f", str(REPOSITORY / "hub_config" / "jupyterhub_config.py")])


def serve_portal(home: Path) -> None:
    """Run the web face."""
    from hub_config.metrics import read_metrics
    from portal.serve import serve

    zone = checked(open_zone(home, "portal"))
    serve(zone, partial(read_metrics, zone.settings.metrics))


def serve_worker(home: Path) -> None:
    """Run the loops that nobody waits for: scans, releases, ended permits, checkpoints."""
    from hub_config.worker import Worker

    Worker(checked(open_zone(home, "worker"))).run()


SERVICES: dict[str, Callable[[Path], None]] = {
    "audit": serve_audit,
    "hub": serve_hub,
    "portal": serve_portal,
    "worker": serve_worker,
}


def main() -> None:
    """Start the service that the first argument names, for the zone in ANSIM_HOME."""
    speak()
    os.umask(0o077)  # what a process of the zone writes is its owner's alone, unless it says otherwise
    SERVICES[sys.argv[1]](Path(os.environ["ANSIM_HOME"]))


if __name__ == "__main__":
    main()
