"""Says what root needs of a zone's keys, as the zone's own user: `python -m hub_config.systemd.key_facts DIRECTORY`."""

from __future__ import annotations

import sys
from pathlib import Path

from hub_config.keys import load_or_create_keys


def main(directory: Path) -> int:
    """Make the keys that are missing; print the zone's id and the gate's token."""
    keys = load_or_create_keys(directory)
    sys.stdout.write(f"{keys.zone_id} {keys.hub_token('gate')}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
