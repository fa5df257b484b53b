"""A vault or a directory of releases whose disk is full: it is said, nothing is half done, and work goes on after."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from egress_review import store
from egress_review.bringing import Incoming
from egress_review.errors import NoRoom
from egress_review.model import Request
from egress_review.vault import Vault
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from portal.errors import advice_of, answer_for, reason_of
from tests.integration.egress_review.egress_house import CONTEXT, HERE, Zone, open_zone
from tests.rights import as_root
from tests.small_disk import KIBIBYTE, MEBIBYTE, fill, small_disk

pytestmark = as_root

LARGE = os.urandom(MEBIBYTE)
"""More than a disk has left on which `LEFT` bytes are."""
LEFT = 256 * KIBIBYTE


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 8) as disk:
        yield disk


@pytest.fixture
def zone(usual_url: str, tmp_path: Path, disk: Path) -> Iterator[Zone]:
    """A zone whose vault and releases lie on the small disk; its database and its outboxes do not."""
    home = tmp_path / "zone"
    home.mkdir()
    made = open_zone(usual_url, home, vault=Vault(disk / "vault"), releases_dir=disk / "releases")
    yield made
    made.house.db.close()


def told(error: NoRoom) -> None:
    """Hold what people are shown to its promise: what is wrong and what to do, in both languages, by every door."""
    advice = advice_of(error)
    assert advice is not None
    assert (answer_for(error).status, error.code) == (507, "no_room")
    assert "가득 찼습니다" in reason_of(error).ko or "가득 차서" in reason_of(error).ko
    assert "disk" in reason_of(error).en
    assert "운영자" in advice.ko
    assert "make room" in advice.en


def now(zone: Zone, ref: str) -> Request:
    with zone.house.db.read() as tx:
        return store.load(tx, ref)


def everything(zone: Zone) -> tuple[list[str], int]:
    """Return what the zone knows: its requests, and how long its log is."""
    with zone.house.db.read() as tx:
        return [request.ref for request in store.find(tx)], len(zone.house.entries())


def test_a_hand_in_for_which_the_vault_has_no_room_leaves_nothing_and_works_once_there_is(
    zone: Zone, disk: Path
) -> None:
    zone.write("small.csv", "sex,n\nF,120\nM,130\n")
    zone.write("large.csv", LARGE)
    before, draft = everything(zone), zone.draft("small.csv", "large.csv")
    filler = fill(disk, but=LEFT)
    for step in (
        lambda: zone.desk.submit(zone.author, zone.workspace, draft, source=HERE),
        lambda: zone.desk.precheck(zone.workspace, ["large.csv"], "", source=HERE),
        lambda: zone.desk.bring_in(
            zone.author,
            zone.workspace,
            Incoming("Codes", "For joining", CONTEXT, "codes.csv", io.BytesIO(LARGE)),
            source=HERE,
        ),
    ):
        with pytest.raises(NoRoom) as refused:
            step()
        told(refused.value)
        assert list((disk / "vault" / "incoming").iterdir()) == []
    assert everything(zone) == before
    assert zone.outbox.joinpath("large.csv").read_bytes() == LARGE
    filler.unlink()
    request = zone.desk.submit(zone.author, zone.workspace, draft, source=HERE)
    assert {file.name for file in request.files} == {"small.csv", "large.csv"}
    assert zone.house.log.checkpoint()


@pytest.mark.long
def test_a_scan_whose_preview_finds_no_room_counts_as_not_done_and_is_repeated(zone: Zone, disk: Path) -> None:
    ref = zone.submit().ref
    filler = fill(disk)
    assert zone.desk.act(ref).state is State.SCAN_FAILED
    assert zone.actions(ref)[-1] == "egress.scan_failed"
    assert [path for path in (disk / "vault" / "previews").iterdir() if path.stat().st_size] == []
    filler.unlink()
    zone.house.clock.pass_by(minutes=2)
    assert ref in zone.desk.pending()
    assert zone.desk.act(ref).state is State.IN_REVIEW


def test_a_release_whose_package_finds_no_room_stands_and_is_packed_once_there_is(zone: Zone, disk: Path) -> None:
    request = zone.approved()
    filler = fill(disk)
    with pytest.raises(NoRoom) as refused:
        zone.desk.act(request.ref)
    told(refused.value)
    stands = now(zone, request.ref)
    assert (stands.state, stands.packaged) == (State.RELEASED, False)
    assert request.ref not in zone.desk.pending(), "a full disk is not tried again and again"
    assert {path.name for path in (disk / "releases").iterdir()} == {".lock"}, "half a package is none"
    filler.unlink()
    zone.house.clock.pass_by(minutes=2)
    assert request.ref in zone.desk.pending()
    assert zone.desk.act(request.ref).packaged
    assert zone.actions(request.ref).count("egress.released") == 1
    assert verify_package(zone.desk.package_of(request.ref), zone.house.log._keys.trusted(zone.house.log.origin)).ok


@pytest.mark.long
def test_a_zip_that_finds_no_room_leaves_no_part_of_itself(zone: Zone, disk: Path) -> None:
    package = zone.desk.package_of(zone.released().ref)  # how large one is
    request = zone.approved(content="year,n\n2020,500\n2021,600\n", title="Cohort by year")
    size = sum(4 * KIBIBYTE * (1 + path.stat().st_size // (4 * KIBIBYTE)) for path in package.rglob("*"))
    filler = fill(disk, but=size + 8 * KIBIBYTE)
    with pytest.raises(NoRoom):
        zone.desk.act(request.ref)
    assert zone.desk.package_of(request.ref).is_dir(), "else it was the package that found none"
    assert not zone.desk.zip_of(request.ref).exists()
    assert not [path.name for path in (disk / "releases").iterdir() if path.name.startswith(".new-")]
    filler.unlink()
    zone.house.clock.pass_by(minutes=2)
    assert zone.desk.act(request.ref).packaged
    assert zone.desk.zip_of(request.ref).is_file()
