"""A zone that runs is backed up, and comes back in another place with what it had released."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from hub_config.settings import FILE_NAME
from hub_config.story import play
from hub_config.welcome import ACCOUNTS_FILE, read_accounts
from hub_config.zone import Zone
from tests.functional.conftest import RunningZone, run_ansim

pytestmark = [pytest.mark.long, pytest.mark.engine]


def test_a_backup_of_the_running_zone_comes_back_and_verifies_what_left_before(
    zone: RunningZone, opened: Zone, tmp_path: Path
) -> None:
    play(opened, read_accounts(zone.home / ACCOUNTS_FILE), Console())
    released = max((zone.home / "releases").glob("*.zip"), key=lambda place: place.stat().st_mtime_ns).name
    pair = tmp_path / "identity"
    subprocess.run(["age-keygen", "-o", str(pair)], check=True, capture_output=True)
    public = subprocess.run(["age-keygen", "-y", str(pair)], check=True, capture_output=True, text=True).stdout.strip()
    settings = zone.home / FILE_NAME
    before = settings.read_text(encoding="utf-8")
    section = {"repository": str(tmp_path / "kept"), "recipients": [public], "keys_directory": str(tmp_path / "closed")}
    settings.write_text(yaml.safe_dump({**yaml.safe_load(before), "backup": section}), encoding="utf-8")
    try:
        zone.ansim("backup", "init")
        zone.ansim("backup", "now")
    finally:
        settings.write_text(before, encoding="utf-8")
    back = tmp_path / "back"
    kept = ("--repository", str(tmp_path / "kept"), "--keys", str(tmp_path / "closed" / "ansim-keys.age"))
    run_ansim(back, "restore", *kept, "--identity", str(pair))
    assert run_ansim(back, "audit", "verify").returncode == 0
    with zipfile.ZipFile(back / "releases" / released) as archive:
        archive.extractall(tmp_path / "package")
    package = next(p.parent for p in (tmp_path / "package").rglob("release.json"))
    assert run_ansim(back, "egress", "verify-package", str(package)).returncode == 0
