"""The packages of the zone's images held against what is known, and what is said of it.

Data come from files that the operator brings, as into a zone without a way out, or from the network where the settings
say so. Where there are none, nothing is said to be fine.
"""

from __future__ import annotations

import gzip
import re
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_config.advisories.debian_tracker import DebianTracker
from hub_config.advisories.model import Advisories, AdvisoriesUnknown, Installed, Known, latest
from hub_config.advisories.pip_audit import PipAudit
from hub_config.advisories.python_osv import OsvArchive
from hub_config.settings import Settings

FOLDER = "advisories"
DEBIAN_FILES = ("debian.json", "debian.json.gz")
PYTHON_FILE = "osv-pypi.zip"
TRACKER = "https://security-tracker.debian.org/tracker/data/json"
OLDEST_DAYS = 30  # older data say nothing of what was found since
LARGEST = 400_000_000  # bytes of the tracker's JSON, which has 70 MB
SECONDS = 120.0
MOST_NAMED = 10
DAY = 86_400.0
SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")
BINARY_ONLY = re.compile(r"\+b\d+$")  # built again from the same source (Debian Developer's Reference 5.10.2.1)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan says: None where it could not be made, with the reason."""

    held: bool | None
    said: str


def debian_of(settings: Settings, release: str) -> Advisories:
    """Return the tracker's data as the settings say. Raises: AdvisoriesUnknown."""
    if settings.probe.advisories == "network":
        return DebianTracker(release, f"{TRACKER}, now", _download)
    path = _brought(settings, DEBIAN_FILES)
    return DebianTracker(release, f"{path.name} of {_day(path)}", lambda: _text(path))


def python_of(settings: Settings) -> Advisories:
    """Return the advisories for Python as the settings say. Raises: AdvisoriesUnknown."""
    if settings.probe.advisories == "network":
        return PipAudit()
    path = _brought(settings, (PYTHON_FILE,))
    return OsvArchive(path, f"{path.name} of {_day(path)}")


def scan(advisories: Callable[[], Advisories], installed: Callable[[], Sequence[Installed]]) -> Scanned:
    """Hold packages against the advisories; one that could be mended by a newer version is what counts as found."""
    try:
        source, packages = advisories(), installed()
        if not packages:
            raise AdvisoriesUnknown("no package of an image is known")
        looked = source.look(packages)
    except AdvisoriesUnknown as error:
        return Scanned(None, f"not computed: {error}")
    found, mended = looked.found, [one for one in looked.found if one.fixed]
    images = len({package.image for package in packages})
    said = f"{len(packages)} packages of {images} images against {source.origin}: {len(mended)} known and mended since"
    said += f", {len(found) - len(mended)} known without a mended version"
    said += f"; nothing is said of {_named(looked.passed_over)}" if looked.passed_over else ""
    if mended:
        return Scanned(False, f"{said}: {_listed(mended, source.order)}")
    return Scanned(None if looked.passed_over else True, said)


def _named(packages: Sequence[Installed]) -> str:
    """Return the names of packages that nobody looked at, the first few of many."""
    names = sorted({f"{package.name} {package.version}" for package in packages})
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}, for which the index does not answer"


def _listed(found: Sequence[Known], order: Callable[[str], Any]) -> str:
    """Return what is to be renewed, package by package with all that is known against it."""
    grouped: dict[Installed, list[Known]] = {}
    for one in found:
        grouped.setdefault(one.package, []).append(one)
    return "; ".join(
        f"{package.image}: {package.name} {package.version} ({', '.join(sorted(one.advisory for one in known))}; "
        f"mended in {latest((one.fixed for one in known), order)})"
        for package, known in grouped.items()
    )


def debian_sources(image: str, status: str) -> list[Installed]:
    """Return the source packages of a dpkg status file, each version once; advisories name sources."""
    found = set()
    for stanza in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if re.match(r"\w[\w-]*: ", line))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        named = SOURCE.fullmatch(fields.get("Source", ""))
        name = named[1] if named else fields["Package"]
        version = named[2] if named and named[2] else BINARY_ONLY.sub("", fields["Version"])
        found.add(Installed(image, name, version))
    return sorted(found)


def _brought(settings: Settings, names: Sequence[str]) -> Path:
    """Return the file that the operator brought. Raises: AdvisoriesUnknown."""
    if settings.probe.advisories == "none":
        raise AdvisoriesUnknown("the settings ask for no advisories (probe.advisories: none)")
    folder = settings.home / FOLDER
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise AdvisoriesUnknown(f"there is no file {FOLDER}/{names[0]}; docs/how-to/run-the-probe.md says where from")
    age = (time.time() - path.stat().st_mtime) / DAY
    if age > OLDEST_DAYS:
        raise AdvisoriesUnknown(f"{FOLDER}/{path.name} is {age:.0f} days old; bring a newer one")
    return path


def _day(path: Path) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(path.stat().st_mtime))


def _text(path: Path) -> str:
    """Return the JSON of a file, packed or not. Raises: AdvisoriesUnknown."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return _decoded(file.read(LARGEST + 1))
    except (OSError, EOFError) as error:
        raise AdvisoriesUnknown(f"{FOLDER}/{path.name} cannot be read: {type(error).__name__}") from error


def _download() -> str:
    """Return what the tracker answers. Raises: AdvisoriesUnknown."""
    try:
        with urllib.request.urlopen(TRACKER, timeout=SECONDS) as answer:
            return _decoded(answer.read(LARGEST + 1))
    except OSError as error:
        raise AdvisoriesUnknown(f"Debian's tracker cannot be reached: {type(error).__name__}") from error


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise AdvisoriesUnknown("the data of Debian's tracker are larger than they can be")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AdvisoriesUnknown("the data of Debian's tracker are no text") from error
