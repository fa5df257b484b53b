"""The witness's part of the playbook on a bare Debian server: it cosigns a zone's log, and nobody talks it back.

Alone: `pytest -m long tests/functional/test_witness_server.py`. The zone is one of this machine; what it asks the
witness is carried there, as the server has no network.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.note import Verifier, parse_vkey
from audit.witness.asking import compose_request
from audit.witness.protocol import CONFLICT, UNPROCESSABLE, cosignature_lines
from hub_config.zone import Zone, open_zone
from tests.functional.bare_server import Server, bare_server
from tests.functional.test_server_installation import changed
from tests.integration.house.house_people import make_zone
from tests.integration.hub_config.test_backup import note

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.timeout(5400)]

UNIT = "ansim-witness"
INVENTORY = "/root/witness/hosts.yml"
GIVEN: dict[str, Any] = {"ansim_real_kernel": False}
OWN: dict[str, Any] = {
    "ansim_witness_name": "audit-office.example.org/ansim",
    "ansim_witness_address": "127.0.0.1",
    "ansim_witness_clients": ["192.0.2.10"],
    "ansim_witness_trusted_keys": "/root/witness/trusted-keys",
}
#: Hands a request over as a zone does: prints the status and what is answered.
ASK = """
import sys, urllib.error, urllib.request
call = urllib.request.Request("http://127.0.0.1:8610/add-checkpoint", data=sys.argv[1].encode(), method="POST")
try: answer = urllib.request.urlopen(call, timeout=30)
except urllib.error.HTTPError as refused: answer = refused
print(answer.status, answer.read().decode(), sep="\\n", end="")
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """The witness's server, and the zone whose log it watches."""

    server: Server
    zone: Zone
    before: Path
    """A copy of the zone from before its last entries, as somebody keeps it who wants to go back there."""

    def play(self, *options: str) -> int:
        """Play the whole playbook; return how many tasks changed something."""
        return changed(self.server.play("site.yml", *options, given=GIVEN, inventory=INVENTORY))

    def ask(self, zone: Zone, old: int) -> tuple[int, str, str]:
        """Have the newest checkpoint of a log cosigned from a size on: status, answer, and what was asked."""
        with zone.db.read() as tx:
            _, request = compose_request(tx, old)
        status, _, answer = self.server.do("python3", "-c", ASK, request.text()).stdout.partition("\n")
        return int(status), answer, request.note

    def its_keys(self) -> list[Verifier]:
        said = self.server.do("cat", "/var/lib/ansim-witness/state/witness.vkey").stdout
        return [parse_vkey(line) for line in said.splitlines()]

    def size(self) -> int:
        """The size that the witness stands at, as it says itself."""
        release = self.server.do("systemctl", "show", "-P", "WorkingDirectory", UNIT).stdout.strip()
        as_it = ("setpriv", "--reuid", UNIT, "--regid", UNIT, "--clear-groups")  # what root made it could not write
        words = (*as_it, f"{release}/venv/bin/python", "-m", "audit.witness", "status", "--json")
        state = ("--state", "/var/lib/ansim-witness/state")
        said = json.loads(self.server.do("env", "-C", release, *words, *state, check=False).stdout)
        (log,) = said["logs"]
        return int(log["size"])


def entered(zone: Zone, count: int) -> int:
    """Record so many entries and sign the tree; return its size."""
    for _ in range(count):
        note(zone)
    zone.log.checkpoint()
    with zone.db.read() as tx:
        return zone.log.size(tx)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    place = tmp_path_factory.mktemp("watched")
    home = place / "zone"
    home.mkdir()
    make_zone(home)
    first = open_zone(home, "cli")
    entered(first, 3)
    first.db.close()
    shutil.copytree(home, place / "before")
    with bare_server("12") as server:
        server.write(OWN["ansim_witness_trusted_keys"], (home / "keys" / "trusted-keys").read_text())
        hosts = {"witness": {"hosts": {"witness": OWN}}}
        everybody = {"ansim_domain": "safe.example.org", "ansible_connection": "local"}
        server.write(INVENTORY, yaml.safe_dump({"all": {"vars": everybody, "children": hosts}}))
        zone = open_zone(home, "cli")
        yield Watched(server, zone, place / "before")
        zone.db.close()


# One story: each test goes on where the one before it ended.


def test_a_bare_server_becomes_a_witness_and_says_its_keys(watched: Watched) -> None:
    said = watched.server.play("site.yml", given=GIVEN, inventory=INVENTORY)
    assert changed(said) > 10
    assert [key.name for key in watched.its_keys()] == [OWN["ansim_witness_name"]] * 2
    assert all(key.vkey() in said for key in watched.its_keys())


def test_a_second_run_and_a_look_change_nothing(watched: Watched) -> None:
    assert watched.play() == 0
    assert watched.play("--check") == 0


def test_it_runs_as_a_user_of_its_own_that_may_do_nothing(watched: Watched) -> None:
    do = watched.server.do
    assert do("systemctl", "show", "-P", "User", UNIT).stdout.strip() == "ansim-witness"
    main = do("systemctl", "show", "-P", "MainPID", UNIT).stdout.strip()
    status = dict(
        line.split(":\t", 1) for line in do("cat", f"/proc/{main}/status").stdout.splitlines() if ":\t" in line
    )
    assert (status["CapEff"], status["NoNewPrivs"], status["Seccomp"]) == ("0" * 16, "1", "2")
    assert status["Uid"].split()[0] == do("id", "-u", "ansim-witness").stdout.strip() != "0"
    said = do("systemd-analyze", "security", "--no-pager", f"{UNIT}.service").stdout
    rated = re.search(rf"for {UNIT}\.service: ([0-9.]+)", said)
    assert rated is not None, said[-300:]
    assert float(rated[1]) <= 2.5


def test_nobody_else_reads_its_state_and_it_writes_nowhere_else(watched: Watched) -> None:
    do = watched.server.do
    assert do("stat", "-c", "%a %U", "/var/lib/ansim-witness").stdout.split() == ["700", "ansim-witness"]
    of_it = do(
        "sh", "-c", "find / -xdev -user ansim-witness ! -path '/proc/*' | grep -v ^/var/lib/ansim-witness || true"
    )
    assert of_it.stdout == ""


def test_nothing_of_a_zone_is_on_its_machine(watched: Watched) -> None:
    do = watched.server.do
    release = do("systemctl", "show", "-P", "WorkingDirectory", UNIT).stdout.strip()
    assert set(do("ls", release).stdout.split()) == {"audit", "requirements.lock", "venv", "witness.lock"}
    assert do("getent", "passwd", "ansim", check=False).returncode != 0
    opened = do("nft", "list", "chain", "inet", "ansim", "input").stdout
    assert "ip saddr 192.0.2.10 tcp dport 8610 accept" in opened
    assert "443" not in opened


def test_a_checkpoint_of_the_zone_is_cosigned_under_both_its_keys(watched: Watched) -> None:
    size = entered(watched.zone, 5)
    status, answer, asked = watched.ask(watched.zone, 0)
    assert status == 200
    assert {key for key, _ in cosignature_lines(asked, answer, watched.its_keys())} == set(watched.its_keys())
    assert watched.size() == size


def test_a_zone_that_was_rolled_back_gets_no_signature(watched: Watched) -> None:
    """An old copy of the zone is started in its place: it is behind the witness, and has grown otherwise since."""
    stands = watched.size()
    back = open_zone(watched.before, "cli")
    try:
        with back.db.read() as tx:
            _, request = compose_request(tx, 0)
        older = watched.server.do("python3", "-c", ASK, request.text()).stdout
        assert older == f"{CONFLICT}\n{stands}\n"
        assert entered(back, 20) > stands
        status, answer, _ = watched.ask(back, stands)
        assert status == UNPROCESSABLE
        assert "—" not in answer
    finally:
        back.db.close()
    assert watched.size() == stands


def test_what_it_remembers_outlives_kill_and_start_of_the_machine(watched: Watched) -> None:
    do, stands, keys = watched.server.do, watched.size(), watched.its_keys()
    before = do("systemctl", "show", "-P", "MainPID", UNIT).stdout
    do("systemctl", "kill", "--signal=KILL", UNIT)
    listening = "for i in $(seq 120); do ss -Hltn sport = :8610 | grep -q . && exit 0; sleep 0.5; done; exit 1"
    do("sh", "-c", f"sleep 1; {listening}")
    assert do("systemctl", "show", "-P", "MainPID", UNIT).stdout != before
    do("systemctl", "restart", UNIT)
    do("sh", "-c", listening)
    assert do("systemctl", "is-enabled", UNIT).stdout.strip() == "enabled"
    assert (watched.size(), watched.its_keys()) == (stands, keys)
    size = entered(watched.zone, 4)
    assert watched.ask(watched.zone, 0)[:2] == (CONFLICT, f"{stands}\n")
    status, answer, asked = watched.ask(watched.zone, stands)
    assert (status, watched.size()) == (200, size)
    assert cosignature_lines(asked, answer, keys)


def test_a_play_makes_no_new_witness_of_one_that_remembers(watched: Watched) -> None:
    keys, stands = watched.its_keys(), watched.size()
    assert watched.play() == 0
    assert (watched.its_keys(), watched.size()) == (keys, stands)
