"""Environments of the peers of synthetic extracts, each made on first use and kept in `.cache`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from hub_config.processes import REPOSITORY

SDV = ("torch==2.13.0", "sdv==2.0.0", "sdmetrics==0.32.0", "pyarrow==26.0.1")
ANONYMETER = ("numpy==1.26.4", "anonymeter==1.1.0", "pyarrow==21.0.0")


def environment() -> Path:
    """Return the Python of SDV's environment. Raises: CalledProcessError — if the packages cannot be had."""
    return _python("bench-synth", SDV)


def anonymeter_environment() -> Path:
    """Return the Python that has the published attacks. Raises: CalledProcessError."""
    return _python("bench-attacks", ANONYMETER)


def _python(kind: str, packages: tuple[str, ...]) -> Path:
    name = hashlib.sha256("\n".join(packages).encode()).hexdigest()[:12]
    home = REPOSITORY / ".cache" / f"{kind}-{name}"
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        for part in (packages[:1], packages[1:]):  # torch first: the others would take a larger build of it
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", *part], check=True)
        (home / "complete").touch()
    return python
