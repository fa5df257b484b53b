"""Replaces a key and kills itself: `python -m tests.integration.audit.audit_replacing_victim HOME KEY N`.

It sends itself SIGKILL at the Nth thing that touches the disk or the database. N = 0 lets it live and prints how many
there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from audit.db import Database
from audit.replacing import replace_cells_key, replace_master_key
from egress_review.replacing_key import replace_release_key
from tests.integration.audit.audit_world import World, open_world

TOUCHES = frozenset(("open", "os.rename", "os.mkdir", "os.remove", "os.link", "os.chmod"))


def world_at(home: Path) -> World:
    """The log of a home that another process made."""
    url = f"sqlite:///{home / 'ansim.db'}"
    return open_world(Database.open(url), home, url)


def replace(world: World, key: str) -> None:
    """Replace one key."""
    if key == "master":
        replace_master_key(world.log, world.keys, keep=None)
    elif key == "cells":
        replace_cells_key(world.log, world.keys, world.cells, keep=None)
    else:
        replace_release_key(world.log, world.db, world.home / "keys", world.home / "releases", keep=None)


def main() -> None:
    """Count what touches disk or database, and die at the chosen one."""
    home, key, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    world = world_at(home)
    count = 0

    def touched(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "commit"):
        event.listen(world.db.engine, name, touched)
    sys.addaudithook(lambda name, _: touched() if name in TOUCHES else None)
    replace(world, key)
    sys.stdout.write(str(count))


if __name__ == "__main__":
    main()
