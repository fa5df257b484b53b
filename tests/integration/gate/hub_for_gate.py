"""Configuration of the real hub of a zone under test: its servers are local Jupyter processes behind the real
relay.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2 as httpx
from jupyterhub.auth import DummyAuthenticator
from jupyterhub.spawner import Spawner

from hub_config import session_over, sign_in_times
from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[3]
WORK = os.environ["TEST_WORK_ORIGIN"]
ZONE = os.environ["TEST_ZONE_ORIGIN"]
GATE_UID = int(os.environ["TEST_GATE_UID"])
JUPYTER = os.environ["TEST_JUPYTER"]
RELAY = str(REPOSITORY / "images" / "notebook" / "relay.py")


def ref_of(handle: str, project: str) -> str:
    """Return a workspace reference that only depends on who and what."""
    letters = (handle + project).encode().hex()
    return "ws_" + "".join("abcdefghijklmnop"[int(c, 16)] for c in letters)[:16].ljust(16, "a")


class LocalSpawner(Spawner):  # type: ignore[misc]  # the base class carries no types
    """Starts Jupyter behind the relay as a child of the hub, at a port of its own."""

    process: asyncio.subprocess.Process | None = None

    @property
    def workspace_ref(self) -> str:
        return ref_of(self.user.name, self.name)

    def workspace_payload(self) -> dict[str, Any]:
        return {
            "handle": self.user.name,
            "person_ref": "p_" + "a" * 16,
            "project": self.name,
            "prefix": f"/user/{self.user.name}/{self.name}/",
            "ends_at": self.user_options.get("ends_at"),
            "language": "en",
            "datasets": [["gibleed", 1, 2694]],
        }

    async def start(self) -> tuple[str, int]:
        place = self._make_place()
        async with self._gate() as gate:
            answer = await gate.put(f"/workspaces/{self.workspace_ref}", json=self.workspace_payload())
            answer.raise_for_status()
            await self._start_jupyter(place, int((place / "port").read_text()))
            answer = await gate.get(f"/workspaces/{self.workspace_ref}/ready?timeout=120")
            answer.raise_for_status()
        return "127.0.0.1", int(ZONE.rpartition(":")[2])

    def _make_place(self) -> Path:
        place = Path("workspaces").resolve() / self.workspace_ref
        for name in ("home/outbox", "run", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        os.chown(place / "run", GATE_UID, GATE_UID)
        (place / "port").write_text(str(free_port()))
        return place

    async def _start_jupyter(self, place: Path, port: int) -> None:
        home = place / "home"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "JUPYTER_RUNTIME_DIR": str(place / "tmp"),
            "IPYTHONDIR": str(home / ".ipython"),
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            RELAY,
            "--socket",
            str(place / "run" / "up.sock"),
            "--to",
            f"127.0.0.1:{port}",
            "--",
            JUPYTER,
            f"--ServerApp.base_url=/user/{self.user.name}/{self.name}/",
            f"--ServerApp.root_dir={home}",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            "--IdentityProvider.token=",
            "--PasswordIdentityProvider.hashed_password=",
            "--ServerApp.log_level=ERROR",
            env=environment,
            cwd=home,
            start_new_session=True,
        )

    async def poll(self) -> int | None:
        return 0 if self.process is None else self.process.returncode

    async def stop(self, now: bool = False) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # kernels, which a container would end with it
        self.process = None
        async with self._gate() as gate:
            path = f"/workspaces/{self.workspace_ref}"
            await gate.request("DELETE", path, json={"reason": "stopped"})

    def _gate(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(uds="run/gate.sock")
        return httpx.AsyncClient(transport=transport, base_url="http://gate", timeout=130)


class Everybody(DummyAuthenticator):  # type: ignore[misc]  # the base class carries no types
    """Lets everybody in with one password, and keeps the record of ended sessions in a file."""

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:
        ours = [
            (session_over.PATH, session_over.SessionOverHandler),
            (sign_in_times.PATH, sign_in_times.SessionBeganHandler),
            (sign_in_times.AUTHORIZE, sign_in_times.AuthorizeHandler),
        ]
        return [*ours, *super().get_handlers(app)]

    def record_time_over(self, handle: str, session: str, limit: str) -> None:
        with Path("ended.txt").open("a") as record:
            record.write(f"{handle} {session} {limit}\n")


c = get_config()  # type: ignore[name-defined]  # noqa: F821 — the hub defines it
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = os.environ["TEST_HUB_URL"]
c.JupyterHub.bind_url = ZONE + "/"
c.JupyterHub.proxy_class = "hub_config.proxy.GateProxy"
c.JupyterHub.authenticator_class = Everybody
c.JupyterHub.spawner_class = LocalSpawner
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.allow_named_servers = True
c.JupyterHub.log_level = "WARN"
c.Everybody.password = "secret"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = set()
c.Spawner.start_timeout = c.Spawner.http_timeout = 240
c.JupyterHub.services = [
    {
        "name": "gate",
        "api_token": os.environ["TEST_GATE_TOKEN"],
        "oauth_client_id": "service-gate",
        "oauth_redirect_uri": f"{WORK}/_gate/callback",
        "oauth_no_confirm": True,
    },
    {"name": "worker", "api_token": os.environ["TEST_WORKER_TOKEN"]},
]
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=gate"]},
    {
        "name": "worker",
        "scopes": ["admin:users", "servers", "admin:servers", "tokens"],
        "services": ["worker"],
    },
]
