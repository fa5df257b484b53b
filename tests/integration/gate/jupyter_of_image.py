"""A real JupyterLab for tests: the notebook image's own wheels, held to the hashes of its lock."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from email import message_from_bytes
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images import sources
from images.debian_archive import sha256_of
from images.wheel_lock import parse_wheel_lock
from images.wheelhouse import fill

WANTED = ("jupyterlab", "ipykernel")


def installed() -> Path:
    """Return the command of JupyterLab, in an environment that is made on first use."""
    lock = sources.IMAGES / "notebook" / "requirements.lock"
    home = sources.cache_root() / f"test-jupyter-{sha256_of(lock)[:12]}"
    command = home / "bin" / "jupyter-lab"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        house = fill(parse_wheel_lock(lock.read_text(), name=lock.name), sources.wheel_cache(), print)
        wheels = needed({wheel.name: path for wheel, path in house.items()})
        # The lock is resolved for the Python of the image.
        python = shutil.which("python3.11") or sys.executable
        subprocess.run([python, "-m", "venv", str(home)], check=True)
        # Whatever is installed here was held to its hash by the wheelhouse; pip looks nowhere else.
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "--no-index", "--no-deps"]
        subprocess.run([*pip, *map(str, wheels)], check=True)
        (home / "complete").touch()
    return command


def needed(wheels: Mapping[str, Path]) -> list[Path]:
    """Return the wheels of a house that the wanted packages need, directly or not."""
    names, waiting = set[str](), list(WANTED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in names or name not in wheels:  # not in the house: needed on another system only
            continue
        names.add(name)
        with zipfile.ZipFile(wheels[name]) as wheel:
            [metadata] = [n for n in wheel.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
            asked = message_from_bytes(wheel.read(metadata)).get_all("Requires-Dist", [])
        waiting += [r.name for r in map(Requirement, asked) if r.marker is None or r.marker.evaluate({"extra": ""})]
    return [wheels[name] for name in sorted(names)]
