"""The manifest of an image: what it is, what is in it, when it was made."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from docker import DockerClient
from docker.errors import NotFound
from docker.models.images import Image

from images import engine_build

Packages = tuple[tuple[str, str], ...]

_DPKG_STATUS: Final = "/var/lib/dpkg/status"
_PYTHON_PACKAGES: Final = "/opt/venv/share/ansim/packages.json"


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """One built image.

    `id` is the engine's digest of it (`sha256:…`), `base_sha256` the digest of the root file system below it,
    `lock_sha256` that of the lock of its packages, `source` that of everything it was built from; `built_at` is
    ISO 8601 in UTC, `size` in bytes; packages are (name, version).
    """

    name: str
    reference: str
    id: str
    base_sha256: str
    lock_sha256: str
    source: str
    size: int
    built_at: str
    debian: Packages
    python: Packages

    @property
    def packages(self) -> Packages:
        """Every package, those of Debian first."""
        return (*self.debian, *self.python)

    def document(self) -> dict[str, Any]:
        """The manifest as JSON."""
        return {**asdict(self), "packages": self.packages}


def manifest_path(home: Path, name: str) -> Path:
    """Where a zone keeps the manifest of an image."""
    return home / "images" / f"{name}.json"


def image_manifest(home: Path, name: str) -> ImageInfo | None:
    """The manifest of the image that this zone uses, or None before the first build."""
    try:
        document = json.loads(manifest_path(home, name).read_text(encoding="utf-8"))
        document.pop("packages")
        for kind in ("debian", "python"):
            document[kind] = tuple((package, version) for package, version in document[kind])
        return ImageInfo(**document)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_packages(engine: DockerClient, image: Image) -> tuple[Packages, Packages]:
    """What is installed in an image, as its own records say: packages of Debian, and those of Python."""
    debian = parse_dpkg_status(engine_build.read_file(engine, image, _DPKG_STATUS).decode())
    try:
        python = json.loads(engine_build.read_file(engine, image, _PYTHON_PACKAGES))
    except NotFound:
        python = []
    return debian, tuple((name, version) for name, version in python)


def parse_dpkg_status(text: str) -> Packages:
    """The installed packages of a dpkg status file, by name."""
    found: list[tuple[str, str]] = []
    for stanza in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if re.match(r"\w[\w-]*: ", line))
        if fields.get("Status", "").endswith(" installed"):
            found.append((fields["Package"], fields["Version"]))
    return tuple(sorted(found))


def write_manifest(home: Path, info: ImageInfo) -> None:
    """Write the manifest; a reader sees the old one or the new one, never half of it."""
    path = manifest_path(home, info.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(info.document(), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
