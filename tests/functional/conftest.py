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

from hub_config.processes import REPOSITORY
from hub_config.settings import Settings, load_settings
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


@pytest.fixture(scope="session")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZone]:
    """A demo zone for the suite; `ANSIM_TEST_ZONE=var` tries one that runs already instead."""
    given = os.environ.get("ANSIM_TEST_ZONE")
    home = Path(given).resolve() if given else tmp_path_factory.mktemp("zone")
    if not given:
        run_ansim(home, "up", "--demo", "--no-story", "--port", zone_port())
    accounts: list[dict[str, Any]] = json.loads((home / "demo-accounts.json").read_text())
    yield RunningZone(home, load_settings(home), {a["handle"]: a for a in accounts})
    if not given:
        run_ansim(home, "down", check=False)
