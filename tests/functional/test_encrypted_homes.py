"""A workspace in an encrypted home, from its first start in a browser to the destruction of its key."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub_config.home import make_home
from hub_config.home_helper.mounts import mounted
from hub_config.homes import ZoneHomes
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings, load_settings
from hub_config.story.steps import start_workspace, stop_workspace
from hub_config.story.visitor import Visitor
from hub_config.supervisor import read_state
from hub_config.zone import open_zone
from tests.functional.conftest import RunningZone, run_ansim, zone_port
from tests.patience import PATIENCE
from tests.rights import as_mounter

pytestmark = [pytest.mark.engine, pytest.mark.long, as_mounter]

PROJECT, OTHER, HANDLE = "gibleed-study", "floating-pop", "minji"
CANARY = "canary-of-minji-5c1e77"
WRITE = f"""
import os
open('/home/researcher/{CANARY}.txt', 'w').write({CANARY!r} * 500)
open('/outbox/table.csv', 'w').write('drug,patients\\ncelecoxib,212\\n')
full = os.statvfs('/home/researcher')
print(full.f_blocks * full.f_frsize)
try:
    with open('/home/researcher/big', 'wb') as file:
        os.posix_fallocate(file.fileno(), 0, 3 * 1024**3)
    print('done')
except OSError as error:
    print(error.strerror)
os.path.exists('/home/researcher/big') and os.unlink('/home/researcher/big')
"""


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZone]:
    """A demo zone of its own whose settings ask for encrypted homes of 2 GiB."""
    home = tmp_path_factory.mktemp("encrypted").resolve()
    port = int(zone_port())
    make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
    text = (home / FILE_NAME).read_text(encoding="utf-8")
    text = text.replace("homes: plain", "homes: encrypted").replace("home_gib: 20", "home_gib: 2")
    (home / FILE_NAME).write_text(text, encoding="utf-8")
    try:
        run_ansim(home, "up", "--demo", "--no-story")
        accounts: list[dict[str, Any]] = json.loads((home / "demo-accounts.json").read_text())
        yield RunningZone(home, load_settings(home), {a["handle"]: a for a in accounts})
    finally:
        run_ansim(home, "down", check=False)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningZone]:
    """A demo zone of its own whose homes are plain, as every zone's are until somebody switches it on."""
    home = tmp_path_factory.mktemp("plain").resolve()
    try:
        run_ansim(home, "up", "--demo", "--no-story", "--port", zone_port())
        accounts: list[dict[str, Any]] = json.loads((home / "demo-accounts.json").read_text())
        yield RunningZone(home, load_settings(home), {a["handle"]: a for a in accounts})
    finally:
        run_ansim(home, "down", check=False)


def until(held: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 6 * PATIENCE
    while not held():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def contains(image: Path, words: str) -> bool:
    return subprocess.run(["grep", "-q", words, image], check=False).returncode == 0


def test_the_life_of_an_encrypted_home(encrypted: RunningZone) -> None:
    home, zone = encrypted.home, open_zone(encrypted.home, "cli")
    homes = ZoneHomes(encrypted.settings)
    asyncio.run(written_and_stopped(encrypted))
    person = zone.registry.person(HANDLE)
    ref = zone.registry.workspace(person.ref, PROJECT).ref
    place, image = home / "workspaces" / ref, home / "homes" / "images" / f"{ref}.img"

    # Stopped: shut, and the raw image shows neither content nor name.
    assert homes.client().status(ref).state == "closed"
    assert not [point for point in mounted() if ref in point]
    assert list((place / "home").iterdir()) == []
    assert not contains(image, CANARY)

    # The portal looks into the outbox of a workspace that does not run; nobody else gets at it.
    names = [file.name for file in zone.desk.list_outbox(zone.registry.workspace(person.ref, PROJECT))]
    assert names == ["table.csv"]
    assert (place / "home" / f"{CANARY}.txt").read_text() == CANARY * 500

    # The helper dies; the next start is as if nothing had happened.
    os.kill(read_state(home)["children"]["homes"], 9)
    asyncio.run(read_again(encrypted))

    # The doctor and the probe say so.
    rows = {row["check"]: row for row in json.loads(encrypted.ansim("doctor", "--json", check=False).stdout)}
    assert rows["homes of workspaces"]["ok"], rows["homes of workspaces"]
    report = json.loads(encrypted.ansim("probe", "--json", check=False).stdout)
    found = {f["probe"]: f for f in report["findings"]}
    assert report["counts"]["broken"] == 0, report["counts"]
    for name in ("limit.disk", "file.mount_options", "file.other_shared"):
        assert found[name]["verdict"] == "held", found[name]

    # The end of the project is the end of the key, announced and recorded.
    encrypted.ansim("registry", "project", "close", PROJECT)
    until(lambda: not homes.client().status(ref).exists, "the home was not destroyed")
    assert not image.exists()
    assert list((place / "home").iterdir()) == []
    said = encrypted.ansim("audit", "search", "--object", ref, "--limit", "50", "--json").stdout
    for action in ("workspace.home_made", "workspace.home_destroyed"):
        assert said.count(action) >= 2, action


async def written_and_stopped(zone: RunningZone) -> None:
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account(HANDLE))
        workspace = await start_workspace(visitor, HANDLE, PROJECT)
        size, *said = (await workspace.run("home.ipynb", [WRITE]))[0].text.split("\n")
        assert 1.8 * 1024**3 < int(size) <= 2 * 1024**3
        assert "No space left on device" in said  # the notebook's own history may say so too
        other = await start_workspace(visitor, HANDLE, OTHER)
        seen = await other.run(
            "home.ipynb", ["import os; print(os.listdir('/home/researcher'), os.listdir('/outbox'))"]
        )
        assert CANARY not in seen[0].text
        assert "table.csv" not in seen[0].text
        for project in (PROJECT, OTHER):
            await stop_workspace(visitor, project)


async def read_again(zone: RunningZone) -> None:
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account(HANDLE))
        workspace = await start_workspace(visitor, HANDLE, PROJECT)
        cell = f"print(len(open('/home/researcher/{CANARY}.txt').read()))"
        assert (await workspace.run("home.ipynb", [cell]))[0].text.strip() == str(len(CANARY) * 500)
        await stop_workspace(visitor, PROJECT)


def test_a_live_zone_is_switched_over_and_its_plain_homes_are_moved_while_it_runs(plain: RunningZone) -> None:
    home, zone = plain.home, open_zone(plain.home, "cli")
    asyncio.run(worked_in(plain, f"open('{CANARY}.txt', 'w').write({CANARY!r} * 500)"))
    ref = zone.registry.workspace(zone.registry.person(HANDLE).ref, PROJECT).ref
    place = home / "workspaces" / ref
    assert plain.ansim("homes", "encrypt", "--all", check=False).returncode == 2, "the settings say plain"

    plain.ansim("down")
    text = (home / FILE_NAME).read_text(encoding="utf-8")
    text = text.replace("homes: plain", "homes: encrypted").replace("home_gib: 20", "home_gib: 1")
    (home / FILE_NAME).write_text(text, encoding="utf-8")
    plain.ansim("up", "--demo", "--no-story")
    assert (place / "home" / f"{CANARY}.txt").exists(), "a home of before stays as it is"

    asyncio.run(moved_under_somebody(plain, ref))
    moved = json.loads(plain.ansim("homes", "encrypt", "--workspace", ref, "--json").stdout)
    assert moved["not_moved"] == {}
    assert [one["workspace"] for one in moved["moved"]] == [ref]
    assert list((place / "home").iterdir()) == []
    assert not contains(home / "homes" / "images" / f"{ref}.img", CANARY)
    assert sorted(path.name for path in place.iterdir()) == ["empty", "home", "inbox", "outbox", "run"]

    seen = asyncio.run(
        worked_in(plain, f"import os; print(len(open('{CANARY}.txt').read()), os.statvfs('.').f_blocks)")
    )
    size, blocks = map(int, seen.split())
    assert size == len(CANARY) * 500
    assert blocks * 4096 <= 1024**3
    assert plain.ansim("homes", "encrypt", "--all").returncode == 0, "nothing is left to move"
    said = plain.ansim("audit", "search", "--object", ref, "--limit", "50", "--json").stdout
    for action in ("workspace.home_made", "workspace.home_encrypted", "workspace.plain_home_destroyed"):
        assert said.count(action) >= 2, action
    assert plain.ansim("audit", "verify").returncode == 0


async def worked_in(zone: RunningZone, code: str) -> str:
    """Run a cell in the home of the workspace, which is stopped afterwards."""
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account(HANDLE))
        workspace = await start_workspace(visitor, HANDLE, PROJECT)
        said = (await workspace.run("home.ipynb", [code]))[0].text
        await stop_workspace(visitor, PROJECT)
        return said


async def moved_under_somebody(zone: RunningZone, ref: str) -> None:
    """Try to move the home of a workspace that runs, and what its project shares: both stay, and the work goes on."""
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account(HANDLE))
        workspace = await start_workspace(visitor, HANDLE, PROJECT)
        tried = await asyncio.to_thread(zone.ansim, "homes", "encrypt", "--all", "--json", check=False)
        assert tried.returncode == 1
        held = json.loads(tried.stdout)["not_moved"]
        assert {one for one in held if not one.startswith("sh_")} == {ref}
        assert len(held) == 2
        cell = f"print(len(open('{CANARY}.txt').read()))"
        assert (await workspace.run("home.ipynb", [cell]))[0].text.strip() == str(len(CANARY) * 500)
        await stop_workspace(visitor, PROJECT)
