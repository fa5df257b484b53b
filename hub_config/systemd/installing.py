"""What root lays down for a zone under systemd: directories, units, the gate's secrets, the helper's settings."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from hub_config.engine_helper.helper_settings import SOCKET, HelperSettings
from hub_config.errors import EnvironmentMissing
from hub_config.home import make_home
from hub_config.keys import load_or_create_keys
from hub_config.processes import gate_config
from hub_config.settings import Settings
from hub_config.systemd.sandbox import ZONE_USER
from hub_config.systemd.units import CONFIGURATION, GATE_ENVIRONMENT, HELPER_SETTINGS, all_units
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
        raise EnvironmentMissing("Only root can install units.", hint="Run `sudo ansim units --write`.")
    try:
        pwd.getpwnam(ZONE_USER)
    except KeyError as error:
        raise EnvironmentMissing(
            f"There is no user {ZONE_USER!r} on this machine.",
            hint="The playbook ansible/site.yml makes the users; see docs/how-to/install-on-a-server.md.",
        ) from error
    make_home(settings.home, settings.zone, settings.gate.user, hub=settings.hub, owner=ZONE_USER)
    configuration.mkdir(mode=0o755, parents=True, exist_ok=True)
    return [file.path for file in files(settings, units, configuration) if _write(file)]


def files(settings: Settings, units: Path, configuration: Path) -> Iterator[File]:
    """Yield the files of a zone; its keys are made if there are none yet."""
    for unit in all_units(settings):
        yield File(units / unit.name, unit.text, 0o644)
    keys = as_zone_user(settings.home)
    yield File(configuration / GATE_ENVIRONMENT, gate_environment(settings, keys.token), 0o600)
    yield File(configuration / HELPER_SETTINGS, helper_settings(settings, keys.zone_id), 0o644)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What root needs of the zone's keys."""

    zone_id: str
    token: str


def as_zone_user(home: Path) -> KeyFacts:
    """Read the keys, or make them; what is made belongs to the zone's user."""
    keys = load_or_create_keys(home / "keys")
    entry = pwd.getpwnam(ZONE_USER)
    for path in (home / "keys").iterdir():
        if path.stat().st_uid != entry.pw_uid:
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
    return KeyFacts(keys.zone_id, keys.hub_token("gate"))


def gate_environment(settings: Settings, token: str) -> str:
    """Return what the gate is told, in the form of an environment file; systemd reads it as root."""
    orders = pwd.getpwnam(ZONE_USER).pw_uid
    given = {"ANSIM_GATE_TOKEN": token, "ANSIM_GATE_CONFIG": gate_config(settings), "ANSIM_GATE_ORDERS": str(orders)}
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


def _image(home: Path, name: str) -> str:
    """Return the id of an image of the zone."""
    image = image_manifest(home, name)
    if image is None:
        raise EnvironmentMissing(
            f"The {name} image was not built.",
            hint="Run `python -m hub_config.images` as root, or load the images of a bundle first.",
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
