"""Where the inputs of the images lie, and where downloads are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

IMAGES: Final = Path(__file__).resolve().parent
REPOSITORY: Final = IMAGES.parent
BASE_LOCK: Final = IMAGES / "base" / "packages.lock"
BASE_WANTED: Final = IMAGES / "base" / "packages.txt"
SCANNER_LOCK: Final = IMAGES / "scanner" / "packages.lock"
SCANNER_WANTED: Final = IMAGES / "scanner" / "packages.txt"
SCANNER_MANIFEST: Final = REPOSITORY / "egress_review" / "scanner_manifest.txt"


def cache_root() -> Path:
    """The folder of downloads: ANSIM_CACHE, or `.cache` in the checkout; other machines can use a copy."""
    return Path(os.environ.get("ANSIM_CACHE") or REPOSITORY / ".cache").absolute()


def deb_cache() -> Path:
    """Debian packages, named by their SHA-256."""
    return cache_root() / "debs"


def wheel_cache() -> Path:
    """Python wheels, under their own file names."""
    return cache_root() / "wheels"


def base_packages() -> list[str]:
    """The Debian packages that the base image asks for, beside what is essential."""
    return BASE_WANTED.read_text(encoding="utf-8").split()


def scanner_packages() -> list[str]:
    """The Debian packages that the scanner asks for beside those of the base."""
    return SCANNER_WANTED.read_text(encoding="utf-8").split()
