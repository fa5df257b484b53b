"""Fills the wheelhouse: downloads exactly the locked wheels for the images' Python, and resolves new locks.

The host's pip does the transport, so its index, proxy and certificate settings hold. Wheels are chosen for that
Python (Debian bookworm: CPython 3.11.2, glibc 2.36), never for the host's, which may be newer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from images.debian_archive import sha256_of
from images.errors import ImageError, NoNetwork
from images.wheel_lock import Wheel, WheelLock, normalised

Say = Callable[[str], object]

PYTHON: Final = "3.11.2"
_GLIBC_MINOR: Final = 36
_REMEDIES: Final = {"pip": "-m ensurepip", "uv": "-m pip install uv"}
_LEGACY_PLATFORMS: Final = ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")


def _target() -> Iterator[str]:
    """pip's options that describe the Python of the images."""
    yield from ("--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}")
    yield from ("--abi=cp311", "--abi=abi3", "--abi=none")
    # pip takes the platforms literally: a wheel for glibc 2.17 is only found if 2.17 is named.
    yield from (f"--platform=manylinux_2_{minor}_x86_64" for minor in range(_GLIBC_MINOR, 4, -1))
    yield from (f"--platform={name}" for name in _LEGACY_PLATFORMS)


def fill(lock: WheelLock, cache: Path, say: Say) -> dict[Wheel, Path]:
    """The file of every locked wheel; what the cache lacks is downloaded and checked.

    Raises:
        NoNetwork: a wheel is neither cached nor to be had, or has another digest than the lock says.
        ImageError: this Python has no pip, or the disk is full.
    """
    cache.mkdir(parents=True, exist_ok=True)
    found = _cached(lock, cache)
    missing = [wheel for wheel in lock.wheels if wheel not in found]
    if missing:
        say(f"{len(missing)} Python wheels to download")
        with tempfile.TemporaryDirectory(dir=cache, prefix=".part-") as part:
            wanted = Path(part, "wanted.txt")
            wanted.write_text(WheelLock(tuple(missing)).text(), encoding="utf-8")
            _pip_download(["--require-hashes", "--no-deps", f"--requirement={wanted}"], Path(part))
            _adopt(Path(part), cache)
        found = _cached(lock, cache)
    if left := [wheel for wheel in lock.wheels if wheel not in found]:
        raise NoNetwork("Python wheels", f"{len(left)} are missing, the first is {left[0].name}")
    return found


def _cached(lock: WheelLock, cache: Path) -> dict[Wheel, Path]:
    """The locked wheels that lie in the cache with the right digest."""
    files: dict[tuple[str, str], list[Path]] = {}
    for file in cache.glob("*.whl"):
        name, version, *_ = file.name.split("-")
        files.setdefault((normalised(name), version), []).append(file)
    found: dict[Wheel, Path] = {}
    for wheel in lock.wheels:
        for file in files.get((wheel.name, wheel.version), []):
            if sha256_of(file) == wheel.sha256:
                found[wheel] = file
    return found


def resolve(wanted: Path, cache: Path, *, say: Say) -> WheelLock:
    """The newest versions that satisfy the requirements file `wanted` together, fetched into `cache`."""
    with tempfile.TemporaryDirectory(prefix="ansim-lock-") as scratch:
        pins = Path(scratch, "pins.txt")
        pin(wanted, pins, say=say)
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".part-") as part:
            download(pins, Path(part))
            wheels = tuple(sorted(_as_wheel(file) for file in Path(part).glob("*.whl")))
            _adopt(Path(part), cache)
    return WheelLock(wheels)


def pin(wanted: Path, pins: Path, *, say: Say) -> None:
    """Write into `pins` the newest versions that satisfy the requirements file `wanted`, with all their digests.

    Raises:
        NoNetwork: the package index cannot be reached, or has nothing that fits.
    """
    say(f"resolving {wanted.name} for Python {PYTHON}")
    _run(
        [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"),
            *("--upgrade", "--generate-hashes", "--only-binary", ":all:"),
            *("--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_28"),
            *("--output-file", str(pins), str(wanted)),
        ],
        "uv",
    )


def download(pins: Path, target: Path, *, index: Path | None = None) -> None:
    """Fetch what a file of pins names into a folder, each file held against its digest.

    `index` is a folder of wheels that is used instead of the package index.

    Raises:
        NoNetwork: a wheel is not to be had.
        ImageError: a wheel has another digest than the pins say.
    """
    source = [] if index is None else ["--no-index", f"--find-links={index}"]
    _pip_download([*source, "--require-hashes", "--no-deps", f"--requirement={pins}"], target)


def _as_wheel(file: Path) -> Wheel:
    """The lock entry of a wheel's file."""
    name, version, *_ = file.name.split("-")
    return Wheel(normalised(name), version, sha256_of(file))


def _adopt(part: Path, cache: Path) -> None:
    """Move complete wheels into the cache; a name that is there with other content is replaced."""
    for file in part.glob("*.whl"):
        file.rename(cache / file.name)


def _pip_download(arguments: Sequence[str], target: Path) -> None:
    """Run pip's download for the Python of the images."""
    _run(
        [
            *(
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
            ),
            *("--no-cache-dir", f"--dest={target}", *_target(), *arguments),
        ],
        "pip",
    )


def _run(command: Sequence[str], tool: str) -> None:
    """Run pip or uv and translate its failure."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    except subprocess.CalledProcessError as error:
        if f"No module named {tool}" in error.stderr:
            reason = f"This Python environment has no {tool}"
            raise ImageError(reason, hint=f"{sys.executable} {_REMEDIES[tool]}") from error
        raise _failure(error.stderr, tool) from error


def _failure(output: str, tool: str) -> ImageError:
    """What pip or uv said, as a sentence."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if "No space left" in output:
        return ImageError("The disk is full", hint="Free some space, or point ANSIM_CACHE at a larger disk.")
    if "DO NOT MATCH THE HASHES" in output:
        named = next((line for line in lines if line.startswith(("http", "file")) or "==" in line), "a wheel")
        return ImageError(
            f"The package index serves another file than the lock names ({named[:200]})",
            hint="Do not go on before you know why: compare the digest with pypi.org, and look at the index that pip "
            "is configured to use.",
        )
    errors = [line for line in lines if line.lower().startswith("error")] or lines
    return NoNetwork("Python wheels", errors[0][:300] if errors else f"{tool} failed")
