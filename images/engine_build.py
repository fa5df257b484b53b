"""Builds and loads images through the engine's own API: no registry, no network, no BuildKit needed."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import re
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageLoadError, ImageNotFound
from docker.models.images import Image
from requests.exceptions import RequestException

from images.errors import ImageError
from images.recipes import Recipe

STAGE_LABEL: Final = "ansim.stage"
SOURCE_LABEL: Final = "ansim.source"
YOUNG: Final = dt.timedelta(days=1)
_LAST_MESSAGES: Final = 15
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


def find(engine: DockerClient, recipe: Recipe) -> Image | None:
    """The image of a recipe, if the engine has it and it says itself that it was built from these inputs."""
    try:
        image = engine.images.get(recipe.reference())
    except ImageNotFound:
        return None
    if image.labels.get(SOURCE_LABEL) != recipe.digest():
        return None
    if f"{recipe.repository()}:latest" not in image.tags:
        image.tag(recipe.repository(), "latest")
    return image


def load(engine: DockerClient, archive: Path, reference: str) -> Image:
    """Load an image archive; a broken transfer leaves no image.

    Raises:
        ImageError: the engine refused it.
    """
    try:
        with archive.open("rb") as file:
            engine.images.load(file)
        return engine.images.get(reference)
    except (DockerException, RequestException, OSError) as error:
        raise _explain(error) from error


def write_context(target: Path, recipe: Recipe, extra: Mapping[str, Path]) -> None:
    """Write the build context of a recipe; the recipe's locks cover the `extra` files (the wheels)."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as context:
        for place, path in sorted({**recipe.files, **extra}.items()):
            content = path.read_bytes()
            entry = tarfile.TarInfo(place)
            entry.size = len(content)
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            context.addfile(entry, io.BytesIO(content))


def build(engine: DockerClient, context: Path, *, base: str, labels: Mapping[str, str]) -> Image:
    """Build the Dockerfile of a context on the image `base`; the result has no name yet.

    Raises:
        ImageError: a step failed; nothing of the attempt stays behind.
    """
    try:
        with context.open("rb") as file:
            lines = engine.api.build(
                fileobj=file,
                custom_context=True,
                buildargs={"BASE": base},
                labels=dict(labels),
                network_mode="none",
                pull=False,
                rm=True,
                forcerm=True,
                decode=True,
            )
            image = engine.images.get(_result(lines))
    except ImageError:
        _forget(engine, ("build", "final"))
        raise
    except (DockerException, RequestException, OSError) as error:
        _forget(engine, ("build", "final"))
        raise _explain(error) from error
    _forget(engine, ("build",))  # the stage with the wheels is larger than the result
    return image


def name(image: Image, recipe: Recipe) -> None:
    """Give a finished image its names; until now nobody could have used it."""
    image.tag(recipe.repository(), recipe.digest()[:12])
    image.tag(recipe.repository(), "latest")


def forget_old(engine: DockerClient, repository: str, current: str, *, young: dt.timedelta = YOUNG) -> list[str]:
    """Remove versions of an image that nobody needs, and return their names.

    The current one stays, the one before it (to go back to), whatever a container was made of, and what was named
    lately: another zone of this machine may be about to start from it.
    """
    before = dt.datetime.now(dt.UTC) - young
    used = {container["ImageID"] for container in engine.api.containers(all=True)} | {current}
    versions = sorted(engine.images.list(repository), key=_named_at, reverse=True)
    earlier = [image for image in versions if image.id != current][1:]
    removed = []
    for image in earlier:
        if image.id in used or _named_at(image) > before:
            continue
        for tag in image.tags:
            with contextlib.suppress(APIError):  # the engine refuses where another image is built on it
                engine.images.remove(tag)
                removed.append(tag)
    return removed


def _named_at(image: Image) -> dt.datetime:
    """When an image got its name here; the date of its making may be that of a lock."""
    return dt.datetime.fromisoformat(f"{image.attrs['Metadata']['LastTagTime'][:19]}+00:00")


def read_file(engine: DockerClient, image: Image, path: str) -> bytes:
    """The content of a file in an image that is not running."""
    container = engine.containers.create(image, command=["true"], network_mode="none")
    try:
        chunks, _ = container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            member = archive.next()
            file = archive.extractfile(member) if member else None
            return file.read() if file else b""
    finally:
        container.remove(force=True)


def _forget(engine: DockerClient, stages: Iterable[str]) -> None:
    """Remove unnamed images of our Dockerfiles; images that a name or a container needs stay."""
    for stage in stages:
        with contextlib.suppress(DockerException, RequestException):
            engine.images.prune(filters={"dangling": True, "label": f"{STAGE_LABEL}={stage}"})


def _result(lines: Iterable[Mapping[str, Any]]) -> str:
    """The id of the built image from the engine's messages."""
    image = ""
    said: list[str] = []
    for line in lines:
        if "error" in line:
            told = _COLOURS.sub("", "".join(said[-_LAST_MESSAGES:])).strip().splitlines()
            reason = "\n".join([str(line["error"]).strip(), *told])
            raise _failure(reason)
        said.append(str(line.get("stream", "")))
        image = line.get("aux", {}).get("ID", image)
    if not image:
        raise _failure("the engine named no result")
    return image


def _failure(reason: str) -> ImageError:
    """A failed build or load as a sentence."""
    if "no space left" in reason.lower():
        return ImageError(
            "The disk of the container engine is full",
            hint="Free some space (docker system df shows where it went), or move the engine's data-root.",
        )
    return ImageError(f"The engine could not make the image: {reason[:2000]}", hint="Report it with this message.")


def _explain(error: Exception) -> ImageError:
    """What the engine or the connection to it said."""
    if isinstance(error, APIError):
        return _failure(str(error.explanation or error))
    if isinstance(error, ImageLoadError):  # what the engine said in the middle of an answer that had begun well
        return _failure(str(error))
    return ImageError(
        f"The container engine went away while it made an image ({error})",
        hint="See its log (journalctl -u docker, or /var/log/dockerd.log), then run the command again.",
    )
