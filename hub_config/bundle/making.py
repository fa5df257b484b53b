"""Makes a bundle: program, wheels, images, Debian packages and what they are made of, each part in its place."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.text import Text
from hub_config.bundle import debian_packages, wheels
from hub_config.bundle.debian_packages import run
from hub_config.bundle.manifest import ABOUT, BundleUnusable, seal
from hub_config.processes import REPOSITORY

SOURCE, WHEELS, IMAGES, DEBIAN, SBOM = "source.tar", "wheels", "images.tar", "debian", "sbom.json"
LEFT_OUT = ("tests/", ".ci/")


@dataclass(frozen=True, slots=True)
class Release:
    """A Debian release that a zone is installed on."""

    number: str
    suite: str
    python: str


RELEASES = {one.number: one for one in (Release("12", "bookworm", "3.11"), Release("13", "trixie", "3.13"))}

PACKING = Text("프로그램을 묶는 중", "packing the program")
FETCHING = Text("파이썬 패키지를 받는 중", "fetching the Python packages")
SAVING = Text("이미지를 저장하는 중", "saving the images")
DEBS = Text("데비안 패키지를 받는 중 (몇 분)", "fetching the Debian packages (some minutes)")
_FULL = Text("{path}은(는) 비어 있지 않습니다.", "{path} is not empty.")
_NEW = Text("아직 없는 디렉터리를 지정하십시오.", "Name a directory that does not exist yet.")
LISTING = Text("목록을 만들고 서명하는 중", "listing and signing")


def make(target: Path, key: Ed25519PrivateKey, release: Release, *, scratch: Path, say: Callable[[Text], None]) -> int:
    """Make a bundle in an empty or new directory; return how many files it has.

    `scratch` is where images are built and noted if the engine has none of this version. The signature comes last,
    so a bundle that broke off is none.

    Raises: BundleUnusable — there is something in `target` already. EnvironmentMissing — no network, engine or tool.
    """
    if target.exists() and any(target.iterdir()):
        raise BundleUnusable(_FULL.fill(path=str(target)), hint=_NEW)
    target.mkdir(parents=True, exist_ok=True)
    say(PACKING)
    pack(target / SOURCE)
    say(FETCHING)
    fetch_wheels(target / WHEELS, release)
    say(SAVING)
    save_images(target / IMAGES, scratch)
    say(DEBS)
    debian_packages.fetch(release.suite, target / DEBIAN)
    debian_packages.index(target / DEBIAN)
    say(LISTING)
    write_about(target, release, scratch)
    return seal(target, key)


def pack(archive: Path) -> None:
    """Pack the program as it lies here: what git knows or would know, without tests.

    Equal files give equal bytes, so equal programs are installed in the same place.
    """
    git = ["git", "-c", "safe.directory=*", "-C", str(REPOSITORY)]
    listed = run([*git, "ls-files", "-z", "-co", "--exclude-standard"]).split("\0")
    names = [name for name in listed if name and not name.startswith(LEFT_OUT) and (REPOSITORY / name).is_file()]
    command = ["tar", "--sort=name", "--owner=0", "--group=0", "--mtime=2026-01-01", "-C", str(REPOSITORY)]
    subprocess.run([*command, "-cf", str(archive), "--null", "-T", "-"], input="\0".join(names), text=True, check=True)


def fetch_wheels(target: Path, release: Release) -> None:
    """Fetch every wheel of the lock, each held against the lock's hashes by pip."""
    wanted = wheels.for_python((REPOSITORY / "requirements.lock").read_text(encoding="utf-8"), release.python)
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(wanted, encoding="utf-8")
        run([sys.executable, "-m", "pip", *wheels.download_words(requirements, release.python, target)])


def save_images(archive: Path, scratch: Path) -> None:
    """Save the images of this version, built where the engine has none."""
    from hub_config.images import build_all

    built = build_all(scratch, say=lambda _: None)
    references = sorted(info.reference for info in built.values())
    run(["docker", "save", "-o", str(archive), *references, *(f"ansim/{name}:latest" for name in sorted(built))])
    archive.chmod(0o644)


def write_about(target: Path, release: Release, scratch: Path) -> None:
    """Write what the bundle is for, and what it is made of."""
    from hub_config.sbom.commands import document_of, materials

    program, components = materials(scratch)
    (target / SBOM).write_text(json.dumps(document_of(program, components), indent=1) + "\n", encoding="utf-8")
    about = {
        "format": 1,
        "version": program.version,
        "debian": release.number,
        "architecture": "amd64",
        "made": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    (target / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
