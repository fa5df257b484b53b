"""An engine that takes calls and says nothing: who only asks whether it is there is told soon."""

from __future__ import annotations

import json
import socket
import threading
import time
from tempfile import TemporaryDirectory

import pytest
from requests.exceptions import RequestException

from hub_config.engine_helper import engine
from hub_config.engine_helper.calls import Call
from hub_config.engine_helper.helper_settings import HelperSettings


def speak_once(listening: socket.socket) -> None:
    """Say one version, then take calls and answer none."""
    told = json.dumps({"ApiVersion": "1.41"}).encode()
    first, _ = listening.accept()
    first.recv(65536)
    first.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))
    first.close()


def test_whoever_asks_a_hanging_engine_for_its_version_does_not_wait_as_long_as_for_a_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "VERSION_SECONDS", 1)
    with TemporaryDirectory() as run, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(f"{run}/docker.sock")
        listening.listen()
        threading.Thread(target=speak_once, args=(listening,), daemon=True).start()
        told = HelperSettings(
            zone="z",
            home=f"{run}/home",
            notebook="n",
            scanner="s",
            callers=(),
            dataset_roots=(),
            engine=f"{run}/docker.sock",
        )
        asked = engine.Engine(told)
        began = time.monotonic()
        with pytest.raises(RequestException):
            asked.answer(Call("version"), None)
        assert time.monotonic() - began < engine.CALL_SECONDS / 2
