"""What `ansim packages` refuses."""

from __future__ import annotations

from hub_config.errors import ZoneError


class PackagesRefused(ZoneError):
    """The files or the list of packages are not what they must be."""

    hint = "docs/how-to/allow-packages.md says what the shelf takes."
    exit_code = 2
