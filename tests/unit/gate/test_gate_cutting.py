"""A workspace that is cut is cut, whatever browsers and disks do; what could not be cut is never said to be."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web

from hub_config.gate import control
from hub_config.gate import workspace as workspace_module
from hub_config.gate.config import Limits
from hub_config.gate.frame_tickets import FrameTickets
from hub_config.gate.listen import Acceptor
from hub_config.gate.workspace import Tenancy
from hub_config.gate.workspaces import NotCut, Workspaces

TENANCY: dict[str, Any] = {"person_ref": "p", "ends_at": None, "language": "ko", "datasets": ()}


class Hanging:
    """A browser that never answers a goodbye."""

    async def close(self, **_: Any) -> None:
        await asyncio.Event().wait()


async def nothing(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response()


@pytest.fixture
async def open_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workspaces]:
    monkeypatch.chdir(tmp_path)  # the gate knows relative paths only
    monkeypatch.setattr(workspace_module, "CUT_SECONDS", 0.1)
    made = Workspaces(Limits(), lambda ref: web.Server(nothing), lambda ref: web.Server(nothing))
    yield made
    await made.cut_all("test")


async def opened(workspaces: Workspaces, name: str, project: str) -> str:
    """Open a workspace with a browser that hangs."""
    ref = f"ws_{name:a<16}"
    (Path("workspaces") / ref / "run").mkdir(parents=True, exist_ok=True)
    await workspaces.open(Tenancy(ref=ref, handle=name, project=project, prefix="", **TENANCY))
    workspace = workspaces.get(ref)
    assert workspace is not None
    hanging: Any = Hanging()
    workspace._browsers.add(hanging)
    return ref


async def dialled(ref: str) -> asyncio.StreamReader:
    """Connect as the relay of a workspace does."""
    reader, _ = await asyncio.open_unix_connection(f"workspaces/{ref}/run/up.sock")
    await asyncio.sleep(0)
    return reader


async def test_a_freeze_waits_for_no_other_workspace_that_is_being_cut(open_ones: Workspaces) -> None:
    others = [await opened(open_ones, f"b{chr(97 + n)}", "other") for n in range(20)]
    leak = await opened(open_ones, "eve", "leak")
    begun = time.monotonic()
    await open_ones.cut(others[0], "stopped")
    one = time.monotonic() - begun
    cuts = [asyncio.create_task(open_ones.cut(ref, "stopped")) for ref in others[1:]]
    await asyncio.sleep(0)
    workspace = open_ones.get(leak)
    assert workspace is not None
    begun = time.monotonic()
    freezing = asyncio.create_task(open_ones.freeze(frozenset({"leak"})))
    await asyncio.sleep(0)
    assert workspace.dial_in.closed  # before anybody was waited for
    await freezing
    assert time.monotonic() - begun < 10 * one  # twenty times as long when each waited for the one before
    assert await asyncio.gather(*cuts) == [True] * 19
    assert open_ones.states() == {}


async def test_a_disk_that_takes_no_writes_keeps_no_connection_open(
    open_ones: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = await opened(open_ones, "eve", "leak")
    relay, workspace = await dialled(ref), open_ones.get(ref)
    assert workspace is not None

    def read_only(path: Path, **_: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "unlink", read_only)
    assert [one.ref for one in await open_ones.freeze(frozenset({"leak"}))] == [ref]
    assert workspace.dial_in.closed
    assert await relay.read() == b""
    with pytest.raises(ConnectionRefusedError):
        await dialled(ref)  # the name is left, and nobody behind it


async def test_what_could_not_be_cut_is_not_said_to_be_and_is_cut_by_the_next_order(
    open_ones: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, other = await opened(open_ones, "eve", "leak"), await opened(open_ones, "adam", "leak")
    close = Acceptor.close

    def unwilling(acceptor: Acceptor) -> None:
        if ref in str(acceptor._path):
            raise RuntimeError("a mistake of ours")
        close(acceptor)

    monkeypatch.setattr(Acceptor, "close", unwilling)
    with pytest.raises(NotCut, match=f"{ref}: RuntimeError") as refusal:
        await open_ones.freeze(frozenset({"leak"}))
    assert {one.ref for one in refusal.value.doomed} == {ref, other}
    assert (open_ones.get(ref) is None, open_ones.get(other)) == (False, None)
    monkeypatch.setattr(Acceptor, "close", close)
    assert [one.ref for one in await open_ones.freeze(frozenset({"leak"}))] == [ref]
    with pytest.raises(FileNotFoundError):
        await dialled(ref)


class Order:
    """An order of the worker, as the control socket hears it."""

    method, path = "PUT", "/frozen"


async def test_who_was_cut_is_signed_out_though_another_workspace_could_not_be(
    open_ones: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, other = await opened(open_ones, "eve", "leak"), await opened(open_ones, "adam", "leak")
    workspace = open_ones.get(ref)
    assert workspace is not None
    tickets, ended = FrameTickets(), list[str]()
    names = [tickets.issue(one, "/", "ko") for one in (ref, other)]

    class Signed:
        async def end_all_of(self, handles: set[str]) -> int:
            ended.extend(sorted(handles))
            return len(handles)

    async def told(_: Any) -> dict[str, Any]:
        return {"projects": ["leak"]}

    def unwilling() -> None:
        raise RuntimeError("a mistake of ours")

    sessions, order = cast(Any, Signed()), cast(Any, Order())
    monkeypatch.setattr(control, "_peer", lambda _: 0)
    monkeypatch.setattr(control, "_json", told)
    with monkeypatch.context() as patched:
        patched.setattr(workspace, "shut", unwilling)
        answer = await control.Control(open_ones, sessions, tickets, frozenset({0})).answer(order)
    assert isinstance(answer, web.Response)
    assert (answer.status, ended) == (500, ["adam", "eve"])
    assert f"{ref}: RuntimeError" in str(answer.text)
    assert [tickets.open(name, "/") for name in names] == [None, None]


async def test_a_workspace_that_starts_again_while_its_browser_hangs_keeps_its_new_sockets(
    open_ones: Workspaces,
) -> None:
    ref = await opened(open_ones, "eve", "study")
    cutting = asyncio.create_task(open_ones.cut(ref, "stopped"))
    await asyncio.sleep(0)
    await opened(open_ones, "eve", "study")
    assert await cutting
    await dialled(ref)
