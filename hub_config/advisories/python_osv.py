"""Advisories for Python packages out of the archive that OSV publishes: one JSON document each, in a zip file."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from hub_config.advisories.model import AdvisoriesUnknown, Installed, Known, Looked, latest

LARGEST = 4_000_000  # bytes of one document
ECOSYSTEM = "PyPI"


@dataclass(frozen=True, slots=True)
class OsvArchive:
    """The archive as a file that the operator brought."""

    path: Path
    origin: str

    def order(self, version: str) -> Version:
        """Return a version as pip compares it."""
        return Version(version)

    def look(self, packages: Sequence[Installed]) -> Looked:
        """Return all that the archive knows against these packages. Raises: AdvisoriesUnknown."""
        wanted: dict[str, list[Installed]] = {}
        for package in packages:
            wanted.setdefault(canonicalize_name(package.name), []).append(package)
        found: set[Known] = set()
        documents = 0
        try:
            for document in self._documents():
                documents += 1
                if "withdrawn" not in document:
                    for affected in document.get("affected", ()):
                        found.update(_against(document, affected, wanted))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise AdvisoriesUnknown(f"the archive of OSV cannot be read: {type(error).__name__}") from error
        if not documents:
            raise AdvisoriesUnknown("the archive of OSV is empty")
        return Looked(sorted(found))

    def _documents(self) -> Iterator[dict[str, Any]]:
        with zipfile.ZipFile(self.path) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".json"):
                    if entry.file_size > LARGEST:
                        raise ValueError("a document is too large")
                    yield json.loads(archive.read(entry))


def _against(document: dict[str, Any], affected: dict[str, Any], wanted: dict[str, list[Installed]]) -> Iterator[Known]:
    package = affected.get("package", {})
    if package.get("ecosystem") != ECOSYSTEM:
        return
    for one in wanted.get(canonicalize_name(str(package["name"])), ()):
        listed = one.version in affected.get("versions", ())
        spans = [_within(span, one.version) for span in affected.get("ranges", ())]
        fixed = [mended for mended in spans if mended is not None]
        if listed or fixed:
            yield Known(one, _name(document), latest(fixed, Version))


def _within(span: dict[str, Any], version: str) -> str | None:
    """Return the version that mends a span which holds a version, "" where none does; None where it is not held.

    Events are in order (OSV schema 1.7, "affected[].ranges[].events").
    """
    if span.get("type") != "ECOSYSTEM":
        return None
    try:
        here, inside, mended = Version(version), False, ""
        for event in span["events"]:
            if "introduced" in event and (event["introduced"] == "0" or here >= Version(event["introduced"])):
                inside, mended = True, ""
            elif "fixed" in event:
                if here >= Version(event["fixed"]):
                    inside = False
                elif inside and not mended:
                    mended = str(event["fixed"])
            elif "last_affected" in event and here > Version(event["last_affected"]):
                inside = False
    except InvalidVersion:
        return None  # such a version is judged by the list of versions
    return mended if inside else None


def _name(document: dict[str, Any]) -> str:
    """Return the CVE of an advisory, else its own id."""
    cves = sorted(str(alias) for alias in document.get("aliases", ()) if str(alias).startswith("CVE-"))
    return cves[0] if cves else str(document["id"])
