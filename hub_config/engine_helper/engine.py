"""The engine itself, asked by the helper alone; every container it touches is first shown to be the zone's."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import docker
from docker.errors import APIError, NotFound
from requests.exceptions import RequestException

from hub_config.engine_helper.calls import Call, wanted_labels
from hub_config.engine_helper.containers import allowed
from hub_config.engine_helper.errors import Refused
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.places import walk
from hub_config.left_volumes import remove_left

log = logging.getLogger("ansim.engine_helper")

BINDS_LABEL = "ansim.binds"
"""What the helper adds, so that it knows at the start which directories it looked at when the container was made."""
CALL_SECONDS = 600
VERSION_SECONDS = 10
"""Who asks whether the engine answers waits no longer; one that hangs would keep a thread for each such call."""
MOST_HEAD = 64 * 1024
CHANGING = frozenset({"start", "stop", "kill", "remove"})
Answer = tuple[int, Any]


class Engine:
    """The calls of the table, carried out."""

    def __init__(self, settings: HelperSettings) -> None:
        self._settings = settings
        self._client = docker.APIClient(f"unix://{settings.engine}", version="auto", timeout=CALL_SECONDS)
        spoken = self._client.api_version
        self._briefly = docker.APIClient(f"unix://{settings.engine}", version=spoken, timeout=VERSION_SECONDS)

    def remove_left_volumes(self) -> None:
        """Remove file systems of ended workspaces, which no call of the table does."""
        try:
            gone = remove_left(self._client, Path(self._settings.home))
        except (APIError, RequestException) as error:
            log.warning("volumes that are left were not looked for: %s", type(error).__name__)
            return
        if gone:
            log.info("removed %d volumes of ended workspaces", gone)

    def answer(self, call: Call, body: Any) -> Answer:
        """Carry out a call but `attach`, and return status and JSON value of its answer.

        Raises: Refused — if it is not ours to make. RequestException of requests — if the engine does not answer.
        """
        try:
            subject = self.own(call.container) if call.container else body
            answered: Answer = self._answers[call.verb](self, call, subject)
        except APIError as error:
            log.warning("failed %s %s %s", call.verb, call.container or ascii(call.parameter("name")), call.caller)
            # The engine's own reason, which names containers and images of the zone only.
            return int(error.status_code or 500), {"message": str(error.explanation or error)}
        if call.verb in CHANGING:
            log.info("%s %s %s", call.verb, subject["Id"], call.caller)
        return answered

    def _version(self, call: Call, body: Any) -> Answer:
        told = self._briefly.version()
        return 200, {key: told[key] for key in ("Version", "ApiVersion", "MinAPIVersion", "Os", "Arch")}

    def _list(self, call: Call, body: Any) -> Answer:
        wanted = wanted_labels(call, self._settings.zone)
        found = self._client.containers(all=call.truth("all"), filters={"label": [*wanted, BINDS_LABEL]})
        return 200, found

    def _create(self, call: Call, body: Any) -> Answer:
        made = allowed(body, call.parameter("name"), self._settings, self._client.api_version)
        places = {place: walk(place) for place in made.places}
        labels = {**made.body["Labels"], BINDS_LABEL: json.dumps(places, sort_keys=True)}
        answer = self._client.create_container_from_config(  # type: ignore[no-untyped-call]
            {**made.body, "Labels": labels}, made.name or None
        )
        log.info("create %s %s mounts=%s", answer["Id"], call.caller, json.dumps(made.places))
        return 201, answer

    def _inspect(self, call: Call, found: Any) -> Answer:
        return 200, found

    def _start(self, call: Call, found: Any) -> Answer:
        for place, seen in json.loads(found["Config"]["Labels"][BINDS_LABEL]).items():
            if list(walk(place)) != seen:
                raise Refused("mount.changed", f"{place} is another directory than when the container was made.")
        self._client.start(found["Id"])
        return 204, None

    def _stop(self, call: Call, found: Any) -> Answer:
        seconds = call.parameter("t")
        self._client.stop(found["Id"], timeout=int(seconds) if seconds.isdecimal() else None)
        return 204, None

    def _kill(self, call: Call, found: Any) -> Answer:
        self._client.kill(found["Id"])
        return 204, None

    def _wait(self, call: Call, found: Any) -> Answer:
        return 200, self._client.wait(found["Id"])

    def _remove(self, call: Call, found: Any) -> Answer:
        self._client.remove_container(found["Id"], v=call.truth("v"), force=call.truth("force"))
        return 204, None

    def own(self, container: str) -> Mapping[str, Any]:
        """Return a container of this zone that the helper made.

        Raises: Refused — with the status of a container that does not exist, whatever else stands in the way.
        """
        try:
            found: Mapping[str, Any] = self._client.inspect_container(container)
        except NotFound:
            found = {}
        labels = found.get("Config", {}).get("Labels") or {}
        if labels.get("ansim.zone") != self._settings.zone or BINDS_LABEL not in labels:
            raise Refused("container.foreign", f"No such container: {container}", status=404)
        return found

    def attached(self, call: Call) -> tuple[socket.socket, bytes]:
        """Return a connection to the engine on which a scan's streams are open, and what it has said on it so far.

        Raises: Refused — for anything but a scan of ours, or if the engine does not open the streams.
        """
        found = self.own(call.container)
        if "ansim.scan" not in found["Config"]["Labels"]:
            raise Refused("attach.workspace", "Nobody attaches to a workspace.")
        wanted = "&".join(f"{one}={int(call.truth(one))}" for one in ("stdin", "stdout", "stream"))
        line = f"POST /v{self._client.api_version}/containers/{found['Id']}/attach?{wanted} HTTP/1.1\r\n"
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CALL_SECONDS)
        try:
            connection.connect(self._settings.engine)
            connection.sendall(f"{line}Host: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n".encode("ascii"))
            said = opened(connection)
        except (OSError, Refused):
            connection.close()
            raise
        log.info("attach %s %s", found["Id"], call.caller)
        return connection, said

    _answers: ClassVar[Mapping[str, Any]] = {
        "ping": lambda self, call, body: (200, "OK"),
        "version": _version,
        "list": _list,
        "create": _create,
        "inspect": _inspect,
        "start": _start,
        "stop": _stop,
        "kill": _kill,
        "wait": _wait,
        "remove": _remove,
    }


def opened(connection: socket.socket) -> bytes:
    """Read the engine's word that it opened the streams, and return it with whatever followed it at once.

    Before that word the connection still carries requests: handed through then, a caller could write its own to the
    engine.

    Raises: Refused — with the engine's status, for any other word. OSError — if the engine says none.
    """
    said = b""
    while b"\r\n\r\n" not in said:
        more = connection.recv(MOST_HEAD)
        if not more or len(said) > MOST_HEAD:
            raise ConnectionError("the engine broke off")
        said += more
    first = said.split(b"\r\n", 1)[0].split(b" ")
    if len(first) < 2 or not first[0].startswith(b"HTTP/1.") or not first[1].isdigit():
        raise ConnectionError("the engine does not speak HTTP")
    if first[1] != b"101":
        status = int(first[1])
        raise Refused("attach.engine", "The engine opens no streams.", status=status if status >= 400 else 502)
    return said
