"""What the helper is told, in a file that root wrote and no process of the zone can change."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hub_config.engine_helper.errors import HelperSettingsError
from registry.model import MOST

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Told = TypeVar("Told", bound="DataclassInstance")
SOCKET = "/run/ansim-engine/engine.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperSettings:
    """Whose containers, of which images, with which directories; memory in bytes.

    `callers` are the numeric users that may ask. The images are ids, never names that can be moved to another image.
    """

    zone: str
    home: str
    notebook: str
    scanner: str
    callers: tuple[int, ...]
    dataset_roots: tuple[str, ...]
    lowest_uid: int = 200_000
    most_memory: int = MOST.memory_bytes
    most_cpus: int = int(MOST.cpus)
    most_pids: int = MOST.pids
    socket: str = SOCKET
    engine: str = "/run/docker.sock"


def load_helper_settings(path: Path, *, owner: int = 0) -> HelperSettings:
    """Read the settings of the helper. Raises: HelperSettingsError."""
    return load_told(HelperSettings, path, owner=owner)


def parse_helper_settings(given: Mapping[str, object]) -> HelperSettings:
    """Turn a document into settings. Raises: ValueError."""
    return parse_told(HelperSettings, given)


def load_told(kind: type[Told], path: Path, *, owner: int = 0) -> Told:
    """Read what a helper is told.

    Raises: HelperSettingsError — for a file that others may write, an unknown key or a wrong type.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            text = file.read()
    except OSError as error:
        raise HelperSettingsError(f"{path} cannot be read: {error.strerror}.") from error
    if status.st_uid != owner or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise HelperSettingsError(f"{path} can be written by others than root.")
    try:
        return parse_told(kind, json.loads(text))
    except (ValueError, TypeError) as error:
        raise HelperSettingsError(f"{path}: {error}") from error


def parse_told(kind: type[Told], given: Mapping[str, object]) -> Told:
    """Turn a document into the settings of a helper.

    Raises: ValueError — for an unknown key, a missing one, or a value of another type.
    """
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(f"unknown key {unknown[0]}")
    values: dict[str, object] = {}
    for name, value in given.items():
        if str(known[name].type).startswith("tuple"):
            item: type = int if "int" in str(known[name].type) else str
            if not isinstance(value, list) or not all(type(one) is item for one in value):
                raise ValueError(f"{name} is a list of {item.__name__}")
            values[name] = tuple(value)
        elif type(value) is not (int if known[name].type == "int" else str):
            raise ValueError(f"{name} is no {known[name].type}")
        else:
            values[name] = value
    return kind(**values)
