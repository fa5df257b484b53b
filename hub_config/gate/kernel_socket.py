"""Joins a browser's WebSocket to one of a workspace; every message to a kernel is read, recorded, then sent."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import ClientError, ClientWebSocketResponse, ClientWSTimeout, WSCloseCode, WSMessage, WSMsgType, web

from hub_config.gate.codes import check_loose, code_of
from hub_config.gate.config import GateConfig, Limits
from hub_config.gate.errors import AuditUnavailable, GateError, MalformedFrame, Refused, WorkspaceSilent
from hub_config.gate.forward import Passage
from hub_config.gate.frames import V1, Message, Protocol, parse_frame, write_frame
from hub_config.gate.headers import to_workspace
from hub_config.gate.held_files import file_of
from hub_config.gate.keeping import keep
from hub_config.gate.notices import notice_frame, notice_of, refusal_frames
from hub_config.gate.outflow import bytes_beside
from hub_config.gate.outputs import parse_output, reason_to_hold
from hub_config.gate.record import Record
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.routes import Kind
from hub_config.gate.sessions import CLOSE_SESSION, Session
from hub_config.gate.shown import Shown
from hub_config.gate.unread import FULL, Unread

HEARTBEAT_SECONDS = 30.0
CLOSE_SECONDS = 0.5
MAX_REASON = 120  # RFC 6455 section 5.5: a control frame holds 125 bytes, two of them the code
CLOSE_CODES = {"audit.unavailable": 4503, "audit.full": 4503, "budget.spent": 4429, FULL: WSCloseCode.TRY_AGAIN_LATER}
CLOSE_REFUSED = 4403
MASK = 4  # bytes that a browser's message has more than a server's (RFC 6455 section 5.2)
#: What the page asks of its own accord, however long nobody sits before it.
ASKED_BY_PAGE = frozenset({"kernel_info_request", "comm_info_request", "usage_request", "connect_request"})
DATA = (WSMsgType.TEXT, WSMsgType.BINARY)


@dataclass(frozen=True, slots=True)
class Junction:
    """Two open WebSockets and what passes between them."""

    passage: Passage
    session: Session
    browser: web.WebSocketResponse
    upstream: ClientWebSocketResponse[Literal[False]]
    unread: Unread
    protocol: Protocol
    record: Record
    shown: Shown
    limits: Limits
    stopped: list[Message] = field(default_factory=list)
    """The message that was not sent on, where one could be read."""

    async def run(self) -> None:
        """Pass messages both ways until one side ends or something is refused."""
        ways = [asyncio.create_task(way) for way in (self._to_workspace(), self._to_browser(), self.unread.refused())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            outcomes = await asyncio.gather(*ways, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, GateError):
                await self._refuse(outcome)
            elif isinstance(outcome, Exception) and not isinstance(outcome, (ClientError, ConnectionError)):
                raise outcome

    async def _to_workspace(self) -> None:
        async for message in self.browser:
            if self.session.ended:
                return
            if message.type not in DATA:
                raise MalformedFrame("no data message")
            await self._send_on(message)
            self.unread.read(len(encoded(message.data)), mask=MASK)
            del message  # it would be kept until the next one comes

    async def _send_on(self, message: WSMessage) -> None:
        if self.passage.route.kind is not Kind.KERNEL:
            raise Refused("frame.unlisted")
        parsed = parse_frame(message.data, self.protocol)
        try:
            await self._recorded(parsed, message.data)
        except (Refused, AuditUnavailable):
            self.stopped.append(parsed)
            raise
        if parsed.type not in ASKED_BY_PAGE:
            self.session.touch()
        frame = write_frame(parsed, self.protocol)
        self.passage.workspace.touch()
        if isinstance(frame, str):
            await self.upstream.send_str(frame)
        else:
            await self.upstream.send_bytes(frame)

    async def _recorded(self, message: Message, sent: bytes | str) -> None:
        """Record what a message asks a kernel to run."""
        workspace = self.passage.workspace
        code = code_of(message, limit=self.limits.code_bytes)
        check_loose(message, sent, code, workspace.tenancy.access, limit=self.limits.loose_bytes)
        if code is not None:
            kernel = self.passage.below.path.split("/")[2]
            entry = await self.record.cell(workspace, self.passage.asker, code, kernel)
            self.shown.sent(str(message.header["msg_id"]), entry)

    async def _to_browser(self) -> None:
        async for message in self.upstream:
            if message.type not in DATA:
                return
            self.passage.workspace.touch()
            await self._show(message.data, message.type)
            self.unread.read(len(message.data))
            del message  # it would be kept until the next one comes

    async def _show(self, data: bytes, kind: WSMsgType) -> None:
        """Send a message of the workspace to the browser, or the notice that stands for it."""
        workspace = self.passage.workspace
        access = workspace.tenancy.access
        protocol = self.protocol if self.passage.route.kind is Kind.KERNEL else None
        reason = reason_to_hold(data, protocol, shown_bytes=access.shown_bytes, pictures=access.pictures)
        if reason is not None:
            data, kind = _framed(await self._hold(data, reason))
        else:
            # Events are JSON as text: bytes are none of them.
            beside = bytes_beside(data, protocol) if protocol else len(data) * (kind is WSMsgType.BINARY)
            for found in workspace.outflow.note(data, beside, time.monotonic()):
                await self.record.trickled(workspace, self.passage.asker, found)
        await self.record.trickled(workspace, self.passage.asker, workspace.meter.count(len(data)))
        if protocol is not None:
            self.shown.note(data, protocol)
        await self.browser.send_frame(data, kind)

    async def _hold(self, data: bytes, reason: str) -> bytes | str:
        """Record that a message is held back, and return the notice that is sent instead."""
        workspace = self.passage.workspace
        if self.passage.route.kind is not Kind.KERNEL:
            raise Refused("frame.too_large")
        output = parse_output(data, self.protocol)
        async with workspace.kept.turn:  # one at a time: each holds the output several times over
            digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
            await self.record.held(workspace, self.passage.asker, output, reason, digest)
            file, name = None, None
            if workspace.kept.may_look(time.monotonic()):
                file = await asyncio.to_thread(file_of, data, output, self.protocol, reason)
            if file is not None:
                name = await keep(workspace, self.passage.asker, file, self.record)
        text = notice_of(output, reason, workspace.tenancy.language, kept=name)
        return notice_frame(output, text, self.protocol)

    async def _refuse(self, error: GateError) -> None:
        """Close the browser's side with the reason; nothing of the refused message was sent on."""
        code = _code(error)
        refusal = error if isinstance(error, Refused) else Refused(code, str(error))
        passage = self.passage
        passage.workspace.note_stopped(code)
        await self.record.refused(passage.workspace.tenancy, passage.asker, refusal, "WS", passage.below.path)
        with contextlib.suppress(ClientError, ConnectionError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._say(code)
        reason = f"{code}: {REFUSALS[code].title.en}".encode()[:MAX_REASON]
        await self.browser.close(code=CLOSE_CODES.get(code, CLOSE_REFUSED), message=reason)

    async def _say(self, code: str) -> None:
        """Say at a cell why it does not run: Lab shows no reason of a closed socket, and the cell would hang."""
        refusal, language = REFUSALS[code], self.passage.workspace.tenancy.language
        text = f"{refusal.title.say(language)}. {refusal.body.say(language)}"
        for message in self.stopped:
            for frame in refusal_frames(message, text, self.protocol):
                await self.browser.send_frame(*_framed(frame))


async def join(passage: Passage, session: Session, config: GateConfig, record: Record) -> web.StreamResponse:
    """Open the WebSocket of the workspace, answer the browser's, and pass messages until one of them ends.

    Raises: Refused — if the workspace opens none.
    """
    workspace, limits = passage.workspace, config.limits
    workspace.meter.check(None)
    offered = {p.strip() for p in passage.request.headers.get("Sec-WebSocket-Protocol", "").split(",")}
    try:
        upstream = await workspace.dial_in.session.ws_connect(
            passage.url,
            protocols=(V1,) if V1 in offered and passage.route.kind is Kind.KERNEL else (),
            headers=to_workspace(passage.request.headers),
            max_msg_size=limits.message_bytes,
            timeout=ClientWSTimeout(ws_close=CLOSE_SECONDS),
            compress=0,
            decode_text=False,  # as text it would be there several times over
        )
    except (ClientError, TimeoutError, WorkspaceSilent) as error:
        raise Refused("workspace.silent", type(error).__name__) from error
    async with upstream:
        with workspace.counted(upstream) as unread:
            browser = web.WebSocketResponse(
                protocols=(upstream.protocol,) if upstream.protocol else (),
                max_msg_size=limits.frame_bytes,
                heartbeat=HEARTBEAT_SECONDS,
                timeout=CLOSE_SECONDS,
                compress=False,
            )
            await browser.prepare(passage.request)
            unread.watch(passage.request.protocol)
            session.sockets.add(browser)
            try:
                with workspace.socket(browser), record.showing(workspace.tenancy, passage.asker) as shown:
                    protocol: Protocol = "v1" if upstream.protocol == V1 else "legacy"
                    junction = Junction(passage, session, browser, upstream, unread, protocol, record, shown, limits)
                    if session.ended:  # while the workspace opened its side
                        await browser.close(code=CLOSE_SESSION, message=b"signed out")
                    else:
                        await junction.run()
            finally:
                session.sockets.discard(browser)
                await browser.close()
    return browser


def encoded(data: bytes | str) -> bytes:
    """Return a message as it came."""
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data


def _framed(frame: bytes | str) -> tuple[bytes, WSMsgType]:
    return (frame.encode(), WSMsgType.TEXT) if isinstance(frame, str) else (frame, WSMsgType.BINARY)


def _code(error: GateError) -> str:
    match error:
        case Refused(code=code) | AuditUnavailable(code=code):
            return code
        case MalformedFrame():
            return "frame.malformed"
        case _:
            return "workspace.silent"
