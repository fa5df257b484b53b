"""The engine itself, asked by the helper alone; every container it touches is first shown to be the zone's."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Mapping
from typing import Any, ClassVar

import docker
from docker.errors import APIError, NotFound

from hub_config.engine_helper.calls import Call, wanted_labels
from hub_config.engine_helper.containers import allowed
from hub_config.engine_helper.errors import Refused
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.places import walk

log = logging.getLogger("ansim.engine_helper")

BINDS_LABEL = "ansim.binds"
"""What the helper adds, so that it knows at the start which directories it looked at when the container was made."""
CALL_SECONDS = 600
Answer = tuple[int, Any]


class Engine:
    """The calls of the table, carried out."""

    def __init__(self, settings: HelperSettings) -> None:
        self._settings = settings
        self._client = docker.APIClient(f"unix://{settings.engine}", version="auto", timeout=CALL_SECONDS)

    def answer(self, call: Call, body: Any) -> Answer:
        """Carry out a call but `attach`, and return status and JSON value of its answer.

        Raises: Refused — if it is not ours to make. RequestException of requests — if the engine does not answer.
        """
        try:
            answered: Answer = self._answers[call.verb](self, call, body)
            return answered
        except APIError as error:
            # The engine's own reason, which names containers and images of the zone only.
            return int(error.status_code or 500), {"message": str(error.explanation or error)}

    def _version(self, call: Call, body: Any) -> Answer:
        told = self._client.version()
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
        log.info("created %s", made.name or answer["Id"][:12])
        return 201, answer

    def _inspect(self, call: Call, body: Any) -> Answer:
        return 200, self.own(call.container)

    def _start(self, call: Call, body: Any) -> Answer:
        found = self.own(call.container)
        for place, seen in json.loads(found["Config"]["Labels"][BINDS_LABEL]).items():
            if list(walk(place)) != seen:
                raise Refused("mount.changed", f"{place} is another directory than when the container was made.")
        self._client.start(found["Id"])
        return 204, None

    def _stop(self, call: Call, body: Any) -> Answer:
        seconds = call.parameter("t")
        self._client.stop(self.own(call.container)["Id"], timeout=int(seconds) if seconds.isdecimal() else None)
        return 204, None

    def _wait(self, call: Call, body: Any) -> Answer:
        return 200, self._client.wait(self.own(call.container)["Id"])

    def _remove(self, call: Call, body: Any) -> Answer:
        found = self.own(call.container)
        self._client.remove_container(found["Id"], v=call.truth("v"), force=call.truth("force"))
        log.info("removed %s", call.container[:40])
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

    def attached(self, call: Call) -> socket.socket:
        """Return a connection to the engine on which a scan's streams are about to open.

        Raises: Refused — for anything but a scan of ours.
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
        except OSError:
            connection.close()
            raise
        return connection

    _answers: ClassVar[Mapping[str, Any]] = {
        "ping": lambda self, call, body: (200, "OK"),
        "version": _version,
        "list": _list,
        "create": _create,
        "inspect": _inspect,
        "start": _start,
        "stop": _stop,
        "wait": _wait,
        "remove": _remove,
    }
