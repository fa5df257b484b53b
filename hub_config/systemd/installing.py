"""What root lays down for a zone under systemd: directories, units, the gate's secrets, the helper's settings."""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from audit.text import Text
from hub_config.engine_helper.helper_settings import SOCKET, HelperSettings
from hub_config.errors import EnvironmentMissing
from hub_config.home import make_for, make_home
from hub_config.home_helper.told import HomeHelperSettings
from hub_config.homes import socket_of
from hub_config.processes import REPOSITORY, gate_config
from hub_config.settings import Settings
from hub_config.systemd.sandbox import HOMES_USER, ZONE_USER
from hub_config.systemd.units import (
    CONFIGURATION,
    GATE_ENVIRONMENT,
    HELPER_SETTINGS,
    HOMES_SETTINGS,
    PATH,
    all_units,
    keeps_homes,
)
from images.manifest import image_manifest

UNITS = Path("/etc/systemd/system")


@dataclass(frozen=True, slots=True)
class File:
    """One file that root writes."""

    path: Path
    text: str
    mode: int


def lay_down(settings: Settings, *, units: Path = UNITS, configuration: Path = CONFIGURATION) -> list[Path]:
    """Make the zone's directories and write every file; return those that were not so before.

    Raises: EnvironmentMissing — without root, without the users, or before the images were built.
    """
    if os.geteuid() != 0:
        raise EnvironmentMissing(
            Text("root만 유닛을 설치할 수 있습니다.", "Only root can install units."),
            hint=Text("`sudo ansim units --write`를 실행하십시오.", "Run `sudo ansim units --write`."),
        )
    try:
        pwd.getpwnam(ZONE_USER)
    except KeyError as error:
        raise EnvironmentMissing(
            Text("이 컴퓨터에 없는 사용자입니다: {user}", "There is no user {user} on this machine.").format(
                user=ZONE_USER
            ),
            hint=Text(
                "사용자는 플레이북 ansible/site.yml이 만듭니다. docs/how-to/install-on-a-server.ko.md를 보십시오.",
                "The playbook ansible/site.yml makes the users; see docs/how-to/install-on-a-server.md.",
            ),
        ) from error
    make_home(settings.home, settings.zone, settings.gate.user, hub=settings.hub, owner=ZONE_USER)
    if keeps_homes(settings):
        make_for(settings.home, "homes", HOMES_USER)
    configuration.mkdir(mode=0o755, parents=True, exist_ok=True)
    return [file.path for file in files(settings, units, configuration) if _write(file)]


def files(settings: Settings, units: Path, configuration: Path) -> Iterator[File]:
    """Yield the files of a zone; its keys are made if there are none yet."""
    for unit in all_units(settings):
        yield File(units / unit.name, unit.text, 0o644)
    keys = as_zone_user(settings.home)
    orders = pwd.getpwnam(ZONE_USER).pw_uid
    yield File(configuration / GATE_ENVIRONMENT, gate_environment(settings, keys.token, orders=orders), 0o600)
    yield File(configuration / HELPER_SETTINGS, helper_settings(settings, keys.zone_id), 0o644)
    if keeps_homes(settings):
        yield File(configuration / HOMES_SETTINGS, homes_settings(settings), 0o644)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What root needs of the zone's keys."""

    zone_id: str
    token: str


def as_zone_user(home: Path) -> KeyFacts:
    """Read the keys, or make them, in a process of the zone's own user: root touches no file of its directory.

    Raises: EnvironmentMissing — if that process cannot, or says what is neither.
    """
    entry = pwd.getpwnam(ZONE_USER)
    command = [sys.executable, "-m", "hub_config.systemd.key_facts", str(home / "keys")]
    said = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": PATH, "PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        umask=0o077,
    )
    found = re.fullmatch(r"([0-9a-f]{12}) ([0-9a-f]{64})\n", said.stdout)
    if found is None:
        raise EnvironmentMissing(
            Text(
                "사용자 {user}의 권한으로 구역의 키를 읽을 수 없습니다: {said}",
                "The keys of the zone cannot be read as user {user}: {said}",
            ).format(user=ZONE_USER, said=ascii(said.stderr.strip()[-200:])),
            hint=Text("{keys} 폴더에 있는 파일의 소유자를 확인하십시오.", "Look who owns the files in {keys}.").format(
                keys=home / "keys"
            ),
        )
    return KeyFacts(found[1], found[2])


def gate_environment(settings: Settings, token: str, *, orders: int) -> str:
    """Return what the gate is told, in the form of an environment file; systemd reads it as root.

    `orders` is the numeric user whose orders the gate takes.
    """
    config = gate_config(settings).replace("'", "\\u0027")  # JSON's own way; a quote would end the value
    given = {"ANSIM_GATE_TOKEN": token, "ANSIM_GATE_CONFIG": config, "ANSIM_GATE_ORDERS": str(orders)}
    return "".join(f"{name}='{value}'\n" for name, value in given.items())


def helper_settings(settings: Settings, zone_id: str) -> str:
    """Return what the engine helper is told.

    Raises: EnvironmentMissing — before the images were built.
    """
    told = HelperSettings(
        zone=zone_id,
        home=str(settings.home),
        callers=(pwd.getpwnam(ZONE_USER).pw_uid,),
        dataset_roots=tuple(str(root) for root in settings.dataset_roots()),
        socket=settings.machine.engine_helper or SOCKET,
        notebook=_image(settings.home, "notebook"),
        scanner=_image(settings.home, "scanner"),
    )
    return json.dumps(asdict(told), indent=1, sort_keys=True) + "\n"


def homes_settings(settings: Settings) -> str:
    """Return what the helper for homes is told."""
    told = HomeHelperSettings(
        home=str(settings.home), callers=(pwd.getpwnam(ZONE_USER).pw_uid,), socket=str(socket_of(settings))
    )
    return json.dumps(asdict(told), indent=1, sort_keys=True) + "\n"


def _image(home: Path, name: str) -> str:
    """Return the id of an image of the zone."""
    image = image_manifest(home, name)
    if image is None:
        raise EnvironmentMissing(
            Text("{name} 이미지가 만들어지지 않았습니다.", "The {name} image was not built.").format(name=name),
            hint=Text(
                "root로 `python -m hub_config.images`를 실행하거나 꾸러미의 이미지를 먼저 읽어 들이십시오.",
                "Run `python -m hub_config.images` as root, or load the images of a bundle first.",
            ),
        )
    return image.id


def _write(file: File) -> bool:
    """Write a file if it is not so already, and say whether it was written."""
    try:
        if file.path.read_text(encoding="utf-8") == file.text and file.path.stat().st_mode & 0o777 == file.mode:
            return False
    except FileNotFoundError:
        pass
    fresh = file.path.with_name(f".{file.path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(file.text)
    fresh.chmod(file.mode)
    fresh.replace(file.path)
    return True
