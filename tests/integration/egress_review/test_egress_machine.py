"""Random people do random things in random order; what must never happen does not happen.

The invariants of egress review (I1 to I14) are held to after every step, on both kinds of database. Two are of no
step: that nothing of a client moves a limit (I11) is tests/integration/portal/test_portal_client_limits.py, that only
the release writes outside the zone (I12) tests/unit/egress_review/test_machine_walls.py.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from egress_review import store, tables
from egress_review.beside import beside
from egress_review.errors import EgressError
from egress_review.findings import Verdict
from egress_review.left_meanwhile import compared
from egress_review.model import Choice, Group, Request, Visibility
from egress_review.policy import load_policy
from egress_review.review import REMARK
from egress_review.tables import ADDED_ONLY
from egress_review.verify_package import verify_package
from egress_review.workflow import CAN_LIE_IDLE, FINAL, MOVES, OPEN_REVIEW, Party, State, can
from registry.desk import CLI
from registry.errors import RegistryError
from registry.model import Role
from tests.databases import fresh_schema
from tests.integration.egress_review.egress_house import CONTEXT, HERE, Zone, open_zone
from tests.integration.egress_review.tampering import TAMPERS, found_and_undone
from tests.integration.egress_review.test_egress_concurrency import together

CONTENTS = (
    "sex,n\nF,520\nM,430\n",
    "sex,n\nF,330\nM,340\n",
    "sex,n\nF,120\nM,130\n",
    "sex,n\nF,120\nM,3\n",
    "year,n\n2020,500\n",
    "name,rrn\na,901106-1896546\n",
)
EVIDENCE = "sex,n,top1,top2,total\nF,120,9,8,900\n"
CHECKERS = ("hana", "duri", "sora", "yuna", "senior", "member", "author")
OUT = frozenset((State.RELEASED, State.REVOKED, State.EXPIRED))


class EgressMachine(RuleBasedStateMachine):
    """The desk under arbitrary use; refusals are fine, violated invariants are not."""

    server: str | None = None
    """The socket of a PostgreSQL server; None for a SQLite file."""
    requests = Bundle("requests")

    @initialize()
    def open(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="egress-machine-"))
        policy = load_policy("kr-default")
        sources = {**policy.sources, "idle_days": "test", "purge_days": "test"}
        policy = replace(policy, idle_days=4, purge_days=2, sources=sources)
        self.zone: Zone = open_zone(self._database(), self.home, policy=policy)
        self.zone.desk.sweep_seconds = -1.0
        self.zone.house.registry.grant_role("minji", Role.CHECKER, by=CLI, source=HERE)
        author = self.zone.house.registry.person("minji")
        more = {name: self.zone.house.join(name, Role.CHECKER).person for name in ("sora", "yuna")}
        self.zone.checkers = {**self.zone.checkers, **more, "author": author}
        self.tied = {"member", "author"}
        self.recused: set[tuple[str, str]] = set()
        self.barred: dict[str, set[str]] = {}
        self.rows: dict[str, int] = {}
        self.packed: dict[str, bytes] = {}
        self.revoked = False
        self.left: set[str] = set()

    def _database(self) -> str:
        if self.server is None:
            return f"sqlite:///{self.home / 'ansim.db'}"
        return fresh_schema(self.server)

    def teardown(self) -> None:
        if hasattr(self, "zone"):
            self.zone.house.db.close()
            shutil.rmtree(self.home, ignore_errors=True)

    def attempt(self, step: Any, *args: Any, **options: Any) -> Any:
        with suppress(EgressError, RegistryError):
            return step(*args, **options)

    def now(self, ref: str) -> Request:
        with self.zone.house.db.read() as tx:
            return store.load(tx, ref)

    @rule(
        target=requests,
        content=st.sampled_from(CONTENTS),
        minutes=st.integers(0, 20),
        evidence=st.booleans(),
        kept=st.sampled_from((False, False, False, True)),
        steps=st.integers(0, 4),
    )
    def submit(self, content: str, minutes: int, evidence: bool, kept: bool, steps: int) -> Any:
        self.zone.house.clock.pass_by(minutes=minutes)
        self.zone.write("table.csv", content)
        self.zone.write("evidence.csv", EVIDENCE)
        draft = self.zone.draft()
        if evidence:
            groups = {"tables": Group(CONTEXT, "", ("table.csv",))}
            draft = replace(draft, supporting=("evidence.csv",), groups=groups)
        step = self.zone.desk.save_draft if kept else self.zone.desk.submit
        request = self.attempt(step, self.zone.author, self.zone.workspace, draft, source=HERE)
        # I4: whatever happens in the outbox afterwards, the copy is what was handed in.
        self.zone.write("table.csv", "changed,later\n1,2\n")
        if request is None:
            return multiple()
        assert not self.revoked  # I10
        self.get_on(request.ref, steps)
        return request.ref

    @rule(ref=requests, steps=st.integers(1, 4))
    def get_on(self, ref: str, steps: int) -> None:
        """What usually happens: a scan, two people who agree, a release."""
        self.attempt(self.zone.desk.act, ref)
        free = [who for who in ("sora", "yuna", "senior") if who not in self.tied]
        for who in free[: min(2, steps - 1)]:
            self.attempt(self.zone.vote, who, self.now(ref), comment="all is well")
        if steps > 3:
            self.attempt(self.zone.desk.act, ref)

    @rule(
        ref=requests,
        content=st.sampled_from(CONTENTS),
        what=st.sampled_from(("resubmit", "submit_draft", "edit_draft")),
    )
    def hand_in(self, ref: str, content: str, what: str) -> None:
        self.zone.write("table.csv", content)
        self.attempt(getattr(self.zone.desk, what), self.zone.author, ref, self.zone.draft(), source=HERE)

    @rule(target=requests, ref=requests)
    def copy(self, ref: str) -> Any:
        request = self.attempt(self.zone.desk.copy_to_draft, self.zone.author, ref, source=HERE)
        return multiple() if request is None else request.ref

    @rule(ref=requests)
    def machine(self, ref: str) -> None:
        self.attempt(self.zone.desk.act, ref)

    @rule(ref=requests)
    def stop_half_way(self, ref: str) -> None:
        """The machine dies between the start of a release and its record."""
        self.attempt(self.zone.desk._begin, ref)

    @rule(
        ref=requests,
        who=st.sampled_from(CHECKERS),
        choice=st.sampled_from((Choice.APPROVE, Choice.APPROVE, Choice.CHANGES, Choice.REJECT)),
        stale=st.booleans(),
    )
    def vote(self, ref: str, who: str, choice: Choice, stale: bool) -> None:
        request = self.now(ref)
        round = request.round - 1 if stale and request.round > 1 else request.round
        cast = self.attempt(self.zone.vote, who, request, choice, round=round, comment="because of the counts")
        if cast is not None:
            # I1: nobody who is tied to the request got a vote in. I3: not on another round. I10: nor without a ground.
            assert not self.revoked
            assert who not in self.tied
            assert (who, ref) not in self.recused
            assert round == request.round

    @rule(ref=requests, choice=st.sampled_from((Choice.APPROVE, Choice.REJECT)))
    def vote_at_once(self, ref: str, choice: Choice) -> None:
        request = self.now(ref)
        if request.state not in OPEN_REVIEW:
            return
        votes = [("sora", Choice.APPROVE), ("sora", Choice.APPROVE), ("yuna", choice), ("senior", Choice.APPROVE)]
        together(*[lambda w=who, c=one: self.zone.vote(w, request, c, comment="because of it") for who, one in votes])

    @rule(ref=requests, who=st.sampled_from(CHECKERS), what=st.sampled_from(("return_to_author", "reject", "recuse")))
    def end(self, ref: str, who: str, what: str) -> None:
        person = self.zone.checkers[who]
        before = self.now(ref)
        self.attempt(getattr(self.zone.desk, what), person, ref, "please change it", source=HERE)
        if what == "recuse" and any(
            (one.person_ref, one.request_ref) == (person.ref, ref) for one in self.zone.desk.interests()
        ):
            self.recused.add((who, ref))
        # I7: none of these is taken without a reason.
        assert self.attempt(getattr(self.zone.desk, what), person, ref, " ", source=HERE) is None
        assert self.now(ref).round == before.round

    @rule(ref=requests, who=st.sampled_from(CHECKERS), visibility=st.sampled_from(Visibility))
    def comment(self, ref: str, who: str, visibility: Visibility) -> None:
        person = self.zone.author if who == "author" else self.zone.checkers[who]
        self.attempt(self.zone.desk.comment, person, ref, f"said by {who}", visibility=visibility, source=HERE)

    @rule(ref=requests)
    def withdraw(self, ref: str) -> None:
        self.attempt(self.zone.desk.withdraw, self.zone.author, ref, source=HERE)

    @rule(ref=requests)
    def revoke(self, ref: str) -> None:
        request, senior = self.now(ref), self.zone.checkers["senior"]
        # I14: it is typed, and it is possible for ever.
        assert self.attempt(self.zone.desk.revoke, senior, ref, "a mistake", "none", source=HERE) is None
        done = self.attempt(self.zone.desk.revoke, senior, ref, "a mistake", request.confirm_code, source=HERE)
        possible = can(request.state, "egress.revoked", Party.CHECKER)
        assert possible or request.state not in (State.APPROVED, State.RELEASED, State.EXPIRED)
        assert (done is not None) == (possible and ("senior", ref) not in self.recused)

    @rule(ref=requests)
    def collect(self, ref: str) -> None:
        path = self.attempt(self.zone.desk.collect, self.zone.author, ref, source=HERE)
        if path is not None:
            assert self.now(ref).state is State.RELEASED
            assert path.read_bytes()

    @rule(who=st.sampled_from(("hana", "duri", "sora")), how=st.sampled_from(("member", "interest")))
    def tie(self, who: str, how: str) -> None:
        if who in self.tied:
            return
        self.tied.add(who)
        person = self.zone.checkers[who]
        if how == "member":
            self.attempt(self.zone.house.member, who)
        else:
            self.zone.desk.declare_interest(person, person.ref, "gibleed", "a friend leads it", source=HERE)

    @rule(chance=st.integers(0, 9))
    def revoke_the_grant(self, chance: int) -> None:
        """The data owner takes back what every request stands on; not often, as little happens afterwards."""
        if chance == 0 and not self.revoked:
            (grant,) = self.zone.house.registry.grants("gibleed")
            owner = self.zone.house.accounts["sunhee"].actor
            self.zone.house.registry.revoke_grant(grant.ref, by=owner, source=HERE)
            self.revoked = True

    @rule(days=st.sampled_from((0, 0, 1, 3, 5)))
    def time(self, days: int) -> None:
        self.zone.house.clock.pass_by(days=days, minutes=5)
        self.zone.desk.tidy()

    @rule(ref=requests, what=st.sampled_from(sorted(TAMPERS)))
    def tamper(self, ref: str, what: str) -> None:
        """An administrator changes a row by hand; that is undone again, so that what follows is honest."""
        # What a draft says is in no entry, and decides nothing.
        if self.now(ref).state is not State.DRAFT:
            assert found_and_undone(self.zone, ref, TAMPERS[what]) != set(), what

    @invariant()
    def nothing_is_released_without_two_independent_votes_on_its_bytes(self) -> None:
        """I1, I2, I3, I5, I9."""
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            for request in store.find(tx):
                if request.released_at is None:
                    assert not self.zone.desk.package_of(request.ref).exists()
                    continue
                assert request.state in OUT
                report = store.report_of(tx, request)
                assert report is not None
                verdicts = {file.sha256: file.verdict for file in report.files}
                for file in request.outputs:
                    voters = {
                        vote.checker_ref: vote.comment
                        for vote in store.votes_of(tx, request.ref)
                        if (vote.sha256, vote.round, vote.context_hash, vote.policy_digest, vote.choice)
                        == (file.sha256, request.round, request.context_hash, request.policy_digest, Choice.APPROVE)
                    }
                    assert len(voters.keys() - self._barred(request)) >= 2
                    # I9: what a rule stopped or could not check takes a senior checker who says why.
                    if verdicts[file.sha256] is not Verdict.PASSED:
                        assert voters[self.zone.checkers["senior"].ref].strip()
                if self.zone.desk.package_of(request.ref).exists() and request.packaged:
                    self._package(request)

    @invariant()
    def what_left_was_compared_with_all_that_left_before_it(self) -> None:
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            found = {one.ref: one for one in store.find(tx) if one.released_at is not None}
        before = set[str]()
        for body in self.zone.house.entries():
            if body["action"] == "egress.released":
                request = found[body["object"]["ref"]]
                assert body["detail"]["compared"] == compared(request, before)
                before |= {file.sha256 for file in request.outputs}

    def _barred(self, request: Request) -> set[str]:
        """Whose votes did not count when a request was released: this is asked after every step."""
        away = {who for who, ref in self.recused if ref == request.ref}
        return self.barred.setdefault(request.ref, {self.zone.checkers[who].ref for who in self.tied | away})

    def _package(self, request: Request) -> None:
        """I5: what is in a package are the outputs, as they were voted on; it never changes."""
        directory = self.zone.desk.package_of(request.ref)
        document = (directory / "release.json").read_bytes()
        if self.packed.setdefault(request.ref, document) is document:
            check = verify_package(directory, self.zone.log_key)
            assert check.ok, check.reason
        assert self.packed[request.ref] == document
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (directory / "files").iterdir()}
        assert files == {file.name: file.sha256 for file in request.outputs}
        assert not any(file.sha256.encode() in document for file in request.supporting)

    @invariant()
    def what_is_stored_is_what_was_handed_in(self) -> None:
        """I4: every stored file has the name of its bytes; what an open request needs is there, what went is not."""
        if not hasattr(self, "zone"):
            return
        files = {path.name: path for path in (self.home / "vault" / "files").iterdir()}
        for name, path in files.items():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == name
        with self.zone.house.db.read() as tx:
            for request in store.find(tx):
                if request.state not in FINAL:
                    assert {file.sha256 for file in request.files} <= set(files)
                    assert beside(tx, [request])[request.ref].purged_at is None

    @invariant()
    def the_blind_see_nothing_of_each_other_and_the_author_nobody(self) -> None:
        """I6."""
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            found = store.find(tx)
            votes = {request.ref: store.votes_of(tx, request.ref) for request in found}
        for request in found:
            view = self.zone.desk.view(self.zone.author, request.ref)
            assert not view.reviews
            assert {message.by_ref for message in view.messages} <= {None, self.zone.author.ref}
            assert all(message.visibility is Visibility.ALL for message in view.messages)
            if request.state not in OPEN_REVIEW:
                continue
            assert not [
                one for one in view.messages if one.kind == REMARK and one.round == request.round and not one.by_ref
            ]
            for who in ("hana", "sora", "senior"):
                person = self.zone.checkers[who]
                if any((vote.checker_ref, vote.round) == (person.ref, request.round) for vote in votes[request.ref]):
                    continue
                seen = self.attempt(self.zone.desk.view, person, request.ref)
                if seen is not None:
                    assert not seen.reviews
                    said = [one for one in seen.messages if one.kind == REMARK and one.round == request.round]
                    assert {one.by_role for one in said if one.by_ref != person.ref} <= {"researcher"}
                    assert seen.request.version == 0

    @invariant()
    def nothing_that_was_said_is_ever_gone(self) -> None:
        """I7, and I13: one ballot of one checker in one round and revision."""
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            for name in ADDED_ONLY:
                count = tx.scalar(select(func.count()).select_from(tables.metadata.tables[name])) or 0
                assert count >= self.rows.get(name, 0), name
                self.rows[name] = count
            row = tables.vote.c
            ballots = (row.request_ref, row.round, row.checker_ref, row.sha256, row.revision)
            assert not tx.execute(select(*ballots).group_by(*ballots).having(func.count() > 1)).all()

    @invariant()
    def every_state_follows_from_the_log(self) -> None:
        """I8: each move has exactly one event, in the order in which they happened."""
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            found = {request.ref: request for request in store.find(tx)}
            votes = tx.execute(select(tables.vote.c.request_ref, tables.vote.c.event_id)).all()
            purged = set(tx.execute(select(tables.purged.c.request_ref)).scalars())
        state: dict[str, State] = {}
        entries = self.zone.house.entries()
        events = {move.event for move in MOVES}
        for body in entries:
            ref, action = body["object"]["ref"], body["action"]
            if action == "egress.drafted":
                state[ref] = State.DRAFT
            elif ref in state and action in events:
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
        assert purged == {body["object"]["ref"] for body in entries if body["action"] == "egress.purged"}
        assert "changed,later" not in json.dumps(entries, default=str)

    @invariant()
    def what_nobody_touched_is_as_recorded(self) -> None:
        if hasattr(self, "zone"):
            for one in self.zone.desk.compare_with_log():
                assert one.holds, (one.ref, one.differences)

    @invariant()
    def nothing_leaves_once_its_ground_is_gone(self) -> None:
        """I10."""
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            left = {request.ref for request in store.find(tx) if request.released_at is not None}
        assert not self.revoked or left == self.left
        self.left = left

    @invariant()
    def nothing_lies_idle_for_ever(self) -> None:
        if not hasattr(self, "zone"):
            return
        with self.zone.house.db.read() as tx:
            for request in store.find(tx):
                if request.state in CAN_LIE_IDLE and request.warned_at is not None:
                    assert request.warned_at >= (request.idle_since or request.changed_at)


class OnPostgresql(EgressMachine):
    """The same where many processes write."""


SETTINGS = settings(max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))


def test_random_use_never_breaks_an_invariant() -> None:
    run_state_machine_as_test(EgressMachine, settings=SETTINGS)


def test_random_use_never_breaks_an_invariant_where_many_processes_write(postgresql_socket: str) -> None:
    OnPostgresql.server = postgresql_socket
    run_state_machine_as_test(OnPostgresql, settings=settings(SETTINGS, max_examples=3))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_much_random_use_never_breaks_an_invariant() -> None:
    run_state_machine_as_test(EgressMachine, settings=settings(SETTINGS, max_examples=60, stateful_step_count=50))
