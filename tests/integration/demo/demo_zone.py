"""A demo zone on disk with its real database, log and registry, and the accounts of its people."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from audit import tables as audit_tables
from deid.records import tables as extract_tables
from egress_review import tables as egress_tables
from hub_config.demo.world import DemoAccount, load
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, settings_text
from hub_config.zone import Zone, open_zone
from registry import tables as registry_tables
from tests.databases import usual_settings


@dataclass(slots=True)
class World:
    """A zone, its accounts, and what `load` asked to keep."""

    zone: Zone
    accounts: list[DemoAccount] = field(default_factory=list)
    kept: list[list[DemoAccount]] = field(default_factory=list)

    def load(self) -> list[DemoAccount]:
        """Load the demo world as the start of a zone does."""
        self.accounts = load(self.zone, self.accounts, keep=self.kept.append)
        return self.accounts

    def account(self, handle: str) -> DemoAccount:
        """The account of one person."""
        return next(account for account in self.accounts if account.handle == handle)

    def entries(self) -> int:
        """How many entries the log has."""
        with self.zone.db.read() as tx:
            return self.zone.log.size(tx)


def a_zone(home: Path, *, demo: bool = True) -> Zone:
    """An empty zone."""
    home.mkdir()
    settings = usual_settings(home, settings_text(ZoneSettings(demo=demo), HubSettings()))
    (home / FILE_NAME).write_text(settings, encoding="utf-8")
    zone = open_zone(home, "cli")
    for tables in (audit_tables, registry_tables, egress_tables, extract_tables):
        tables.metadata.create_all(zone.db.engine)
    return zone
