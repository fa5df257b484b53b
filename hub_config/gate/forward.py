"""Forwards one HTTP request to a workspace and its answer to the browser, counted and cleaned."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, web
from multidict import CIMultiDict
from yarl import URL

from hub_config.gate.activity import words_of
from hub_config.gate.bodies import aside, read_body, read_stream
from hub_config.gate.config import GateConfig, Limits
from hub_config.gate.content_types import BODILESS, check_content_type
from hub_config.gate.errors import AuditUnavailable, MalformedFrame, Refused, WorkspaceSilent
from hub_config.gate.headers import from_workspace, to_workspace
from hub_config.gate.outputs import reason_to_hold
from hub_config.gate.record import Asker, Record
from hub_config.gate.routes import HASHED, Kind, Route, forwarded
from hub_config.gate.stretches import STRETCH, Watch, stretches_of
from hub_config.gate.targets import PATH_SAFE, Target
from hub_config.gate.trickle import Found
from hub_config.gate.unread import Unread
from hub_config.gate.uploads import check_write
from hub_config.gate.workspace import OpenWorkspace

UNSHOWN = {"output.too_large": "response.too_large", "output.picture": "response.picture"}
WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})  # RFC 9110: a body there means nothing, and would be in no record
OWN_FIELDS = ("User-Agent", "Accept", "Content-Type")  # what aiohttp would add of itself


@dataclass(frozen=True, slots=True)
class Passage:
    """One allowed request to a workspace: what it asks for and who asks."""

    request: web.BaseRequest
    workspace: OpenWorkspace
    route: Route
    below: Target
    asker: Asker
    touch: Callable[[], None]
    """Notes that the person did something."""

    @property
    def url(self) -> URL:
        """The address of the request in the workspace, encoded anew."""
        prefix = quote(self.workspace.tenancy.prefix, safe=PATH_SAFE)
        below = forwarded(self.request.method, self.below).encoded()
        return URL(f"http://workspace{prefix}{below}", encoded=True)

    def limit(self, config: GateConfig) -> int:
        """Return how large the answer may be; Lab itself is larger than what a policy shows at once."""
        if self.route.kind is Kind.STATIC:
            return config.limits.response_bytes
        return min(config.limits.response_bytes, self.route.limit(self.workspace.tenancy.access.shown_bytes))


def largest_body(method: str, kind: Kind, limits: Limits) -> int:
    """Return how large the body of a request may be: what reads or deletes has none, and no file fits into the others
    that are no write.
    """
    if method in WITHOUT_BODY:
        return 0
    return {Kind.WRITE: limits.write_bytes, Kind.SETTING: limits.setting_bytes}.get(kind, limits.plain_bytes)


async def forward(passage: Passage, config: GateConfig, record: Record) -> web.StreamResponse:
    """Forward a request and return the answer that was sent.

    Raises: Refused — if something about it is not allowed, or there is no room for it. AuditUnavailable — if it cannot
    be recorded.
    """
    async with passage.workspace.holding() as held:
        return await _forward(passage, held, config, record)


async def _forward(passage: Passage, held: Unread, config: GateConfig, record: Record) -> web.StreamResponse:
    request, workspace, kind = passage.request, passage.workspace, passage.route.kind
    body = await read_body(request, largest_body(request.method, kind, config.limits), keep=held.came)
    if kind is Kind.WRITE:
        words = await aside(lambda: _written(passage, body, config.limits.text_bytes))
        if words is not None and workspace.typing.changed(passage.below.path, words):
            passage.touch()
        workspace.touch()
    if body or kind in (Kind.WRITE, Kind.SETTING):
        await record.written(workspace, passage.asker, request.method, passage.below.path, body)
    workspace.meter.check(None)
    try:
        async with workspace.dial_in.session.request(
            request.method,
            passage.url,
            headers=to_workspace(request.headers, packed=passage.route.kind is Kind.STATIC),
            data=body or None,
            allow_redirects=False,
            skip_auto_headers=OWN_FIELDS,
        ) as answer:
            return await _answer(passage, answer, held, config, record)
    except (ClientError, TimeoutError, WorkspaceSilent) as error:
        raise Refused("workspace.silent", type(error).__name__) from error


def _written(passage: Passage, body: bytes, text_bytes: int) -> bytes | None:
    """Look at what is to be saved, and return a digest of what people typed in it, if anything is.

    Raises: Refused — if it may not be saved.
    """
    model = check_write(body, passage.workspace.tenancy.access, text_bytes=text_bytes)
    return None if model is None else words_of(model)


async def _answer(
    passage: Passage, answer: ClientResponse, held: Unread, config: GateConfig, record: Record
) -> web.StreamResponse:
    workspace = passage.workspace
    static = passage.route.kind is Kind.STATIC
    lasting = static and answer.status == 200 and HASHED.fullmatch(passage.below.path) is not None
    given = CIMultiDict(answer.headers)
    tenancy, host = workspace.tenancy, passage.request.headers["Host"]  # the gate has looked whose it is
    headers = from_workspace(given, tenancy.prefix, config, host, packed=static, lasting=lasting, access=tenancy.access)
    if not 200 <= answer.status <= 599:
        raise Refused("workspace.silent", "no HTTP status")
    headers.popall("Content-Type", None)
    size = answer.content_length
    if size != 0:
        types = answer.headers.getall("Content-Type", [])
        kind = check_content_type(types, passage.route.types, status=answer.status)
        if kind is not None:
            headers["Content-Type"] = kind
            # An icon of Lab outside `static/` may come from a file of the person's.
            if kind.startswith("image/") and not static and not tenancy.access.pictures:
                raise Refused("response.icon")
    if size is not None and passage.request.method != "HEAD":
        workspace.meter.check(size)
        if size > passage.limit(config):
            raise Refused("response.too_large")
    # What stands in header fields reaches the browser as well.
    size_of_fields = sum(len(value) for value in answer.headers.values())
    await record.trickled(workspace, passage.asker, workspace.meter.count(size_of_fields))
    sent = web.StreamResponse(status=answer.status, headers=headers)
    bodiless = passage.request.method == "HEAD" or answer.status in BODILESS
    try:
        if not bodiless and _look_first(passage, answer):
            await _pass_whole(passage, answer, sent, held, config, record)
            return sent
        if size is not None and answer.status not in BODILESS:
            sent.content_length = size
        await sent.prepare(passage.request)
        if not bodiless:
            await _pass_on(passage, answer, sent, passage.limit(config), record)
    except (ClientError, AuditUnavailable):
        if not sent.prepared:
            raise
        _break(passage.request)
    except (Refused, asyncio.CancelledError):
        if sent.prepared:
            _break(passage.request)
        raise
    return sent


def _look_first(passage: Passage, answer: ClientResponse) -> bool:
    """Say whether an answer has to be known as a whole before its first byte leaves.

    Where pictures are shown, only its size could hold it back, and one that announces it passes as it is counted.
    """
    pictures = passage.workspace.tenancy.access.pictures or answer.status >= 400
    return passage.route.looked_at and not (pictures and (answer.content_length or 0) > STRETCH)


async def _pass_whole(
    passage: Passage,
    answer: ClientResponse,
    sent: web.StreamResponse,
    held: Unread,
    config: GateConfig,
    record: Record,
) -> None:
    """Pass on the body of an answer that holds what people made, once it is known that it may be shown.

    Raises: Refused — for what would be held back as an output.
    """
    workspace, access = passage.workspace, passage.workspace.tenancy.access
    async with workspace.reading:
        limit = passage.limit(config)
        body = await read_stream(answer.content, limit, code="response.too_large", keep=held.came)
        pictures = access.pictures or answer.status >= 400
        try:
            reason = await aside(lambda: reason_to_hold(body, None, shown_bytes=access.shown_bytes, pictures=pictures))
        except MalformedFrame as error:
            raise Refused("response.picture", str(error)) from error
        if reason is not None:
            raise Refused(UNSHOWN[reason])
    await record.trickled(workspace, passage.asker, workspace.outflow.encoded.note(body, time.monotonic()))
    await record.trickled(workspace, passage.asker, workspace.meter.count(len(body)))
    sent.content_length = len(body)
    await sent.prepare(passage.request)
    for at in range(0, len(body), STRETCH):  # at once it would be there twice until a slow browser has it
        await sent.write(memoryview(body)[at : at + STRETCH])
    await sent.write_eof()


async def _pass_on(
    passage: Passage, answer: ClientResponse, sent: web.StreamResponse, limit: int, record: Record
) -> None:
    """Pass the body on as it comes; once it has begun, the only way to refuse the rest is to break the connection.

    Raises: Refused — for more than `limit` bytes, and past the budget.
    """
    total = 0
    route, trickle = passage.route, passage.workspace.outflow.encoded
    watch = None if route.kind is Kind.STATIC else Watch(trickle, pictures=route.looked_at)

    async def tell(found: Found | None) -> None:
        await record.trickled(passage.workspace, passage.asker, found)

    async for stretch in stretches_of(answer.content):
        total += len(stretch)
        if total > limit:
            raise Refused("response.too_large")
        await tell(None if watch is None else watch.note(stretch, time.monotonic()))
        await tell(passage.workspace.meter.count(len(stretch)))
        await sent.write(stretch)
    await tell(None if watch is None else watch.end(time.monotonic()))
    await sent.write_eof()


def _break(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
