"""An engine that maps users, as the playbook sets one up: root in a container is nobody on the server, workspaces keep
their numbers, and nothing else of a zone notices. The same engine without the mapping (`--userns host`) is the control.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub_config.home import make_home
from hub_config.processes import REPOSITORY
from hub_config.settings import HubSettings, ZoneSettings
from registry.access import FIRST_UID
from tests.functional.conftest import run_ansim, zone_port
from tests.functional.own_engine import OwnEngine, own_engine
from tests.functional.test_faults_engine import IMAGES
from tests.functional.test_gvisor import ARGUMENTS
from tests.functional.test_gvisor import runsc as runsc
from tests.rights import as_root

pytestmark = [pytest.mark.long, pytest.mark.engine, as_root]

OWNER = "games"
"""Any user that every machine has: the engine asks for one to whom the numbers belong."""
SCANNER = IMAGES[-1]


def numbers() -> list[str]:
    """Return the lines of the playbook for subuid(5) and subgid(5)."""
    tasks = (REPOSITORY / "ansible" / "roles" / "docker" / "tasks" / "users.yml").read_text(encoding="utf-8")
    return re.findall(r'"(dockremap:\d+:\d+)"', tasks)


ROOT = int(numbers()[0].split(":")[1])


@dataclass(frozen=True, slots=True)
class Mapped:
    """A demo zone on an engine of its own that maps users."""

    home: Path
    engine: OwnEngine

    def run(self, place: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a line of shell as root in a container that has a directory of the server at `/seen`."""
        command = ["docker", "--host", self.engine.host, "run", "--rm", "--network", "none", "--user", "0:0", *options]
        command += ["--volume", f"{place}:/seen", "--entrypoint", "sh", SCANNER, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def mapped(runsc: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapped]:
    """The engine sees files of its own at /etc/subuid and /etc/subgid; those of the machine stay as they are."""
    etc = tmp_path_factory.mktemp("etc")
    for name in ("subuid", "subgid"):
        (etc / name).write_text("".join(f"{line}\n".replace("dockremap", OWNER) for line in numbers()))
    mounts = " && ".join(f"mount --bind {etc / name} /etc/{name}" for name in ("subuid", "subgid"))
    before = ("unshare", "--mount", "--propagation", "slave", "sh", "-c", f'{mounts} && exec "$@"', "engine")
    home, port = tmp_path_factory.mktemp("mapped-zone").resolve(), int(zone_port())
    make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
    runtimes = {"runsc": {"path": runsc, "runtimeArgs": list(ARGUMENTS)}}
    options: dict[str, Any] = {"userns-remap": OWNER, "runtimes": runtimes}
    with own_engine(before=before, **options) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", engine.host)
        for image in IMAGES:
            engine.take(image)
        try:
            yield Mapped(home, engine)
        finally:
            run_ansim(home, "down", check=False)


def test_root_in_a_container_is_nobody_on_the_server(mapped: Mapped, tmp_path: Path) -> None:
    place, secret = tmp_path / "open", tmp_path / "open" / "secret"
    place.mkdir()
    place.chmod(0o777)
    secret.write_text("of root")
    secret.chmod(0o600)
    attack = "touch /seen/{name}; cat /seen/secret; chown 0:0 /seen/secret && chmod 4755 /seen/secret"
    refused = mapped.run(place, attack.format(name="mapped"))
    assert refused.returncode != 0
    assert "of root" not in refused.stdout
    assert (place / "mapped").stat().st_uid == (place / "mapped").stat().st_gid == ROOT
    assert secret.stat().st_mode & 0o7777 == 0o600
    # The control: what the same container does on the same engine where users are not mapped.
    done = mapped.run(place, attack.format(name="plain"), "--userns", "host")
    assert (done.returncode, done.stdout) == (0, "of root"), done.stderr
    assert (place / "plain").stat().st_uid == 0
    assert secret.stat().st_mode & 0o7777 == 0o4755


def test_a_cell_runs_and_the_first_release_is_made_there(mapped: Mapped) -> None:
    told = run_ansim(mapped.home, "up", "--demo").stdout
    found = run_ansim(mapped.home, "audit", "search", "--action", "egress.released", "--json").stdout
    assert "egress.released" in found, told[-2000:]


def test_the_doctor_says_that_root_is_nobody_and_workspaces_keep_their_numbers(mapped: Mapped) -> None:
    assert mapped.engine.process is not None
    there = ["nsenter", "--target", str(mapped.engine.process.pid), "--mount", sys.executable, "-m", "hub_config.cli"]
    environment = {**os.environ, "ANSIM_HOME": str(mapped.home), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([*there, "doctor", "--json"], env=environment, capture_output=True, text=True, check=False)
    row = next(row for row in json.loads(done.stdout) if row["check"] == "users of containers")
    assert row["ok"]
    assert str(ROOT) in row["reason"]


def test_homes_and_outboxes_belong_to_the_number_of_their_workspace(mapped: Mapped) -> None:
    owners = {
        entry.lstat().st_uid
        for place in (mapped.home / "workspaces").glob("ws_*")
        for name in ("home", "outbox")
        for entry in (place / name, *(place / name).rglob("*"))
    }
    assert owners
    assert all(FIRST_UID <= owner < ROOT for owner in owners), owners


@pytest.mark.parametrize("runtime", ["runc", "runsc"])
def test_every_wall_stands_there_and_the_probe_sees_the_mapping(mapped: Mapped, runtime: str) -> None:
    done = run_ansim(mapped.home, "probe", "--runtime", runtime, "--json", check=False)
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    found = {one["probe"]: one for one in report["findings"]}
    assert [one for one in report["findings"] if one["verdict"] == "broken"] == []
    assert (done.returncode, report["runtime"]) == (0, runtime)
    assert found["host.userns"]["verdict"] == "held"
    assert (str(ROOT) if runtime == "runc" else "nobody") in found["host.userns"]["seen"]
