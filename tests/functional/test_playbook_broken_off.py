"""An installation that is killed in the middle, again and again, ends as one that was not: the playbook is run again.

Alone: `pytest -m long tests/functional/test_playbook_broken_off.py`. Each kill is that of a whole play with everything
it had started, as when the machine loses power or somebody's connection ends.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.functional.bare_server import Server, bare_server
from tests.functional.test_server_installation import GIVEN, UNITS, changed
from tests.last_figures import keep_figures

pytestmark = [pytest.mark.long, pytest.mark.engine, pytest.mark.timeout(5400)]

#: The tasks at which a play is killed, one play after another: what they leave half done, or not told to anybody.
KILLED_AT = (
    ("baseline : Install what every server has", 3.0),
    ("postgresql : Say who may connect as whom", 0.5),
    ("docker : Harden the engine", 0.5),
    ("zone : Unpack it", 0.7),
    ("zone : Make its environment of locked packages", 8.0),
    ("zone : Load them", 4.0),
    ("zone : Bring the database up to date", 1.0),
    ("zone : Start the zone, now and with the machine", 0.5),
    ("tls : Make the certificate", 0.1),
)
#: What a service reads when it starts: none may have started before what it reads was written.
READ_AT_START = (
    ("postgresql@*", "/etc/postgresql"),
    ("docker", "/etc/docker"),
    ("nginx", "/etc/nginx/conf.d"),
    ("ansim-portal", "/var/lib/ansim/ansim.yaml"),
)
LOG = PurePosixPath("/root/broken-off.log")
COMMAND = "ANSIM_KEEP_FIGURES=1 .venv/bin/pytest -m long tests/functional/test_playbook_broken_off.py"
TASK_SECONDS = 1800


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with bare_server("12") as made:
        yield made


def play_and_kill(server: Server, task: str, seconds: float) -> bool:
    """Play until a task begins and some seconds more, then kill all of it; say whether the task was reached."""
    given = json.dumps({"ansim_bundle": "/opt/bundle", "ansim_bundle_key": server.key, **GIVEN})
    play = 'exec ansible-playbook -i /root/ansible/inventories/one-host /root/ansible/site.yml -e "$GIVEN"'
    command = ["docker", "exec", "-e", f"GIVEN={given}", "-e", "ANSIBLE_CONFIG=/root/ansible/ansible.cfg"]
    command += ["-e", "ANSIBLE_NOCOLOR=1", server.name, "systemd-run", "--quiet", "--scope", "--unit=broken-off"]
    with subprocess.Popen([*command, "sh", "-c", f"{play} >{LOG} 2>&1"]) as running:
        deadline = time.monotonic() + TASK_SECONDS
        begun = f"TASK [{task}]"
        while running.poll() is None and begun not in server.do("cat", str(LOG), check=False).stdout:
            assert time.monotonic() < deadline, task
            time.sleep(0.3)
        time.sleep(seconds)
        reached = running.poll() is None
        server.do("systemctl", "kill", "--signal=KILL", "broken-off.scope", check=False)
        running.kill()
    server.do("systemctl", "reset-failed", check=False)
    server.do("rm", "-f", str(LOG))
    return reached


def test_an_installation_that_was_killed_at_many_places_ends_well(server: Server) -> None:
    reached = [task for task, seconds in KILLED_AT if play_and_kill(server, task, seconds)]
    assert len(reached) >= len(KILLED_AT) - 2, f"too few kills met their task: {reached}"
    began = time.monotonic()
    last = changed(server.play("site.yml", given=GIVEN))
    minutes = round((time.monotonic() - began) / 60, 1)
    again = changed(server.play("site.yml", given=GIVEN))
    assert again == 0, "one play more would still change something"
    # Nine plays have done most of it by then: how long a first play takes, test_server_installation.py keeps.
    figures = {"killed_at": len(reached), "rest_changed": last, "again_changed": again, "rest_minutes": minutes}
    keep_figures("installation-broken-off", COMMAND, figures)


def test_every_process_answers_and_the_log_verifies(server: Server) -> None:
    status = json.loads(server.do("ansim", "status", "--json").stdout)
    assert {row["name"]: row["answers"] for row in status["processes"]} == dict.fromkeys(UNITS[:-1], True)
    server.do("ansim", "audit", "verify")


@pytest.mark.parametrize(("service", "place"), READ_AT_START)
def test_nothing_runs_with_settings_from_before_a_kill(server: Server, service: str, place: str) -> None:
    """A play that is killed forgets whom it wanted to restart; the next one has to remember it."""
    started = server.do("systemctl", "show", "-P", "ExecMainStartTimestamp", "--timestamp=unix", service).stdout
    newest = server.do("sh", "-c", f"find {place} -type f -printf '%T@\\n' | sort -n | tail -1").stdout
    reload = server.do("systemctl", "show", "-P", "StateChangeTimestamp", "--timestamp=unix", service).stdout
    latest = max(float(one.strip().removeprefix("@")) for one in (started, reload) if one.strip())
    assert float(newest) <= latest + 1, f"{service} has not read what lies in {place}"


def test_no_half_of_anything_is_left(server: Server) -> None:
    assert server.do("sh", "-c", "dpkg --audit").stdout == ""
    assert server.do("sh", "-c", "ls -d /opt/ansim/*.new 2>/dev/null || true").stdout == ""
    assert server.do("test", "-e", "/etc/ansim/play-under-way", check=False).returncode != 0
