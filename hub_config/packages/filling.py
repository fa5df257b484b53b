"""Brings wheels to the shelf: from the package index on an operator's order, or from a folder carried in.

Every file is held against a digest before it is taken: those of a lock that somebody wrote, or those that the index
gave when the requirements were resolved. What the image holds already is a constraint and is not fetched again, so
that whatever is on the shelf fits what researchers have.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from audit.text import Text
from hub_config.packages.errors import PackagesRefused
from hub_config.packages.wheel_files import Described, describe
from images import sources, wheelhouse
from images.errors import ImageError, NoNetwork
from images.wheel_lock import parse_wheel_lock
from registry.packages.names import normalised
from registry.packages.shelf import METADATA, Shelf, Wheel

Say = Callable[[str], object]
LOCK_NAME: Final = "requirements.lock"
_BLOCK = re.compile(r"(?m)^(?=[A-Za-z0-9])")
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s\\;]+)(?:[^\n]*\\\n|\s)[\s\S]*--hash=sha256:[0-9a-f]{64}"
)
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?\s*(?:[<>=!~][A-Za-z0-9.,<>=!~*+ ]*)?")

_NO_VERSIONS = Text(
    "분석환경 이미지에 맞는 버전을 찾지 못했습니다 ({error})",
    "No versions were found that fit the workspace's image ({error})",
)
_NO_VERSIONS_HINT = Text(
    "철자와 네트워크를 확인하십시오. `--lock FILE --from FOLDER`에는 네트워크가 필요 없습니다.",
    "Check the spelling and the network; `--lock FILE --from FOLDER` needs neither.",
)
_NO_PIN = Text(
    "{name}: 버전 하나와 SHA-256이 함께 있지 않습니다: {line}", "{name}: without one version and a SHA-256: {line}"
)
_NO_PIN_HINT = Text(
    "그런 파일은 `ansim packages fetch`나 `pip-compile --generate-hashes`로 만듭니다.",
    "`ansim packages fetch` and `pip-compile --generate-hashes` write such a file.",
)


def pins_for(wanted: Sequence[str], *, say: Say) -> str:
    """Return a lock with digests for what is wanted and what that needs, without what the image holds.

    Raises: PackagesRefused — for what is no requirement, or does not fit the image. NoNetwork.
    """
    for line in wanted:
        if not _REQUIREMENT.fullmatch(line.strip()):
            told = Text("패키지를 뜻하는 글이 아닙니다: {line}", "Not a requirement: {line}")
            hint = Text("이름이나 이름==버전으로 적으십시오.", "Give a name, or name==version.")
            raise PackagesRefused(told.format(line=repr(line[:80])), hint=hint)
    held = _in_the_image()
    with tempfile.TemporaryDirectory(prefix="ansim-packages-") as scratch:
        asked, constraints, pins = (Path(scratch, name) for name in ("packages.in", "image.txt", "pins.txt"))
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in sorted(held)), encoding="utf-8")
        asked.write_text("".join(f"{line}\n" for line in wanted) + f"-c {constraints}\n", encoding="utf-8")
        try:
            wheelhouse.pin(asked, pins, say=say)
        except NoNetwork as error:
            raise PackagesRefused(_NO_VERSIONS.format(error=error), hint=_NO_VERSIONS_HINT) from error
        return without(pins.read_text(encoding="utf-8"), held)


def without(lock: str, held: frozenset[tuple[str, str]]) -> str:
    """Return a lock without the versions that are held already."""
    blocks = [block for block in _BLOCK.split(lock) if block.strip() and not block.startswith("#")]
    return "".join(block for block in blocks if _named(block) not in held)


def check_lock(text: str, name: str) -> None:
    """Accept a lock in which every package has one version and a digest.

    Raises: PackagesRefused.
    """
    blocks = [b for b in _BLOCK.split(re.sub(r"(?m)^\s*#.*\n", "", text)) if b.strip()]
    for block in blocks:
        if not _PIN.match(block):
            raise PackagesRefused(_NO_PIN.format(name=name, line=repr(block.splitlines()[0][:80])), hint=_NO_PIN_HINT)
    if not blocks:
        raise PackagesRefused(Text("패키지가 없는 파일입니다: {name}", "{name} names no package.").format(name=name))


def fetch(lock: str, target: Path, *, folder: Path | None = None) -> list[Path]:
    """Bring what a lock names into an empty folder, each file held against its digest; no network with `folder`.

    Raises: PackagesRefused, ImageError — a file is missing or is another than the lock says.
    """
    with tempfile.TemporaryDirectory(prefix="ansim-packages-") as scratch:
        pins = Path(scratch, "pins.txt")
        pins.write_text(lock, encoding="utf-8")
        if lock.strip():
            wheelhouse.download(pins, target, index=folder)
    return sorted(target.glob("*.whl"))


def bring_in(shelf: Shelf, lock: str, *, folder: Path | None = None) -> list[Wheel]:
    """Lay the files of a lock on the shelf; the list, which makes them seen, is the caller's.

    Raises: PackagesRefused, ImageError.
    """
    shelf.prepare()
    with tempfile.TemporaryDirectory(dir=shelf.directory, prefix=".part-") as part:
        described = [describe(path) for path in fetch(lock, Path(part), folder=folder)]
        for one in described:
            lay(shelf, one, Path(part, one.wheel.file))
    return [one.wheel for one in described]


def carry_out(lock: str, target: Path) -> list[Path]:
    """Write wheels and their lock into a folder, to be carried to a zone without a network.

    Raises: PackagesRefused, ImageError.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".part-") as part:
        files = [Path(shutil.move(path, target / path.name)) for path in fetch(lock, Path(part))]
    (target / LOCK_NAME).write_text(lock, encoding="utf-8")
    return files


def lay(shelf: Shelf, one: Described, path: Path) -> None:
    """Move a wheel that was held against its digest onto the shelf, its metadata beside it."""
    metadata = path.with_name(path.name + METADATA)
    metadata.write_bytes(one.metadata)
    for file in (metadata, path):
        file.chmod(0o644)
        file.replace(shelf.wheels_directory / file.name)


def _in_the_image() -> frozenset[tuple[str, str]]:
    lock = sources.IMAGES / "notebook" / LOCK_NAME
    return frozenset((one.name, one.version) for one in parse_wheel_lock(lock.read_text(encoding="utf-8")).wheels)


def _named(block: str) -> tuple[str, str]:
    found = re.match(r"([A-Za-z0-9._-]+)==([^\s\\;]+)", block)
    if found is None:
        raise ImageError(f"not a pin: {block[:60]!r}", hint="Tell the developers: uv has changed its output.")
    return normalised(found[1]), found[2]
