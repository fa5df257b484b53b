"""The environment of the peers: they want other versions of locked packages, so it is never the project's own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub_config.processes import REPOSITORY

PACKAGES = ("anjana==1.2.3", "pycanon==1.3.5", "pandas==2.3.3", "numpy==2.0.2", "pyarrow==26.0.1")


def environment() -> Path:
    """Return the Python of the peers' environment, made on first use.

    Raises: CalledProcessError — if the packages cannot be had.
    """
    name = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:12]
    home = REPOSITORY / ".cache" / f"bench-deid-{name}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        (home / "complete").touch()
    return python


def peer(what: str, directory: Path) -> dict[str, Any]:
    """Return what a peer answers for the tables in a directory."""
    script = Path(__file__).with_name("deid_peer.py")
    done = subprocess.run(
        [str(environment()), "-I", str(script), what, str(directory)], check=True, capture_output=True, text=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
