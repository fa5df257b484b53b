"""One run of the probe: every way of attacking in turn, each giving what its probes saw."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import aiohttp
import docker.errors

from hub_config.keys import ZoneKeys
from hub_config.probe import kit, memory
from hub_config.probe.browser import answers, cells, paths, policies, smuggling
from hub_config.probe.browser.door import ATTACKS, Door, NotShown
from hub_config.probe.host.base import Server
from hub_config.probe.host.looks import LOOKS
from hub_config.probe.model import Finding, Verdict, judged
from hub_config.probe.processor import judged_share, spent
from hub_config.probe.range import NEIGHBOUR, PROJECT, Range
from hub_config.probe.record import open_record
from hub_config.probe.table import BY_ID, BY_SERVER, ENDS_GVISOR, INSIDE, OWN_KERNEL, PROBES
from hub_config.runtimes import GVISOR
from hub_config.shared_space import FOLDER
from hub_config.story.kernel import execute
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.workspace_container import (
    WorkspaceContainer,
    container_name,
    covered_paths,
    create_arguments,
    host_arguments,
)

BROWSER_MODULES = (paths, smuggling, answers, cells, policies)  # importing them fills ATTACKS
LAST = "gate.budget"  # after it the workspace shows nothing any more
ATTACK_SECONDS = 90
INSIDE_SECONDS = 600
LONGEST_SEEN = 300
LONGEST_LIST = 4000  # of what names packages
Told = Callable[[Finding], None]


@dataclass(slots=True)
class Run:
    """A run under way; `told` hears of each finding as it comes."""

    range: Range
    keys: ZoneKeys
    told: Told
    findings: list[Finding]

    def find(self, probe: str, held: bool | Verdict | None, seen: str) -> None:
        """Note what a probe saw; a verdict stands as it is."""
        finding = Finding(probe, held, seen) if isinstance(held, Verdict) else judged(BY_ID[probe], held, seen)
        self.findings.append(finding)
        self.told(finding)


async def attack_all(place: Range, keys: ZoneKeys, told: Told) -> tuple[Finding, ...]:
    """Bring the workspaces up, attack them in every way, and return the findings in the order of the table."""
    run = Run(place, keys, told, [])
    own = place.container(place.permit(PROJECT))
    place.own, place.running = own.workspace, place.running_of(own)
    await make_home(place, own)
    neighbour = await start_neighbour(place)
    await place.runner().bring_up(place.running, own, lambda _: None)
    leave_mark(place, own, place.own_canary)
    async with Visitor(place.settings) as visitor:
        door = Door(place, visitor, open_record(place.home))
        try:
            await door.enter()
            await attack_inside(run, door, own, neighbour)
            await attack_door(run, door)
            look_at_server(run)
            await attack_one(run, door, LAST)
        finally:
            door.record.db.close()
    order = {probe.id: n for n, probe in enumerate(PROBES)}
    return tuple(sorted(run.findings, key=lambda f: order[f.probe]))


async def start_neighbour(place: Range) -> int:
    """Start another project's workspace, whose files hold the mark, and return its process on the server."""
    permit = place.permit(NEIGHBOUR)
    container = place.container(permit)
    place.neighbour = container.workspace
    await make_home(place, container)
    await place.runner().open_at_gate(place.running_of(container), container)
    (place.home / "workspaces" / container.workspace / "home" / "mark.txt").write_text(place.canary, encoding="ascii")
    leave_mark(place, container, place.canary)
    return await asyncio.to_thread(start_asleep, place, container)


def leave_mark(place: Range, container: WorkspaceContainer, mark: str) -> None:
    """Leave a mark in the space that a project shares, if it shares one."""
    if container.shared is not None:
        file = place.home / "workspaces" / container.shared.ref / FOLDER / "mark.txt"
        file.write_text(mark, encoding="ascii")
        file.chmod(0o660)


async def make_home(place: Range, container: WorkspaceContainer) -> None:
    """Make an encrypted home, and an encrypted space, where a researcher would have one."""
    if place.settings.workspace.homes == "encrypted" and container.shared is not None:
        await asyncio.to_thread(place.homes.client().make, container.shared.ref, place.homes.gib(container.shared.ref))
    if await asyncio.to_thread(place.homes.wanted, container.workspace, container.uid):
        await asyncio.to_thread(place.homes.client().make, container.workspace, place.settings.workspace.home_gib)


def start_asleep(place: Range, container: WorkspaceContainer) -> int:
    """Start a container that does nothing, with everything else as it is, and return its process."""
    api = place.engine.api
    host = {**api.create_host_config(**host_arguments(container)), **covered_paths()}
    arguments = {**create_arguments(container), "entrypoint": ["sleep"], "command": ["3600"]}
    made = api.create_container(host_config=host, **arguments)
    api.start(made["Id"])
    return int(api.inspect_container(made["Id"])["State"]["Pid"])


async def attack_inside(run: Run, door: Door, own: WorkspaceContainer, neighbour: int) -> None:
    """Run the attacks inside as one cell, and search the memory of what it leaves running."""
    planted = secrets.token_hex(24)
    names = [name for name in INSIDE if run.range.runtime != GVISOR or name not in ENDS_GVISOR]
    for name in set(INSIDE) - set(names):
        run.find(
            name, None, "not tried: under gVisor going over the limit ends the whole workspace, and the probe with it"
        )
    foreign = [neighbour, run.range.bait.process.pid, run.range.children["gate"].pid]
    _, socket = await door.workspace().open_kernel("probe.ipynb")
    try:
        async with asyncio.timeout(INSIDE_SECONDS):
            before = await asyncio.to_thread(spent, run.range.engine.api, own.name)
            await execute(socket, f"planted = bytes.fromhex('{planted.encode().hex()}')")
            facts = run.range.facts(own, foreign)
            await asyncio.to_thread(search_memory, run, door.cookie, planted)
            result = await execute(socket, kit.cell(names, facts))
            after = await asyncio.to_thread(spent, run.range.engine.api, own.name)
        answers = kit.read_answer(result.text)
    except (TimeoutError, ValueError, StoryFailed) as error:
        answers = {}
        for name in names:
            run.find(name, False, f"the attacks gave no answer: {error}"[:300])
    finally:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await socket.close()
    for name, answer in answers.items():
        held, seen = answer["held"], answer["seen"]
        if run.range.runtime == GVISOR:
            if name == BY_SERVER:
                held, seen = judged_share(before, after, own.limits.cpus)
            elif held is False and name in OWN_KERNEL:
                held, seen = None, f"gVisor's kernel answered, not the server's: {seen}"[:300]
        run.find(name, held, seen)


def search_memory(run: Run, cookie: str, planted: str) -> None:
    """Search the memory of every process of the workspace for what must not be there, and for what must."""
    container = run.range.engine.containers.get(f"ansim-{run.range.own}")
    pids = memory.processes_below(int(container.attrs["State"]["Pid"]))
    keys = run.keys
    needles = {f"token {name}": token.encode() for name, token in keys.hub_tokens.items()}
    needles |= {"registry": keys.registry_secret, "registry hex": keys.registry_secret.hex().encode()}
    needles["gate token"] = run.range.gate_token.encode()
    for name, answer in memory.judged(pids, needles, cookie=cookie.encode(), planted=planted.encode()).items():
        run.find(name, *answer)


async def attack_door(run: Run, door: Door, names: Iterable[str] | None = None) -> None:
    """Attack from the browser's side."""
    for name in names or [probe.id for probe in PROBES if probe.way == "browser" and probe.id != LAST]:
        await attack_one(run, door, name)


async def attack_one(run: Run, door: Door, name: str) -> None:
    """Make one attack; one that breaks off has shown nothing, and what shows nothing is no proof."""
    try:
        async with asyncio.timeout(ATTACK_SECONDS):
            held, seen = await ATTACKS[name](door)
    except NotShown as trouble:
        run.find(name, Verdict.NOT_COMPUTED, str(trouble))
        return
    except Exception as error:  # an attack may meet anything; it is told, and the next one is made
        held, seen = False, f"the probe failed: {type(error).__name__}: {error}"
    run.find(name, held, seen[:300])


def look_at_server(run: Run) -> None:
    """Read the server's configuration."""
    server = server_of(run.range)
    for name, look in LOOKS.items():
        try:
            held, seen = look(server)
        except Exception as error:  # see `attack_one`
            held, seen = False, f"the probe failed: {type(error).__name__}: {error}"
        run.find(name, held, seen[: LONGEST_LIST if BY_ID[name].data else LONGEST_SEEN])


def server_of(place: Range) -> Server:
    """Return what the looks are given."""
    api = place.engine.api
    zones = [place.label, place.label.removeprefix("probe-"), *([place.real.zone] if place.real else [])]
    ids = {
        c["Id"] for zone in zones for c in api.containers(filters={"label": [f"ansim.zone={zone}", "ansim.workspace"]})
    }
    containers = tuple(api.inspect_container(one) for one in sorted(ids))
    ours = f"/{container_name(place.neighbour)}"
    return Server(
        settings=place.zone_settings,
        info=api.info(),
        containers=containers,
        image=place.engine.images.get(place.image).attrs,
        image_id=place.image,
        gate_pids=tuple(place.gate_pids()),
        images={one: called(place, one) for one in {c["Image"] for c in containers}},
        limits=tuple(limit for c in containers if c["Name"] == ours for limit in c["HostConfig"].get("Ulimits") or ()),
        real=place.real,
    )


def called(place: Range, image: str) -> str:
    """Return which of the zone's images the label of an image calls it, nothing if it has none or is gone."""
    try:
        labels = place.engine.images.get(image).labels
    except docker.errors.NotFound:
        return ""
    return str(labels.get("ansim.image", ""))
