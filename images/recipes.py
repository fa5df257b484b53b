"""What each image is made of, as values: the files that go in, and the digest that names the result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from images import sources
from images.debian_archive import sha256_of
from images.errors import ImageError

NAMES: Final = ("base", "notebook", "scanner")
_BASE_FILES: Final = (
    *("base/packages.lock", "base/packages.txt", "base/begin.sh", "base/finish.sh"),
    # The code that decides the bytes of the root file system and of the image's configuration.
    *("rootfs.py", "image_archive.py"),
)
_NOTEBOOK_FILES: Final = (
    *("Dockerfile", "build.lock", "requirements.lock", "prepare.py", "start", "relay.py", "ansim_client.py"),
    *("ansim_evidence.py", "ansim_outbox.py", "ansim_table.py", "ansim_words.py"),
    *(
        "ansim_lab.py",
        "ansim_spare.py",
        "ansim_packages.py",
        "ansim_call.py",
        "pip.conf",
        "config/labconfig/page_config.json",
    ),
    *("config/jupyter_server_config.py", "config/jupyter_server_config.d/ansim_lab.json"),
)
_CLEANING: Final = tuple(f"egress_review/{name}.py" for name in ("clean_main", "cleaning", "rounding", "tracebacks"))
"""What makes cleaned copies, beside the modules of the scanner that it imports."""
_SCANNER_FILES: Final = ("Dockerfile", "add.sh", "packages.lock", "packages.txt", "requirements.lock")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One image: `files` by their path in the build context, and the values the build is given."""

    name: str
    files: Mapping[str, Path]
    values: Mapping[str, str]

    def digest(self) -> str:
        """The SHA-256 of everything that goes in; an image whose label equals it need not be built.

        Raises:
            ImageError: a file is missing.
        """
        lines = [f"image {self.name}"]
        for place, path in sorted(self.files.items()):
            try:
                lines.append(f"file {place} {'x' if path.stat().st_mode & 0o100 else '-'} {sha256_of(path)}")
            except OSError as error:
                raise ImageError(
                    f"{path} is missing and belongs into the {self.name} image",
                    hint="Restore it from the repository: git status shows what is missing.",
                ) from error
        lines += [f"value {key} {value}" for key, value in sorted(self.values.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def repository(self) -> str:
        """The image's name without tag."""
        return f"ansim/{self.name}"

    def reference(self) -> str:
        """The image's full name: its tag is the beginning of the digest, so it never moves."""
        return f"{self.repository()}:{self.digest()[:12]}"


def base_recipe() -> Recipe:
    """The root file system of Debian packages."""
    return Recipe("base", {name: sources.IMAGES / name for name in _BASE_FILES}, {})


def notebook_recipe(base_sha256: str) -> Recipe:
    """What a researcher works in, on the base whose root file system has the digest `base_sha256`."""
    folder = sources.IMAGES / "notebook"
    files = {name: folder / name for name in _NOTEBOOK_FILES}
    files |= {f"ansim/{name}": sources.REPOSITORY / name for name in (*scanner_modules(), *_CLEANING)}
    return Recipe("notebook", files, {"base": base_sha256})


def scanner_recipe(base_sha256: str) -> Recipe:
    """What looks into files that want to leave: the modules of the manifest, and what reads PDF and pictures."""
    files = {name: sources.IMAGES / "scanner" / name for name in _SCANNER_FILES}
    files |= {f"ansim/{name}": sources.REPOSITORY / name for name in scanner_modules()}
    return Recipe("scanner", files, {"base": base_sha256})


def scanner_modules() -> list[str]:
    """The paths of the scanner's manifest, relative to the checkout.

    Raises:
        ImageError: there is no manifest, or a path leaves the checkout.
    """
    try:
        lines = sources.SCANNER_MANIFEST.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ImageError(f"{sources.SCANNER_MANIFEST} is missing", hint="Restore it from the repository.") from error
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    for name in names:
        if name.startswith("/") or ".." in Path(name).parts:
            raise ImageError(f"{sources.SCANNER_MANIFEST.name} names {name!r}", hint="Paths stay in the checkout.")
    return names
