"""Which rules these are: a hash over every file that the scanner is made of.

The zone and its scanner image must be of one version, or a report would come from other rules than it says.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

MANIFEST = Path(__file__).parent / "scanner_manifest.txt"


def manifest() -> tuple[str, ...]:
    """The paths of the scanner's files, relative to the checkout."""
    lines = MANIFEST.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


@cache
def engine_version() -> str:
    """SHA-256 over names and contents of the scanner's files."""
    digest = hashlib.sha256()
    for name in manifest():
        content = (MANIFEST.parent.parent / name).read_bytes()
        digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()
