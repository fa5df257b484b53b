"""The hub's configuration file: everything is in `hub_config.hub`, where it is tested."""

import os
from pathlib import Path

from hub_config.hub import configure
from hub_config.zone import open_zone

os.umask(0o077)  # the gate may pass through ANSIM_HOME, but what the hub writes there is not for it
configure(get_config(), open_zone(Path(os.environ.get("ANSIM_HOME", ".")), "hub"))  # noqa: F821 — the hub has it
