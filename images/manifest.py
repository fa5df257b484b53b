"""The manifest of an image: what it is, what is in it, when it was made."""

from __future__ import annotations

import contextlib
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
    write_note(path, json.dumps(info.document(), ensure_ascii=False, indent=1).encode("utf-8"))


def write_note(path: Path, content: bytes) -> None:
    """Write a file into a directory that may be another user's, and give it to that user.

    Root does so for a zone under systemd. Neither the directory nor what lies at the file's name is followed if it is
    a link, so that its user cannot turn root's hand.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        owner = os.fstat(directory)
        fresh = f"{path.name}.new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o644, dir_fd=directory), "wb") as file:
            file.write(content)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.flush()
            os.fsync(file.fileno())
        os.rename(fresh, path.name, src_dir_fd=directory, dst_dir_fd=directory)
    finally:
        os.close(directory)
