"""What `ansim packages` refuses."""

from __future__ import annotations

from audit.text import Text
from hub_config.errors import ZoneError


class PackagesRefused(ZoneError):
    """The files or the list of packages are not what they must be."""

    hint = Text(
        "어떤 파일을 둘 수 있는지는 docs/how-to/allow-packages.ko.md에 있습니다.",
        "docs/how-to/allow-packages.md says what the shelf takes.",
    )
    exit_code = 2
