"""A witness never cosigns two inconsistent trees: not when asked at random, at once, or while it is killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from audit.note import open_note
from audit.tree_head import Checkpoint, parse_text
from audit.trusted import TrustedKeys
from audit.witness.deciding import Refusal
from audit.witness.server import ADD_CHECKPOINT, WitnessServer
from audit.witness.service import Cosigned, Witness, origin_hash
from tests.unit.audit.audit_forest import ORIGIN, Branch

REPOSITORY = Path(__file__).resolve().parents[3]


def consistent(heads: set[tuple[int, bytes]], branches: list[Branch]) -> bool:
    """Return whether one history explains every head."""
    return any(
        all(size <= len(branch.leaves) and branch.head(size).root == root for size, root in heads)
        for branch in branches
    )


class Attack(RuleBasedStateMachine):
    """A log that forks, rolls back, replays and lies, against one witness that restarts now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="ansim-witness-"))
        self.cosigned: set[tuple[int, bytes]] = set()
        self.replies: list[bytes] = []

    def teardown(self) -> None:
        shutil.rmtree(self.directory)

    @initialize()
    def begin(self) -> None:
        self.branches = [Branch()]
        self.branches[0].grow(4)
        self.witness = Witness.create(self.directory, "witness.example/1")
        self.witness.trust(TrustedKeys.of(self.branches[0].signer.verifier))

    @rule(which=st.integers(0, 9), count=st.integers(1, 9))
    def grow(self, which: int, count: int) -> None:
        branch = self.branches[which % len(self.branches)]
        branch.grow(count, bytes([which % len(self.branches)]))

    @rule(which=st.integers(0, 9), back=st.integers(1, 9), count=st.integers(0, 9))
    def fork(self, which: int, back: int, count: int) -> None:
        """Begin another history some entries before the end of one."""
        branch = self.branches[which % len(self.branches)]
        other = branch.fork(max(len(branch.leaves) - back, 0))
        other.grow(count, len(self.branches).to_bytes(2, "big"))
        self.branches.append(other)

    @rule(which=st.integers(0, 9), back=st.integers(0, 3))
    def ask(self, which: int, back: int) -> None:
        """Ask from the size that the witness knows, as a log does that knows it too."""
        branch = self.branches[which % len(self.branches)]
        size = max(len(branch.leaves) - back, 0)
        known = self.witness.known(ORIGIN)
        self.send(branch.request(min(known.head.size if known else 0, size), size).text().encode())

    @rule(which=st.integers(0, 9), old=st.integers(0, 40), back=st.integers(0, 3))
    def lie_about_the_old_size(self, which: int, old: int, back: int) -> None:
        branch = self.branches[which % len(self.branches)]
        size = max(len(branch.leaves) - back, 0)
        self.send(branch.request(min(old, size), size).text().encode())

    @rule(which=st.integers(0, 99))
    def replay(self, which: int) -> None:
        if self.replies:
            self.send(self.replies[which % len(self.replies)])

    @rule(which=st.integers(0, 9), proof_of=st.integers(0, 9), size=st.integers(1, 60))
    def lend_a_proof(self, which: int, proof_of: int, size: int) -> None:
        """Send the head of one history with the proof of another."""
        branch, other = (self.branches[n % len(self.branches)] for n in (which, proof_of))
        size = min(size, len(branch.leaves), len(other.leaves))
        known = self.witness.known(ORIGIN)
        old = min(known.head.size if known else 0, size)
        text = other.request(old, size).text().partition("\n\n")[0] + "\n\n" + branch.note(size)
        self.send(text.encode())

    @rule()
    def restart(self) -> None:
        self.witness = Witness(self.directory)

    def send(self, data: bytes) -> None:
        said = self.witness.add_checkpoint(data)
        self.replies.append(data)
        if isinstance(said, Cosigned):
            head = parse_text(open_note(said.note, self.witness.verifiers))
            self.cosigned.add((head.size, head.root))

    @invariant()
    def everything_cosigned_is_one_history(self) -> None:
        assert consistent(self.cosigned, getattr(self, "branches", [Branch()]))

    @invariant()
    def nothing_cosigned_is_larger_than_what_is_remembered(self) -> None:
        if self.cosigned:
            known = self.witness.known(ORIGIN)
            assert known is not None
            assert known.head.size == max(size for size, _ in self.cosigned)


TestAttack = Attack.TestCase
TestAttack.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness.create(tmp_path / "witness", "witness.example/1")


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    server = WitnessServer(("127.0.0.1", 0), witness)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_of_many_forks_sent_at_once_one_is_cosigned(witness: Witness) -> None:
    trunk = Branch()
    trunk.grow(5)
    witness.trust(TrustedKeys.of(trunk.signer.verifier))
    witness.add_checkpoint(trunk.request(0, 5).text().encode())
    forks = [trunk.fork(5) for _ in range(24)]
    for number, fork in enumerate(forks):
        fork.grow(1 + number % 4, bytes([number]))
    with serving(witness) as url, ThreadPoolExecutor(12) as pool:
        asked = [fork.request(5, len(fork.leaves)).text().encode() for fork in forks]
        answers = list(pool.map(lambda data: httpx.post(url + ADD_CHECKPOINT, content=data, timeout=60), asked))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == 1
    assert set(statuses) == {200, 409}


def test_many_processes_may_share_one_memory(witness: Witness) -> None:
    trunk = Branch()
    trunk.grow(3)
    witness.trust(TrustedKeys.of(trunk.signer.verifier))
    others = [Witness(witness.directory) for _ in range(4)]
    forks = [trunk.fork(2) for _ in range(16)]
    for number, fork in enumerate(forks):
        fork.grow(3, bytes([number]))
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: others[n % 4].add_checkpoint(forks[n].request(0, 5).text().encode()), range(16)))
    assert sum(isinstance(answer, Cosigned) for answer in said) == 1


def test_an_answer_over_http_is_that_of_the_protocol(witness: Witness) -> None:
    trunk = Branch()
    trunk.grow(9)
    witness.trust(TrustedKeys.of(trunk.signer.verifier))
    with serving(witness) as url, httpx.Client(base_url=url, timeout=60) as client:
        monitor = f"/{origin_hash(ORIGIN)}/checkpoint"
        assert client.get(monitor).status_code == 404
        first = client.post(ADD_CHECKPOINT, content=trunk.request(0, 5).text().encode())
        assert first.status_code == 200
        assert all(line.startswith("— witness.example/1 ") for line in first.text.splitlines())
        behind = client.post(ADD_CHECKPOINT, content=trunk.request(0, 9).text().encode())
        assert (behind.status_code, behind.headers["content-type"], behind.text) == (409, "text/x.tlog.size", "5\n")
        shown = client.get(monitor)
        assert shown.text == trunk.note(5) + first.text
        assert client.post("/elsewhere", content=b"old 0\n").status_code == 404
        assert client.post(ADD_CHECKPOINT, content=b"x" * 200_000).status_code == 400
        assert client.post(ADD_CHECKPOINT, content=iter([b"old 0\n"])).status_code == 400
        assert client.put(ADD_CHECKPOINT, content=b"").status_code == 501


def test_the_memory_refuses_to_go_back_whoever_writes_it(witness: Witness) -> None:
    trunk = Branch()
    trunk.grow(9)
    witness.trust(TrustedKeys.of(trunk.signer.verifier))
    witness.add_checkpoint(trunk.request(0, 9).text().encode())
    for statement in ("UPDATE head SET size = 3", "UPDATE head SET root = 'x'", "DELETE FROM head"):
        with closing(sqlite3.connect(witness.directory / "witness.db")) as db, pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)


SERVER = """
import sys, threading
from pathlib import Path
from audit.witness.server import WitnessServer
from audit.witness.service import Witness
server = WitnessServer(("127.0.0.1", 0), Witness(Path(sys.argv[1])))
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def test_a_witness_killed_at_any_moment_forgets_nothing_it_signed(witness: Witness) -> None:
    trunk = Branch()
    trunk.grow(4000)
    witness.trust(TrustedKeys.of(trunk.signer.verifier))
    seen: list[Checkpoint] = []
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(witness.directory)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )
        assert child.stdout is not None
        url = f"http://127.0.0.1:{int(child.stdout.readline())}"
        ask_until_killed(url, child.pid, trunk, seen)
        child.wait()
        child.stdout.close()
        known = witness.known(ORIGIN)
        assert known is not None
        # What was answered is remembered; what is remembered may not have been answered.
        assert not seen or known.head.size >= seen[-1].size
        assert known.head.root == trunk.head(known.head.size).root
    fork = trunk.fork(seen[-1].size - 1)
    fork.grow(9, b"x")
    known = witness.known(ORIGIN)
    assert known is not None
    said = witness.add_checkpoint(fork.request(known.head.size, len(fork.leaves)).text().encode())
    assert isinstance(said, Refusal)


def ask_until_killed(url: str, pid: int, trunk: Branch, seen: list[Checkpoint]) -> None:
    """Grow by a few entries per request; kill the witness during the fifth or so, and note what was cosigned."""
    size, answered = seen[-1].size if seen else 0, 0
    killer = threading.Timer(random.uniform(0.0, 0.05), os.kill, (pid, signal.SIGKILL))
    with httpx.Client(timeout=60) as client:
        while True:
            if answered == 4:
                killer.start()
                answered += 1
            try:
                answer = client.post(url + ADD_CHECKPOINT, content=trunk.request(size, size + 3).text().encode())
            except httpx.HTTPError:
                break
            if answer.status_code == 409:
                size = int(answer.text)
                continue
            assert answer.status_code == 200
            size, answered = size + 3, answered + 1
            seen.append(trunk.head(size))
    killer.join()
