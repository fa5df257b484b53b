"""One real demo zone for the whole functional suite: real engine, hub, gate, portal, worker and audit writer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub_config.home import make_home
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME, HubSettings, Settings, ZoneSettings, load_settings
from hub_config.zone import Zone, open_zone
from tests.ports import free_port


def zone_port() -> str:
    """Return a port for a zone; its hub takes the next."""
    return str(free_port(after=1))


@dataclass(frozen=True, slots=True)
class RunningZone:
    """A zone that was started with the command a person uses."""

    home: Path
    settings: Settings
    accounts: dict[str, dict[str, str]]

    def ansim(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the `ansim` command on this zone."""
        return run_ansim(self.home, *words, check=check)

    def account(self, handle: str) -> tuple[str, str, str]:
        """Return handle, password and TOTP secret of a demo person."""
        account = self.accounts[handle]
        return handle, account["password"], account["totp_secret"]


def run_ansim(home: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the `ansim` command as a person would, for the zone in `home`."""
    environment = {**os.environ, "ANSIM_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    result = subprocess.run(
        [sys.executable, "-m", "hub_config.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if check and result.returncode != 0:
        pytest.fail(f"ansim {' '.join(words)} ended with {result.returncode}:\n{result.stdout}\n{result.stderr}")
    return result


def make_on_postgresql(home: Path, url: str) -> None:
    """Make the home of a demo zone whose database is at a URL; it is not started yet."""
    port = int(zone_port())
    make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
    settings = (home / FILE_NAME).read_text(encoding="utf-8")
    (home / FILE_NAME).write_text(settings.replace("sqlite:///ansim.db", url), encoding="utf-8")


def accounts_of(home: Path) -> dict[str, dict[str, str]]:
    """Return the accounts of the demo people by handle."""
    accounts: list[dict[str, Any]] = json.loads((home / "demo-accounts.json").read_text())
    return {account["handle"]: account for account in accounts}


@pytest.fixture(scope="session")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZone]:
    """A demo zone for the suite; `ANSIM_TEST_ZONE=var` tries one that runs already instead."""
    given = os.environ.get("ANSIM_TEST_ZONE")
    home = Path(given).resolve() if given else tmp_path_factory.mktemp("zone")
    if not given:
        run_ansim(home, "up", "--demo", "--no-story", "--port", zone_port())
    yield RunningZone(home, load_settings(home), accounts_of(home))
    if not given:
        run_ansim(home, "down", check=False)


@pytest.fixture(scope="module")
def opened(zone: RunningZone) -> Zone:
    """The zone as a command sees it that runs beside it."""
    return open_zone(zone.home, "cli")
