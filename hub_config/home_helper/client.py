"""How the zone's processes ask the helper: one call, one connection, one answer."""

from __future__ import annotations

import json
import os
import socket
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.text import Text
from hub_config.home_helper.calls import Call, line_of
from hub_config.home_helper.errors import HelperAway, HomeRefused

CALL_SECONDS = 330.0
"""Longer than making, checking or growing the largest home takes."""
MICROSECONDS = 1_000_000
MOST_ANSWER = 1 << 24
RETRY_SECONDS = 0.1
_AWAY = Text(
    "분석환경의 암호화된 홈을 다루는 도우미(ansim-homes)가 응답하지 않습니다: {why}",
    "The helper for encrypted homes (ansim-homes) does not answer: {why}",
)


@dataclass(frozen=True, slots=True)
class HomeState:
    """A home as the helper sees it; sizes in bytes, `key` the public name of its key."""

    state: str
    size: int = 0
    taken: int = 0
    key: str = ""
    made: bool = False
    lingers: bool = False
    existed: bool = False
    tries: int = 0
    """How often the helper tried to shut it, and could not."""

    @property
    def exists(self) -> bool:
        """Whether there is anything of it: an image, or a key that waits for one."""
        return self.state not in ("none", "left")

    @property
    def stuck(self) -> bool:
        """Whether it stays mounted although it was to be shut, or destroyed."""
        return self.state == "left" or self.tries > 0


class HomeClient:
    """The helper of one zone, asked through its socket."""

    def __init__(self, path: Path, *, patience: float = 0.0, seconds: float = CALL_SECONDS) -> None:
        self._path = path
        self._patience = patience
        self._seconds = seconds

    def make(self, ref: str, gib: int) -> HomeState:
        """Make a home, closed; one that is there stays as it is. Raises: HelperAway, HomeRefused."""
        return _state(self._ask(Call("make", ref, gib=gib)))

    def open(self, ref: str) -> HomeState:
        """Open a home; one that is open stays so. Raises: HelperAway, HomeRefused."""
        return _state(self._ask(Call("open", ref)))

    def close(self, ref: str, *, idle: int = 0) -> HomeState:
        """Close a home that nobody asked for in the last `idle` seconds. Raises: HelperAway, HomeRefused."""
        return _state(self._ask(Call("close", ref, idle=idle)))

    def destroy(self, ref: str) -> HomeState:
        """Destroy the key of a home, and its image. Raises: HelperAway, HomeRefused."""
        return _state(self._ask(Call("destroy", ref)))

    def grow(self, ref: str, gib: int) -> HomeState:
        """Make a closed home larger. Raises: HelperAway, HomeRefused."""
        return _state(self._ask(Call("grow", ref, gib=gib)))

    def status(self, ref: str) -> HomeState:
        """Look at a home. Raises: HelperAway, HomeRefused."""
        return _state(self._ask(Call("status", ref)))

    def every(self) -> dict[str, HomeState]:
        """Look at every home of the zone. Raises: HelperAway, HomeRefused."""
        return {ref: _state(one) for ref, one in self._ask(Call("list"))["homes"].items()}

    def able(self) -> None:
        """Let the helper try everything once. Raises: HelperAway, HomeRefused — if this machine cannot do it."""
        self._ask(Call("able"))

    def _ask(self, call: Call) -> dict[str, Any]:
        try:
            answer = json.loads(self._exchange(line_of(call)))
        except (OSError, ValueError) as error:
            raise HelperAway(_AWAY.format(why=type(error).__name__)) from error
        if "refused" in answer:
            raise HomeRefused(str(answer["refused"]))
        return dict(answer["said"])

    def _exchange(self, line: bytes) -> bytes:
        with self._connected() as connection:
            connection.settimeout(self._seconds)
            connection.sendall(line)
            with connection.makefile("rb") as said:
                return said.readline(MOST_ANSWER)

    def _connected(self) -> socket.socket:
        """Return a connection; a helper that is being started is waited for as long as this client's patience lasts."""
        deadline = time.monotonic() + self._patience
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            # Not `settimeout`, which would give up at once where the helper has others to accept first.
            limit = struct.pack("ll", *divmod(int(self._seconds * MICROSECONDS), MICROSECONDS))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            try:
                _connect(connection, self._path)
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                if time.monotonic() >= deadline:
                    raise
                time.sleep(RETRY_SECONDS)
            except OSError:
                connection.close()
                raise
            else:
                return connection


def _connect(connection: socket.socket, path: Path) -> None:
    """Connect by the directory: the whole path may be longer than the 107 bytes that an address holds."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{directory}/{path.name}")
    finally:
        os.close(directory)


def _state(said: dict[str, Any]) -> HomeState:
    return HomeState(**{name: said[name] for name in HomeState.__slots__ if name in said})
