"""`ansim sbom`: what this program and its images are made of, as a CycloneDX document.

Exit codes: 0 done · 2 wrong usage or input · 3 the file cannot be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.cli_context import Context, language_of
from audit.text import Text
from hub_config.errors import NotWritten

if TYPE_CHECKING:
    from hub_config.sbom.bom import Component

_HELP = Text("구성 요소 명세서(SBOM, CycloneDX) 만들기", "write the software bill of materials (CycloneDX)")
_OUTPUT = Text("쓸 파일 (없으면 표준 출력)", "the file to write (standard output without it)")
_ONLY = Text("이미지는 빼고 프로그램만", "the program only, without the images")
_JSON = Text("결과를 프로그램용으로 출력", "answer for programs")
_DONE = Text(
    "{path}에 썼습니다. 프로그램 구성 요소 {program}개, 이미지 {images}개의 구성 요소 {inside}개.",
    "Written to {path}: {program} components of the program, {inside} in {images} images.",
)
_NO_IMAGES = Text(
    "이미지 기록이 없어 이미지는 담지 않았습니다. 이미지를 만든 뒤 다시 실행하십시오.",
    "No image is noted in this zone, so none is listed. Run it again once the images are built.",
)


def add_parser(subparsers: Any) -> None:
    """Add `sbom`."""
    language = language_of()
    command = subparsers.add_parser("sbom", help=_HELP.say(language))
    command.add_argument("--output", type=Path, default=None, help=_OUTPUT.say(language))
    command.add_argument("--program-only", action="store_true", help=_ONLY.say(language))
    command.add_argument("--json", action="store_true", help=_JSON.say(language))
    command.set_defaults(func=run)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Write the document; a file that is there already is written anew."""
    program, components, images = collected(context.home, with_images=not arguments.program_only)
    text = json.dumps(document_of(program, [*components, *images]), indent=1, ensure_ascii=False) + "\n"
    if arguments.output is None:
        sys.stdout.write(text)
        return 0
    path: Path = arguments.output
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritten(path, error) from error
    inside = sum(len(one.parts) for one in images)
    if context.json:
        counts = {"program": len(components), "images": len(images), "inside": inside}
        sys.stdout.write(json.dumps({"path": str(path), **counts}) + "\n")
        return 0
    said = _DONE.fill(path=str(path), program=str(len(components)), images=str(len(images)), inside=str(inside))
    context.print(said.say(language_of()))
    if not images and not arguments.program_only:
        context.print(_NO_IMAGES.say(language_of()))
    return 0


def collected(home: Path, *, with_images: bool) -> tuple[Component, list[Component], list[Component]]:
    """Return the program, its components, and the images that the zone in `home` keeps notes of."""
    from hub_config.processes import REPOSITORY
    from hub_config.sbom.application import application
    from hub_config.sbom.image_contents import image_components

    program, components = application(REPOSITORY)
    images = image_components(home, REPOSITORY / "images", engine=_engine()) if with_images else []
    return program, components, images


def materials(home: Path) -> tuple[Component, list[Component]]:
    """Return the program with its components and images, without asking the container engine."""
    from hub_config.processes import REPOSITORY
    from hub_config.sbom.application import application
    from hub_config.sbom.image_contents import image_components

    program, components = application(REPOSITORY)
    return program, [*components, *image_components(home, REPOSITORY / "images")]


def document_of(program: Component, components: list[Component]) -> Mapping[str, Any]:
    """Return the document as of now."""
    from hub_config.sbom.bom import bill

    return bill(program, components, made=datetime.now(UTC))


def _engine() -> Any:
    """Return the container engine, or None where none answers."""
    import docker
    from docker.errors import DockerException

    try:
        engine = docker.from_env()
        engine.ping()
    except DockerException:
        return None
    return engine
