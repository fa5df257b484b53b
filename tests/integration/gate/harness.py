"""A zone under test, of real parts: gate, append-only service, hub, relay and Jupyter; only the portal is a
stand-in.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import httpx2 as httpx
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from hub_config.gate.config import parse_config
from hub_config.gate.origins import Origins
from hub_config.gate.workspaces import place_of
from tests.patience import PATIENCE
from tests.ports import free_port

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
DOMAIN = "ansim.localhost"
GATE_UID = 64_321  # a user that nobody on a test machine is; the gate takes numbers too
PASSWORD = "secret"
QUICK = {"validate_seconds": 1}  # so that nobody waits for a signed-out session to be found
WORK = re.compile(r'<iframe class="work" src="([^"]+)"')
FRAMED = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
ONWARD = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


class Loopback(AbstractResolver):
    """Finds every name on this machine."""

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        flags = socket.AI_NUMERICHOST
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=flags)]

    async def close(self) -> None:
        pass


def wait_for(condition: Any, what: str, seconds: float = PATIENCE) -> None:
    """Wait until a condition holds; fail saying what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


@dataclass
class ZoneUnderTest:
    """The processes of one zone and where they are reached."""

    home: Path
    jupyter: Path | None = None
    limits: Mapping[str, Any] = field(default_factory=dict)
    origins: str = "own"
    scheme: str = "http"  # that people see: the gate itself speaks to what ends TLS
    python: str = sys.executable
    code: Path = REPOSITORY
    port: int = field(default_factory=free_port)
    hub_port: int = field(default_factory=free_port)
    gate_token: str = field(default_factory=lambda: secrets.token_hex(16))
    worker_token: str = field(default_factory=lambda: secrets.token_hex(16))
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, mode in (("", 0o710), ("run", 0o770), ("workspaces", 0o710)):
            path = self.home / name
            path.mkdir(exist_ok=True)
            path.chmod(mode)
            os.chown(path, 0, GATE_UID)

    def origin(self, name: str) -> str:
        return f"{self.scheme}://{name}.{DOMAIN}:{self.port}"

    def origin_of(self, prefix: str) -> str:
        """Return the origin of a workspace."""
        place = place_of(prefix)
        assert place is not None, prefix
        named = {"domain": DOMAIN, "port": self.port, "scheme": self.scheme, "workspace_origins": self.origins}
        config = parse_config(json.dumps(named))
        return Origins(config, self.gate_token).origin_of(place)

    def base(self, prefix: str) -> str:
        """Return the address of a workspace."""
        return self.origin_of(prefix) + prefix

    def start(self, name: str, arguments: list[str], environment: Mapping[str, str] | None = None) -> None:
        kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.code), "PYTHONSAFEPATH": "1", "LANG": "C.UTF-8"}
        log = (self.home / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            arguments, cwd=self.home, env={**kept, **(environment or {})}, stdout=log, stderr=log
        )
        log.close()

    def start_audit(self) -> None:
        self.start("audit", [self.python, str(HERE / "audit_service.py"), str(GATE_UID)])
        wait_for((self.home / "run/audit.sock").exists, "the audit writer answers")

    def start_gate(self) -> None:
        config = {
            "domain": DOMAIN,
            "port": self.port,
            "scheme": self.scheme,
            "hub_url": f"http://127.0.0.1:{self.hub_port}",
            "user": str(GATE_UID),
            "workspace_origins": self.origins,
            "limits": dict(self.limits),
        }
        environment = {"ANSIM_GATE_TOKEN": self.gate_token, "ANSIM_GATE_CONFIG": json.dumps(config)}
        self.start("gate", [self.python, "-m", "hub_config.gate"], environment)
        wait_for(self.gate_answers, "the gate answers")

    def gate_answers(self) -> bool:
        gate = self.processes["gate"]
        assert gate.poll() is None, (self.home / "gate.log").read_text()
        try:
            return self.control("GET", "/health").status_code == 200
        except httpx.TransportError:
            return False

    def control(self, method: str, path: str, document: Any = None) -> httpx.Response:
        """Give an order over the control socket, as root."""
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.home / "run/gate.sock")), timeout=PATIENCE
        ) as client:
            return client.request(method, f"http://gate{path}", json=document)

    def start_hub(self) -> None:
        assert self.jupyter is not None
        environment = {
            "TEST_WORK_ORIGIN": self.origin("work"),
            "TEST_ZONE_ORIGIN": self.origin("zone"),
            "TEST_HUB_URL": f"http://127.0.0.1:{self.hub_port}",
            "TEST_GATE_UID": str(GATE_UID),
            "TEST_GATE_TOKEN": self.gate_token,
            "TEST_WORKER_TOKEN": self.worker_token,
            "TEST_JUPYTER": str(self.jupyter),
            "JUPYTERHUB_CRYPT_KEY": secrets.token_hex(32),
        }
        self.start("hub", [self.python, "-m", "jupyterhub", "-f", str(HERE / "hub_for_gate.py")], environment)
        wait_for(self.hub_answers, "the hub answers")

    def hub_answers(self) -> bool:
        assert self.processes["hub"].poll() is None, (self.home / "hub.log").read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.hub_port}/hub/health", timeout=PATIENCE / 10):
                return True
        except OSError:
            return False

    def hub_api(self, method: str, path: str, document: Any = None) -> httpx.Response:
        """Call the hub's API as the worker."""
        headers = {"Authorization": f"token {self.worker_token}"}
        url = f"http://127.0.0.1:{self.hub_port}/hub/api{path}"
        return httpx.request(method, url, headers=headers, json=document, timeout=PATIENCE)

    def start_workspace(self, handle: str, project: str) -> str:
        """Start a workspace through the hub and return its prefix."""
        self.hub_api("POST", f"/users/{handle}")
        answer = self.hub_api("POST", f"/users/{handle}/servers/{project}", {})
        assert answer.status_code in (201, 202), answer.text
        wait_for(lambda: self.workspace_is_ready(handle, project), "the workspace is ready", 2 * PATIENCE)
        return f"/user/{handle}/{project}/"

    def workspace_is_ready(self, handle: str, project: str) -> bool:
        server = self.hub_server(handle, project)
        if not server.get("ready") and not server.get("pending"):
            pytest.fail(f"the workspace did not start:\n{(self.home / 'hub.log').read_text()[-3000:]}")
        return bool(server.get("ready"))

    def hub_server(self, handle: str, project: str) -> dict[str, Any]:
        servers = self.hub_api("GET", f"/users/{handle}").json().get("servers", {})
        return dict(servers.get(project, {}))

    def workspace(self) -> str:
        """Return the reference of the only open workspace."""
        (ref,) = self.control("GET", "/workspaces").json()
        return str(ref)

    def end(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def stop(self) -> None:
        with contextlib.ExitStack() as all_of_them:  # each of them, whatever becomes of the others
            for name in ("audit", "gate", "hub"):  # the hub ends first: then the gate still answers for its workspaces
                if name in self.processes:
                    all_of_them.callback(self.end, name)


def running(home: Path, jupyter: Path, limits: Mapping[str, Any], **more: Any) -> Iterator[ZoneUnderTest]:
    """Give a zone that runs, with `more` of its settings; end it afterwards."""
    zone = ZoneUnderTest(home, jupyter, limits=limits, **more)
    try:
        zone.start_audit()
        zone.start_gate()
        zone.start_hub()
        yield zone
    finally:
        zone.stop()


class Browser:
    """A person's browser without scripts: cookies, redirects, and whatever headers a test sets."""

    def __init__(self, zone: ZoneUnderTest) -> None:
        self.zone = zone
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=Loopback()), cookie_jar=aiohttp.CookieJar()
        )

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, url: str, **headers: str) -> tuple[int, str]:
        """Open an address, and follow redirects, a page that leads on at once, and the frame around a workspace, unless
        the headers say what is opened.
        """
        async with self.session.get(url, headers=headers) as answer:
            text, onward = await answer.text(), ONWARD.search(await answer.text())
            target = urljoin(str(answer.url), html.unescape(onward[1])) if onward else None
        work = None if "Sec-Fetch-Dest" in headers else WORK.search(text)
        if work is not None:
            return await self.get(html.unescape(work[1]), **headers, **FRAMED)
        return await self.get(target, **headers) if target else (answer.status, text)

    async def sign_in(self, handle: str, prefix: str) -> None:
        """Open a workspace's page, sign in at the hub on the way, and come back."""
        url = f"{self.zone.base(prefix)}lab"
        async with self.session.get(f"{self.zone.origin('work')}{prefix}lab") as page:
            assert page.url.path == "/hub/login", await page.text()
            action = page.url
            form_page = await page.text()
        xsrf = form_page.split('name="_xsrf" value="')[1].split('"')[0]
        form = {"username": handle, "password": PASSWORD, "_xsrf": xsrf}
        headers = {"Origin": self.zone.origin("zone")}
        async with self.session.post(action, data=form, headers=headers) as page:
            text = await page.text()
            assert page.status == 200, text
            assert str(page.url).startswith(f"{self.zone.origin('work')}/_gate/callback"), text
            onward = ONWARD.search(text)
            assert onward is not None, text
        await self.get(html.unescape(onward[1]))
        status, text = await self.get(url)
        assert status == 200, text

    def xsrf(self, prefix: str) -> str:
        from yarl import URL

        return str(self.session.cookie_jar.filter_cookies(URL(self.zone.base(prefix)))["_xsrf"].value)

    async def call(self, method: str, prefix: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Call Jupyter's API as Lab does."""
        headers = {"Origin": self.zone.origin_of(prefix), "X-XSRFToken": self.xsrf(prefix)}
        url = f"{self.zone.base(prefix)}{path}"
        async with self.session.request(method, url, json=document, headers=headers) as answer:
            parsed = answer.content_type == "application/json" and answer.status != 204
            return answer.status, await answer.json() if parsed else await answer.text()

    def socket(self, prefix: str, path: str, *protocols: str, origin: str | None = None) -> Any:
        """Open a WebSocket."""
        url = f"{self.zone.base(prefix)}{path}"
        headers = {"Origin": origin or self.zone.origin_of(prefix)}
        return self.session.ws_connect(url, protocols=protocols, headers=headers, max_msg_size=0)


def execute_request(code: str, *, msg_type: str = "execute_request", **content: Any) -> dict[str, Any]:
    """Return a legacy kernel message."""
    body = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    header = {"msg_id": secrets.token_hex(8), "msg_type": msg_type, "session": "s", "username": "", "version": "5.3"}
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": {**body, **content},
        "buffers": [],
        "channel": "shell",
    }


async def run_cell(socket: aiohttp.ClientWebSocketResponse, code: str, seconds: float = PATIENCE) -> str:
    """Send a cell in the legacy protocol and return what it printed."""
    message = execute_request(code)
    await socket.send_str(json.dumps(message))
    text = ""
    awaited = {"execute_reply", "idle"}  # they come on two channels, in any order
    async with asyncio.timeout(seconds):
        while awaited:
            frame = await socket.receive()
            assert frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), frame
            answer = json.loads(frame.data)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if answer["msg_type"] == "stream":
                text += answer["content"]["text"]
            if answer["msg_type"] == "execute_reply":
                assert answer["content"]["status"] == "ok", answer["content"]
                awaited.discard("execute_reply")
            if answer["msg_type"] == "status":
                awaited.discard(answer["content"]["execution_state"])
    return text
