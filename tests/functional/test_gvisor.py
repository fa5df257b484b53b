"""A project whose workspaces have a kernel of their own, gVisor's: the first release is made there, and no wall is
missing. The other runtime is what every other test here runs on.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import httpx2 as httpx
import pytest

from hub_config.demo.people import RESEARCHER
from hub_config.home import make_home
from hub_config.probe.processor import judged_share, spent
from hub_config.probe.table import BY_SERVER, ENDS_GVISOR, OWN_KERNEL, PROBES
from hub_config.processes import REPOSITORY
from hub_config.runtimes import GVISOR
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, load_settings
from hub_config.zone import open_zone
from tests.functional.conftest import RunningZone, accounts_of, run_ansim, zone_port
from tests.functional.own_engine import OwnEngine, own_engine
from tests.functional.test_faults_engine import IMAGES
from tests.patience import PATIENCE
from tests.rights import as_root

pytestmark = [pytest.mark.long, pytest.mark.engine, as_root]

PROJECT, OTHER = "gibleed-study", "floating-pop"
STORY = "tests/functional/test_first_release.py"
#: As docs/how-to/run-the-probe.md says it.
ARGUMENTS = ("--network=none", "--platform=ptrace", "--fsgofer-host-uds")
BUSY = "while True: pass"


@pytest.fixture(scope="module")
def runsc(tmp_path_factory: pytest.TempPathFactory) -> str:
    """gVisor's program: the machine's, or that of the distribution's package, unpacked."""
    found = shutil.which("runsc")
    if found:
        return found
    place = tmp_path_factory.mktemp("gvisor")
    subprocess.run(["apt-get", "download", "runsc"], cwd=place, capture_output=True, check=False)
    archives = sorted(place.glob("*.deb"))
    if not archives:
        pytest.fail("gVisor is missing: apt-get install -y --no-install-recommends runsc")
    subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(place)], check=True)
    return str(place / "usr" / "bin" / "runsc")


@pytest.fixture(scope="module")
def own(runsc: str) -> Iterator[OwnEngine]:
    """An engine of its own that knows gVisor, with the images of the zone."""
    runtimes = {GVISOR: {"path": runsc, "runtimeArgs": list(ARGUMENTS)}}
    with own_engine(runtimes=runtimes) as engine, pytest.MonkeyPatch.context() as patch:
        for image in IMAGES:
            engine.take(image)
        patch.setenv("DOCKER_HOST", engine.host)
        yield engine


@pytest.fixture(scope="module")
def zone(own: OwnEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZone]:
    """A zone whose one project with a story runs under gVisor."""
    home, port = tmp_path_factory.mktemp("gvisor-zone").resolve(), int(zone_port())
    make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
    file = home / FILE_NAME
    text = file.read_text(encoding="utf-8")
    assert "gvisor_projects: []" in text
    file.write_text(text.replace("gvisor_projects: []", f"gvisor_projects: [{PROJECT}]"), encoding="utf-8")
    try:
        run_ansim(home, "up", "--demo", "--no-story")
        yield RunningZone(home, load_settings(home), accounts_of(home))
    finally:
        run_ansim(home, "down", check=False)


def starts(zone: RunningZone) -> list[dict[str, Any]]:
    """Return the entries about starts of workspaces, the newest first."""
    said = zone.ansim("audit", "search", "--action", "workspace.start", "--json").stdout
    return [json.loads(line)["body"] for line in said.splitlines()]


def test_the_whole_story_of_the_first_release_is_told_there(zone: RunningZone, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'story'}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told = subprocess.run(
        [*command, STORY],
        cwd=REPOSITORY,
        env={**environment, "ANSIM_TEST_ZONE": str(zone.home)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert told.returncode == 0, told.stdout[-6000:]
    assert " passed" in told.stdout
    assert "skipped" not in told.stdout
    assert {one["detail"]["runtime"] for one in starts(zone)} == {GVISOR}
    with contextlib.closing(docker.from_env()) as engine:
        [running] = engine.containers.list(filters={"label": f"ansim.project={PROJECT}"})
        assert running.attrs["HostConfig"]["Runtime"] == GVISOR


def test_every_wall_stands_there_and_what_the_servers_kernel_was_not_asked_says_so(zone: RunningZone) -> None:
    done = zone.ansim("probe", "--runtime", GVISOR, "--json", check=False)
    report = json.loads(done.stdout)
    found = {one["probe"]: one for one in report["findings"]}
    assert set(found) == {probe.id for probe in PROBES}
    assert [one for one in report["findings"] if one["verdict"] == "broken"] == []
    assert (done.returncode, report["runtime"]) == (0, GVISOR)
    assert found["host.gvisor"]["verdict"] == "held"
    away = {name for name, one in found.items() if one["seen"].startswith("gVisor's kernel answered")}
    assert away <= OWN_KERNEL
    assert {found[name]["verdict"] for name in away} == {"not_applicable"}
    assert all("under gVisor" in found[name]["seen"] for name in ENDS_GVISOR)
    assert "the server's control group" in found[BY_SERVER]["seen"]
    # The search of the memory found what was planted, so it would have found a secret.
    assert "the planted mark only" in found["secret.memory"]["seen"]
    assert report["counts"]["held"] > 100


@pytest.mark.parametrize("limited", [True, False])
def test_a_share_of_the_processors_that_is_not_kept_to_would_be_noticed(own: OwnEngine, *, limited: bool) -> None:
    share: dict[str, Any] = {"cpu_period": 100_000, "cpu_quota": 50_000} if limited else {}
    with contextlib.closing(docker.from_env()) as engine:
        busy = engine.containers.run(
            "ansim/notebook:latest",
            ["-c", BUSY],
            entrypoint="/usr/bin/python3",
            detach=True,
            runtime=GVISOR,
            network_mode="none",
            read_only=True,
            **share,
        )
        try:
            before = spent(engine.api, str(busy.id))
            time.sleep(2)
            held, seen = judged_share(before, spent(engine.api, str(busy.id)), 0.5)
        finally:
            busy.remove(force=True)
    assert held is limited, seen


def test_on_an_engine_that_has_lost_gvisor_the_project_starts_on_no_other_kernel(
    zone: RunningZone, own: OwnEngine
) -> None:
    opened = open_zone(zone.home, "cli")
    address = f"{zone.settings.hub_url()}/hub/api/users/{RESEARCHER}/servers"
    with httpx.Client(headers={"Authorization": f"token {opened.keys.hub_token('portal')}"}, timeout=120) as hub:
        hub.delete(f"{address}/{PROJECT}").raise_for_status()
        wait_until(lambda: not workspaces(PROJECT), "the workspace has ended")
        assert zone.ansim("doctor", check=False).stdout.count(f"gVisor: {PROJECT}") == 1
        own.options = {}
        own.kill()
        own.start()
        told = zone.ansim("doctor", "--json", check=False)
        assert "the engine does not have it (runsc)" in told.stdout
        assert told.returncode == 3
        wait_until(lambda: hub.post(f"{address}/{PROJECT}").status_code == 503, "the start is refused")
        said = starts(zone)[0]
        assert (said["outcome"], said["reason"]) == ("failed", "runtime_missing")
        assert workspaces(PROJECT) == []
        # Positive control: another project, which nobody put under gVisor, starts on this very engine.
        assert hub.post(f"{address}/{OTHER}").status_code in (201, 202)
        wait_until(lambda: bool(workspaces(OTHER)), "the other project's workspace runs")
    opened.db.close()


def workspaces(project: str) -> list[str]:
    """Return the containers of a project, also those that do not run."""
    with contextlib.closing(docker.from_env()) as engine:
        return [
            str(one.name) for one in engine.containers.list(all=True, filters={"label": f"ansim.project={project}"})
        ]


def wait_until(so: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
