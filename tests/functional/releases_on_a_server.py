"""Makes one first release after another in the zone that is installed here; what ends its units stands outside.

It says a line before and after each release and waits for one in between: `begins`, then `made` and what must be there.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub_config.demo.people import RESEARCHER
from hub_config.demo.world import DemoAccount
from hub_config.settings import Settings
from hub_config.welcome import load_demo
from hub_config.zone import open_zone
from tests.functional.house_under_fault import WORK, House
from tests.functional.release_under_fault import first_release, made_once, seat_the_others
from tests.functional.zone_under_fault import put_away

HOME = Path("/var/lib/ansim")


@dataclass(frozen=True, slots=True)
class InstalledZone:
    """The zone that systemd runs here."""

    home: Path
    settings: Settings
    accounts: dict[str, DemoAccount]

    def account(self, handle: str) -> tuple[str, str, str]:
        """Return handle, password and TOTP secret of a demo person."""
        account = self.accounts[handle]
        return handle, account.password, account.totp_secret


def tell(word: str) -> None:
    """Say a word and wait until whoever stands outside has answered."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    sys.stdin.readline()


async def releases(count: int) -> None:
    """Make releases, each of a workspace that was put away before."""
    zone = open_zone(HOME, "cli")
    accounts, _ = load_demo(zone)
    house = House(InstalledZone(HOME, zone.settings, {one.handle: one for one in accounts}), zone)
    await seat_the_others(house)
    for number in range(count):
        title = f"unit-{number}-{os.urandom(3).hex()}"
        await asyncio.to_thread(tell, "begins")
        with tempfile.TemporaryDirectory() as place:
            ref = await first_release(house, title, Path(place))
        await asyncio.to_thread(tell, "made")
        made_once(house, title, ref)
        await put_away(house.people[RESEARCHER], WORK)
        await house.people.pop(RESEARCHER).close()
    for visitor in house.people.values():
        await visitor.close()


if __name__ == "__main__":
    os.umask(0o077)
    asyncio.run(releases(int(sys.argv[1])))
