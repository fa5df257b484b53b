"""Probes the walls of a server for a zone behind the engine helper: `python -m hub_config.probe.beside HOME`, as root.

It keeps an empty zone with the same settings of gate and workspaces in a directory of its own, attacks workspaces of
that, and writes the report to standard output. Of the zone in HOME it reads root's copy of the settings and touches
nothing: who holds the zone's user can put nothing in its way. `ansim probe --take` records it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from hub_config.engine_helper.errors import HelperError
from hub_config.engine_helper.helper_settings import load_helper_settings
from hub_config.errors import ZoneError
from hub_config.home import make_home
from hub_config.images import build_all
from hub_config.log_lines import speak
from hub_config.migrate import migrate
from hub_config.probe.host.base import RealZone
from hub_config.probe.service import alone, run
from hub_config.runtimes import RUNTIMES
from hub_config.settings import FILE_NAME, HubSettings, Settings, load_settings
from hub_config.systemd.trusted_settings import COPY, load_trusted_settings
from hub_config.systemd.units import CONFIGURATION, HELPER_SETTINGS
from hub_config.zone import open_zone

SAME = ("zone", "gate", "workspace", "probe")
"""Sections that say how workspaces are walled in; the others lead to databases and other machines."""


def settings_beside(text: str) -> str:
    """Return the settings of the zone that is attacked: those of the real one as far as they are about walls."""
    given: dict[str, Any] = yaml.safe_load(text) or {}
    return yaml.safe_dump({name: given[name] for name in SAME if name in given}, allow_unicode=True)


def place_beside(home: Path) -> Path:
    """Return where the zone lies that is attacked: beside the real one, in a directory that root alone may write."""
    return home.with_name(f"{home.name}-probe")


def probe_beside(real: Settings, text: str, runtime: str) -> dict[str, Any]:
    """Attack workspaces that are made as the zone's; return the report as JSON values."""
    home = place_beside(real.home)
    make_home(home, real.zone, real.gate.user, hub=HubSettings())
    with alone(home / "probe"):  # what a probe that was killed left there goes too
        (home / FILE_NAME).write_text(settings_beside(text), encoding="utf-8")
        build_all(home, say=_say)
        migrate(load_settings(home).database_url())
        zone = open_zone(home, "cli")
        with contextlib.closing(zone.db):
            report = asyncio.run(run(zone, lambda finding: None, runtime, real_zone(real)))
    return {**report.document(), "sha256": report.digest()}


def real_zone(real: Settings, helper: Path = CONFIGURATION / HELPER_SETTINGS, *, owner: int = 0) -> RealZone:
    """Return whose workspaces run here, by what root wrote for the helper: the zone's own file could name another.

    Raises: HelperSettingsError — if root did not write it.
    """
    return RealZone(real, load_helper_settings(helper, owner=owner).zone)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a report, a line, for each runtime; 3 where one could not be made: what was printed before is whole."""
    speak(logging.WARNING)
    os.umask(0o077)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--runtime", choices=RUNTIMES)
    given, _ = parser.parse_known_args(arguments)  # the others are about how the report is shown
    code = 0
    try:
        real, text = load_trusted_settings(given.home), COPY.read_text(encoding="utf-8")
        for runtime in (given.runtime,) if given.runtime else real.runtimes():
            sys.stdout.write(json.dumps(probe_beside(real, text, runtime), ensure_ascii=False) + "\n")
    except (ZoneError, HelperError) as error:
        _say(f"{error} {error.hint}")
        code = error.exit_code if isinstance(error, ZoneError) else 3
    return code


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
