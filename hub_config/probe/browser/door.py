"""Somebody signed in before the gate of a range, who can also speak to it byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from audit.log import AuditLog
from audit.search import Query, search
from hub_config.gate.kernel_socket import CLOSE_REFUSED
from hub_config.probe.range import NEIGHBOUR, PROJECT, Range, prefix_of
from hub_config.story.kernel import Workspace, execute
from hub_config.story.visitor import StoryFailed, Visitor

Answer = tuple[bool | None, str]
COOKIE = "ansim-work"  # its name without TLS, which the range does not have
FILE = "probe-mark.txt"
READ_SECONDS = 1.5
RECORD_SECONDS = 5.0
CLOSE_SECONDS = 5.0
OK = 200
#: Codes with which the gate closes what it would have passed on at another time; hub_config.gate.kernel_socket.
TROUBLES = {"4503": "the log was away or full", "1013": "too many messages were under way"}
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")  # a second answer may follow a body without a new line


@dataclass(slots=True)
class Door:
    """The gate, seen by the one who owns the workspace behind it."""

    range: Range
    visitor: Visitor
    record: AuditLog
    base: str = field(init=False)
    _channels: str = ""
    _neighbour: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self.base = self.range.settings.origin("work")

    @property
    def prefix(self) -> str:
        """The path of the workspace."""
        return prefix_of(PROJECT)

    @property
    def host(self) -> str:
        """What the Host header of a request to the workspace is."""
        return urlsplit(self.base).netloc

    @property
    def cookie(self) -> str:
        """The value of the session's cookie."""
        return self.visitor.cookie(self.base + self.prefix, COOKIE)

    def workspace(self) -> Workspace:
        """Return the workspace as a client of Jupyter."""
        return Workspace(self.visitor, self.prefix, self.base)

    async def enter(self) -> None:
        """Sign in, and leave the file with the mark that no download may bring back."""
        workspace = self.workspace()
        await workspace.enter()
        self.base = workspace.origin
        await self.save(FILE, self.range.own_canary)

    async def neighbour(self) -> tuple[str, str]:
        """Return host and session of the same person at the other project; signs in there once.

        Something has to answer behind that workspace's socket meanwhile, whatever it says.
        """
        if self._neighbour is None:
            prefix = prefix_of(NEIGHBOUR)
            page = await self.visitor.open(f"{self.range.settings.origin('work')}{prefix}lab")
            base = page.url.partition(prefix)[0]
            self._neighbour = urlsplit(base).netloc, self.visitor.cookie(base + prefix, COOKIE)
        return self._neighbour

    async def save(self, name: str, text: str) -> None:
        """Save a text file in the workspace as JupyterLab does."""
        body = {"type": "file", "format": "text", "content": text}
        await self.visitor.json("PUT", f"{self.base}{self.prefix}api/contents/{name}", body)

    def head(self, method: str, target: str, *more: str, cookie: str | None = None, host: str | None = None) -> bytes:
        """Return the header of a request, spelt exactly as given."""
        own = self.cookie if cookie is None else cookie
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host}", *more]
        lines += [f"Cookie: {COOKIE}={own}"] if own else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def exchange(self, data: bytes, seconds: float = READ_SECONDS) -> bytes:
        """Send bytes to the gate and return what comes back until it is silent or closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.range.settings.zone.port)
        answer = b""
        try:
            writer.write(data)
            await writer.drain()
            async with asyncio.timeout(seconds):
                while piece := await reader.read(65536):
                    answer += piece
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, OSError):
                await writer.wait_closed()
        return answer

    async def exchange_all(self, shapes: Mapping[str, bytes]) -> dict[str, bytes]:
        """Send each of several requests on a connection of its own, at once, and return what comes back."""
        answers = await asyncio.gather(*(self.exchange(data) for data in shapes.values()))
        return dict(zip(shapes, answers, strict=True))

    async def get(
        self, target: str, *more: str, cookie: str | None = None, host: str | None = None
    ) -> tuple[int, bytes]:
        """Send one request and return its status, 0 for none, and everything that came."""
        answer = await self.exchange(self.head("GET", target, "Connection: close", *more, cookie=cookie, host=host))
        return status_of(answer), answer

    async def refuses(self, targets: Mapping[str, str], cookie: str | None = None) -> Answer:
        """Hold if no target brings the file with the mark, or is answered with success."""
        answers = await asyncio.gather(*(self.get(target, cookie=cookie) for target in targets.values()))
        return await self.judge({n: a for n, (_, a) in zip(targets, answers, strict=True)})

    async def served(self) -> str | None:
        """Return None if the gate shows its owner the file with the mark; else what is wrong, and nothing is proved."""
        status, answer = await self.get(f"{self.prefix}api/contents/{FILE}?content=1")
        if status == OK and self.range.own_canary.encode() in answer:
            return None
        return f"control: the owner was not shown the file ({status or 'no answer'})"

    async def judge(self, answers: Mapping[str, bytes]) -> Answer:
        """Hold if none of the answers is a success or holds the mark, and the owner is answered all the same."""
        if (gone := await self.served()) is not None:
            return False, gone
        mark = self.range.own_canary.encode()
        broken = [n for n, a in answers.items() if mark in a or any(200 <= s < 300 for s in statuses_of(a))]
        said = {name: "/".join(map(str, statuses_of(answer))) or "closed" for name, answer in answers.items()}
        return not broken and bool(answers), "; ".join(f"{n}: {s}" for n, s in said.items())

    async def channels(self) -> str:
        """Return the address of the channels of a kernel that every attack may use."""
        if not self._channels:
            session, socket = await self.workspace().open_kernel("attacked.ipynb")
            await socket.close()
            listed = await self.visitor.json("GET", f"{self.base}{self.prefix}api/sessions/{session}")
            kernel = listed["kernel"]["id"]
            self._channels = f"{self.base.replace('http', 'ws', 1)}{self.prefix}api/kernels/{kernel}/channels"
        return self._channels

    async def run(self, code: str, seconds: float = 180) -> str:
        """Run one cell and return what it printed."""
        socket = await self.visitor.socket(await self.channels())
        try:
            async with asyncio.timeout(seconds):
                return (await execute(socket, code)).text
        finally:
            await socket.close()

    async def kept(self) -> str | None:
        """Return None if the gate keeps a connection on which a cell is run; else what is wrong, as `served` does."""
        try:
            printed = (await self.run("print(6 * 7)")).strip()
        except (StoryFailed, aiohttp.ClientError, ConnectionError) as gone:
            return f"control: a plain cell was not run ({gone})"
        return None if printed == "42" else f"control: a plain cell printed {len(printed)} characters"

    async def entries(self, action: str) -> int:
        """Return how many entries of an action the range's record holds."""
        return await asyncio.to_thread(self._entries, action)

    def _entries(self, action: str) -> int:
        self.record.settle()
        with self.record.db.read() as tx:
            return len(search(tx, Query(action=action, limit=1000)))

    async def becomes(self, action: str, wanted: int) -> bool:
        """Wait a little for the record to hold so many entries."""
        for _ in range(int(RECORD_SECONDS / 0.1)):
            if await self.entries(action) >= wanted:
                return True
            await asyncio.sleep(0.1)
        return False


class NotShown(Exception):
    """A trouble of the gate stood in an attack's way; whatever refused it meanwhile, it was no wall."""


Attack = Callable[[Door], Awaitable[Answer]]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Give an attack the id that the table knows it by."""

    def register(function: Attack) -> Attack:
        assert name not in ATTACKS, name
        ATTACKS[name] = function
        return function

    return register


def statuses_of(answer: bytes) -> list[int]:
    """Return the status of every answer in what a connection brought."""
    return [int(one) for one in STATUS.findall(answer)]


def status_of(answer: bytes) -> int:
    """Return the status of the first answer, 0 for none."""
    first = STATUS.match(answer)
    return int(first[1]) if first else 0


def headers_of(answer: bytes) -> dict[str, str]:
    """Return the header of the first answer, names in lower case."""
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    pairs = (line.partition(":") for line in head.split("\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


async def closes(socket: aiohttp.ClientWebSocketResponse, patience: float = 1.0) -> str | None:
    """Return the code with which the other side closes, or None if it does not within a while."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS * patience):
            while True:
                frame = await socket.receive()
                if frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                    return str(socket.close_code)
                if frame.type is aiohttp.WSMsgType.ERROR:
                    return "error"
    except TimeoutError:
        return None


def refused(code: str | None, by: int = CLOSE_REFUSED) -> bool:
    """Say whether the gate closed with a refusal of its own.

    Raises: NotShown — if it closed because it could not serve anybody just then.
    """
    if code in TROUBLES:
        raise NotShown(f"not computed: closed with {code}, {TROUBLES[code]}")
    return code == str(int(by))


def dumped(message: object) -> str:
    """Return a message as a browser sends it."""
    return json.dumps(message, separators=(",", ":"))
