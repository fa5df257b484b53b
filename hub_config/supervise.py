"""The supervisor's own process: `python -m hub_config.supervise HOME`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hub_config.keys import load_or_create_keys
from hub_config.settings import load_settings
from hub_config.supervisor import Supervisor


def main() -> None:
    """Supervise the zone whose home is the first argument until a signal says stop."""
    os.umask(0o077)
    settings = load_settings(Path(sys.argv[1]))
    keys = load_or_create_keys(settings.home / "keys")
    Supervisor(settings, gate_token=keys.hub_token("gate")).run()


if __name__ == "__main__":
    main()
