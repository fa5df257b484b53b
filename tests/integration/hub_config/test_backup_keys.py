"""A set of keys is whole before it takes the place of the one before, and belongs to the newest backup there is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.event import Event, Object, Subjects
from deid.keys import KeyStore
from hub_config.backup.errors import KeysLost, Refused
from hub_config.backup.making import back_up, repository
from hub_config.backup.restoring import restore
from hub_config.zone import Zone
from tests.integration.hub_config.test_backup import CLI, HERE, Site, new_site, outcomes


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with new_site(tmp_path) as made:
        yield made


def test_keys_out_of_an_old_safe_bring_no_old_backup_back_in_silence(site: Site, tmp_path: Path) -> None:
    first = back_up(site.zone, CLI)
    shutil.copy(first.keys, tmp_path / "from the safe")
    site.zone.registry.repeat_erasure(site.zone.registry.person("minji").ref, source=HERE)
    second = back_up(site.zone, CLI)
    order = replace(site.order(tmp_path / "new"), keys=tmp_path / "from the safe")
    with pytest.raises(Refused, match=f"holds 1 newer ones, the newest {second.snapshot[:8]}"):
        restore(order)
    assert not (tmp_path / "new").exists()
    back = restore(replace(order, losing_entries="the newest keys burnt with the server"))
    assert (back.snapshot, back.newer) == (first.snapshot, 1)
    assert restore(site.order(tmp_path / "right")).newer == 0


def extract(zone: Zone, domain: str) -> None:
    detail: dict[str, Any] = {"linkage_domain": domain, "key_version": 1}
    about = Object("dataset", "survey", "income")
    zone.log.record(Event("deid.extract", CLI, about, Subjects.none(), HERE, detail=detail))


@pytest.mark.parametrize("lost", ["additional", "additional/master.key", "keys/log.ed25519", "homes/keys"])
def test_keys_that_went_missing_never_take_the_place_of_the_ones_kept_before(site: Site, lost: str) -> None:
    KeyStore(site.zone.home / "additional").key("hospital", 1)
    extract(site.zone, "hospital")
    home = Object("workspace", "ws_aaaaaaaaaaaaaaaa")
    site.zone.log.record(Event("workspace.home_made", CLI, home, Subjects.none(), HERE))
    made = back_up(site.zone, CLI)
    before = made.keys.read_bytes()
    (site.zone.home / lost).rename(site.zone.home / "not mounted")
    with pytest.raises(KeysLost, match=lost.partition("/")[0]):
        back_up(site.zone, CLI)
    assert made.keys.read_bytes() == before
    assert repository(site.zone.settings).snapshots()[-1].id == made.snapshot, "a backup without its keys is none"
    assert outcomes(site.zone, "zone.backed_up")[-1] == ("failed", "keys_lost")
    (site.zone.home / "not mounted").rename(site.zone.home / lost)
    back_up(site.zone, CLI)


def test_keys_that_were_destroyed_are_not_missed(site: Site) -> None:
    extract(site.zone, "hospital")
    detail: dict[str, Any] = {"linkage_domain": "hospital", "key_version": 1}
    gone = Event("deid.key_destroyed", CLI, Object("dataset", "survey", "income"), Subjects.none(), HERE, detail=detail)
    site.zone.log.record(gone)
    home = Object("workspace", "ws_bbbbbbbbbbbbbbbb")
    for action in ("workspace.home_made", "workspace.home_destroyed"):
        site.zone.log.record(Event(action, CLI, home, Subjects.none(), HERE))
    back_up(site.zone, CLI)
