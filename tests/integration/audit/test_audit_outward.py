from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.errors import DeliveryFailed
from audit.outward import cursor
from audit.outward.delivery import Outward
from audit.outward.senders import FileSender, TlsSender
from audit.outward.target import Target
from audit.search import Query, search
from tests.integration.audit.audit_receiver import Authority, Receiver, new_authority, receiver, wait_for
from tests.integration.audit.audit_world import World, an_event

REPOSITORY = Path(__file__).resolve().parents[3]
Ended = tuple[str, int]


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


def tls_target(authority: Authority, state: Receiver, **changes: Any) -> Target:
    return replace(Target(name="siem", host="localhost", port=state.port, ca=str(authority.file)), **changes)


def indexes(lines: list[str]) -> list[int]:
    """The log indexes of OCSF events, bare or in syslog."""
    return [json.loads(line[line.index("{") :])["metadata"]["sequence"] for line in lines]


def recorded(world: World, action: str) -> list[dict[str, Any]]:
    world.log.settle()
    with world.db.read() as tx:
        return [dict(entry.body) for entry in search(tx, Query(action=action, newest_first=False))]


def ended(world: World, target: Target, **options: Any) -> Ended:
    done = Outward(world.log, target, **options).deliver()
    return done.state, done.sent


def test_every_entry_arrives_once_and_in_order(world: World, authority: Authority) -> None:
    world.fill(23)
    with receiver(authority) as state:
        assert ended(world, tls_target(authority, state), batch=10) == ("current", 23)
        world.fill(2)
        assert ended(world, tls_target(authority, state)) == ("current", 2)
    assert indexes(state.messages) == list(range(25))


def test_nothing_is_sent_twice_when_all_is_well(usual_world: World, authority: Authority) -> None:
    usual_world.fill(3)
    with receiver(authority) as state:
        target = tls_target(authority, state)
        ended(usual_world, target)
        assert ended(usual_world, target) == ("current", 0)
        assert state.connections == 1


def test_each_target_has_a_position_of_its_own(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(4)
    for name in ("one", "two"):
        target = Target(name=name, transport="file", path=str(tmp_path / name))
        assert ended(usual_world, target) == ("current", 4)


def test_a_batch_that_breaks_off_is_sent_again_whole(usual_world: World, authority: Authority) -> None:
    usual_world.fill(6)
    with receiver(authority) as state:
        target, clock = tls_target(authority, state), Clock()
        state.reset_after = 3
        assert ended(usual_world, target, clock=clock) == ("failing", 0)
        state.reset_after, clock.ahead = None, timedelta(hours=1)
        # six, and the event that says that the delivery failed
        assert ended(usual_world, target, clock=clock)[0] == "current"
    assert set(indexes(state.messages)) == set(range(usual_world.size()))


def test_a_receiver_that_closes_without_reading_is_sent_the_batch_again(
    usual_world: World, authority: Authority
) -> None:
    usual_world.fill(300)
    with receiver(authority) as state:
        target, clock = tls_target(authority, state), Clock()
        state.close_early = True
        assert ended(usual_world, target, clock=clock) == ("failing", 0)
        state.close_early, clock.ahead = False, timedelta(hours=1)
        assert ended(usual_world, target, clock=clock)[0] == "current"
    assert set(indexes(state.messages)) >= set(range(300))


def test_a_receiver_that_closes_without_a_word_has_read_everything(usual_world: World, authority: Authority) -> None:
    usual_world.fill(40)
    with receiver(authority) as state:
        state.silent_close = True
        assert ended(usual_world, tls_target(authority, state)) == ("current", 40)
    assert indexes(state.messages) == list(range(40))


def test_a_receiver_that_never_confirms_is_sent_the_batch_again(usual_world: World, authority: Authority) -> None:
    usual_world.fill(2)
    with receiver(authority) as state:
        state.mute = True
        target = tls_target(authority, state)
        assert ended(usual_world, target, sender=TlsSender(target, timeout=1.0)) == ("failing", 0)
        state.mute = False
        clock = Clock()
        clock.ahead = timedelta(hours=1)
        assert ended(usual_world, target, clock=clock)[0] == "current"
    assert indexes(state.messages)[:4] == [0, 1, 0, 1]


def test_an_outage_is_recorded_when_it_begins_and_when_it_ends_and_not_in_between(
    world: World, authority: Authority, tmp_path: Path
) -> None:
    world.fill(3)
    clock = Clock()
    target = Target(name="siem", host="localhost", port=1, ca=str(authority.file))
    for _ in range(4):
        assert ended(world, target, clock=clock)[0] == "failing"
        clock.ahead += timedelta(hours=1)
    (failed,) = recorded(world, "log.delivery_failed")
    assert (failed["outcome"], failed["reason"]) == ("failed", "connection_failed")
    assert failed["detail"] == {"target": "siem", "position": 0}
    with receiver(authority) as state:
        assert ended(world, replace(target, port=state.port), clock=clock)[0] == "current"
    (resumed,) = recorded(world, "log.delivery_resumed")
    assert resumed["detail"] == {"target": "siem", "position": 0, "failures": 4}
    assert len(recorded(world, "log.delivery_failed")) == 1


def test_a_second_outage_is_recorded_again(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(1)
    clock, good, bad = Clock(), tmp_path / "out", tmp_path / "none" / "out"
    for path in (bad, good, bad):
        usual_world.fill(1)
        ended(usual_world, Target(name="siem", transport="file", path=str(path)), clock=clock)
        clock.ahead += timedelta(hours=1)
    assert len(recorded(usual_world, "log.delivery_failed")) == 2


def test_the_pause_after_failures_doubles_up_to_five_minutes(usual_world: World) -> None:
    usual_world.fill(1)
    clock, pauses = Clock(), []
    target = Target(name="siem", host="localhost", port=1)
    start = clock()
    clock = Clock()
    frozen: Callable[[], datetime] = lambda: start + clock.ahead  # noqa: E731 - a name for one call, where a function would hide it
    for _ in range(12):
        position = Outward(usual_world.log, target, clock=frozen).deliver().position
        wait = position.next_try()
        assert wait is not None
        pauses.append((wait - frozen()).total_seconds())
        assert ended(usual_world, target, clock=frozen) == ("waiting", 0)
        clock.ahead = wait - start
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]


def test_an_authority_that_is_not_trusted_gets_nothing(
    usual_world: World, authority: Authority, tmp_path: Path
) -> None:
    usual_world.fill(1)
    stranger = new_authority(tmp_path / "stranger", "somebody else")
    with receiver(stranger) as state:
        assert ended(usual_world, tls_target(authority, state))[0] == "failing"
        assert state.messages == []
    assert recorded(usual_world, "log.delivery_failed")[0]["reason"] == "certificate_refused"


def test_a_certificate_of_another_name_gets_nothing(usual_world: World, authority: Authority) -> None:
    usual_world.fill(1)
    with receiver(authority) as state:
        target = tls_target(authority, state, server_name="siem.example")
        assert ended(usual_world, target)[0] == "failing"
        assert state.messages == []
    assert recorded(usual_world, "log.delivery_failed")[0]["reason"] == "certificate_refused"


def test_a_receiver_that_asks_who_we_are_is_shown_our_certificate(usual_world: World, authority: Authority) -> None:
    usual_world.fill(1)
    certificate, key = authority.issue("zone")
    with receiver(authority, demand_client=True) as state:
        clock = Clock()
        target = tls_target(authority, state)
        assert ended(usual_world, target, clock=clock)[0] == "failing"
        clock.ahead = timedelta(hours=1)
        shown = replace(target, certificate=str(certificate), key=str(key))
        assert ended(usual_world, shown, clock=clock)[0] == "current"
        assert set(state.peers) == {"zone"}


def test_two_processes_that_deliver_at_once_lose_nothing(usual_world: World, authority: Authority) -> None:
    usual_world.fill(4)
    with receiver(authority) as state:
        target = tls_target(authority, state)

        class Overtaken(TlsSender):
            def send(self, messages: Any) -> None:
                super().send(messages)
                ended(usual_world, target)

        ended(usual_world, target, sender=Overtaken(target), batch=2)
    with usual_world.db.read() as tx:
        assert cursor.read(tx, "siem").position == 4
    assert set(indexes(state.messages)) == {0, 1, 2, 3}


def test_a_missing_entry_stops_delivery_instead_of_being_skipped(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(6)
    usual_world.tamper("DELETE FROM audit_entry WHERE idx = 3")
    target = Target(name="siem", transport="file", path=str(tmp_path / "out"))
    assert ended(usual_world, target) == ("failing", 3)
    assert recorded(usual_world, "log.delivery_failed")[0]["reason"] == "hole_in_log"


def test_what_was_pruned_before_it_was_sent_is_passed_over(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(6)
    usual_world.tamper("DELETE FROM audit_entry WHERE idx < 4")
    out = tmp_path / "out"
    assert ended(usual_world, Target(name="siem", transport="file", path=str(out)))[0] == "current"
    assert indexes(out.read_text().splitlines()) == [4, 5]


def test_a_changed_entry_goes_out_as_critical(usual_world: World, tmp_path: Path) -> None:
    usual_world.fill(2)
    changed = usual_world.body(1).replace(b'"n":1', b'"n":9')
    usual_world.tamper("UPDATE audit_entry SET body = :body WHERE idx = 1", body=changed)
    out = tmp_path / "out"
    ended(usual_world, Target(name="siem", transport="file", path=str(out)))
    first, second = (json.loads(line) for line in out.read_text().splitlines())
    assert (first["severity"], second["severity"]) == ("Informational", "Critical")


def test_a_file_is_the_owners_alone_and_survives_rotation(usual_world: World, tmp_path: Path) -> None:
    path = tmp_path / "out"
    usual_world.fill(1)
    target = Target(name="siem", transport="file", path=str(path))
    ended(usual_world, target)
    assert path.stat().st_mode & 0o777 == 0o600
    path.rename(tmp_path / "out.1")
    usual_world.fill(1)
    ended(usual_world, target)
    assert indexes(path.read_text().splitlines()) == [1]


@pytest.mark.parametrize("torn", ['{"half": 1', "x" * 200_000])
def test_a_half_written_line_is_cut_off_before_more_is_written(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "out"
    path.write_text("whole\n" + torn, encoding="utf-8")
    FileSender(path).send(["next"])
    assert path.read_text(encoding="utf-8") == "whole\nnext\n"


def test_a_file_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match="file_unwritable"):
        FileSender(tmp_path / "none" / "out").send(["x"])


SENDING = """
import sys
from pathlib import Path
from audit.db import Database
from audit.outward.delivery import Outward
from audit.outward.target import Target
from tests.integration.audit.audit_world import open_world
url, home, port, ca = sys.argv[1:]
world = open_world(Database.open(url), Path(home), url)
target = Target(name="siem", host="localhost", port=int(port), ca=ca)
while True:
    Outward(world.log, target, batch=3).deliver()
"""


def _has(state: Receiver, enough: int, entries: int) -> bool:
    return len(state.messages) >= enough or len(set(indexes(state.messages))) == entries


def killed_again_and_again(world: World, authority: Authority) -> None:
    """Kill a sender until everything arrived, and hold what arrived to the promise."""
    world.fill(90)
    rounds = 0
    with receiver(authority) as state:
        arguments = [world.url, str(world.home), str(state.port), str(authority.file)]
        while len(set(indexes(state.messages))) < 90:
            enough, rounds = len(state.messages) + 25, rounds + 1
            process = subprocess.Popen([sys.executable, "-c", SENDING, *arguments], cwd=REPOSITORY)
            try:
                wait_for(functools.partial(_has, state, enough, 90))
            finally:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
    got = indexes(state.messages)
    assert rounds > 1
    assert set(got) >= set(range(90))
    seen = -1
    for index in got:
        assert index <= seen + 1, "an entry was skipped"
        seen = max(seen, index)
    assert recorded(world, "log.delivery_failed") == []


def test_a_sender_killed_in_the_middle_repeats_and_never_skips(usual_world: World, authority: Authority) -> None:
    killed_again_and_again(usual_world, authority)


@pytest.mark.long
def test_a_sender_killed_in_the_middle_repeats_and_never_skips_on_any_database(
    world: World, authority: Authority
) -> None:
    killed_again_and_again(world, authority)


def test_events_that_are_recorded_while_it_sends_follow(usual_world: World, authority: Authority) -> None:
    usual_world.fill(1)
    with receiver(authority) as state:
        target = tls_target(authority, state)

        class Busy(TlsSender):
            left = 3

            def send(self, messages: Any) -> None:
                if self.left:
                    self.left -= 1
                    usual_world.log.record(an_event())
                super().send(messages)

        assert ended(usual_world, target, sender=Busy(target)) == ("current", 4)
