"""The packages in the zone's images, held against what is known to be wrong with them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.metadata import distributions

from docker.errors import DockerException
from packaging.utils import canonicalize_name
from requests.exceptions import RequestException

from hub_config.advisories.images import debian_of, debian_sources, python_of, scan
from hub_config.advisories.model import AdvisoriesUnknown, Installed
from hub_config.engine import connect
from hub_config.probe.host.base import Answer, Server
from hub_config.settings import Settings
from images import engine_build, sources
from images.debian_lock import parse_debian_lock
from images.manifest import ImageInfo, image_manifest
from images.recipes import NAMES

STATUS = "/var/lib/dpkg/status"
PROGRAM = "ansim"


def image_debian(server: Server) -> Answer:
    """Hold the packages of Debian in every image against Debian's security tracker."""
    settings = server.settings
    lock = parse_debian_lock(sources.BASE_LOCK.read_text(encoding="utf-8"), name=sources.BASE_LOCK.name)
    found = scan(lambda: debian_of(settings, lock.suite), lambda: list(debian_packages(settings)))
    return found.held, found.said


def image_python(server: Server) -> Answer:
    """Hold the Python packages of every image, and of this program, against their advisories."""
    settings = server.settings
    found = scan(lambda: python_of(settings), lambda: list(python_packages(settings)))
    return found.held, found.said


def debian_packages(settings: Settings) -> Iterator[Installed]:
    """Yield the source packages of every image, as the image itself says. Raises: AdvisoriesUnknown."""
    try:
        with contextlib.closing(connect(timeout=60)) as engine:
            for info in _images(settings):
                status = engine_build.read_file(engine, engine.images.get(info.id), STATUS)
                yield from debian_sources(info.name, status.decode("utf-8", "replace"))
    except (DockerException, RequestException) as error:
        raise AdvisoriesUnknown(f"the engine does not show the images: {type(error).__name__}") from error


def python_packages(settings: Settings) -> Iterator[Installed]:
    """Yield the Python packages of every image and of this program."""
    for info in _images(settings):
        for name, version in info.python:
            yield Installed(info.name, canonicalize_name(name), version)
    for one in distributions():
        if one.metadata["Name"]:
            yield Installed(PROGRAM, canonicalize_name(one.metadata["Name"]), one.version)


def _images(settings: Settings) -> list[ImageInfo]:
    return [info for name in NAMES if (info := image_manifest(settings.home, name)) is not None]
