"""What only the owner of the tables may do: root connects as that owner, then goes on as the zone's user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from audit.break_glass_cli import become_owner
from audit.db import Database
from audit.retention.database_roles import OwnerNeeded
from hub_config.errors import EnvironmentMissing
from hub_config.settings import DatabaseSettings, load_settings
from hub_config.systemd import trusted_settings


def connect_as_owner(home: Path, *, from_stdin: bool) -> Database | None:
    """Connect as the owner of the tables and become the zone's user; None where nobody is named as their owner.

    Root is who the server takes for the owner, so it is root that connects, and everything of the zone is opened
    later, by its own user. The one connection stays open: the pool hands it out again and again, and to make another
    the server would have to take the zone's user for the owner. Nobody of that user can look into the process, since
    the kernel lets only root trace one that gave up being root.

    Raises: EnvironmentMissing — as `load_trusted_settings`, and if anybody but root gives an address. OperationalError
    — if the server does not let root in as the owner.
    """
    if os.geteuid() != 0:
        if from_stdin:
            raise EnvironmentMissing(OwnerNeeded.summary, hint=OwnerNeeded.hint)
        return None
    # The process list shows no password.
    address = sys.stdin.readline().strip() if from_stdin else _settings(home).owner_url
    db = Database.open(address) if address else None
    if db is not None:
        with db.engine.connect():
            pass
    become_zone_user(home)
    return db


def become_zone_user(home: Path) -> None:
    """Go on as the user of the zone, if this is root: nothing in the zone may ever belong to root."""
    if os.geteuid() == 0 and home.exists() and home.stat().st_uid != 0:
        become_owner(home)
        os.environ["HOME"] = str(home)


def _settings(home: Path) -> DatabaseSettings:
    """Return what root may act on; a zone without root's copy and without an owner is nobody's but its user's."""
    if not os.path.lexists(trusted_settings.COPY):
        found = load_settings(home).database
        if not found.owner_url:
            return found
    return trusted_settings.load_trusted_settings(home).database
