"""What the policy of a project shuts: each attack shows first that the same thing passes where no policy shuts it."""

from __future__ import annotations

from dataclasses import replace

from hub_config.probe.browser.door import FILE, OK, Answer, Door, attack
from hub_config.story.kernel import CellResult, execute
from hub_config.story.visitor import Visitor
from hub_config.workspace_gate import WorkspaceGate

SHOWN = 50_000  # bytes of one output under the policy
LONG = 4 * SHOWN
DENSE = 2_000  # bytes of encoded text in an hour
CELLS = 6
OUTPUT = f"from IPython.display import display; display({{'image/png': 'iVBORw0KGgo='}}, raw=True); print('x' * {LONG})"
ELSEWHERE = "198.51.100.0/24"  # RFC 5737: nobody's


async def hold_to(door: Door, **access: object) -> None:
    """Have the gate hold the own workspace to a policy, as the hub tells it of a project's; nothing for the widest."""
    assert door.range.running is not None
    told = replace(door.range.running, access=access)
    await WorkspaceGate(door.range.home).open(told.workspace, told.payload())


async def _output(door: Door) -> CellResult:
    socket = await door.visitor.socket(await door.channels())
    try:
        return await execute(socket, OUTPUT)
    finally:
        await socket.close()


def _came(result: CellResult) -> dict[str, bool]:
    return {
        "text": "x" * SHOWN in result.text,
        "picture": any("image/png" in display for display in result.displays),
    }


@attack("gate.held_output")
async def held_output(door: Door) -> Answer:
    """Print more than may be shown at once, and draw."""
    free = _came(await _output(door))
    if not all(free.values()):
        return False, f"control: without a policy not everything came: {free}"
    await hold_to(door, shown_bytes=SHOWN, pictures=False)
    try:
        came = _came(await _output(door))
    finally:
        await hold_to(door)
    return not any(came.values()), "; ".join(f"{name}: {'came' if c else 'held'}" for name, c in came.items())


@attack("gate.trickle")
async def trickle(door: Door) -> Answer:
    """Carry encoded text out, a little with each of several cells; words of the same length tell nobody anything."""
    await hold_to(door, dense_bytes=DENSE)
    try:
        before = await door.entries("output.encoded")
        for _ in range(CELLS):
            await door.run(f"print('a word and more of them ' * {DENSE // 50})")
        quiet = await door.entries("output.encoded") - before
        for _ in range(CELLS):
            await door.run(f"import os; print(os.urandom({DENSE // 4}).hex())")
        told = await door.becomes("output.encoded", before + quiet + 1)
    finally:
        await hold_to(door)
    return told and quiet == 0, f"entries after words: {quiet}; after encoded text: {'there' if told else 'none'}"


@attack("gate.one_browser")
async def one_browser(door: Door) -> Answer:
    """Work in a second browser while the first is connected."""
    socket = await door.visitor.socket(await door.channels())
    try:
        async with Visitor(door.range.settings) as second:
            address = f"{door.base}{door.prefix}lab"
            free = (await second.open(address)).status
            await hold_to(door, one_connection=True)
            shut = (await second.open(address)).status
    finally:
        await socket.close()
        await hold_to(door)
    return free == OK and shut != OK, f"without the policy: {free}; with it: {shut}"


@attack("gate.addresses")
async def addresses(door: Door) -> Answer:
    """Come from a network that the project does not list."""
    target = f"{door.prefix}api/contents/{FILE}?content=1"
    free, _ = await door.get(target)
    await hold_to(door, addresses=[ELSEWHERE])
    try:
        shut, answer = await door.get(target, "X-Forwarded-For: 198.51.100.7")
    finally:
        await hold_to(door)
    held, _ = await door.judge({"listed elsewhere": answer})
    return free == OK and held, f"without the policy: {free}; with it: {shut}"
