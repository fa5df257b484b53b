"""The host that everybody signs in on: it passes people on to the host of their workspace, and shows none itself.

The hub sends a browser back to one address only, so all sign-ins for workspaces return here. What comes with them is
passed on to the host where the sign-in began; only there lies the cookie that ties it to the browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from hub_config.gate.answers import drop_cookie, page, redirect, set_cookie
from hub_config.gate.config import GateConfig
from hub_config.gate.errors import Refused
from hub_config.gate.headers import gate_page_headers
from hub_config.gate.origins import Origins
from hub_config.gate.pages import return_page
from hub_config.gate.sessions import Sessions
from hub_config.gate.sites import SAFE_METHODS, Initiator, SitePolicy, check_initiator, check_sign_out
from hub_config.gate.targets import Target
from hub_config.gate.work_host import OWN, is_websocket
from hub_config.gate.workspaces import place_of


@dataclass(frozen=True, slots=True)
class SignInHost:
    """Answers every request to `work.` where workspaces have hosts of their own."""

    config: GateConfig
    origins: Origins
    sessions: Sessions

    async def answer(self, request: web.BaseRequest, target: Target, address: str) -> web.StreamResponse:
        """Answer a request whose target is unambiguous.

        Raises: Refused — for anything but signing in and out, and pages that moved to a host of their own.
        """
        websocket = is_websocket(request)
        initiator = Initiator.of(request.method, request.headers, websocket=websocket)
        check_initiator(SitePolicy(self.config.origin("work")), initiator)
        reading = request.method in SAFE_METHODS and not websocket
        if reading and target.path == f"{OWN}callback":
            return self._back(request, dict(target.query))
        if target.path == f"{OWN}logout" and not websocket:
            check_sign_out(initiator)
            return await self._sign_out(request)
        if reading and target.path in ("/", "/user/"):
            return redirect(self.config.origin("zone") + "/", self.config)
        place = place_of(target.path)
        if reading and place is not None:
            # Whoever asks learns the name of a host, for whatever path; only its owner gets further there.
            return redirect(self.origins.origin_of(place) + target.encoded(), self.config)
        raise Refused("route.missing")

    def _back(self, request: web.BaseRequest, query: dict[str, str]) -> web.Response:
        """Pass a browser on with what the hub gave it.

        A page does it, not a redirect: the sign-in form may have led here, and its policy lets a form go to the hosts
        that it knows, of which the workspaces' are none.
        """
        sign_in = self.sessions.returned(query.get("state", ""), request.headers)
        given = urlencode([(name, value) for name, value in query.items() if name in ("code", "state")])
        target = f"{self.config.scheme}://{sign_in.host}{OWN}callback?{given}"
        answer = page(return_page(target), gate_page_headers(self.config))
        # Lax, because a link on another site may have begun the sign-in.
        set_cookie(answer, self.config, self.sessions.browser_cookie, sign_in.browser, "Lax", None)
        return answer

    async def _sign_out(self, request: web.BaseRequest) -> web.Response:
        await self.sessions.end(request.headers, request.headers["Host"])
        answer = redirect(self.config.origin("zone") + "/", self.config)
        drop_cookie(answer, self.config, self.sessions.browser_cookie)
        return answer
