"""`ansim units --mend`: what only root can put right on a server, units that stand still and the front's certificate.

Root acts from settings that root wrote, and opens nothing of the zone: what was done is recorded by a process of the
zone's own user, one for each entry.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from audit.cli_context import Context
from audit.event import Outcome
from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.mending.certificate import ending_certificate
from hub_config.mending.command import carry_out, find
from hub_config.mending.mend import Finder, Mend
from hub_config.mending.running import stopped_units
from hub_config.processes import REPOSITORY
from hub_config.systemd.trusted_settings import load_trusted_settings
from hub_config.systemd.units import PATH

FINDERS: tuple[Finder, ...] = (ending_certificate, stopped_units)
SECONDS = 120


def run_machine(context: Context, *, yes: bool) -> int:
    """Mend what is root's.

    Raises: EnvironmentMissing — the settings could be another's than root's. NobodyToAsk — without `yes`, where no
    terminal can be asked.
    """
    mends = find(load_trusted_settings(context.home), FINDERS)
    return carry_out(context, mends, partial(record_as_owner, context.home), yes=yes, lasting=[])


def record_as_owner(home: Path, mend: Mend, outcome: Outcome, intent: str | None) -> str:
    """Have a process of the zone's user write what became of a mend, and return the id of the event.

    Raises: EnvironmentMissing — it did not.
    """
    owner = home.stat()
    words = [
        sys.executable,
        "-m",
        "hub_config.mending.note",
        str(home),
        mend.code,
        outcome,
        *([intent] if intent else []),
    ]
    environment = {"PATH": PATH, "LANG": "C.UTF-8", "PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1"}
    who: dict[str, Any] = {} if os.geteuid() != 0 else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    done: subprocess.CompletedProcess[str] = subprocess.run(
        words, cwd="/", env=environment, capture_output=True, text=True, timeout=SECONDS, check=False, **who
    )
    if done.returncode != 0:
        refused = Text("기록되지 않아 하지 않았습니다: {said}", "It was not recorded, so it was not done: {said}")
        raise EnvironmentMissing(refused.format(said=done.stderr.strip()[-200:]))
    return done.stdout.strip()
