"""RFC 3161 stamps over checkpoints: daily, after each release, tried again until they come, and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from audit.errors import MalformedToken, NotTrusted
from audit.timestamps.stamping import TimestampRounds, stamps
from audit.timestamps.tokens import Trust, check, decode, obtain, stamped_bytes
from tests.integration.audit.audit_attesting import Clock, Terminal, a_witness
from tests.integration.audit.audit_tsa import Authority, an_authority, serving_tsa
from tests.integration.audit.audit_world import World, a_request_event


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return an_authority(tmp_path_factory.mktemp("tsa") / "one")


@pytest.fixture(scope="module")
def url(authority: Authority) -> Iterator[str]:
    with serving_tsa(authority) as address:
        yield address


@pytest.fixture
def rounds(usual_world: World, authority: Authority, url: str) -> TimestampRounds:
    usual_world.fill(3)
    usual_world.log.checkpoint()
    return TimestampRounds(usual_world.log, url, Trust.load(authority.root), timedelta(hours=12), Clock())


def clock_of(rounds: TimestampRounds) -> Clock:
    assert isinstance(rounds.clock, Clock)
    return rounds.clock


def sizes(world: World) -> list[int]:
    with world.db.read() as tx:
        return [stamp.size for stamp in stamps(tx)]


def reasons(world: World, action: str) -> list[str | None]:
    world.log.settle()
    with world.db.read() as tx:
        rows = tx.execute(text("SELECT body FROM audit_entry WHERE action = :a"), {"a": action})
        return [json.loads(bytes(row.body)).get("reason") for row in rows]


def test_a_checkpoint_is_stamped_once_a_day(usual_world: World, rounds: TimestampRounds) -> None:
    rounds.run()
    for hours in (1, 22, 2, 1, 25):
        clock_of(rounds).pass_by(hours=hours)
        usual_world.fill(1)
        usual_world.log.checkpoint()
        rounds.run()
    assert sizes(usual_world) == [3, 6, 8]


def test_a_quiet_log_is_not_stamped_again(usual_world: World, rounds: TimestampRounds) -> None:
    for _ in range(3):
        rounds.run()
        clock_of(rounds).pass_by(days=2)
    assert sizes(usual_world) == [3]


def test_a_release_is_stamped_as_soon_as_it_is_signed(usual_world: World, rounds: TimestampRounds) -> None:
    rounds.run()
    usual_world.log.record(a_request_event("egress.released"))
    rounds.run()
    assert sizes(usual_world) == [3]
    usual_world.log.checkpoint()
    rounds.run()
    assert sizes(usual_world) == [3, 4]


def test_a_token_says_when_and_is_over_the_signed_checkpoint(
    usual_world: World, rounds: TimestampRounds, authority: Authority, tmp_path: Path
) -> None:
    rounds.run()
    with usual_world.db.read() as tx:
        [stamp] = stamps(tx)
    trust = Trust.load(authority.root)
    at = check(stamp.token, stamped_bytes(stamp.note), trust)
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=10)
    # Cosignatures that come later do not change what was stamped; another signature of the log would.
    line = a_witness(usual_world, tmp_path / "w")._signers[0].line(stamp.note.partition("\n\n")[0] + "\n", 7)
    assert stamped_bytes(stamp.note + line) == stamped_bytes(stamp.note)
    for other in (stamp.note.replace("\n3\n", "\n4\n"), stamp.note.rsplit("\n", 2)[0] + "\n"):
        with pytest.raises(NotTrusted):
            check(stamp.token, stamped_bytes(other), trust)


def test_a_token_of_another_authority_is_not_trusted(rounds: TimestampRounds, tmp_path: Path, url: str) -> None:
    other = an_authority(tmp_path / "other")
    stranger = TimestampRounds(rounds.log, url, Trust.load(other.root), rounds.patience, rounds.clock)
    assert not stranger.stamp()
    assert sizes_of(rounds) == []


def sizes_of(rounds: TimestampRounds) -> list[int]:
    with rounds.log.db.read() as tx:
        return [stamp.size for stamp in stamps(tx)]


def test_an_old_answer_is_not_taken_for_a_new_one(rounds: TimestampRounds, authority: Authority) -> None:
    trust, kept = Trust.load(authority.root), []

    def replaying(_url: str, request: bytes) -> bytes:
        kept.append(authority.answer(request))
        return kept[0]

    with rounds.log.db.read() as tx:
        note = tx.scalar(text("SELECT note FROM audit_checkpoint"))
    assert obtain("", str(note), trust, replaying)
    with pytest.raises(NotTrusted):
        obtain("", str(note), trust, replaying)


def test_without_a_network_it_is_tried_again_and_shown(usual_world: World, rounds: TimestampRounds, url: str) -> None:
    clock, trust = clock_of(rounds), rounds.trust
    dead = TimestampRounds(rounds.log, "http://127.0.0.1:9/tsa", trust, rounds.patience, clock)
    terminal = Terminal(usual_world, timestamps=dead)
    for hours in (0, 1, 12, 1):
        clock.pass_by(hours=hours)
        dead.run()
        assert terminal.run("timestamp", "status") == 1
        assert "unreachable" in terminal.lines[0]
    assert reasons(usual_world, "log.timestamp_failed") == ["unreachable"]
    assert sizes(usual_world) == []
    rounds.run()
    assert sizes(usual_world) == [3]


def test_an_authority_that_answers_again_is_recorded(usual_world: World, rounds: TimestampRounds, url: str) -> None:
    silent = [True]

    def fetch(address: str, request: bytes) -> bytes:
        return b"" if silent[0] else rounds.fetch(address, request)

    duty = TimestampRounds(rounds.log, url, rounds.trust, timedelta(), rounds.clock, fetch)
    duty.run()
    assert reasons(usual_world, "log.timestamp_failed") == ["answer_malformed"]
    silent[0] = False
    duty.run()
    assert sizes(usual_world) == []
    clock_of(rounds).pass_by(minutes=6)
    duty.run()
    assert sizes(usual_world) == [3]
    assert reasons(usual_world, "log.timestamp_resumed") == [None]


def test_the_command_stamps_shows_and_verifies(
    usual_world: World, rounds: TimestampRounds, authority: Authority, tmp_path: Path
) -> None:
    terminal = Terminal(usual_world, timestamps=rounds)
    usual_world.fill(2)
    assert terminal.run("timestamp", "now") == 0
    assert terminal.run("timestamp", "status") == 0
    assert "size 5 of 5" in terminal.lines[0]
    assert terminal.run("timestamp", "verify", "--certificates", authority.root) == 0
    stranger = an_authority(tmp_path / "other")
    assert terminal.run("timestamp", "verify", "--certificates", stranger.root) == 12
    usual_world.tamper("UPDATE audit_timestamp SET token = substr(token, 1, 40)")
    assert terminal.run("timestamp", "verify", "--json") == 10
    assert not json.loads(terminal.lines[0])["stamps"][0]["holds"]
    assert Terminal(usual_world).run("timestamp", "status") == 1


def test_a_stamp_cannot_be_moved_to_a_rewritten_checkpoint(usual_world: World, rounds: TimestampRounds) -> None:
    rounds.run()
    usual_world.tamper("UPDATE audit_checkpoint SET note = replace(note, :a, :b)", a="\n3\n", b="\n2\n")
    assert Terminal(usual_world, timestamps=rounds).run("timestamp", "verify") == 12


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(data=st.data())
def test_damaged_tokens_are_malformed_or_do_not_hold(authority: Authority, data: st.DataObject) -> None:
    trust = Trust.load(authority.root)
    token = bytearray(genuine(authority, trust))
    for _ in range(data.draw(st.integers(1, 4))):
        token[data.draw(st.integers(0, len(token) - 1))] = data.draw(st.integers(0, 255))
    with_tail = bytes(token)[: data.draw(st.integers(0, len(token)))]
    for damaged in (bytes(token), with_tail):
        if damaged != genuine(authority, trust):
            try:
                check(damaged, stamped_bytes(NOTE), trust)
            except (MalformedToken, NotTrusted):
                continue
            # A token has bytes that say nothing, such as unsigned status texts; its time is not among them.
            assert decode(damaged).tst_info.gen_time == decode(genuine(authority, trust)).tst_info.gen_time


NOTE = "zone.example/audit\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— zone.example/audit AAAAAAAA\n"
_GENUINE: dict[Path, bytes] = {}


def genuine(authority: Authority, trust: Trust) -> bytes:
    """Return one token over `NOTE`, the same in every example."""
    if authority.directory not in _GENUINE:
        token, _ = obtain("", NOTE, trust, lambda _url, request: authority.answer(request))
        _GENUINE[authority.directory] = token
    return _GENUINE[authority.directory]
