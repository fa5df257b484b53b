"""The container engine of this machine: find it, install the distribution's, stop what we started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

from audit.cli_context import language_of
from audit.text import Text
from hub_config.errors import EnvironmentMissing

Say = Callable[[str], None]

PACKAGES: Final = ("docker.io", "iptables")
DAEMON_LOG: Final = Path("/var/log/dockerd.log")
ZONE_LABEL: Final = "ansim.zone"
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 30
_INSTALLS: Final = Text(
    "응답하는 컨테이너 엔진이 없어 배포판의 것을 설치합니다(apt-get install docker.io iptables).",
    "No container engine answers: installing the distribution's (apt-get install docker.io iptables).",
)


class EngineMissing(EnvironmentMissing):
    """No container engine answers on this machine."""

    hint = Text(
        "Docker를 시작하거나(`systemctl start docker`), root로 `make up`을 실행하면 설치됩니다.",
        "Start Docker (`systemctl start docker`), or run `make up` as root: it installs one.",
    )


def connect(*, timeout: int = 600) -> docker.DockerClient:
    """A client of the engine; `timeout` in seconds holds for each call, and loading an image takes long.

    Raises:
        EngineMissing: nothing answers at DOCKER_HOST or the default socket.
    """
    try:
        client = docker.from_env(timeout=timeout)
        client.ping()
    except (DockerException, RequestException, OSError) as error:
        raise EngineMissing(Text("응답하는 컨테이너 엔진이 없습니다.", "No container engine answers.")) from error
    return client


def engine_answers(seconds: int = 5) -> bool:
    """Whether a container engine answers now; one that says nothing for so long does not."""
    try:
        connect(timeout=seconds).close()
    except EngineMissing:
        return False
    return True


def install_engine(say: Say, *, state_file: Path) -> None:
    """Install the distribution's Docker engine if it is absent, and start it.

    An engine that we start without systemd is noted in `state_file`, so that `stop_engine` ends it and no other.

    Raises:
        EngineMissing: not root, no apt, the installation failed, or the engine does not come up.
    """
    if os.geteuid() != 0:
        raise EngineMissing(
            Text(
                "응답하는 컨테이너 엔진이 없고, 설치하려면 root 권한이 필요합니다.",
                "No container engine answers, and installing one needs root.",
            ),
            hint=Text("`sudo make up`을 실행하십시오.", "Run `sudo make up`."),
        )
    if _daemon() is None:
        say(_INSTALLS.say(language_of()))
        _install()
    say(Text("컨테이너 엔진을 시작합니다.", "Starting the container engine.").say(language_of()))
    if _systemd_is_init():
        _call(["systemctl", "start", "docker"])
    else:
        _start_detached(state_file)
    _wait_until_it_answers()


def stop_engine(state_file: Path) -> bool:
    """Stop the engine that `install_engine` started; an engine of anybody else is left alone."""
    try:
        number, began = state_file.read_text(encoding="ascii").split()
        pid = int(number)
    except (OSError, ValueError):
        return False
    ours = _started(pid) == began
    if ours:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        _wait_for_end(pid, began)
    state_file.unlink(missing_ok=True)
    return ours


def remove_zone_containers(zone_id: str) -> int:
    """Stop and remove every container of one zone, and return how many there were; no engine, no container."""
    try:
        client = connect(timeout=60)
    except EngineMissing:
        return 0
    with contextlib.closing(client):
        found = client.containers.list(all=True, filters={"label": f"{ZONE_LABEL}={zone_id}"}, ignore_removed=True)
        for container in found:
            with contextlib.suppress(docker.errors.NotFound):
                container.remove(force=True, v=True)
    return len(found)


def apt_install(packages: Sequence[str], say: Say) -> None:
    """Install packages of the distribution without questions; the lists are refreshed where they are too old.

    Raises:
        EnvironmentMissing: not root, no apt, or the packages are not to be had.
    """
    names = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        missing = Text("필요한 패키지가 없습니다: {names}.", "{names} is needed and not installed.")
        raise EnvironmentMissing(missing.format(names=names), hint=f"sudo apt-get install {names}")
    say(
        Text("설치: {names} (apt-get install)", "Installing {names} (apt-get install).")
        .format(names=names)
        .say(language_of())
    )
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    try:
        _call(install)
    except subprocess.CalledProcessError:
        try:
            _call(["apt-get", "update"])
            _call(install)
        except subprocess.CalledProcessError as error:
            said = [line for line in (error.stderr or "").splitlines() if line.startswith("E:")]
            raise EnvironmentMissing(
                Text("apt-get 설치 실패, {names}: {why}", "apt-get could not install {names}: {why}").format(
                    names=names, why=said[0][3:] if said else "–"
                ),
                hint=Text(
                    "네트워크와 /etc/apt를 확인한 뒤 명령을 다시 실행하십시오.",
                    "Check the network and /etc/apt, then run the command again.",
                ),
            ) from error


def _install() -> None:
    """Install the engine's packages."""
    try:
        apt_install(PACKAGES, lambda text: None)
    except EnvironmentMissing as error:
        raise EngineMissing(error.reason, hint=error.hint) from error
    if _daemon() is None:
        raise EngineMissing(
            Text(
                "docker.io를 설치했지만 PATH에 `dockerd`가 없습니다.",
                "docker.io was installed and `dockerd` is still not on the PATH.",
            )
        )


def _daemon() -> str | None:
    """Where the engine's program is."""
    return shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")


def _systemd_is_init() -> bool:
    """Whether systemd runs this machine (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def _start_detached(state_file: Path) -> None:
    """Start the engine on its own, so that it outlives this command."""
    daemon = _daemon()
    assert daemon is not None
    state_file.parent.mkdir(parents=True, exist_ok=True)
    with DAEMON_LOG.open("ab") as log:
        process = subprocess.Popen(
            [daemon], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )
    state_file.write_text(f"{process.pid} {_started(process.pid)}\n", encoding="ascii")


def _wait_until_it_answers() -> None:
    """Wait for the engine.

    Raises:
        EngineMissing: it does not answer in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not engine_answers():
        if time.monotonic() > deadline:
            where = "journalctl -u docker" if _systemd_is_init() else str(DAEMON_LOG)
            raise EngineMissing(
                Text(
                    "컨테이너 엔진이 {seconds}초 안에 응답하지 않았습니다.",
                    "The container engine did not answer within {seconds} s.",
                ).format(seconds=_START_SECONDS),
                hint=Text("까닭: {where}", "Its reason: {where}").format(where=where),
            )
        time.sleep(0.3)


def _started(pid: int) -> str | None:
    """When a process began, in ticks since boot (proc(5), field 22): a pid alone may since be another's."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state == "Z" else fields[18]


def _wait_for_end(pid: int, began: str) -> None:
    """Wait until the engine has ended; it first stops its containers."""
    deadline = time.monotonic() + _STOP_SECONDS
    while _started(pid) == began and time.monotonic() < deadline:
        time.sleep(0.1)


def _call(command: Sequence[str]) -> None:
    """Run a command of the system quietly.

    Raises:
        subprocess.CalledProcessError: it failed; `stderr` says why.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
