"""Two readings of one connection."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import WSCloseCode

from hub_config.gate.config import Limits
from hub_config.probe.browser.answers import ask, hostile
from hub_config.probe.browser.door import FILE, OK, Answer, Door, attack, closes, dumped, refused
from hub_config.probe.range import NEIGHBOUR, prefix_of
from hub_config.story.kernel import execute_request


@dataclass(frozen=True, slots=True)
class Aim:
    """The workspace that requests are spelt for: the own one knows the mark, the neighbour's server counts."""

    door: Door
    prefix: str
    host: str
    cookie: str

    def head(self, method: str, target: str, *lines: str) -> bytes:
        """Return the header of a request below the workspace's prefix."""
        return self.door.head(method, self.prefix + target, *lines, cookie=self.cookie, host=self.host)

    def hidden(self) -> bytes:
        """Return a request for the file with the mark."""
        return self.head("GET", f"files/{FILE}", "Connection: close")

    def post(self, *lines: str) -> bytes:
        """Return the header of a request that has a body, as the page itself sends it."""
        scheme = self.door.base.partition("://")[0]
        own = f"Origin: {scheme}://{self.host}"
        return self.head("POST", "api/contents", own, "Sec-Fetch-Site: same-origin", *lines)


def _own(door: Door) -> Aim:
    return Aim(door, door.prefix, door.host, door.cookie)


async def _smuggled(door: Door, spelt: Callable[[Aim], Mapping[str, bytes]]) -> Answer:
    """Hold if what has two readings is refused, and no request at all comes of it at a server that counts them."""
    held, words = await door.judge(await door.exchange_all(spelt(_own(door))))
    with hostile(door) as server:
        status, _ = await ask(door)
        before = server.asked
        if status != OK or not before:
            return False, f"control: the server that counts was not asked ({status})"
        host, cookie = await door.neighbour()
        await door.exchange_all(spelt(Aim(door, prefix_of(NEIGHBOUR), host, cookie)))
        counted = server.asked - before
    return held and counted == 0, f"requests that came through: {counted}; {words}"


@attack("gate.smuggled_lengths")
async def lengths(door: Door) -> Answer:
    """Say two lengths, so that one reader sees one request and another two."""

    def spelt(aim: Aim) -> Mapping[str, bytes]:
        hidden = aim.hidden()
        size = len(hidden)
        return {
            "both": aim.post(f"Content-Length: {size + 5}", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + hidden,
            "two": aim.post("Content-Length: 0", f"Content-Length: {size}") + hidden,
            "list": aim.post(f"Content-Length: 0, {size}") + hidden,
            "signed": aim.post(f"Content-Length: +{size}") + hidden,
            "negative": aim.post("Content-Length: -1") + hidden,
            "underscored": aim.post("Content-Length: 1_0") + hidden,
        }

    return await _smuggled(door, spelt)


@attack("gate.smuggled_coding")
async def coding(door: Door) -> Answer:
    """Say a transfer coding that some readers take for `chunked` and some not."""

    def spelt(aim: Aim) -> Mapping[str, bytes]:
        hidden, chunked = aim.hidden(), "Transfer-Encoding: chunked"
        tail, size = b"0\r\n\r\n" + hidden, f"Content-Length: {len(hidden)}"
        return {
            "unknown": aim.post("Transfer-Encoding: xchunked") + tail,
            "twice": aim.post(chunked, "Transfer-Encoding: identity") + tail,
            "list": aim.post(f"{chunked}, identity") + tail,
            "tab": aim.post("Transfer-Encoding:\tchunked\x0b") + tail,
            "space": aim.post("Transfer-Encoding : chunked") + tail,
            "folded": aim.post(f"X: y\r\n {chunked}", size) + hidden,
            "bare newline": aim.post(f"X: y\n{chunked}", size) + hidden,
            "chunk size": aim.post(chunked) + b"0x5\r\nhello\r\n" + tail,
            "chunk sign": aim.post(chunked) + b"-1\r\n\r\n" + tail,
        }

    return await _smuggled(door, spelt)


@attack("gate.smuggled_upgrade")
async def upgrade(door: Door) -> Answer:
    """Ask for a WebSocket that is refused, and go on as if it were there."""
    hidden = _own(door).hidden()
    channels = await door.channels()
    path = channels.split(door.host, 1)[1]
    key = "Sec-WebSocket-Key: " + "A" * 22 + "=="
    up = ("Connection: Upgrade", "Upgrade: websocket", key)
    shapes = {
        "wrong version": door.head("GET", path, *up, "Sec-WebSocket-Version: 777", f"Origin: {door.base}") + hidden,
        "no origin": door.head("GET", path, *up, "Sec-WebSocket-Version: 13") + hidden,
        "other protocol": door.head("GET", path, "Connection: Upgrade", "Upgrade: h2c", f"Origin: {door.base}")
        + hidden,
        "on a file": door.head(
            "GET", f"{door.prefix}files/{FILE}", *up, "Sec-WebSocket-Version: 13", f"Origin: {door.base}"
        )
        + hidden,
        "old http": door.head("GET", path, *up, "Sec-WebSocket-Version: 13", f"Origin: {door.base}").replace(
            b"HTTP/1.1", b"HTTP/1.0"
        )
        + hidden,
    }
    answers = await door.exchange_all(shapes)
    opened = [name for name, answer in answers.items() if b" 101 " in answer[:20]]
    held, words = await door.judge(answers)
    return held is True and not opened, words


@attack("gate.foreign_socket")
async def foreign_socket(door: Door) -> Answer:
    """Open the kernel's channels from pages of elsewhere, with the person's cookie."""
    channels = await door.channels()
    path = channels.split(door.host, 1)[1]
    key = f"Sec-WebSocket-Key: {secrets.token_urlsafe(16)[:22]}=="
    up = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key)
    origins = {
        "elsewhere": "http://evil.invalid",
        "zone": door.range.settings.origin("zone"),
        "preview": door.range.settings.origin("preview"),
        "null": "null",
        "look-alike": door.base + ".evil.invalid",
        "other port": door.base.rpartition(":")[0] + ":1",
    }
    answers = await door.exchange_all({n: door.head("GET", path, *up, f"Origin: {o}") for n, o in origins.items()})
    opened = [name for name, answer in answers.items() if b" 101 " in answer[:20]]
    held, words = await door.judge(answers)
    return held is True and not opened, words


@attack("gate.foreign_post")
async def foreign_post(door: Door) -> Answer:
    """Save a file from pages of elsewhere, as a form or a script there would."""
    body = b'{"type":"file","format":"text","content":"x"}'
    length = f"Content-Length: {len(body)}"
    target = f"{door.prefix}api/contents/foreign.txt"
    xsrf = f"X-XSRFToken: {door.visitor.cookie(door.base + door.prefix, '_xsrf')}"
    shapes = {
        "cross-site": ("Origin: http://evil.invalid", "Sec-Fetch-Site: cross-site"),
        "same-site": (f"Origin: {door.range.settings.origin('zone')}", "Sec-Fetch-Site: same-site"),
        "no origin": (),
        "null": ("Origin: null", "Sec-Fetch-Site: cross-site"),
    }
    heads = {n: door.head("PUT", target, length, xsrf, "Connection: close", *lines) for n, lines in shapes.items()}
    return await door.judge(await door.exchange_all({name: head + body for name, head in heads.items()}))


@attack("gate.upload")
async def upload(door: Door) -> Answer:
    """Send files as a browser would that somebody dropped them into: whole, in pieces, and disguised."""
    xsrf = f"X-XSRFToken: {door.visitor.cookie(door.base + door.prefix, '_xsrf')}"
    bodies = {
        "whole": {"type": "file", "format": "base64", "content": "AAECAw=="},
        "first piece": {"type": "file", "format": "base64", "content": "AAECAw==", "chunk": 1},
        "last piece": {"type": "file", "format": "text", "content": "x", "chunk": -1},
        "notebook of bytes": {"type": "notebook", "format": "base64", "content": "AAECAw=="},
        "long text": {"type": "file", "format": "text", "content": "x" * Limits().text_bytes},
    }
    sent = {}
    for name, body in bodies.items():
        raw = dumped(body).encode()
        lines = (f"Content-Length: {len(raw)}", "Content-Type: application/json", f"Origin: {door.base}", xsrf)
        head = door.head("PUT", f"{door.prefix}api/contents/dropped.bin", "Connection: close", *lines)
        sent[name] = head + raw
    return await door.judge(await door.exchange_all(sent))


@attack("gate.unlisted_frames")
async def unlisted_frames(door: Door) -> Answer:
    """Send what is no message of the table."""
    channels = await door.channels()
    known = execute_request("1")
    frames: dict[str, str | bytes] = {
        "no json": "{",
        "a list": "[]",
        "bytes": b"\x00\x00\x00\x01\xff\xff",
        "unknown type": dumped({**known, "header": {**known["header"], "msg_type": "run_this"}}),
        "unknown channel": '{"channel":"iopub","header":{},"parent_header":{},"metadata":{},"content":{}}',
    }
    said = {}
    for name, frame in frames.items():
        socket = await door.visitor.socket(channels)
        try:
            await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
            said[name] = await closes(socket)
        finally:
            await socket.close()
    words = "; ".join(f"{name}: closed with {code}" for name, code in said.items())
    good = all(refused(code) for code in said.values())
    if (gone := await door.kept()) is not None:
        return False, f"{words}; {gone}"
    return good, words


@attack("gate.big_frame")
async def big_frame(door: Door) -> Answer:
    """Send a cell over the limit, and frames that claim to be over it: by a little, and longer than any memory."""
    channels, limits = await door.channels(), Limits()
    before = await door.entries("cell.sent")
    socket = await door.visitor.socket(channels)
    try:
        await socket.send_str(dumped(execute_request("#" * (limits.code_bytes + 1000))))
        said = {"cell": await closes(socket)}
    finally:
        await socket.close()
    claims = {"a little over": limits.frame_bytes + 1000, "longer than any memory": 1 << 40}
    said |= {name: await _claims(door, channels, size) for name, size in claims.items()}
    more = await door.entries("cell.sent") - before
    words = f"{'; '.join(f'{name}: closed with {code}' for name, code in said.items())}; cells recorded: {more}"
    good = refused(said["cell"]) and all(refused(said[name], WSCloseCode.MESSAGE_TOO_BIG) for name in claims)
    if (gone := await door.kept()) is not None:
        return False, f"{words}; {gone}"
    return good and more == 0, words


async def _claims(door: Door, channels: str, size: int) -> str | None:
    """Send the head of a frame of some size and return the code with which the gate closes before any of it comes."""
    socket = await door.visitor.socket(channels)
    transport = socket._writer.transport
    try:
        transport.write(bytes((0x81, 0x80 | 127)) + size.to_bytes(8) + bytes(4))  # RFC 6455 section 5.2
        return await closes(socket)
    finally:
        transport.abort()  # the other side waits for the frame, and would read no farewell
        await socket.close()
