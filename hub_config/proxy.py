"""The hub's side of the gate: tells it which workspaces run, and tells it again when it started anew."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable
from typing import Any

from aiohttp import ClientError, ClientResponseError, ClientSession, ClientTimeout, UnixConnector
from jupyterhub.proxy import Proxy
from traitlets import Unicode

from hub_config.troubles import Troubles

SOCKET = "run/gate.sock"
WATCH_SECONDS = 1.0
CALL_SECONDS = 15.0


class GateProxy(Proxy):  # type: ignore[misc]  # the base class carries no types
    """Drives the gate over its control socket; the supervisor, not the hub, starts and stops it."""

    should_start = False
    socket = Unicode(SOCKET, config=True, help="The gate's control socket, relative to the home of the zone.")

    _watcher: asyncio.Task[None] | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._spent: dict[str, int] = {}

    async def get_all_routes(self) -> dict[str, Any]:
        """Return the routes as the gate has them, with the last activity of each workspace."""
        self._watch()
        routes: dict[str, Any] = await self._call("GET", "/routes")
        return routes

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Tell the gate of a route."""
        spec = self.validate_routespec(routespec)
        await self._call("PUT", "/routes", {"routespec": spec, "target": target, "data": data})

    async def delete_route(self, routespec: str) -> None:
        """Make the gate forget a route; one that it does not have is no error."""
        await self._call("DELETE", "/routes", {"routespec": self.validate_routespec(routespec)})

    async def add_user(self, user: Any, server_name: str = "") -> None:
        """Open a workspace at the gate, then add its route; a route alone opens nothing."""
        await self._open(user.spawners[server_name])
        await super().add_user(user, server_name)

    async def delete_user(self, user: Any, server_name: str = "") -> None:
        """Remove a workspace's route and cut it, so that nothing forwards to a server the hub gave up."""
        await super().delete_user(user, server_name)
        ref = getattr(user.spawners[server_name], "workspace_ref", None)
        if ref is not None:
            self._spent.pop(ref, None)
            await self._call("DELETE", f"/workspaces/{ref}", {"reason": "stopped"}, missing_ok=True)

    async def _open(self, spawner: Any) -> None:
        ref = spawner.workspace_ref
        if ref is None:
            return
        payload = spawner.workspace_payload()
        if inspect.isawaitable(payload):
            payload = await payload
        # A gate that was killed must not forget how much a session has already shown.
        await self._call("PUT", f"/workspaces/{ref}", {**payload, "bytes_out": self._spent.get(ref, 0)})

    def _watch(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._keep_filled())

    async def _keep_filled(self) -> None:
        """Tell a gate that started anew everything it has to know, within seconds of its start."""
        troubles = Troubles(self.log)
        while True:
            try:
                await self._look()
            except (ClientError, OSError, TimeoutError) as error:
                troubles.away("the gate", error)
            except Exception as error:
                # The edge of a task that nobody waits for: the next look starts from the hub's state again.
                troubles.failed("telling the gate everything", error)
            else:
                troubles.worked("the gate")
                troubles.worked("telling the gate everything")
            await asyncio.sleep(WATCH_SECONDS)

    async def _look(self) -> None:
        health = await self._call("GET", "/health")
        if not health["filled"] and not self._still_looking():
            self.log.warning("the gate started anew; telling it everything")
            await self._fill()
            # The gate refuses this word if it started once more meanwhile; the next look begins again.
            await self._call("PUT", "/filled", {"instance": health["instance"]})
        states = await self._call("GET", "/workspaces")
        self._spent = {ref: int(state["bytes_out"]) for ref, state in states.items()}

    def _still_looking(self) -> bool:
        """Say whether a hub that has just started does not know yet which workspaces still run."""
        return any(spawner._check_pending for spawner in self._spawners())

    async def _fill(self) -> None:
        for spawner in self._spawners():
            if spawner.ready:
                await self._tolerantly(self._open(spawner), spawner.proxy_spec)
        # Every workspace is open now; routes open nothing, so what goes wrong with one may wait for the next round.
        await self._tolerantly(self.check_routes(self.app.users, self.app._service_map), "routes")

    async def _tolerantly(self, order: Awaitable[None], what: str) -> None:
        """Give an order that others must not wait for: what a gate refuses once it refuses again."""
        try:
            await order
        except (ClientResponseError, LookupError):
            self.log.exception("the gate was not told of %s", what)

    def _spawners(self) -> list[Any]:
        return [spawner for user in self.app.users.values() for spawner in user.spawners.values()]

    async def _call(
        self, method: str, path: str, document: dict[str, Any] | None = None, *, missing_ok: bool = False
    ) -> Any:
        connector = UnixConnector(self.socket)
        timeout = ClientTimeout(total=CALL_SECONDS)
        async with (
            ClientSession(connector=connector, timeout=timeout) as session,
            session.request(method, f"http://gate{path}", json=document) as answer,
        ):
            if answer.status >= 400 and not (missing_ok and answer.status == 404):
                with contextlib.suppress(ValueError):
                    self.log.error("the gate refused %s %s: %s", method, path, await answer.text())
                answer.raise_for_status()
            return await answer.json() if answer.content_type == "application/json" else None
