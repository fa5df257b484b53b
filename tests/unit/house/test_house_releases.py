"""Every released version left its data behind, from which each later one is upgraded."""

from __future__ import annotations

import gzip
import re

from hub_config.processes import REPOSITORY

DUMPS = REPOSITORY / "tests" / "integration" / "hub_config" / "upgrades"
HEADING = re.compile(r"^## \[(\d[^\]]*)\]", re.MULTILINE)
RELEASED = re.compile(r"released as (\S+(?:, \S+)*)$")


def released(changelog: str) -> set[str]:
    """Return the versions that a changelog has a heading of."""
    return set(HEADING.findall(changelog))


def kept(first_line: str) -> set[str]:
    """Return the versions whose data a dump is, by its first line."""
    found = RELEASED.search(first_line)
    return set(found[1].split(", ")) if found else set()


def test_every_version_in_the_changelog_has_a_dump_of_its_data() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    dumps = sorted(DUMPS.glob("*.sql.gz"))
    firsts = [gzip.decompress(one.read_bytes()).decode().partition("\n")[0] for one in dumps]
    assert len(firsts) > 3
    assert released(changelog) - {version for first in firsts for version in kept(first)} == set()


def test_a_release_without_a_dump_is_seen() -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-01\n\n### Added\n\n## [0.1.0] - 2026-12-01\n"
    assert released(changelog) == {"0.1.0", "0.2.0"}
    assert kept("-- A demo zone with invented people and data, as revision 0022 kept it.") == set()
    assert kept("-- A demo zone, as revision 0022 kept it, released as 0.1.0, 0.1.1") == {"0.1.0", "0.1.1"}
