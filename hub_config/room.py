"""The room on the disk of the log, with the thresholds that the settings of a zone name."""

from __future__ import annotations

from audit.space import MEBIBYTE, Space, Thresholds
from hub_config.settings import Settings


def log_space(settings: Settings) -> Space:
    """Return the room on the disk of the log, with the thresholds of the settings."""
    chosen = settings.space
    return Space(
        settings.home / "log",
        Thresholds(
            low_bytes=chosen.low_mib * MEBIBYTE,
            low_percent=chosen.low_percent,
            exhausted_bytes=chosen.exhausted_mib * MEBIBYTE,
            reserve_bytes=chosen.reserve_mib * MEBIBYTE,
        ),
    )
