"""Whatever people do in whatever order: nothing is opened but by the rules."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from deid.errors import Refused
from deid.reidentification.standing import PAUSE, Request
from tests.integration.deid.reidentification_world import HERE, IDENTIFIERS, WHO, World, a_copy, actor, open_world

NAMES = st.sampled_from(sorted(WHO))


KEPT = tempfile.TemporaryDirectory(prefix="ansim-deid-")


def make_template() -> World:
    world = open_world(Path(KEPT.name))
    world.make_extract()
    world.db.close()
    return world


class AnyOrder(RuleBasedStateMachine):
    """People who ask, agree, refuse, change their parts and try to open, and a clock."""

    requests = Bundle("requests")
    template: World | None = None

    @initialize()
    def begin(self) -> None:
        AnyOrder.template = AnyOrder.template or make_template()
        self.place = tempfile.TemporaryDirectory(prefix="ansim-deid-")
        self.world = a_copy(AnyOrder.template, Path(self.place.name) / "zone")
        self.agreed: dict[str, set[str]] = {}
        self.ended: set[str] = set()
        self.opened: dict[str, list[str]] = {}
        self.all: dict[str, Request] = {}

    @rule(target=requests, limit=st.integers(1, 2), first=st.integers(0, 5))
    def ask(self, limit: int, first: int) -> Request:
        request = self.world.ask(tokens=2, limit=limit, days=1, first=first)
        self.all[request.ref] = request
        return request

    @rule(request=requests, name=NAMES)
    def agree(self, request: Request, name: str) -> None:
        try:
            self.world.approve(request, name)
        except Refused:
            return
        self.agreed.setdefault(request.ref, set()).add(name)

    @rule(request=requests, name=NAMES)
    def refuse(self, request: Request, name: str) -> None:
        try:
            self.world.desk.refuse(request.ref, "r", by=actor(name), source=HERE)
        except Refused:
            return
        assert name not in ("researcher",)
        self.ended.add(request.ref)

    @rule(request=requests, token=st.integers(0, 7), by=NAMES, beside=NAMES, wait=st.booleans())
    def open(self, request: Request, token: int, by: str, beside: str, wait: bool) -> None:
        said = self.world.open(request, self.world.tokens[token], by=by, beside=beside, wait=wait)
        if said not in IDENTIFIERS:
            return
        assert said == IDENTIFIERS[token]
        assert by == "asker"
        assert beside in self.agreed[request.ref]
        assert request.ref not in self.ended
        assert self.world.clock() < request.wanted.until
        self.opened.setdefault(request.ref, []).append(said)

    @rule(request=requests)
    def open_as_it_should_be(self, request: Request) -> None:
        for name in ("data", "officer"):
            self.agree(request, name)
        offset = next(n for n in range(8) if self.world.ask_digest(n) in request.wanted.tokens)
        self.open(request, offset, "asker", "data", True)

    @rule(hours=st.integers(1, 20))
    def wait(self, hours: int) -> None:
        self.world.clock.pass_by(hours=hours, seconds=PAUSE.total_seconds())

    @rule(name=st.sampled_from(["data", "officer", "reviewer"]), active=st.booleans())
    def change(self, name: str, active: bool) -> None:
        self.world.people.change(name, active=active)

    @invariant()
    def only_by_the_rules(self) -> None:
        for ref, opened in getattr(self, "opened", {}).items():
            agreed = self.agreed[ref]
            assert len(opened) == len(set(opened)) <= self.all[ref].wanted.limit
            assert len(agreed) >= 2
            assert agreed <= {"data", "officer", "reviewer", "twin"}
            assert not {"officer", "twin"} <= agreed

    def teardown(self) -> None:
        if hasattr(self, "world"):
            events = self.world.events("deid.token_opened")
            assert events.count(("token_opened", "ok")) == sum(map(len, self.opened.values()))
            self.world.db.close()
            self.place.cleanup()


AnyOrder.TestCase.settings = settings(max_examples=4, stateful_step_count=12, deadline=None)
TestAnyOrder = AnyOrder.TestCase
