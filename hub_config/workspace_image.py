"""Which image workspaces are started from."""

from __future__ import annotations

from pathlib import Path

from audit.text import Text
from hub_config.errors import ZoneError
from images.manifest import image_manifest


def notebook_image(home: Path) -> str:
    """Return the id of the notebook image that the zone in `home` built last.

    Raises: ZoneError — if none was built.
    """
    image = image_manifest(home, "notebook")
    if image is None:
        raise ZoneError(
            Text("노트북 이미지가 없습니다.", "No notebook image was built."),
            hint=Text("`make up`을 실행하면 만듭니다.", "Run `make up`; it builds the images."),
        )
    return image.id
