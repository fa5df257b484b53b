"""Code that runs and the record of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import Any

from hub_config.probe.browser.door import COOKIE, OK, Answer, Door, attack, closes, dumped, refused
from hub_config.story.kernel import execute, execute_request
from hub_config.story.visitor import Visitor

V1 = "v1.kernel.websocket.jupyter.org"
REFUSALS, CONNECTIONS = 300, 6
FLOOD_SECONDS = 30.0  # at most; it is over when the last is answered


async def _sent(door: Door, channels: str, frame: str | bytes, protocol: str | None = None) -> str | None:
    """Send one frame and return the code with which the gate closes, or None if it kept the connection."""
    socket = await door.visitor.socket(channels) if protocol is None else await _binary(door, channels)
    try:
        await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
        return await closes(socket, 0.3)
    finally:
        await socket.close()


async def _binary(door: Door, channels: str) -> Any:
    return await door.visitor._session.ws_connect(
        channels, headers={"Origin": door.base}, protocols=(V1,), max_msg_size=0
    )


@attack("cell.recorded")
async def recorded(door: Door) -> Answer:
    """Let a cell look for its own entry: it is told how many there were, and prints that it ran."""
    before = await door.entries("cell.sent")
    text = await door.run("print(6 * 7)")
    after = await door.entries("cell.sent")
    return (
        text.strip() == "42" and after == before + 1,
        f"the cell printed {len(text.strip())} characters; entries: {after - before}",
    )


DEBUG = {"type": "request", "command": "evaluate", "seq": 1, "arguments": {"expression": "x"}}


def _kind(message: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"header": {**message["header"], "msg_type": kind}}


@attack("cell.other_channels")
async def other_channels(door: Door) -> Answer:
    """Send code on the control channel, as an answer to a prompt, and to the debugger."""
    channels = await door.channels()
    known = execute_request("x = 1")
    tried = {
        "control": {**known, "channel": "control"},
        "prompt": {**known, **_kind(known, "input_reply"), "channel": "stdin", "content": {"value": "x"}},
        "debugger": {**known, **_kind(known, "debug_request"), "channel": "control", "content": DEBUG},
        "expressions": {**known, "content": {**known["content"], "code": "", "user_expressions": {"a": "1+1"}}},
    }
    return await _recorded_or_refused(door, channels, {name: dumped(m) for name, m in tried.items()})


@attack("cell.disguised")
async def disguised(door: Door) -> Answer:
    """Let two readers see two messages."""
    channels = await door.channels()
    text = dumped(execute_request("x = 1"))
    tried = {
        "doubled type": text.replace('"msg_type":', '"msg_type":"kernel_info_request","msg_type":', 1),
        "doubled code": text.replace('"code":', '"code":"pass","code":', 1),
        "outer type": text[:-1] + ',"msg_type":"kernel_info_request"}',
        "escaped type": text.replace("execute_request", "execute\\u005frequest", 1),
        "other field": text[:-1] + ',"code":"x"}',
    }
    return await _recorded_or_refused(door, channels, tried)


async def _recorded_or_refused(door: Door, channels: str, tried: dict[str, str]) -> Answer:
    said, held = [], True
    for name, frame in tried.items():
        before = await door.entries("cell.sent")
        code = await _sent(door, channels, frame)
        good = refused(code) if code else await door.becomes("cell.sent", before + 1)
        held = held and good
        said.append(f"{name}: {'closed with ' + code if code else 'recorded' if good else 'neither'}")
    if (gone := await door.kept()) is not None:
        return False, f"{'; '.join(said)}; {gone}"
    return held, "; ".join(said)


@attack("cell.compact")
async def compact(door: Door) -> Answer:
    """Send a cell in the binary protocol."""
    channels = await door.channels()
    message = execute_request("x = 1")
    parts = [b"shell", *(json.dumps(message[n]).encode() for n in ("header", "parent_header", "metadata", "content"))]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    words = [len(offsets), *offsets]
    frame = b"".join(word.to_bytes(8, "little") for word in words) + b"".join(parts)
    before = await door.entries("cell.sent")
    code = await _sent(door, channels, frame, V1)
    good = code is None and await door.becomes("cell.sent", before + 1)
    return good, f"{'closed with ' + code if code else 'kept'}; recorded: {good}"


@attack("cell.no_record")
async def no_record(door: Door) -> Answer:
    """Stop the record, send a cell that leaves a file, let the record go on, and look for the file."""
    outbox = door.range.home / "workspaces" / door.range.own / "outbox" / "ran-without-record"
    socket = await door.visitor.socket(await door.channels())
    await execute(socket, "1")
    process = door.range.children["record"]
    os.kill(process.pid, signal.SIGSTOP)
    try:
        await socket.send_str(dumped(execute_request(f"open('/outbox/{outbox.name}', 'w').close()")))
        code = await closes(socket, 0.6)
        ran = outbox.exists()
    finally:
        os.kill(process.pid, signal.SIGCONT)
        await socket.close()
    await asyncio.sleep(0.2)
    return (
        not ran,
        f"while the record stood still the cell {'ran' if ran else 'did not run'};"
        f" {'closed with ' + code if code else 'held'}",
    )


@attack("cell.write_recorded")
async def write_recorded(door: Door) -> Answer:
    """Save a file and look for its entry."""
    before = await door.entries("contents.written")
    await door.save("probe-write.txt", "x")
    good = await door.becomes("contents.written", before + 1)
    return good, f"entries: {await door.entries('contents.written') - before}"


@attack("cell.flooded")
async def flooded(door: Door) -> Answer:
    """Cause many refusals in a session of their own, of which nothing is counted together yet, then run a cell."""
    before, cells = await door.entries("gate.refused"), await door.entries("cell.sent")
    target, each = f"{door.prefix}api/terminals", REFUSALS // CONNECTIONS
    async with Visitor(door.range.settings) as fresh:
        await fresh.open(f"{door.base}{door.prefix}lab")
        cookie = fresh.cookie(door.base + door.prefix, COOKIE)
    once = door.head("GET", target, cookie=cookie)
    asked = once * (each - 1) + door.head("GET", target, "Connection: close", cookie=cookie)
    answers = await asyncio.gather(*(door.exchange(asked, FLOOD_SECONDS) for _ in range(CONNECTIONS)))
    refusals = sum(answer.count(b"HTTP/1.1 403") for answer in answers)
    await door.becomes("gate.refused", before + 1)
    more = await door.entries("gate.refused") - before
    await door.run("1")
    good = await door.becomes("cell.sent", cells + 1)
    return (
        refusals >= REFUSALS and 1 <= more <= 3 and good,
        f"{refusals} refusals made {more} entries; the next cell was recorded: {good}",
    )


@attack("gate.budget")
async def budget(door: Door) -> Answer:
    """Read a long text again and again; the last attack, because the workspace is spent after it."""
    size, piece = door.range.settings.gate.session_bytes, 3_000_000
    # A browser saves no text as long as that.
    await door.run(f"import pathlib; (pathlib.Path.home() / 'long.txt').write_text('x' * {piece})")
    got, refused = 0, None
    for _ in range(2 * size // piece):
        status, answer = await door.get(f"{door.prefix}api/contents/long.txt?content=1")
        got += len(answer)
        if status != OK:
            refused = status
            break
    words = f"asked for {2 * size // 1_000_000} MB of {size // 1_000_000}: had {got // 1_000_000}, then {refused}"
    return refused is not None and got <= size + piece, words
