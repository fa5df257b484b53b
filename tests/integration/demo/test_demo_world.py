"""Loading the demo world gives a zone in which the first release can be played; loading again changes nothing."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet
import pytest

from audit.event import Source
from audit.search import Query, search
from deid.records.workflow import State
from hub_config.demo import world as world_module
from hub_config.demo.people import (
    ADEQUACY_REVIEWER,
    CHECKER_IN_PROJECT,
    CHECKERS,
    DATA_CONTROLLER,
    DATASETS,
    DEID_OPERATOR,
    OPERATOR,
    PEOPLE,
    PROJECTS,
    RESEARCHER,
)
from hub_config.zone import Zone
from registry.desk import CLI, as_actor
from registry.errors import Denied
from registry.model import Role
from registry.totp import code_at
from tests.integration.demo.demo_zone import World, a_zone

HERE = Source("127.0.0.1")


def test_everybody_can_sign_in_at_once_and_has_accepted_the_notice(world: World) -> None:
    registry = world.zone.registry
    for person in PEOPLE:
        account = world.account(person.handle)
        code = code_at(account.totp_secret, datetime.now(UTC))
        signed_in = registry.sign_in(person.handle, account.password, code, source=HERE)
        assert signed_in.roles == {person.role}
        assert signed_in.notice_version == registry.notice_version


def test_a_second_load_changes_nothing(world: World) -> None:
    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (world.zone.home / "datasets").rglob("*")}

    accounts, entries, before = list(world.accounts), world.entries(), files()
    assert world.load() == accounts
    assert world.entries() == entries
    assert files() == before
    assert len(world.kept) == 1


def test_accounts_are_kept_before_anybody_is_made(empty_world: World) -> None:
    def crash(accounts: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world_module.load(empty_world.zone, [], keep=crash)
    assert empty_world.zone.registry.people() == []


def test_a_load_that_was_cut_off_is_finished_by_the_next(empty_world: World) -> None:
    registry = empty_world.zone.registry
    first = PEOPLE[0]
    # Cut off after an invitation whose link nobody holds any more, and once again before the last files.
    registry.invite(first.handle, first.name, first.email, {first.role}, "ko", by=CLI, source=HERE)
    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(shutil, "copytree", _full_disk)
        with pytest.raises(OSError, match="No space"):
            empty_world.load()
    assert len(registry.projects()) == 1
    [empty_world.accounts] = empty_world.kept
    empty_world.load()
    assert len(empty_world.kept) == 1
    for project in PROJECTS:
        assert registry.may_work(RESEARCHER, project.id).mounts
        assert list((empty_world.zone.home / "seed" / project.id).glob("*.ipynb"))


def _full_disk(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_researcher_may_work_on_both_projects_with_exactly_their_data(world: World) -> None:
    for project in PROJECTS:
        permit = world.zone.registry.may_work(RESEARCHER, project.id)
        assert [mount.dataset for mount in permit.mounts] == list(project.datasets)
        assert permit.ends_at > datetime.now(UTC) + timedelta(days=300)
    workspaces = {world.zone.registry.may_work(RESEARCHER, p.id).workspace.uid for p in PROJECTS}
    assert len(workspaces) == len(PROJECTS)


def test_one_of_three_checkers_belongs_to_the_hospital_project(world: World) -> None:
    registry = world.zone.registry
    checkers = [p for p in registry.people() if Role.CHECKER in p.roles]
    members = {p.handle for p in checkers if registry.is_member(p.ref, "gibleed-study")}
    assert {p.handle for p in checkers} == {*CHECKERS, CHECKER_IN_PROJECT}
    assert members == {CHECKER_IN_PROJECT}


def test_nobody_but_the_data_controller_approved_a_grant(world: World) -> None:
    controller = world.zone.registry.person(DATA_CONTROLLER)
    grants = world.zone.registry.grants()
    assert {grant.dataset for grant in grants} == {dataset.id for dataset in DATASETS}
    assert {grant.approved_by for grant in grants} == {controller.ref}


def test_the_hospital_data_came_in_by_a_policy_and_a_review_of_somebody_else(world: World) -> None:
    registry = world.zone.registry
    [extract] = world.zone.extracts.every()
    assert (extract.draft.dataset, extract.version, extract.state) == ("gibleed", 1, State.MOUNTABLE)
    assert extract.run is not None
    assert extract.review is not None
    maker, reviewer = registry.person(DEID_OPERATOR), registry.person(ADEQUACY_REVIEWER)
    assert (extract.run.by_ref, extract.review.by_ref) == (maker.ref, reviewer.ref)
    risk = extract.run.risk["tables"]["person"]
    assert (risk["before"]["k"], risk["after"]["k"]) == (1, 5)
    assert [one["met"] for one in risk["criteria"]] == ["met"]
    assert registry.version("gibleed", 1).manifest_sha256 == extract.run.manifest_sha256
    [told] = [dataset.people for dataset in DATASETS if dataset.id == "gibleed"]
    version = registry.version("gibleed", 1)
    assert pyarrow.parquet.read_metadata(version.path / "person.parquet").num_rows == told
    raw = world.zone.home / "raw" / "gibleed"
    assert stat.S_IMODE(raw.stat().st_mode) == 0o700


def test_a_grant_that_an_operator_revoked_stays_revoked(empty_world: World) -> None:
    empty_world.load()
    registry = empty_world.zone.registry
    [grant] = registry.grants("gibleed-study")
    registry.revoke_grant(grant.ref, by=as_actor(registry.person(OPERATOR)), source=HERE)
    empty_world.load()
    with pytest.raises(Denied) as refused:
        registry.may_work(RESEARCHER, "gibleed-study")
    assert refused.value.code == "no_grant_in_force"


def test_datasets_are_on_disk_as_registered_and_readable_by_workspaces(world: World) -> None:
    operator = as_actor(world.zone.registry.person(OPERATOR))
    for dataset in DATASETS:
        assert world.zone.registry.check_dataset(dataset.id, 1, by=operator, source=HERE).ok
        directory = world.zone.registry.version(dataset.id, 1).path
        assert stat.S_IMODE(directory.stat().st_mode) == 0o755
        assert {stat.S_IMODE(file.stat().st_mode) for file in directory.iterdir()} == {0o444}
        assert not list(directory.parent.glob(".*"))


def test_a_zone_for_real_data_refuses_the_demo_datasets(tmp_path: Path, world: World) -> None:
    zone: Zone = a_zone(tmp_path / "real", demo=False)
    with pytest.raises(Denied):
        World(zone).load()
    assert zone.registry.datasets() == []


def test_the_log_tells_how_the_world_came_to_be_without_a_name(world: World) -> None:
    world.zone.log.settle()
    with world.zone.db.read() as tx:
        entries = search(tx, Query(limit=1000))
    actions = [entry.body["action"] for entry in entries]
    assert actions.count("person.joined") == len(PEOPLE)
    assert actions.count("grant.approved") == len(DATASETS)
    text = str([entry.body for entry in entries])
    for person in PEOPLE:
        assert person.name not in text
        assert person.email not in text
