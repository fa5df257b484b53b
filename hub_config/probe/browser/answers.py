"""A hostile server in the place of Jupyter: what of its answers reaches a browser."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub_config.probe.browser.door import OK, Answer, Door, attack, headers_of, status_of
from hub_config.probe.range import NEIGHBOUR, prefix_of

BODY = b"hello"
JSON = b"Content-Type: application/json"


class HostileServer:
    """Dials in at the neighbour's socket as a relay does, and answers every request with the same bytes."""

    def __init__(self, run: Path, answer: bytes) -> None:
        self._answer, self._run = answer, os.open(run, os.O_PATH | os.O_DIRECTORY)
        self._stop = threading.Event()
        self.asked = 0
        self._threads = [threading.Thread(target=self._dial, daemon=True) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def _dial(self) -> None:
        while not self._stop.wait(0.02):
            with socket.socket(socket.AF_UNIX) as dialled:
                dialled.settimeout(0.1)
                try:
                    dialled.connect(f"/proc/self/fd/{self._run}/up.sock")
                    self._serve(dialled)
                except OSError:
                    continue

    def _serve(self, dialled: socket.socket) -> None:
        asked = b""
        while not self._stop.is_set():
            try:
                piece = dialled.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                return
            asked += piece
            if b"\r\n\r\n" in asked:
                self.asked += asked.count(b"\r\n\r\n")
                asked = b""
                dialled.sendall(self._answer)

    def close(self) -> None:
        """Hang up."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        os.close(self._run)


@contextmanager
def hostile(door: Door, *headers: bytes, more: bytes = b"", status: bytes = b"200 OK", untyped: bool = False) -> Any:
    """Let the neighbour's server answer so; as JSON, which the gate passes, unless the headers say another type."""
    length = b"Content-Length: %d" % len(BODY)
    kind = [] if untyped or any(one.startswith(b"Content-Type") for one in headers) else [JSON]
    answer = b"\r\n".join([b"HTTP/1.1 " + status, length, *kind, *headers, b"", BODY + more])
    (run,) = [p / "run" for p in (door.range.home / "workspaces").iterdir() if p.name == door.range.neighbour]
    server = HostileServer(run, answer)
    try:
        yield server
    finally:
        server.close()


async def ask(door: Door, path: str = "api/status", *more: str) -> tuple[int, bytes]:
    """Ask the neighbour's server through the gate, as the person whose it is."""
    host, cookie = await door.neighbour()
    return await door.get(prefix_of(NEIGHBOUR) + path, *more, cookie=cookie, host=host)


async def arrives(door: Door) -> str | None:
    """Return None if a harmless answer of the server arrives at the browser; else what is wrong, as `Door.served`."""
    with hostile(door) as server:
        status, _ = await ask(door)
    return None if status == OK and server.asked else f"control: a harmless answer did not arrive ({status})"


UNASKED = "control: the hostile server was not asked"


async def _judged(door: Door, judge: Callable[[int, bytes], Answer], *headers: bytes, **more: Any) -> Answer:
    """Judge what reaches the browser of one hostile answer."""
    with hostile(door, *headers, **more) as server:
        status, answer = await ask(door)
    return judge(status, answer) if server.asked else (False, UNASKED)


@attack("gate.attachment")
async def attachment(door: Door) -> Answer:
    """Mark an answer as a file to keep: browsers save whatever is not `inline` (RFC 6266 section 4.2)."""
    values = (
        b"attachment; filename=x.csv",
        b"ATTACHMENT",
        b"inline; filename=x.csv",
        b'form-data; name="a"; attachment',
        b'form-data; name="a"; filename=x.csv',
        b"save; filename=x.csv",
    )

    def judge(status: int, answer: bytes) -> Answer:
        head = answer.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
        sent = [line.partition(b":")[2] for line in head if line.startswith(b"content-disposition:")]
        kept = [one for one in sent if one.partition(b";")[0].strip() != b"inline"]
        return not kept, f"{status}{' passed on' if kept else ''}"

    if (gone := await arrives(door)) is not None:
        return False, gone
    seen, held = [], True
    for n, value in enumerate(values):
        name = (b"Content-Disposition", b"content-disposition")[n % 2]
        good, words = await _judged(door, judge, name + b": " + value)
        held = held and good is True
        seen.append(f"{value.decode()[:12]}: {words}")
    return held, "; ".join(seen)


@attack("gate.answer_headers")
async def answer_headers(door: Door) -> Answer:
    """Set cookies of the zone, and allow the page everything."""

    def judge(status: int, answer: bytes) -> Answer:
        found = headers_of(answer)
        policy = found.get("content-security-policy", "")
        loose = "default-src *" in policy or "*" in found.get("access-control-allow-origin", "")
        planted = b"set-cookie: ansim" in answer.lower() or b"domain=" in answer.lower()
        left = [n for n in ("refresh", "link", "report-to", "service-worker-allowed", "clear-site-data") if n in found]
        return (
            status != 0 and not loose and not planted and not left,
            f"status {status}; policy: {'lax' if loose else 'the gate own'}; cookies planted: {planted};"
            f" passed on: {left or 'none'}",
        )

    if (gone := await arrives(door)) is not None:
        return False, gone
    return await _judged(
        door,
        judge,
        b"Set-Cookie: ansim-work=stolen; Path=/",
        b"Set-Cookie: x=y; Domain=.ansim.localhost",
        b"Content-Security-Policy: default-src *",
        b"Access-Control-Allow-Origin: *",
        b"Refresh: 0; url=http://evil.invalid/",
        b"Link: <http://evil.invalid/>; rel=preload",
        b"Report-To: {}",
        b"Service-Worker-Allowed: /",
        b'Clear-Site-Data: "*"',
    )


@attack("gate.answer_redirect")
async def answer_redirect(door: Door) -> Answer:
    """Send the browser elsewhere, in several spellings of an address."""

    def judge(status: int, answer: bytes) -> Answer:
        leads = headers_of(answer).get("location", "")
        good = not leads or leads.startswith(prefix_of(NEIGHBOUR))
        return good, f"{status}{'' if good else ' passed on'}"

    if (gone := await arrives(door)) is not None:
        return False, gone
    seen, held = [], True
    for name, place in {
        "absolute": b"http://evil.invalid/x?data",
        "no scheme": b"//evil.invalid/x",
        "backslash": b"/\\evil.invalid/x",
        "script": b"javascript:alert(1)",
        "zone": b"/hub/logout",
    }.items():
        good, words = await _judged(door, judge, b"Location: " + place, status=b"302 Found")
        held = held and good is True
        seen.append(f"{name}: {words}")
    return held, "; ".join(seen)


@attack("gate.answer_twice")
async def answer_twice(door: Door) -> Answer:
    """Answer once too often, and see whether the next request gets the rest."""
    second = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Second: yes\r\n\r\nsecond"
    if (gone := await arrives(door)) is not None:
        return False, gone
    with hostile(door, more=second) as server:
        answers = await asyncio.gather(*(ask(door) for _ in range(6)))
    poisoned = [a for _, a in answers if b"X-Second" in a or a.endswith(b"second")]
    return (
        not poisoned and server.asked > 0,
        f"{len(answers)} requests, answered {sorted(status_of(a) for _, a in answers)},"
        f" with the second answer: {len(poisoned)}",
    )


@attack("gate.answer_types")
async def answer_types(door: Door) -> Answer:
    """Call the answer a table, a program, two things at once, or nothing."""
    if (gone := await arrives(door)) is not None:
        return False, gone
    kinds = {
        "table": (b"Content-Type: text/csv",),
        "bytes": (b"Content-Type: application/octet-stream",),
        "archive": (b"Content-Type: application/zip",),
        "two": (b"Content-Type: application/json", b"Content-Type: text/csv"),
        "none": (),
    }
    answers = {}
    for name, headers in kinds.items():
        with hostile(door, *headers, untyped=True) as server:
            _, answers[name] = await ask(door)
        if not server.asked:
            return False, UNASKED
    return await door.judge(answers)


@attack("gate.other_host")
async def other_host(door: Door) -> Answer:
    """Name another workspace's host, the one for signing in, and made-up ones, with every cookie there is."""
    settings = door.range.settings
    if settings.gate.workspace_origins == "one":
        return None, "not tried: this zone serves all workspaces on one host (gate.workspace_origins)"
    with hostile(door):
        status, _ = await ask(door)
        host, cookie = await door.neighbour()
        own, next_door = f"{door.prefix}api/contents", f"{prefix_of(NEIGHBOUR)}api/status"
        made_up = door.host.replace(door.host.partition(".")[0], "w-" + "a" * 26)
        shapes = {
            "own path there": (own, cookie, host),
            "own path there, own cookie": (own, door.cookie, host),
            "its path here": (next_door, door.cookie, door.host),
            "its path here, its cookie": (next_door, cookie, door.host),
            "its path there, own cookie": (next_door, door.cookie, host),
            "sign-in host": (own, door.cookie, settings.host("work")),
            "made up": (own, door.cookie, made_up),
        }
        answers = {name: (await door.get(path, cookie=c, host=h))[1] for name, (path, c, h) in shapes.items()}
    if status != OK:
        return False, f"control: the other workspace did not answer its own person ({status})"
    return await door.judge(answers)
