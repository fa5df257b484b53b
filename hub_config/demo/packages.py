"""The shelf of the demo: one package for survival analysis, which every demo project may install."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from audit.event import Source
from audit.text import Text
from hub_config.packages.filling import lay
from hub_config.packages.wheel_files import describe
from hub_config.zone import Zone
from images import sources, wheelhouse
from images.errors import ImageError
from images.wheel_lock import parse_wheel_lock
from registry.desk import CLI
from registry.packages.policy import FILE_NAME

LOCK = Path(__file__).with_name("packages.lock")
POLICY = """\
# Which Python packages a project may install without asking; docs/how-to/allow-packages.md gives the form.
default: standard
tiers:
  standard:
    packages: [lifelines]
"""
AWAY = Text(
    "시범용 패키지(lifelines)를 내려받지 못했습니다. 나중에 `ansim packages add lifelines`로 넣을 수 있습니다.",
    "The package of the demo (lifelines) could not be fetched; `ansim packages add lifelines` brings it later.",
)


def bring_packages(zone: Zone, say: Callable[[Text], object]) -> None:
    """Write the policy and fill the shelf, once; a package index that is away is said and stops nothing."""
    if (zone.home / FILE_NAME).exists():
        return
    try:
        lock = parse_wheel_lock(LOCK.read_text(encoding="utf-8"))
        files = wheelhouse.fill(lock, sources.wheel_cache(), lambda _: None).values()
        desk = zone.packages
        desk.shelf.prepare()
        with tempfile.TemporaryDirectory(dir=desk.shelf.directory, prefix=".part-") as part:
            copies = [Path(shutil.copy(file, part)) for file in files]
            described = [describe(copy) for copy in copies]
            for one, copy in zip(described, copies, strict=True):
                lay(desk.shelf, one, copy)
        desk.shelve([one.wheel for one in described], by=CLI, source=Source(None))
    except ImageError:
        say(AWAY)
    (zone.home / FILE_NAME).write_text(POLICY, encoding="utf-8")
