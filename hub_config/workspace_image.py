"""Which image workspaces are started from."""

from __future__ import annotations

from pathlib import Path

from hub_config.errors import ZoneError
from images.manifest import image_manifest


def notebook_image(home: Path) -> str:
    """Return the id of the notebook image that the zone in `home` built last.

    Raises: ZoneError — if none was built.
    """
    image = image_manifest(home, "notebook")
    if image is None:
        raise ZoneError("No notebook image was built.", hint="Run `make up`; it builds the images.")
    return image.id
