"""The keys of a zone that `ansim audit key rotate` replaces besides those that sign the log, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from audit.keys import LogKeys
from audit.replacing import replace_cells_key, replace_master_key
from egress_review.replacing_key import replace_release_key

if TYPE_CHECKING:
    from hub_config.zone import Zone

Facts = Mapping[str, int | str | bool]


def replacements(zone: Zone) -> Mapping[str, Callable[[Path | None], Facts]]:
    """Return for each key what replaces it: a call with the directory for the old one, or None to destroy it."""
    directory = zone.home / "keys"

    def master(keep: Path | None) -> Facts:
        done = replace_master_key(zone.log, LogKeys.load_or_create(directory), keep=keep)
        return {"index": done.index, "items": done.items}

    def cells(keep: Path | None) -> Facts:
        done = replace_cells_key(zone.log, LogKeys.load_or_create(directory), zone.cells, keep=keep)
        return {"index": done.index, "items": done.items}

    def release(keep: Path | None) -> Facts:
        done = replace_release_key(zone.log, zone.db, directory, zone.home / "releases", keep=keep)
        return {"index": done.index, "old": done.old.vkey(), "new": done.new.vkey(), "kept": done.kept}

    return {"master": master, "cells": cells, "release": release}
