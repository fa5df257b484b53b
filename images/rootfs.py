"""Makes the root file system of the base image: the same lock gives the same bytes, without network."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from images import sources
from images.debian_lock import DebianLock
from images.errors import ImageError, ToolMissing

BEGIN: Final = sources.IMAGES / "base" / "begin.sh"
FINISH: Final = sources.IMAGES / "base" / "finish.sh"
_DPKG_OPTIONS: Final = (
    "force-unsafe-io",  # a root file system that is lost in a power cut is made again
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/lintian/*",
)


def write_repository(lock: DebianLock, debs: Path, target: Path) -> None:
    """Lay the locked packages out as a Debian archive that holds nothing else, so that apt has no choice."""
    pool = target / "pool"
    index = target / "dists" / lock.suite / "main" / "binary-amd64"
    pool.mkdir(parents=True)
    index.mkdir(parents=True)
    stanzas: list[str] = []
    for package in lock.packages:
        deb = pool / f"{package.sha256}.deb"
        shutil.copyfile(debs / deb.name, deb)
        control = subprocess.run(
            ["dpkg-deb", "--field", str(deb)], check=True, capture_output=True, text=True
        ).stdout.strip()
        place = f"Filename: pool/{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {package.sha256}"
        stanzas.append(f"{control}\n{place}\n")
    packages = "\n".join(stanzas).encode()
    (index / "Packages").write_bytes(packages)
    digest = hashlib.sha256(packages).hexdigest()
    release = (
        f"Suite: {lock.suite}\nCodename: {lock.suite}\nArchitectures: amd64\nComponents: main\n"
        f"Date: {lock.snapshot:%a, %d %b %Y %H:%M:%S} UTC\n"
        f"SHA256:\n {digest} {len(packages)} main/binary-amd64/Packages\n"
    )
    (target / "dists" / lock.suite / "Release").write_text(release, encoding="utf-8")


def build_rootfs(lock: DebianLock, include: Iterable[str], debs: Path, scratch: Path) -> Path:
    """Write the root file system of the locked packages to a tar in `scratch`.

    Raises:
        ToolMissing: mmdebstrap is not installed.
        ImageError: mmdebstrap failed, or this is neither root nor a machine with user namespaces.
    """
    repository = scratch / "repository"
    write_repository(lock, debs, repository)
    (scratch / "packages.lock").write_text(lock.text(), encoding="utf-8")
    raw = scratch / "raw.tar"
    command = [
        *("mmdebstrap", "--variant=essential", "--architectures=amd64", "--format=tar"),
        *("--skip=check/qemu,cleanup/apt,output/dev", f"--include={','.join(include)}"),
        *(f"--dpkgopt={option}" for option in _DPKG_OPTIONS),
        f'--setup-hook={BEGIN} "$1"',
        f'--customize-hook={FINISH} "$1" {scratch / "packages.lock"}',
        *(lock.suite, str(raw), f"deb [trusted=yes] copy:{repository} {lock.suite} main"),
    ]
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(scratch),
        "HOME": str(scratch),
        "SOURCE_DATE_EPOCH": str(lock.epoch),
    }
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    except FileNotFoundError as error:
        raise ToolMissing("mmdebstrap", "mmdebstrap") from error
    if done.returncode:
        raise _explain(done.stderr)
    tar = scratch / "rootfs.tar"
    _normalise(raw, tar)
    raw.unlink()
    return tar


def _normalise(source: Path, target: Path) -> None:
    """Write the tar anew: versions of mmdebstrap and tar encode /dev and its devices differently.

    The engine makes the devices of a container itself; what is left of /dev is the empty directory.
    """
    with tarfile.open(source) as before, tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as after:
        for entry in before:
            if entry.name == "./dev" or entry.name.startswith("./dev/"):
                continue
            after.addfile(entry, before.extractfile(entry) if entry.isreg() else None)
            if entry.name == ".":
                dev = tarfile.TarInfo("./dev")
                dev.type, dev.mode, dev.mtime = tarfile.DIRTYPE, 0o755, entry.mtime
                after.addfile(dev)


def _explain(output: str) -> ImageError:
    """The failure of mmdebstrap in a sentence."""
    if "No space left" in output:
        return ImageError("The disk is full", hint="Free some space, or point ANSIM_CACHE at a larger disk.")
    lines = [line for line in output.splitlines() if line.startswith(("E:", "dpkg: error"))]
    reason = lines[0] if lines else (output.strip().splitlines() or ["no message"])[-1]
    hint = "Run it again as root." if os.geteuid() else "Report it with the output of `make doctor`."
    return ImageError(f"mmdebstrap failed: {reason[:300]}", hint=hint)
