"""Packages in a real workspace of a real zone: an allowed one installs and runs, another says where to ask."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from hub_config.story.kernel import Workspace
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import Visitor
from tests.integration.packages.wheel_maker import lock_of, make_wheel

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

PROJECT = "gibleed-study"
ALLOWED, NEEDED, OTHER = "seven-lanterns", "quiet-harbour", "deep-well"
NOTEBOOK = "packages.ipynb"
INSTALL = """
import subprocess, sys
done = subprocess.run([sys.executable, "-m", "pip", "install", NAME], capture_output=True, text=True)
print(done.returncode, done.stdout, done.stderr)
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workspace(zone: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workspace]:
    folder = tmp_path_factory.mktemp("carried")
    made = [make_wheel(folder, ALLOWED, requires=[NEEDED, "pandas>=2"]), make_wheel(folder, NEEDED)]
    made.append(make_wheel(folder, OTHER))
    (folder / "requirements.lock").write_text(lock_of(made))
    zone.ansim("packages", "add", "--from", str(folder))
    if not any(one["package"] == ALLOWED for one in allowed(zone)):
        zone.ansim("packages", "allow", PROJECT, ALLOWED)
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account("minji"))
        yield await start_workspace(visitor, "minji", PROJECT)


def allowed(zone: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(zone.ansim("packages", "list", "--project", PROJECT, "--json").stdout)[
        "packages"
    ]
    return found


async def install(workspace: Workspace, name: str) -> str:
    return (await workspace.run(NOTEBOOK, [f"NAME = {name!r}\n{INSTALL}"]))[0].text


async def test_an_allowed_package_installs_and_can_be_imported_by_a_fresh_kernel(workspace: Workspace) -> None:
    said = await install(workspace, ALLOWED)
    assert said.startswith("0 "), said
    code = "import seven_lanterns, quiet_harbour, pandas\nprint(seven_lanterns.VERSION, pandas.__file__)"
    assert (await workspace.run(NOTEBOOK, [code]))[0].text.startswith("1.0 /opt/venv/")


async def test_what_is_installed_cannot_take_the_place_of_what_the_image_holds(workspace: Workspace) -> None:
    code = (
        "import pathlib, site, subprocess, sys\n"
        "place = pathlib.Path(site.getusersitepackages()); place.mkdir(parents=True, exist_ok=True)\n"
        "(place / 'tornado.py').write_text('raise SystemExit(9)')\n"
        "print(subprocess.run([sys.executable, '-c', 'import tornado; print(tornado.__file__)'],"
        " capture_output=True, text=True).stdout)\n"
        "(place / 'tornado.py').unlink()"
    )
    assert (await workspace.run(NOTEBOOK, [code]))[0].text.startswith("/opt/venv/")


async def test_another_package_says_where_to_ask(workspace: Workspace) -> None:
    said = await install(workspace, OTHER)
    assert not said.startswith("0 "), said
    assert "ansim_client.ask_for_package('deep-well'" in said


async def test_the_researcher_asks_an_operator_allows_and_it_installs(zone: Any, workspace: Workspace) -> None:
    code = f"import ansim_client\nprint(ansim_client.ask_for_package({OTHER!r}, why='table 3').document['requests'][0])"
    assert "'asked'" in (await workspace.run(NOTEBOOK, [code]))[0].text
    waiting = json.loads(zone.ansim("packages", "requests", "--json").stdout)["requests"]
    (request,) = [one for one in waiting if one["package"] == OTHER]
    assert request["why"] == "table 3"
    zone.ansim("packages", "approve", request["ref"])
    assert (await install(workspace, OTHER)).startswith("0 ")
    zone.ansim("packages", "revoke", request["ref"])


async def test_nothing_leads_further_than_the_mirror(workspace: Workspace) -> None:
    code = (
        "import subprocess, sys\n"
        "for index in ('https://pypi.org/simple/', 'http://127.0.0.1:8890/legacy/', 'http://127.0.0.1:8890/'):\n"
        "    done = subprocess.run([sys.executable, '-m', 'pip', 'download', '--index-url', index, '--retries', '0',"
        " '--timeout', '3', '--dest', '/tmp/x', 'deep-well'], capture_output=True, text=True)\n"
        "    print(done.returncode)"
    )
    assert (await workspace.run(NOTEBOOK, [code]))[0].text.split() == ["1", "1", "1"]


async def test_what_a_workspace_took_is_on_record_with_its_hash(zone: Any, workspace: Workspace) -> None:
    await install(workspace, ALLOWED)
    text = zone.ansim("audit", "search", "--action", "package.taken", "--json").stdout
    shelf = {one["package"]: one["sha256"] for one in allowed(zone)}
    assert shelf[ALLOWED] in text
    assert shelf[NEEDED] in text
