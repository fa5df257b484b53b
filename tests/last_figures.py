"""Where long runs leave their last figures: `build/long-runs.json`, and with `ANSIM_KEEP_FIGURES=1` the reference too.

Of `docs/reference/long-runs.json` the page about long runs is made (`make fix`); each row says how to repeat it.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from hub_config.long_run_pages import FIGURES
from hub_config.processes import REPOSITORY

BUILT = REPOSITORY / "build" / "long-runs.json"


def keep_figures(name: str, command: str, figures: dict[str, Any]) -> None:
    """Keep what a long run measured, in the place of what it measured before."""
    row = {"at": datetime.now(UTC).isoformat(timespec="minutes"), "command": command, "figures": figures}
    for target in (BUILT, *([FIGURES] if os.environ.get("ANSIM_KEEP_FIGURES") else [])):
        before = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**before, name: row}, indent=1, ensure_ascii=False, sort_keys=True)
        target.write_text(text + "\n", encoding="utf-8")
