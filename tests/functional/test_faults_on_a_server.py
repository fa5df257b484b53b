"""kill -9 of any systemd unit at any moment of the first release in an installed zone: it is made all the same.

Alone: `pytest -m long tests/functional/test_faults_on_a_server.py`. It needs what `test_server_installation.py` needs.
It prints its seed, and `ANSIM_CRASH_SEED` plays one again.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from hub_config.processes import REPOSITORY
from tests.functional.bare_server import Server, bare_server
from tests.functional.test_server_installation import CURRENT, GIVEN, UNITS, WHOLE
from tests.last_figures import keep_figures

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.timeout(5400)]

ROUNDS = int(os.environ.get("ANSIM_CRASH_ROUNDS", "8"))  # half a minute each
SEED = int(os.environ.get("ANSIM_CRASH_SEED") or random.SystemRandom().randrange(1, 1_000_000))
COMMAND = (
    "ANSIM_KEEP_FIGURES=1 ANSIM_CRASH_ROUNDS={rounds} ANSIM_CRASH_SEED={seed}"
    " .venv/bin/pytest -m long tests/functional/test_faults_on_a_server.py"
)
PEOPLE = "/srv/people"  # no name of the zone's: it is no part of it


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bare_server("12") as made:
        made.play("site.yml", given=GIVEN)
        made.do("install", "-d", PEOPLE)
        made.do("install", "-m", "0644", "/etc/ansim/tls/authority.pem", f"{PEOPLE}/authority.pem")
        subprocess.run(["docker", "cp", "-q", str(REPOSITORY / "tests"), f"{made.name}:{PEOPLE}/tests"], check=True)
        made.do("chmod", "-R", "a+rX", PEOPLE)
        yield made


@pytest.fixture
def people(server: Server) -> Iterator[subprocess.Popen[str]]:
    """The people of the zone, who say when they begin a release and when they have it."""
    become = ("setpriv", "--reuid", "ansim", "--regid", "ansim", "--init-groups", "--reset-env", "env")
    given = (
        *(f"SSL_CERT_FILE={PEOPLE}/authority.pem", f"PYTHONPATH={PEOPLE}", "PYTHONDONTWRITEBYTECODE=1"),
        *("DOCKER_HOST=unix:///run/ansim-engine/engine.sock", "ANSIM_HOME=/var/lib/ansim"),
    )
    # The first release is made in quiet: it says how long one takes.
    play = f"cd /var/lib/ansim && exec {CURRENT}/python -m tests.functional.releases_on_a_server {ROUNDS + 1}"
    command = ["docker", "exec", "-i", server.name, *become, *given, "sh", "-c", play]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def heard(people: subprocess.Popen[str], word: str) -> None:
    """Wait for a word of the people; their complaint is on this run's standard error."""
    assert people.stdout is not None
    assert people.stdout.readline().strip() == word


def answer(people: subprocess.Popen[str]) -> None:
    """Let the people go on."""
    assert people.stdin is not None
    people.stdin.write("\n")
    people.stdin.flush()


def kill(server: Server, unit: str) -> bool:
    """End a unit as the kernel does when memory runs out; False if it was just being started again."""
    there = server.do("systemctl", "show", "-P", "MainPID", f"ansim-{unit}").stdout.strip() != "0"
    return there and server.do("systemctl", "kill", "--signal=KILL", f"ansim-{unit}", check=False).returncode == 0


def test_a_release_is_made_whichever_unit_is_killed_and_whenever(
    server: Server, people: subprocess.Popen[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stderr.write(f"\n{COMMAND.format(rounds=ROUNDS, seed=SEED)}\n")
    chance, quiet, seconds, killed = random.Random(SEED), 0.0, [], 0
    for number in range(ROUNDS + 1):
        # Each unit has its turn; chance says when, and which other one falls beside it.
        units = [UNITS[number % len(UNITS)], *chance.sample(UNITS, chance.choice((0, 0, 1)))] if number else []
        moments = sorted((chance.uniform(0, quiet), unit) for unit in units)
        heard(people, "begins")
        began = time.monotonic()
        answer(people)
        try:
            for after, unit in moments:
                time.sleep(max(0.0, began + after - time.monotonic()))
                killed += kill(server, unit)
            heard(people, "made")
            seconds.append(time.monotonic() - began)
            server.do("sh", "-c", WHOLE)
            answer(people)
        except BaseException as error:
            error.add_note(f"seed {SEED}, round {number}: {moments}")
            raise
        quiet = quiet or seconds[0]
    assert killed >= ROUNDS
    assert people.wait(300) == 0, "what was made last is there, and once"
    server.do("ansim", "audit", "verify")
    figures = {"rounds": ROUNDS, "kills": killed, "seed": SEED, "quiet_seconds": round(quiet, 1)}
    disturbed = seconds[1:]
    figures |= {"median_seconds": round(statistics.median(disturbed), 1), "worst_seconds": round(max(disturbed), 1)}
    keep_figures("crash-loop-units", COMMAND.format(rounds=ROUNDS, seed=SEED), figures)
