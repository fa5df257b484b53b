"""The operator's pages about machines: images, processes, space."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response

from audit.space import Level, Space
from portal.errors import HubUnavailable, Missing
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import Crumb
from portal.visit import Visit
from registry.text import Text

ANSWERS = Mark(N_("Answers"), "passed", "ok")
SILENT = Mark(N_("Does not answer"), "alert", "stop")
ROOM: Mapping[Level, Mark] = {
    "ample": Mark(N_("Enough room"), "passed", "ok"),
    "low": Mark(N_("Running low"), "alert", "warn"),
    "exhausted": Mark(N_("Full: nothing new begins"), "alert", "stop"),
}
SOCKETS = (
    (Text("감사 기록 서비스", "Audit service"), "run/audit.sock"),
    (Text("게이트", "Gate"), "run/gate.sock"),
)
WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What the manifest of an image says; packages are (name, version)."""

    name: str
    id: str
    base_sha256: str
    built_at: str
    size: int
    debian: tuple[tuple[str, str], ...]
    python: tuple[tuple[str, str], ...]


def images(visit: Visit) -> Response:
    """List the images with digest and number of packages."""
    values = {"images": read_images(visit.zone.settings.home / "images")}
    return visit.page("images.html", values, crumbs=(Crumb(N_("Images")),))


def image(visit: Visit) -> Response:
    """Show every package of one image.

    Raises: Missing — if there is no such image.
    """
    name = visit.path("name")
    found = next((one for one in read_images(visit.zone.settings.home / "images") if one.name == name), None)
    if found is None:
        raise Missing(Text("이런 이미지가 없습니다.", "There is no such image."))
    return visit.page("image.html", {"image": found}, crumbs=(Crumb(N_("Images"), "/images"), Crumb(name)))


def zone(visit: Visit) -> Response:
    """Show which services answer, how full the disk is, and what is in force."""
    home, registry = visit.zone.settings.home, visit.zone.registry
    people = {person.ref: person.handle for person in registry.people()}
    disk = shutil.disk_usage(home)
    with visit.zone.db.read() as tx:
        size = visit.zone.log.size(tx)
    values = {
        "services": [
            *_hub(visit),
            *((label, ANSWERS if accepts(Path(path)) else SILENT) for label, path in SOCKETS),
            _room(visit),
        ],
        "disk": disk,
        "log_size": size,
        "policy": visit.zone.desk.policy,
        "origins": [visit.zone.settings.origin(name) for name in ("zone", "work", "preview")],
        "workspaces": [(one, people.get(one.person_ref, one.person_ref)) for one in registry.workspaces()],
    }
    return visit.page("zone.html", values, crumbs=(Crumb(N_("Zone")),))


def read_images(directory: Path) -> list[ImageRecord]:
    """Read the manifests that the build left; one that cannot be read is left out."""
    found = []
    for path in sorted(directory.glob("*.json")):
        try:
            found.append(_image(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def accepts(path: Path) -> bool:
    """Say whether something listens on a Unix socket; the path is relative, as addresses hold 107 bytes only."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(WAIT_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _room(visit: Visit) -> tuple[Text, Mark]:
    room = (visit.zone.log.space or Space(visit.zone.settings.home)).look()
    free = f"{room.gibibytes} GiB"
    return Text(f"감사 기록용 디스크 · {free} 남음", f"Disk of the audit log · {free} free"), ROOM[room.level]


def _hub(visit: Visit) -> list[tuple[Text, Mark]]:
    label = Text("분석환경 관리(허브)", "Hub")
    try:
        version = visit.portal.hub.version()
    except HubUnavailable:
        return [(label, SILENT)]
    return [(Text(f"{label.ko} · JupyterHub {version}", f"{label.en} · JupyterHub {version}"), ANSWERS)]


def _image(document: dict[str, Any]) -> ImageRecord:
    def packages(kind: str) -> tuple[tuple[str, str], ...]:
        return tuple((str(name), str(version)) for name, version in document[kind])

    return ImageRecord(
        name=str(document["name"]),
        id=str(document["id"]),
        base_sha256=str(document["base_sha256"]),
        built_at=str(document["built_at"]),
        size=int(document["size"]),
        debian=packages("debian"),
        python=packages("python"),
    )
