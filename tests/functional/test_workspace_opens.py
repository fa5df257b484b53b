"""What makes a workspace open quickly: files of Lab that are packed and kept, and a kernel that is loaded already."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hub_config.story.kernel import Workspace
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import Visitor
from tests.functional.zone_under_fault import containers, workspace_ref
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

PROJECT, PREFIX = "gibleed-study", "/user/minji/gibleed-study/"
LOOK = """
import json, os, sys, pathlib
print(json.dumps({"cwd": os.getcwd(), "argv": sys.argv[0].rpartition("/")[2], "path": sys.path[0],
    "command": pathlib.Path("/proc/self/cmdline").read_bytes().decode().split("\\0")[2], "pid": os.getpid(),
    "notebook": os.environ.get("JPY_SESSION_NAME"), "parent": os.environ.get("JPY_PARENT_PID") == str(os.getppid()),
    "loaded": sorted({"pandas", "numpy", "matplotlib"} & set(sys.modules))}))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def minji(zone: Any) -> AsyncIterator[Visitor]:
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account("minji"))
        yield visitor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workspace(minji: Visitor) -> Workspace:
    return await start_workspace(minji, "minji", PROJECT)


def spares(zone: Any) -> list[str]:
    """Return the processes of the workspace that wait to become a kernel."""
    from hub_config.zone import open_zone

    opened = open_zone(zone.home, "cli")
    rows = containers(opened)[workspace_ref(opened, "minji", PROJECT)].top()["Processes"]
    return [" ".join(row) for row in rows if "ansim_spare" in " ".join(row)]


async def test_the_next_notebook_gets_a_kernel_that_is_loaded_and_knows_its_place(
    zone: Any, workspace: Workspace
) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(spares, zone):
        assert time.monotonic() < deadline, "no kernel is kept ready"
        await asyncio.sleep(0.5)
    seen = json.loads((await workspace.run("look.ipynb", [LOOK]))[0].text)
    assert seen["command"] == "ansim_spare"  # it was there before the notebook was
    assert seen["cwd"] == "/home/researcher"
    assert seen["argv"] == "ipykernel_launcher.py"
    assert seen["notebook"].endswith("/story")  # the name that was given to the session
    assert seen["parent"]
    assert seen["loaded"] == []  # only what every kernel loads
    other = json.loads((await workspace.run("look.ipynb", [LOOK]))[0].text)
    assert other["pid"] != seen["pid"]


async def test_files_of_lab_come_packed_and_are_kept_for_good(minji: Visitor, workspace: Workspace) -> None:
    base = workspace.origin + PREFIX
    page = (await minji.open(base + "lab")).body.decode()
    found = re.search(r"static/lab/main\.[0-9a-f]+\.js\?v=[0-9a-f]+", page)
    assert found is not None, page[:500]
    packed, headers = await fetched(minji, base + found.group(), "gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "javascript" in headers["Content-Type"]
    plain, headers = await fetched(minji, base + found.group(), "identity")
    assert "Content-Encoding" not in headers
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2
    # The page itself says what its first script will ask for: exactly this, or it would be fetched twice.
    early = re.search(r'<link rel="preload" as="script" href="([^"]+/(jlab_core\.([0-9a-f]+)\.js\?v=\3))">', page)
    assert early is not None, page[:2000]
    _, headers = await fetched(minji, base + "static/lab/" + early.group(2), "gzip")
    assert "javascript" in headers["Content-Type"]
    assert early.group(1) == f"{PREFIX}static/lab/{early.group(2)}"
    _, headers = await fetched(minji, base + "api/contents/", "gzip")
    assert "Content-Encoding" not in headers  # only parts of Lab itself
    assert "immutable" not in headers.get("Cache-Control", "")


async def fetched(visitor: Visitor, address: str, encoding: str) -> tuple[bytes, Any]:
    """Return a file as it comes over the wire, with its header."""
    headers = {"Accept-Encoding": encoding}
    session: aiohttp.ClientSession = visitor._session
    async with (
        aiohttp.ClientSession(
            connector=session.connector, connector_owner=False, cookie_jar=session.cookie_jar, auto_decompress=False
        ) as raw,
        raw.get(address, headers=headers, allow_redirects=False) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return await answer.read(), answer.headers
