"""Random people do random things in random order; what must never happen does not happen."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule
from sqlalchemy import select

from egress_review import store, tables
from egress_review.errors import EgressError
from egress_review.model import Choice
from egress_review.verify_package import verify_package
from egress_review.workflow import MOVES, State
from registry.desk import CLI
from registry.errors import RegistryError
from registry.model import Role
from tests.integration.egress_review.egress_house import HERE, Zone, open_zone

CONTENTS = ("sex,n\nF,120\nM,130\n", "sex,n\nF,120\nM,3\n", "year,n\n2020,500\n", "name,rrn\na,901106-1896546\n")
CHECKERS = ("hana", "duri", "senior", "member", "author")


class EgressMachine(RuleBasedStateMachine):
    """The desk under arbitrary use; refusals are fine, violated invariants are not."""

    requests = Bundle("requests")

    @initialize()
    def open(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="egress-machine-"))
        self.zone: Zone = open_zone(f"sqlite:///{self.home / 'ansim.db'}", self.home)
        self.zone.house.registry.grant_role("minji", Role.CHECKER, by=CLI, source=HERE)
        author = self.zone.house.registry.person("minji")
        self.zone.checkers = {**self.zone.checkers, "author": author}
        self.joined: set[str] = {"member"}

    def teardown(self) -> None:
        if hasattr(self, "zone"):
            self.zone.house.db.close()
            shutil.rmtree(self.home, ignore_errors=True)

    def attempt(self, step: Any, *args: Any, **options: Any) -> Any:
        try:
            return step(*args, **options)
        except (EgressError, RegistryError):
            return None

    @rule(target=requests, content=st.sampled_from(CONTENTS), minutes=st.integers(0, 20))
    def submit(self, content: str, minutes: int) -> Any:
        self.zone.house.clock.pass_by(minutes=minutes)
        request = self.attempt(self.zone.submit, content)
        return multiple() if request is None else request.ref

    @rule(ref=requests, content=st.sampled_from(CONTENTS))
    def resubmit(self, ref: str, content: str) -> None:
        self.zone.write("table.csv", content)
        self.attempt(self.zone.desk.resubmit, self.zone.author, ref, self.zone.draft(), source=HERE)

    @rule(ref=requests)
    def machine(self, ref: str) -> None:
        self.attempt(self.zone.desk.act, ref)

    @rule(
        ref=requests,
        who=st.sampled_from(CHECKERS),
        choice=st.sampled_from((Choice.APPROVE, Choice.APPROVE, Choice.CHANGES, Choice.REJECT)),
        stale=st.booleans(),
    )
    def vote(self, ref: str, who: str, choice: Choice, stale: bool) -> None:
        with self.zone.house.db.read() as tx:
            request = store.load(tx, ref)
        round = request.round - 1 if stale and request.round > 1 else request.round
        self.attempt(self.zone.vote, who, request, choice, round=round, comment="because of the counts")

    @rule(ref=requests, who=st.sampled_from(CHECKERS), what=st.sampled_from(("return_to_author", "reject")))
    def end(self, ref: str, who: str, what: str) -> None:
        self.attempt(getattr(self.zone.desk, what), self.zone.checkers[who], ref, "please change it", source=HERE)

    @rule(ref=requests)
    def withdraw(self, ref: str) -> None:
        self.attempt(self.zone.desk.withdraw, self.zone.author, ref, source=HERE)

    @rule(who=st.sampled_from(("hana", "duri")))
    def join(self, who: str) -> None:
        if who not in self.joined:
            self.joined.add(who)
            self.attempt(self.zone.house.member, who)

    @rule(days=st.sampled_from((0, 1, 40)))
    def time(self, days: int) -> None:
        self.zone.house.clock.pass_by(days=days, minutes=5)

    @invariant()
    def nothing_is_released_without_two_independent_votes_on_its_bytes(self) -> None:
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            found = store.find(tx)
            for request in found:
                if request.released_at is None:
                    assert not self.zone.desk.package_of(request.ref).exists()
                    continue
                for file in request.files:
                    voters = {
                        vote.checker_ref
                        for vote in store.votes_of(tx, request.ref)
                        if (vote.sha256, vote.round, vote.context_hash, vote.policy_digest, vote.choice)
                        == (file.sha256, request.round, request.context_hash, request.policy_digest, Choice.APPROVE)
                    }
                    assert len(voters - {request.author_ref, self.zone.checkers["member"].ref}) >= 2
                if request.packaged:
                    check = verify_package(self.zone.desk.package_of(request.ref), self.zone.log_key)
                    assert check.ok, check.reason

    @invariant()
    def every_state_follows_from_the_log(self) -> None:
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            found = {request.ref: request for request in store.find(tx)}
            votes = tx.execute(select(tables.vote.c.request_ref, tables.vote.c.event_id)).all()
        state: dict[str, State] = {}
        entries = self.zone.house.entries()
        for body in entries:
            ref, action = body["object"]["ref"], body["action"]
            if action == "egress.drafted":
                state[ref] = State.DRAFT
            elif ref in state:
                moves = [m for m in MOVES if m.source is state[ref] and m.event == action]
                decided = body.get("detail", {}).get("decision")
                if action == "egress.voted" and len(moves) > 1:
                    divided = decided in ("conflict", "needs_senior")
                    moves = [m for m in moves if (m.target is State.REVIEWED) == divided]
                assert len(moves) == 1, (state[ref], action)
                state[ref] = moves[0].target
        assert state == {ref: request.state for ref, request in found.items()}
        recorded = {body["id"]: (body["action"], body["object"]["ref"]) for body in entries}
        for ref, event_id in votes:
            assert recorded[event_id] == ("egress.voted", ref)


EgressMachine.TestCase.settings = settings(
    max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRandomUseNeverBreaksAnInvariant = EgressMachine.TestCase
