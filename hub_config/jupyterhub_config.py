"""The hub's configuration file: everything is in `hub_config.hub`, where it is tested."""

import os
from pathlib import Path

from hub_config.hub import configure
from hub_config.zone import open_zone

configure(get_config(), open_zone(Path(os.environ.get("ANSIM_HOME", ".")), "hub"))  # noqa: F821 — the hub has it
