"""The hub, as the portal uses it: who has signed in, and the start, state and stop of a workspace."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import httpx2 as httpx

from portal.errors import HubRefused, HubUnavailable
from registry.text import Text

CLIENT_ID = "service-portal"
ANSWER_TIME = httpx.Timeout(20.0, connect=3.0)
THIS_MOMENT = 60  # seconds ago that a sign-in may be which was demanded anew
PROGRESS_TIME = httpx.Timeout(0.5)  # past steps arrive at once; later ones are read by the next page load


class WorkspaceState(StrEnum):
    """What a person may do with a workspace now."""

    STOPPED = "stopped"
    STARTING = "starting"
    OPEN = "open"
    STOPPING = "stopping"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WorkspaceView:
    """The state of one workspace; `steps` are the sentences of a start under way, `progress` its per cent."""

    state: WorkspaceState
    started_at: datetime | None = None
    steps: tuple[Text, ...] = ()
    progress: int = 0
    failure: Text | None = None


class Hub:
    """The hub's HTTP interface on this machine."""

    def __init__(
        self, base_url: str, token: str, redirect_uri: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._redirect_uri = redirect_uri
        self._token = token
        self._began = base_url + "/hub/session-began"
        self._http = httpx.Client(base_url=base_url + "/hub/api", timeout=ANSWER_TIME, transport=transport)

    def authorize_path(self, *, state: str, verifier: str, anew: bool = False) -> str:
        """Return where the browser asks the hub for a code (RFC 6749 §4.1.1 with PKCE S256, RFC 7636 §4.2).

        `anew` demands a sign-in of this moment, as `max_age` of OpenID Connect Core 3.1.2.1 does.
        """
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": CLIENT_ID,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return "/hub/api/oauth2/authorize?" + urlencode({**query, "max_age": str(THIS_MOMENT)} if anew else query)

    def exchange(self, code: str, verifier: str) -> str | None:
        """Return the person's token for a code, or nothing if the hub does not accept the code."""
        form = {
            "client_id": CLIENT_ID,
            "client_secret": self._token,
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self._redirect_uri,
        }
        answer = self._ask("POST", "/oauth2/token", data=form)
        return str(answer.json()["access_token"]) if answer.status_code == 200 else None

    def whoami(self, token: str) -> str | None:
        """Return the handle of the person whose token this is, or nothing if it is no longer valid."""
        answer = self._ask("GET", "/user", token=token)
        if answer.status_code in (401, 403):
            return None
        model = _model(answer)
        return str(model["name"]) if model.get("kind") == "user" else None

    def signed_in_at(self, token: str) -> datetime | None:
        """Return when the person signed in, in the browser that the token is for, or nothing if the hub does not say.

        Raises: HubUnavailable.
        """
        answer = self._ask("GET", self._began, token=token)
        if answer.status_code in (403, 404):
            return None
        at = _model(answer).get("at")
        return datetime.fromtimestamp(at, UTC) if type(at) is int else None

    def workspace(self, handle: str, project: str) -> WorkspaceView:
        """Return the state of a workspace.

        Raises: HubUnavailable — if the hub does not say.
        """
        answer = self._ask("GET", _server(handle, project), token=self._token)
        if answer.status_code == 404:
            return WorkspaceView(WorkspaceState.STOPPED)
        return _view(_model(answer), self._progress(handle, project))

    def start(self, handle: str, project: str, *, by: str, address: str | None) -> None:
        """Ask the hub to start a workspace; returns while it is starting.

        `by` is the reference of the person who asks, `address` where they ask from: both go into the audit event.

        Raises: HubRefused — with the hub's reason. HubUnavailable.
        """
        asking = {"user_options": {"requested_by": by, "source_ip": address}}
        answer = self._ask("POST", _server(handle, project), token=self._token, body=asking)
        if answer.status_code == 400 and "already running" in answer.text:
            return
        _accepted(answer)

    def stop(self, handle: str, project: str) -> None:
        """Ask the hub to stop a workspace.

        Raises: HubRefused — with the hub's reason. HubUnavailable.
        """
        answer = self._ask("DELETE", _server(handle, project), token=self._token)
        if answer.status_code != 404:
            _accepted(answer)

    def version(self) -> str:
        """Return the version of the hub.

        Raises: HubUnavailable.
        """
        return str(_model(self._ask("GET", "/"))["version"])

    def _ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        data: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return self._http.request(method, path, headers=headers, data=data, json=body)
        except httpx.HTTPError as error:
            raise HubUnavailable(
                Text(
                    "분석환경을 관리하는 서비스에 연결할 수 없습니다.",
                    "The service that runs workspaces cannot be reached.",
                )
            ) from error

    def _progress(self, handle: str, project: str) -> Iterator[dict[str, Any]]:
        """Yield the events of a start, as far as they exist now (server-sent events of the hub)."""
        path = _server(handle, project) + "/progress"
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with self._http.stream("GET", path, headers=headers, timeout=PROGRESS_TIME) as answer:
                for line in answer.iter_lines() if answer.status_code == 200 else ():
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))
        except httpx.HTTPError:
            return  # the steps are a comfort; the state itself comes from the server's model


def _view(model: dict[str, Any], events: Iterator[dict[str, Any]]) -> WorkspaceView:
    """Turn the hub's model of a server into what a person is shown."""
    started = datetime.fromisoformat(model["started"]) if model.get("started") else None
    if model.get("ready") and not model.get("pending"):
        return WorkspaceView(WorkspaceState.OPEN, started)
    if model.get("pending") == "stop":
        return WorkspaceView(WorkspaceState.STOPPING, started)
    told = list(events)
    failed = next((str(e.get("message", "")).removeprefix("Spawn failed: ") for e in told if e.get("failed")), None)
    if failed is not None:
        return WorkspaceView(WorkspaceState.FAILED, failure=both_languages(failed))
    steps = tuple(both_languages(str(e["message"])) for e in told if e.get("message"))
    if model.get("pending") == "spawn":
        progress = max((int(e.get("progress", 0)) for e in told), default=0)
        return WorkspaceView(WorkspaceState.STARTING, started, steps, progress)
    return WorkspaceView(WorkspaceState.STOPPED)


def _server(handle: str, project: str) -> str:
    return f"/users/{quote(handle, safe='')}/servers/{quote(project, safe='')}"


def _model(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != 200:
        raise HubUnavailable(
            Text(
                f"분석환경을 관리하는 서비스가 오류 {answer.status_code}(으)로 응답했습니다.",
                f"The service that runs workspaces answered with error {answer.status_code}.",
            )
        )
    model: dict[str, Any] = answer.json()
    return model


def _accepted(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    if answer.status_code >= 500:
        _model(answer)
    try:
        reason = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        reason = f"HTTP {answer.status_code}"
    raise HubRefused(both_languages(reason))


def both_languages(reason: str) -> Text:
    """Read a sentence as the zone's spawner sends it through the hub: Korean on one line, English on the next."""
    korean, _, english = reason.partition("\n")
    return Text(korean, english or korean)
