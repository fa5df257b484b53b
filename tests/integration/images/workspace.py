"""A running workspace container, as the tests of the images see it."""

import time
from dataclasses import dataclass
from pathlib import Path

from docker.models.containers import Container

PREFIX = "/user/alice/gibleed/"
UID = 200_123  # no entry in any passwd file


@dataclass(frozen=True)
class Running:
    """A running workspace container and the directories it sees."""

    container: Container
    home: Path
    outbox: Path

    def run(self, *command: str, user: str = "") -> tuple[int, str]:
        """The exit status and output of a command in the container."""
        done = self.container.exec_run(list(command), user=user or f"{UID}:{UID}")
        assert done.exit_code is not None
        assert isinstance(done.output, bytes)
        return done.exit_code, done.output.decode()

    def python(self, code: str) -> str:
        """The output of a Python program in the container; a failure fails the test."""
        status, output = self.run("python", "-c", code)
        assert status == 0, output
        return output


def wait_for_jupyter(running: Running, seconds: float = 90) -> None:
    """Wait until the server in the container answers."""
    deadline = time.monotonic() + seconds
    ask = f"import urllib.request as r; r.urlopen('http://127.0.0.1:8888{PREFIX}api', timeout=5)"
    while running.run("python", "-c", ask)[0] != 0:
        assert time.monotonic() < deadline, running.container.logs().decode()
        time.sleep(0.3)
