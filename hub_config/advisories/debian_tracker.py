"""Debian's security tracker as its JSON says it: for each source package and CVE, how it stands in each release.

The file holds every package there is. It is read one package after the other, so that it is never whole in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from hub_config.advisories.debian_versions import DebianVersion
from hub_config.advisories.model import AdvisoriesUnknown, Installed, Known, Looked

NEVER = "0"  # the release was never affected
DELIMITERS = " \t\r\n,"


@dataclass(frozen=True, slots=True)
class DebianTracker:
    """The tracker's data for one release of Debian; `read` gives the JSON."""

    release: str
    origin: str
    read: Callable[[], str]

    def order(self, version: str) -> DebianVersion:
        """Return a version as dpkg compares it."""
        return DebianVersion(version)

    def look(self, packages: Sequence[Installed]) -> Looked:
        """Return all that the release knows against these source packages. Raises: AdvisoriesUnknown."""
        wanted: dict[str, list[Installed]] = {}
        for package in packages:
            wanted.setdefault(package.name, []).append(package)
        found: list[Known] = []
        try:
            seen = False
            for name, entries in entries_of(self.read(), wanted.keys()):
                seen = True
                for cve, entry in entries.items():
                    standing = entry["releases"].get(self.release)
                    if standing is not None:
                        found += _known(wanted[name], str(cve), standing)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            raise AdvisoriesUnknown(f"the data of Debian's tracker cannot be read: {type(error).__name__}") from error
        if not seen:  # an empty or foreign file says nothing at all, least of all that nothing is wrong
            raise AdvisoriesUnknown("the data of Debian's tracker name none of the packages")
        return Looked(sorted(found))


def entries_of(text: str, wanted: Set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the entries of the wanted source packages.

    Raises: ValueError, IndexError — for anything but one JSON object.
    """
    decoder, at = json.JSONDecoder(), _skip(text, 0)
    if text[at] != "{":
        raise ValueError("no object")
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] != ":":
            raise ValueError("no colon after a name")
        value, at = decoder.raw_decode(text, _skip(text, at + 1))
        if name in wanted:
            yield name, value
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    while text[at] in DELIMITERS:
        at += 1
    return at


def _known(packages: Sequence[Installed], cve: str, standing: dict[str, Any]) -> Iterator[Known]:
    """Yield what one entry says against the installed versions of a package."""
    fixed = str(standing.get("fixed_version", ""))
    if standing["status"] != "resolved":
        yield from (Known(package, cve) for package in packages)
    elif fixed != NEVER:
        for package in packages:
            if DebianVersion(package.version) < DebianVersion(fixed):
                yield Known(package, cve, fixed)
