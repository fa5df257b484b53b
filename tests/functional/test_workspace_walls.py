"""What a researcher's own code can reach from inside a workspace: attacked from a real kernel in a real zone."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from hub_config.story.kernel import Workspace
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import StoryFailed, Visitor

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

HOSPITAL, CITY = "gibleed-study", "floating-pop"

PROBE = """
import json, os, socket, pathlib
def tries(host, port, family=socket.AF_INET):
    s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(2)
    try:
        s.connect((host, port)); return "open"
    except OSError as error:
        return type(error).__name__
    finally:
        s.close()
def resolves(name):
    try:
        return socket.getaddrinfo(name, 80) and "answered"
    except OSError as error:
        return type(error).__name__
def writes(path):
    try:
        pathlib.Path(path).write_text("x"); return "written"
    except OSError as error:
        return type(error).__name__
found = {
    "interfaces": sorted(os.listdir("/sys/class/net")),
    "ports": {str(p): tries("127.0.0.1", p) for p in PORTS},
    "outside": tries("198.51.100.7", 80),
    "link_local": tries("169.254.169.254", 80),
    "ipv6": tries("2001:db8::1", 80, socket.AF_INET6),
    "dns": resolves("example.test"),
    "docker": os.path.exists("/var/run/docker.sock"),
    "environment": sorted(os.environ),
    "uid": os.getuid(),
    "root_file": writes("/etc/x"),
    "data": writes("/data/gibleed/x"),
    "zone": writes("/zone/x"),
    "home": writes(os.path.expanduser("~/x")),
    "outbox": writes("/outbox/x.txt"),
    "tmp": writes("/tmp/x"),
    "capabilities": [l.split()[1] for l in open("/proc/self/status") if l.startswith(("CapBnd", "CapEff"))],
    "no_new_privileges": [l.split()[1] for l in open("/proc/self/status") if l.startswith("NoNewPrivs")],
    "datasets": sorted(os.listdir("/data")),
    "cookies": [p for p in os.environ if "TOKEN" in p or "COOKIE" in p or p.startswith("JUPYTERHUB")],
}
print(json.dumps(found))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def researcher(zone: Any) -> AsyncIterator[Visitor]:
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account("minji"))
        yield visitor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hospital(researcher: Visitor) -> Workspace:
    return await start_workspace(researcher, "minji", HOSPITAL)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(researcher: Visitor) -> Workspace:
    return await start_workspace(researcher, "minji", CITY)


async def in_kernel(workspace: Workspace, code: str) -> str:
    return (await workspace.run("probe.ipynb", [code]))[0].text


async def test_code_in_a_workspace_reaches_nothing_by_network(zone: Any, hospital: Workspace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as control:
        port = control.getsockname()[1]
        # Positive control: from outside the wall, every one of these ports is open.
        ports = [zone.settings.zone.port, zone.settings.hub.port, port]
        for open_port in ports:
            socket.create_connection(("127.0.0.1", open_port), timeout=5).close()
        found = json.loads(await in_kernel(hospital, f"PORTS = {ports}\n{PROBE}"))
    assert found["interfaces"] == ["lo"]
    assert set(found["ports"].values()) == {"ConnectionRefusedError"}
    assert found["outside"] == found["link_local"] == found["ipv6"] == "OSError"
    assert found["dns"] == "gaierror"


async def test_a_workspace_holds_no_token_and_no_privilege(hospital: Workspace) -> None:
    found = json.loads(await in_kernel(hospital, f"PORTS = []\n{PROBE}"))
    assert found["cookies"] == []
    assert found["docker"] is False
    assert found["uid"] >= 1000
    assert set(found["capabilities"]) == {"0000000000000000"}
    assert found["no_new_privileges"] == ["1"]


async def test_only_home_outbox_and_tmp_can_be_written(hospital: Workspace) -> None:
    found = json.loads(await in_kernel(hospital, f"PORTS = []\n{PROBE}"))
    assert (found["home"], found["outbox"], found["tmp"]) == ("written", "written", "written")
    assert found["root_file"] == found["zone"] == "OSError"
    assert found["data"] in ("OSError", "PermissionError")


async def test_two_projects_of_one_person_share_nothing(hospital: Workspace, city: Workspace) -> None:
    await in_kernel(
        hospital,
        "open('/outbox/secret.txt','w').write('x'); open('/home/researcher/secret.txt','w').write('x')",
    )
    seen = await in_kernel(
        city,
        "import os\nprint([sorted(os.listdir(p)) for p in ('/outbox', '/home/researcher', '/data')])",
    )
    assert "secret.txt" not in seen
    assert "gibleed" not in seen
    assert "floating-population" in seen
    uids = {await in_kernel(w, "import os\nprint(os.getuid())") for w in (hospital, city)}
    assert len(uids) == 2


async def test_another_person_cannot_reach_the_workspace(zone: Any, hospital: Workspace) -> None:
    async with Visitor(zone.settings) as other:
        await other.sign_in(*zone.account("haneul"))
        page = await other.open(f"{zone.settings.origin('work')}/user/minji/{HOSPITAL}/lab")
        assert page.status in (403, 404)


async def test_a_stranger_is_sent_to_sign_in(zone: Any, hospital: Workspace) -> None:
    async with Visitor(zone.settings) as stranger:
        page = await stranger.open(f"{zone.settings.origin('work')}/user/minji/{HOSPITAL}/api/contents")
        assert page.status in (200, 401, 403)
        assert b"outbox" not in page.body


@pytest.mark.parametrize(
    "path",
    [
        "files/x.csv",
        "%66iles/x.csv",
        "%2566iles/x.csv",
        "view/x.csv",
        "nbconvert/html/x.ipynb?download=true",
        "api/contents/x.csv?format=base64&content=1",
        "api/terminals",
        "terminals/websocket/1",
        "lab/../files/x.csv",
        "lab/%2e%2e/files/x.csv",
        "api/not-listed",
        "lsp/ws/x",
    ],
)
async def test_routes_out_of_the_workspace_are_refused_in_every_spelling(
    researcher: Visitor, hospital: Workspace, path: str
) -> None:
    await hospital.enter()
    answer = await researcher.raw("GET", f"{hospital.origin}/user/minji/{HOSPITAL}/{path}")
    assert answer in (403, 404, 400)


async def test_a_cell_is_in_the_log_before_it_runs_and_its_code_is_not(zone: Any, hospital: Workspace) -> None:
    marker = "a_marker_nobody_else_writes = 40 + 2"
    await in_kernel(hospital, marker)
    result = zone.ansim("audit", "search", "--action", "cell.sent", "--limit", "5", "--json")
    assert "cell.sent" in result.stdout
    assert "a_marker_nobody_else_writes" not in result.stdout


async def test_no_cell_runs_when_the_log_cannot_be_written(zone: Any, researcher: Visitor, hospital: Workspace) -> None:
    import os
    import signal

    from hub_config.supervisor import read_state

    pid = read_state(zone.home)["children"]["audit"]
    os.kill(pid, signal.SIGSTOP)
    restart = threading.Timer(20, os.kill, (pid, signal.SIGCONT))
    restart.start()
    try:
        with pytest.raises((StoryFailed, TimeoutError)):
            await in_kernel(hospital, "open('/outbox/ran.txt','w').write('x')")
    finally:
        restart.cancel()
        os.kill(pid, signal.SIGCONT)
    assert "ran.txt" not in await in_kernel(hospital, "import os\nprint(os.listdir('/outbox'))")
