"""Every use case that changes something records exactly what it should: one event, or a declared few."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deid.records.service import ExtractDesk
from egress_review.service import EgressDesk
from hub_config.cli import GROUPS, parser
from hub_config.zone import open_zone
from portal.app import PAGES
from registry.packages.desk import PackageDesk
from registry.service import Registry
from tests.integration.egress_review.egress_house import Zone
from tests.integration.extracts.extract_world import World as Extracts
from tests.integration.house import (
    house_audit_commands,
    house_desk,
    house_duties,
    house_extracts,
    house_officer_forms,
    house_packages,
    house_services,
)
from tests.integration.house.house_commands import Shell
from tests.integration.house.house_duties import Office, open_office
from tests.integration.house.house_people import make_zone
from tests.integration.house.house_uses import leaves, named, writing_methods, written
from tests.integration.portal.portal_world import World
from tests.integration.registry.registry_house import House

REGISTRY = house_services.USES
FORMS = house_officer_forms.USES
COMMANDS = house_audit_commands.USES
CHECK = "/requests/new (check)"
LAST_VOTE = "EgressDesk.vote (the last)"
UNWITNESSED = "EgressDesk.release (no witness answers)"
TIDIED = {"EgressDesk.tidy (given up)", "EgressDesk.tidy (removed)"}


def test_every_use_case_of_the_registry_is_exercised() -> None:
    REGISTRY.covers(writing_methods(Registry, "registry"))


def test_every_use_case_of_the_desk_is_exercised() -> None:
    house_desk.USES.covers(writing_methods(EgressDesk, "egress_review") | {LAST_VOTE, UNWITNESSED} | TIDIED)


@pytest.mark.parametrize("name", sorted(REGISTRY.known))
def test_a_use_case_of_the_registry_records_what_it_should(house: House, name: str) -> None:
    use = REGISTRY.known[name]
    act = use.prepare(house)
    assert named(written(house.db, house.log, act)) == use.writes


@pytest.mark.parametrize("name", sorted(house_desk.USES.known))
def test_a_use_case_of_the_desk_records_what_it_should(zone: Zone, name: str) -> None:
    use = house_desk.USES.known[name]
    act = use.prepare(zone)
    assert named(written(zone.house.db, zone.house.log, act)) == use.writes


def test_every_use_case_of_extracts_is_exercised() -> None:
    house_extracts.USES.covers(writing_methods(ExtractDesk, "deid.records"))


@pytest.mark.parametrize("name", sorted(house_extracts.USES.known))
def test_a_use_case_of_extracts_records_what_it_should(extract_world: Extracts, name: str) -> None:
    use = house_extracts.USES.known[name]
    act = use.prepare(extract_world)
    assert named(written(extract_world.db, extract_world.log, act)) == use.writes


def test_every_use_case_of_packages_is_exercised() -> None:
    house_packages.DESK.covers(writing_methods(PackageDesk, "registry.packages"))


@pytest.mark.parametrize("name", sorted(house_packages.DESK.known))
def test_a_use_case_of_packages_records_what_it_should(world: World, name: str) -> None:
    use = house_packages.DESK.known[name]
    act = use.prepare(world)
    assert named(written(world.zone.db, world.zone.log, act)) == use.writes


def test_every_form_of_the_portal_is_exercised() -> None:
    forms = {page.path for page in PAGES if "POST" in page.methods}
    FORMS.covers(forms | {CHECK})


@pytest.mark.parametrize("name", sorted(FORMS.known))
def test_a_form_of_the_portal_records_what_it_should(world: World, name: str) -> None:
    use = FORMS.known[name]
    act = use.prepare(world)
    assert named(written(world.zone.db, world.zone.log, act, by="portal")) == use.writes


@pytest.fixture
def office(usual_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with open_office(tmp_path / "home", monkeypatch) as made:
        yield made


def test_every_duty_of_the_worker_is_exercised(office: Office) -> None:
    house_duties.USES.covers({duty.name for duty in office.worker._duties})


@pytest.mark.engine
@pytest.mark.parametrize("name", sorted(house_duties.USES.known))
def test_a_duty_of_the_worker_records_what_it_should(office: Office, name: str) -> None:
    use = house_duties.USES.known[name]
    act = use.prepare(office)
    assert named(written(office.zone.db, office.zone.log, act, by="worker")) == use.writes


@pytest.fixture
def shell(usual_database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    home = tmp_path / "home"
    make_zone(home)
    zone = open_zone(home, "cli")
    yield Shell(zone, tmp_path, monkeypatch)
    zone.db.close()


def test_every_command_is_exercised() -> None:
    COMMANDS.covers(set(leaves(parser(GROUPS))))


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(COMMANDS.known))
def test_a_command_records_what_it_should(shell: Shell, name: str) -> None:
    use = COMMANDS.known[name]
    act = use.prepare(shell)
    assert named(written(shell.zone.db, shell.zone.log, act, by="cli")) == use.writes
