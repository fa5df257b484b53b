"""Whatever is granted, revoked, extended and suspended in whatever order: may_work says what a plain model says."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import update

from registry import tables
from registry.desk import CLI
from registry.errors import Conflict, Denied, NotFound
from registry.model import PersonStatus, Role
from tests.integration.registry.registry_house import DAY, HOME, NOTICE, Account, House, open_house

HANDLES = ("minji", "junho")
PROJECTS = ("alpha", "beta")
DATASETS = ("omop", "population")

people = st.sampled_from(HANDLES)
projects = st.sampled_from(PROJECTS)
datasets = st.sampled_from(DATASETS)
spans = st.integers(1, 20)


@dataclass
class Expected:
    """The rights as a plain list of periods."""

    active: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(HANDLES, True))
    noticed: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(HANDLES, False))
    ends: dict[str, datetime] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    members: dict[str, tuple[str, str, datetime, datetime]] = field(default_factory=dict)
    grants: dict[str, tuple[str, str, datetime, datetime]] = field(default_factory=dict)

    def mounts(self, handle: str, project: str, at: datetime) -> set[str] | None:
        """The datasets that the person may work on, or None."""
        works = (
            self.active[handle]
            and self.noticed[handle]
            and project not in self.closed
            and at < self.ends[project]
            and any(
                (who, where) == (handle, project) and start <= at < end
                for who, where, start, end in self.members.values()
            )
        )
        data = {
            dataset for dataset, where, start, end in self.grants.values() if where == project and start <= at < end
        }
        return data if works and data else None


class Rights(RuleBasedStateMachine):
    """Random moves on a real registry, compared after each with the model."""

    house: House
    controller: Account

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="ansim-rights-"))
        self.house = open_house(f"sqlite:///{self.home}/a.db", self.home)
        self.expected = Expected()

    @initialize()
    def set_up(self) -> None:
        self.controller = self._person("sunhee", Role.DATA_CONTROLLER)
        for handle in HANDLES:
            self._person(handle)
        for project in PROJECTS:
            self.house.project(project)
            self.expected.ends[project] = self.house.clock() + 30 * DAY
        for dataset in DATASETS:
            self.house.dataset(dataset)

    def _person(self, handle: str, *roles: Role) -> Account:
        # Joining hashes a password, which is slow and tested elsewhere.
        registry = self.house.registry
        registry.invite(handle, "이름", "a@x.org", roles, "ko", by=CLI, source=HOME)
        with self.house.db.begin() as tx:
            tx.execute(update(tables.person).values(status=PersonStatus.ACTIVE.value))
        return Account(registry.person(handle), "")

    @rule(days=st.sampled_from([0.5, 1, 3]))
    def time_passes(self, days: float) -> None:
        self.house.clock.now += timedelta(days=days)

    @rule(handle=people)
    def notice_is_read(self, handle: str) -> None:
        person = self.house.registry.person(handle)
        try:
            self.house.registry.accept_notice(person, NOTICE, source=HOME)
        except Denied:
            assert not self.expected.active[handle]
        else:
            self.expected.noticed[handle] = True

    @rule(handle=people)
    def person_is_suspended_or_reinstated(self, handle: str) -> None:
        registry = self.house.registry
        move = registry.suspend if self.expected.active[handle] else registry.reinstate
        move(handle, by=CLI, source=HOME)
        self.expected.active[handle] = not self.expected.active[handle]

    @rule(handle=people, project=projects, wait=st.integers(-3, 3), days=spans)
    def member_is_added(self, handle: str, project: str, wait: int, days: int) -> None:
        start = self.house.clock() + wait * DAY
        end = start + days * DAY
        try:
            made = self.house.registry.add_member(project, handle, Role.RESEARCHER, start, end, by=CLI, source=HOME)
        except Conflict:
            return
        self.expected.members[made.ref] = (handle, project, start, end)

    @rule(handle=people, project=projects)
    def member_is_removed(self, handle: str, project: str) -> None:
        try:
            ended = self.house.registry.remove_member(project, handle, by=CLI, source=HOME)
        except NotFound:
            assert not [one for one in self.expected.members.values() if one[:2] == (handle, project)]
            return
        for one in ended:
            del self.expected.members[one.ref]

    @rule(dataset=datasets, project=projects, wait=st.integers(-3, 3), days=spans)
    def data_is_granted(self, dataset: str, project: str, wait: int, days: int) -> None:
        start = self.house.clock() + wait * DAY
        end = start + days * DAY
        made = self.house.registry.grant(dataset, 1, project, start, end, approver=self.controller.actor, source=HOME)
        self.expected.grants[made.ref] = (dataset, project, start, end)

    @rule(data=st.data())
    def grant_is_revoked(self, data: st.DataObject) -> None:
        if not self.expected.grants:
            return
        ref = data.draw(st.sampled_from(sorted(self.expected.grants)))
        self.house.registry.revoke_grant(ref, by=CLI, source=HOME)
        del self.expected.grants[ref]

    @rule(project=projects, days=spans)
    def project_end_moves(self, project: str, days: int) -> None:
        end = self.house.clock() + days * DAY
        try:
            self.house.registry.change_project(project, ends_at=end, by=CLI, source=HOME)
        except Conflict:
            assert project in self.expected.closed
        else:
            self.expected.ends[project] = end

    @rule(project=projects, really=st.sampled_from([False, False, True]))
    def project_is_closed(self, project: str, really: bool) -> None:
        if really and project not in self.expected.closed:
            self.house.registry.close_project(project, by=CLI, source=HOME)
            self.expected.closed.add(project)

    @invariant()
    def the_registry_and_the_model_agree(self) -> None:
        if not self.expected.ends:
            return
        now = self.house.clock()
        for handle in HANDLES:
            for project in PROJECTS:
                expected = self.expected.mounts(handle, project, now)
                try:
                    permit = self.house.registry.may_work(handle, project)
                except Denied:
                    assert expected is None
                    continue
                assert {mount.dataset for mount in permit.mounts} == expected
                before = permit.ends_at - timedelta(microseconds=1)
                assert self.expected.mounts(handle, project, before) is not None
                running = self.house.registry.running_allowed(permit.workspace.person_ref, project)
                assert running == permit

    def teardown(self) -> None:
        self.house.db.close()
        shutil.rmtree(self.home)


Rights.TestCase.settings = settings(max_examples=8, stateful_step_count=25, deadline=None)
TestRights = Rights.TestCase
